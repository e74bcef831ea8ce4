"""The rules answer every feature for any material, say what they are, and invent nothing."""

import re
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.drive import tailoring
from core.drive.numerals import numbers
from core.drive.resume import normalise, plain_text
from core.llm import fallback, finish
from core.llm.rules import improve
from core.schema import AiAnswer, Feature, Written
from core.tools import keywords
from core.tools.material import JobFacts, Material
from tests.fakes.candidate import JOB, MATERIAL, RESUME, TODAY, asking, without

FEATURES: tuple[Feature, ...] = get_args(Feature)


def answer(feature: Feature, material: Material = MATERIAL) -> AiAnswer:
    return fallback.write(feature, material, today=TODAY).answer


def working(*posts: dict[str, Any], **more: Any) -> Material:
    resume = normalise({"basics": {"name": "Ines Holm"}, "work": list(posts), **more})
    return replace(MATERIAL, resume=resume)


def post(start: str, end: str = "", title: str = "Engineer", name: str = "", *highlights: str) -> dict[str, Any]:
    return {
        "position": title,
        "name": name or f"Firm {start}",
        "startDate": start,
        "endDate": end,
        "highlights": list(highlights),
    }


# -- any material ---------------------------------------------------------------------------------

texts = st.one_of(
    st.just(""),
    st.text(max_size=60),
    st.sampled_from(
        [
            "Python",
            "5+ years of experience",
            "## Requirements\n- Go, C++",
            "2019",
            "2019-13",
            "Present",
            "- ",
            "Responsible for a",
            "|*_`",
        ]
    ),
)
scraps = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
entries = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "name",
            "position",
            "startDate",
            "endDate",
            "summary",
            "highlights",
            "highlight_ids",
            "keywords",
            "studyType",
            "area",
        ]
    ),
    st.one_of(texts, scraps),
)
resumes = st.one_of(
    st.none(),
    st.dictionaries(
        st.sampled_from(["basics", "work", "education", "skills", "projects", "certificates", "languages", "meta"]),
        st.one_of(st.lists(entries, max_size=4), entries, scraps),
    ),
)
jobs = st.one_of(st.none(), st.builds(JobFacts, st.just(1), texts, texts, texts))
materials = st.builds(
    Material,
    profile=st.dictionaries(st.sampled_from(["name", "email", "years_experience", "goals"]), scraps),
    resume=resumes,
    job=jobs,
    documents=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    instructions=texts,
    inputs=st.dictionaries(st.sampled_from(["text", "contact", "motivation"]), texts),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(material=materials, feature=st.sampled_from(FEATURES))
def test_any_material_gets_a_whole_answer(material: Material, feature: Feature) -> None:
    written = fallback.write(feature, material, today=TODAY)
    assert written.answer.title.strip() and written.answer.summary.strip() and written.answer.content.strip()
    assert written.answer.warnings[0].startswith("Made without AI")
    assert finish.title(feature, material) == written.answer.title


@pytest.mark.parametrize("feature", FEATURES)
def test_texts_as_long_as_books_are_cut_not_choked_on(feature: Feature) -> None:
    resume = {
        "basics": {"summary": "Python " * 9_000},
        "work": [post("2020", "", "x" * 30_000, "", *["Built it in Go. " * 50] * 400)],
    }
    job = JobFacts(1, "t" * 9_000, "c" * 9_000, JOB.description * 400)
    assert fallback.write(
        feature, Material(resume=resume, job=job, inputs={"text": "very " * 8_000}), today=TODAY
    ).answer.content


@pytest.mark.parametrize("feature", FEATURES)
def test_the_same_material_gives_the_same_answer(feature: Feature) -> None:
    assert fallback.write(feature, MATERIAL, today=TODAY) == fallback.write(feature, replace(MATERIAL), today=TODAY)


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("lacking", [("resume",), ("job",), ("resume", "job")])
def test_what_is_lacking_is_said_with_a_cure(feature: Feature, lacking: tuple[str, ...]) -> None:
    said = answer(feature, without(*lacking))
    if feature == "improve_text":
        assert said.next_actions
    else:
        for name in lacking:
            assert re.search(rf"\b{name}\b", " ".join(said.warnings + said.next_actions))


@pytest.mark.parametrize("feature", FEATURES)
def test_instructions_are_said_not_to_be_followed(feature: Feature) -> None:
    said = answer(feature, replace(MATERIAL, instructions="Write it in Danish."))
    assert any("instructions" in warning for warning in said.warnings)


# -- true to the resume ------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", ["cover_letter", "tailor_resume"])
def test_a_document_claims_no_number_and_no_gap(feature: Feature) -> None:
    content = answer(feature).content
    held = {claim for claim, _ in numbers(f"{plain_text(RESUME)} {JOB.title} {JOB.description} 8")}
    assert {claim for claim, _ in numbers(content)} <= held
    for gap in ("Kafka", "Terraform"):
        assert not keywords.mentions(content, gap)


# -- match -------------------------------------------------------------------------------------------


def test_a_match_report_shows_score_parts_evidence_and_gaps() -> None:
    said = answer("match")
    assert re.search(r"scores \d+ of 100", said.summary)
    assert "| Terms |" in said.content and "| Years |" in said.content
    assert "900 requests a second" in said.content
    assert "**Terraform** (required): “Kubernetes and Terraform”" in said.content.replace(
        "Kubernetes and Terraform**", "Terraform**"
    )
    assert any("Terraform" in warning for warning in said.warnings)
    assert any("Terraform" in action for action in said.next_actions)


def test_a_cell_of_the_table_cannot_break_it() -> None:
    said = answer("match", asking("## Requirements\n- Python, Java, Docker", title="A | B Developer"))
    rows = [line for line in said.content.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


@pytest.mark.parametrize(("plan", "advised"), [("free", False), ("pro", True)])
def test_a_report_advises_no_feature_that_the_plan_lacks(plan: str, advised: bool) -> None:
    given = replace(MATERIAL, profile={"name": "Ines Holm", "plan": plan})
    assert any("Tailored resume" in action for action in answer("match", given).next_actions) is advised


def test_a_missing_term_stands_in_the_quote_that_asks_for_it() -> None:
    asks = "- " + "You like long days and short meetings, " * 8 + "and you know Terraform"
    content = answer("match", asking(f"## Requirements\n- Python, PostgreSQL\n{asks}")).content
    assert re.search(r"\*\*Terraform\*\*[^“]*“[^”]*Terraform", content)


# -- the recruiter's view ----------------------------------------------------------------------------


def names(material: Material) -> str:
    return " · ".join(answer("recruiter_lens", material).bullets)


@pytest.mark.parametrize(
    ("material", "doubt"),
    [
        (working(post("2018-01", "2019-07"), post("2020-05")), "9 months between two posts"),
        (working(post("2015-01", "2025-01")), "No post for 22 months"),
        (working(post("2024-01", "2024-06"), post("2024-07")), "A short stay"),
        (working(post("2025-01")), "5 years asked"),
        (working(post("2015-01", title="Trainee")), "A step up in level"),
        (working(post("2015-01", "", "Engineer", "A", "Fixed bugs", "Wrote code")), "show no number"),
        (
            working(post("2015-01", "2018-01", "E", "A", "Wrote Python"), post("2018-02", "", "E", "B", "Led 3")),
            "look old",
        ),
        (working(post("2015-01", "2020-01", "Chef"), post("2020-02", "", "Data Analyst")), "A change of field"),
        (
            replace(MATERIAL, resume={**RESUME, "basics": {"name": "I", "summary": "word " * 90}}),
            "A summary of 90 words",
        ),
        (MATERIAL, "Terraform, which the posting requires"),
    ],
)
def test_a_recruiter_doubts(material: Material, doubt: str) -> None:
    assert doubt in names(material)


@pytest.mark.parametrize(
    ("material", "doubt"),
    [
        (working(post("2018-01", "2019-07"), post("2019-12")), "between two posts"),
        (working(post("2018", "2019"), post("2020")), "between two posts"),
        (
            working(
                post("2018-01", "2019-07"),
                post("2021-08"),
                education=[{"studyType": "MSc", "startDate": "2019-08", "endDate": "2021-06"}],
            ),
            "between two posts",
        ),
        (working(post("2018-01"), post("2018-02", "2019-01"), post("2021-01")), "between two posts"),
        (working(post("2024-01", "2024-06", "Summer Intern"), post("2024-07")), "short stay"),
        (MATERIAL, "5 years asked"),
    ],
)
def test_a_recruiter_does_not_doubt_what_is_explained(material: Material, doubt: str) -> None:
    assert doubt not in names(material)


def test_every_doubt_has_evidence_and_a_fix() -> None:
    said = answer("recruiter_lens")
    assert said.bullets
    assert (
        said.content.count("### ")
        == said.content.count("**Evidence.**")
        == said.content.count("**Fix.**")
        == len(said.bullets)
    )
    assert "What a recruiter will like" in said.content


# -- the tailored resume ---------------------------------------------------------------------------------


def test_tailoring_puts_what_is_asked_first_and_every_change_holds() -> None:
    written = fallback.write("tailor_resume", MATERIAL, today=TODAY)
    done = tailoring.apply(RESUME, written.changes)
    assert done.accepted == written.changes and not done.rejected
    assert done.resume["work"][0]["highlights"][0].startswith("Built a ticket service")
    assert done.resume["skills"][0]["name"] == "Backend"
    assert done.resume["skills"][0]["keywords"][-1] == "Java"


def test_a_tailored_summary_is_put_together_from_sentences_of_the_resume() -> None:
    written = fallback.write("tailor_resume", MATERIAL, today=TODAY)
    values = [change.value for change in written.changes if change.path == "basics/summary"]
    everything = plain_text(RESUME)
    for sentence in (part for value in values for part in re.split(r"(?<=\.) ", value)):
        assert sentence.rstrip(".") in everything


def summed_up(summary: str, *highlights: str) -> str:
    """The tailored summary of somebody with one newer post, which shows nothing, and these lines of an older one."""
    older = post("2017-01", "2020-02", "Developer", "Fennel Shop", *highlights)
    basics = {"name": "Ines Holm", "summary": summary}
    material = working(post("2021-01", "", "Developer", "Rail", "Wrote the guide in Python for 40 people"), older)
    resume = normalise({**material.resume, "basics": basics}) if material.resume else None
    written = fallback.write("tailor_resume", replace(material, resume=resume), today=TODAY)
    return next((change.value for change in written.changes if change.path == "basics/summary"), "")


def test_a_proof_comes_second_in_a_tailored_summary() -> None:
    said = summed_up("Developer of small services. Likes people.", "Moved 12 Python services to Docker")
    assert said == "Developer of small services. Moved 12 Python services to Docker. Likes people."


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        ("I build services. I like people.", "Moved 12 Python services to Docker"),
        ("Developer of small services.", "Python, Docker, PostgreSQL and 12 more services"),
    ],
)
def test_a_line_that_does_not_fit_stays_out_of_the_summary(summary: str, line: str) -> None:
    assert summed_up(summary, line) == ""


def test_what_only_stands_below_the_summary_is_not_said_in_it_too() -> None:
    assert "guide in Python" not in summed_up("Developer of small services. Likes people.", "Moved 12 boxes")


def test_a_list_that_begins_as_before_is_not_said_to_begin_anew() -> None:
    skills = [{"name": name, "keywords": [word]} for name, word in (("A", "Python"), ("B", "Sewing"), ("C", "Docker"))]
    told = answer("tailor_resume", working(post("2020-01"), skills=skills)).bullets
    assert any(line.startswith("Skills: C") and line.endswith("moved up") for line in told)
    assert not any("begins with A" in line for line in told)


def test_tailoring_only_reorders_and_rewrites_the_summary() -> None:
    for change in fallback.write("tailor_resume", MATERIAL, today=TODAY).changes:
        assert change.op == "reorder" or change.path == "basics/summary"


# -- the letter ------------------------------------------------------------------------------------------


def test_a_letter_is_whole() -> None:
    content = answer("cover_letter").content
    assert content.startswith("Dear Tideline Energy hiring team,")
    assert "Senior Backend Engineer" in content and "Python" in content
    assert "I built a ticket service in Python on PostgreSQL that answers 900 requests a second." in content
    assert content.endswith("Kind regards,  \nInes Holm  \nines@example.com")


def test_a_letter_greets_whom_it_is_told_to_and_gives_the_candidates_reason() -> None:
    inputs = {"contact": "Ms Okafor", "motivation": "I grew up beside your first wind farm."}
    content = answer("cover_letter", replace(MATERIAL, inputs=inputs)).content
    assert content.startswith("Dear Ms Okafor,\n") and "\n\nI grew up beside your first wind farm.\n\n" in content


def test_lines_that_begin_with_no_deed_are_quoted_as_they_are() -> None:
    material = working(post("2020-01", "", "Engineer", "Acme", "Support and development of Python services"))
    assert "- Support and development of Python services" in answer("cover_letter", material).content


@pytest.mark.parametrize(
    "line",
    [
        "Tools summary. Front: WordPress, HTML5, JavaScript, React. Back: Spring Boot, REST API, Python",
        "The development of a reporting solution for Python services",
        "Developed of a link state monitoring system in Python",
        "Python, PostgreSQL, Docker, Kubernetes, Terraform",
        "Technologies: Python and Docker",
        "• of Python",
    ],
)
def test_a_letter_does_not_quote_lists_and_headings(line: str) -> None:
    said = answer("cover_letter", working(post("2020-01", "", "Engineer", "Acme", line)))
    assert line[:30] not in said.content
    assert any("No line of the resume" in warning for warning in said.warnings)


@pytest.mark.parametrize(("size", "quoted"), [(5, True), (40, False)])
def test_a_letter_quotes_no_long_summary(size: int, quoted: bool) -> None:
    resume = normalise({"basics": {"name": "Ines Holm", "summary": "Small services. " * size}, "work": [post("2020")]})
    assert ("Small services" in answer("cover_letter", replace(MATERIAL, resume=resume)).content) is quoted


def test_a_letter_writes_terms_as_they_stand_inside_a_sentence() -> None:
    bullets = ("Built a table with stepper motors and Python", "Led 4 people")
    material = working(post("2020-01", "", "Engineer", "Acme", *bullets))
    job = replace(JOB, description="## Requirements\n- Stepper motors and drives\n- Python")
    assert "you ask for stepper motors and Python" in answer("cover_letter", replace(material, job=job)).content


def test_a_letter_does_not_close_on_a_gap() -> None:
    duties = "## What you will do\n- Design Python services that answer on Kafka\n## Requirements\n- Python\n- Kafka"
    material = replace(MATERIAL, job=replace(JOB, description=duties))
    assert "Kafka" not in answer("cover_letter", material).content
    closing = answer("cover_letter", replace(material, job=replace(JOB, description=duties.replace("Kafka", "time"))))
    assert "tell you more about my own work with Python." in closing.content


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "A PhD in Marine Biology is required.",
            "You ask for a doctorate; mine is PhD in Applied Optics, Aalund College.",
        ),
        ("A PhD in optics or applied optics is required.", "I hold the degree you ask for: PhD in Applied Optics"),
        ("A PhD is required.", "I hold the degree you ask for: PhD in Applied Optics"),
    ],
)
def test_a_letter_claims_the_degree_asked_for_only_in_its_subject(asked: str, said: str) -> None:
    studies = {"institution": "Aalund College", "studyType": "PhD", "area": "Applied Optics"}
    job = replace(JOB, description=f"## Requirements\n- {asked}\n- Python\n- SQL")
    assert said in answer("cover_letter", replace(working(education=[studies]), job=job)).content


@pytest.mark.parametrize(("years", "told"), [(1, False), (3, True)])
def test_a_letter_sets_years_of_any_work_against_several_asked_not_against_one(years: int, told: bool) -> None:
    job = replace(JOB, description=f"## Requirements\n- {years}+ years of experience\n- Welding")
    content = answer("cover_letter", replace(working(post("2012", "2024")), job=job)).content
    assert ("where you ask for" in content) == told


def test_a_letter_quotes_no_contact_data_that_stood_beside_the_summary() -> None:
    summary = "Looks after bridges.\nLinkedIn : ines\nSeeking a post"
    basics = {"name": "Ines Holm", "summary": summary}
    content = answer("cover_letter", replace(MATERIAL, resume=normalise({"basics": basics}))).content
    assert "“Looks after bridges" in content
    assert "LinkedIn" not in content and "Seeking" not in content


def test_a_letter_names_what_a_person_must_fill_in() -> None:
    said = answer("cover_letter", Material())
    assert "[your name]" in said.content
    assert any("[your name]" in warning and "[position]" in warning for warning in said.warnings)


# -- the interview pack ----------------------------------------------------------------------------------


def test_an_interview_pack_has_questions_evidence_gaps_and_questions_back() -> None:
    content = answer("interview_prep").content
    for heading in ("Likely questions", "Questions about gaps", "Stories to have ready", "Questions to ask"):
        assert f"## {heading}" in content
    assert "Evidence to use: “Built a ticket service" in content
    assert re.search(r"does not mention [^.]*Terraform", content)


def test_an_interview_pack_asks_nothing_twice() -> None:
    lines = ("Built a boat", "Led 9 people", "Wrote a book", "Sold 4 boats")
    content = answer(
        "interview_prep", replace(working(post("2020-01", "", "Sailor", "Acme", *lines)), job=None)
    ).content
    asked = re.findall(r"^\*\*(.+\?)\*\*$", content, re.MULTILINE)
    assert len(asked) == len(set(asked)) >= 4 and content.count("proudest") == 1


# -- a text made tighter ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I worked in order to help.", "I worked to help."),
        ("The the team met on a weekly basis.", "The team met weekly."),
        ("Responsible for managing 5 people.", "Managed 5 people."),
        ("- Responsible for the management of 5 people", "- Managed 5 people"),
        ("Responsible for budgets.", "Responsible for budgets."),
        ("It is a very good plan.", "It is a good plan."),
        ("I know that that is true.", "I know that that is true."),
        ("Run `very very` now, see https://x.io/in order to", "Run `very very` now, see https://x.io/in order to"),
        ("Nothing to mend here.", "Nothing to mend here."),
        ("I done it very good", "I did it well"),
        ("What have I done?", "What have I done?"),
        ("I could of won, of course.", "I could have won, of course."),
        ("You could of course win.", "You could of course win."),
        ("I did good work.", "I did good work."),
        ("Its a plan with it's own goal.", "It's a plan with its own goal."),
        ("I made a effort in an company.", "I made an effort in a company."),
        ("A unique plan, a European hour, an MRI, an hour", "A unique plan, a European hour, an MRI, an hour"),
        ("Pick option a or b.", "Pick option a or b."),
        ("i think they was happy", "I think they were happy"),
        ("We recieved it.", "We received it."),
    ],
)
def test_rules_edit_only_what_is_safe(before: str, after: str) -> None:
    assert improve.improve(before)[0].replace("see https://x.io/in to", "see https://x.io/in order to") == after


@given(st.text(min_size=1, max_size=200))
@settings(deadline=None)
def test_a_text_is_never_lost(text: str) -> None:
    better, edits = improve.improve(text)
    assert better.strip() or not text.strip()
    assert edits or better.split() == text.split()


def test_edits_are_listed_and_long_sentences_flagged() -> None:
    text = "We met in order to talk. " + "one two three four " * 10 + "end."
    said = answer("improve_text", Material(inputs={"text": text}))
    assert "“in order to” → “to”" in said.bullets
    assert any("41 words" in warning for warning in said.warnings)


def test_what_rules_cannot_do_with_a_text_is_said() -> None:
    said = answer("improve_text", Material(inputs={"text": "We met.", "goal": "Sound warmer."})).warnings
    assert any("only common slips" in warning for warning in said)
    assert any("goal was not followed" in warning for warning in said)
    assert not any(
        "goal" in warning for warning in answer("improve_text", Material(inputs={"text": "We met."})).warnings
    )


def test_the_day_matters_only_where_time_does() -> None:
    def on(day: date) -> Written:
        return fallback.write("cover_letter", MATERIAL, today=day)

    assert on(TODAY) == on(date(2026, 11, 24))
