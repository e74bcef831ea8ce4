"""Changes applied by code: what may change, what never does, and the sentence for each refusal."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.drive.claims import unsupported
from core.drive.numerals import numbers
from core.drive.resume import lines, normalise
from core.drive.tailoring import Difference, apply, diff, judge
from core.schema import Change

RESUME = normalise(
    {
        "basics": {
            "name": "Ada Moreau",
            "label": "Data Engineer",
            "email": "ada@example.org",
            "summary": "Data engineer with 8 years in logistics.",
        },
        "work": [
            {
                "name": "Riviera Freight",
                "position": "Senior Data Engineer",
                "startDate": "2021-03",
                "summary": "Owns the warehouse.",
                "highlights": [
                    "Cut load time by 40% with Airflow",
                    "Led a team of six engineers",
                    "Wrote the on-call handbook",
                ],
            },
            {
                "name": "Blue Harbor",
                "position": "Analyst",
                "startDate": "2018",
                "endDate": "2021-02",
                "highlights": ["Reported on 50K shipments in Tableau"],
            },
        ],
        "projects": [
            {
                "name": "Tidewatch",
                "description": "Tide alerts by text message.",
                "highlights": ["Used by 2,000 sailors"],
            },
            {"name": "Rosin", "description": "A violin tuner."},
        ],
        "education": [{"institution": "Université de Lyon", "studyType": "MSc", "area": "Statistics"}],
        "certificates": [{"name": "CKA", "issuer": "CNCF", "date": "2022"}],
        "skills": [
            {"name": "Data", "keywords": ["Airflow", "dbt", "PostgreSQL"]},
            {"name": "Cloud", "keywords": ["Kubernetes"]},
        ],
    }
)
TEXTS = {line.path: line.text for line in lines(RESUME)}


def replace(path, value, **more):
    return Change(op="replace", path=path, original=more.pop("original", TEXTS.get(path, "")), value=value, **more)


def refusal(change, resume=RESUME):
    done = judge(resume, [change])
    assert done.resume == normalise(resume)
    assert not done.accepted
    [rejected] = done.rejected
    assert rejected.why.endswith(".")
    return rejected.why


B1, B2, B3 = (f"work/w1/highlights/w1h{number}" for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("basics/summary", "Data engineer: 8 years of moving freight data with Airflow and Kubernetes."),
        ("work/w1/summary", "Owns the Riviera Freight warehouse."),
        (B1, "Used Airflow to bring load time down by 40 percent"),
        (B2, "Managed 6 engineers"),
        ("projects/p1/description", "Alerts sailors of the tide by text message."),
        ("projects/p1/highlights/p1h1", "Now used by two thousand sailors"),
        ("work/w2/highlights/w2h1", "Built reports on 50,000 shipments in Tableau"),
    ],
)
def test_a_true_rewrite_is_verified_and_applied_where_it_points(path, value):
    done = judge(RESUME, [replace(path, value)])
    assert not done.rejected and [(change.verdict, change.why) for change in done.accepted] == [("verified", "")]
    assert {line.path: line.text for line in lines(done.resume)} == TEXTS | {path: value}


@pytest.mark.parametrize(
    ("path", "token"),
    [
        ("w1h2", "work/w1/highlights/w1h2"),
        ("w1/summary", "work/w1/summary"),
        ("/work/w1/highlights/w1h2/", "work/w1/highlights/w1h2"),
    ],
)
def test_a_short_path_is_understood_and_spelled_out(path, token):
    original = TEXTS[token]
    done = apply(RESUME, [replace(path, "Owns and leads.", original=original)])
    assert [change.path for change in done.accepted] == [token]


def test_a_bullet_is_removed_with_its_id():
    done = apply(RESUME, [Change(op="remove", path=B2, original=TEXTS[B2])])
    assert done.resume["work"][0]["highlight_ids"] == ["w1h1", "w1h3"]
    assert done.resume["work"][0]["highlights"] == [TEXTS[B1], TEXTS[B3]]


def test_lists_are_put_in_order_and_ids_move_along():
    orders = {
        "work/w1/highlights": "w1h3\nw1h1\nw1h2",
        "skills": "s2\ns1",
        "skills/s1/keywords": "PostgreSQL\n Airflow \ndbt",
        "projects": "p2\np1",
    }
    done = apply(RESUME, [Change(op="reorder", path=path, value=value) for path, value in orders.items()])
    assert not done.rejected
    assert done.resume["work"][0]["highlight_ids"] == ["w1h3", "w1h1", "w1h2"]
    assert done.resume["work"][0]["highlights"][0] == TEXTS[B3]
    assert [entry["id"] for entry in done.resume["skills"]] == ["s2", "s1"]
    assert done.resume["skills"][1]["keywords"] == ["PostgreSQL", "Airflow", "dbt"]
    assert [entry["name"] for entry in done.resume["projects"]] == ["Rosin", "Tidewatch"]


def test_a_bullet_may_go_and_the_rest_be_put_in_order_in_one_go():
    done = apply(
        RESUME,
        [
            Change(op="reorder", path="work/w1/highlights", value="w1h2\nw1h1\nw1h3"),
            Change(op="remove", path=B1, original=TEXTS[B1]),
        ],
    )
    assert done.resume["work"][0]["highlight_ids"] == ["w1h2", "w1h3"]


def test_the_source_is_left_as_it_is():
    before = copy.deepcopy(RESUME)
    apply(RESUME, [replace(B1, "Cut load time"), Change(op="remove", path=B2, original=TEXTS[B2])])
    assert before == RESUME


def test_white_space_does_not_make_an_original_wrong():
    done = apply(RESUME, [replace(B2, "Led six engineers", original="  Led a team\n of six   engineers ")])
    assert len(done.accepted) == 1


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("basics/name", "Names and employers"),
        ("basics/label", "Job titles"),
        ("basics/email", "Contact data"),
        ("basics", "Contact data"),
        ("work/w1/name", "Names and employers"),
        ("work/w1/position", "Job titles"),
        ("work/w1/startDate", "Dates are never"),
        ("work/w1", "Facts of a job"),
        ("work/w1/location", "Facts of a job"),
        ("work/w1/description", "Facts of a job"),
        ("education/e1/studyType", "Schools and degrees"),
        ("education/e1/institution", "Schools and degrees"),
        ("education/e1", "Schools and degrees"),
        ("certificates/c1/name", "Names and employers"),
        ("certificates/c1/issuer", "Certificates are never"),
        ("skills/s1/keywords", "Only summaries"),
        ("skills/s1/name", "Names and employers"),
        ("projects/p1/name", "Names and employers"),
        ("work/w9/summary", "an entry that this resume does not have"),
        ("work/w1/highlights/w2h1", "a bullet that this resume does not have"),
        ("nowhere/x1", "no text of this resume"),
        ("", "no text of this resume"),
        ("work/w1/highlights/w1h1/more", "Facts of a job"),
    ],
)
def test_facts_are_never_writable(path, says):
    assert says in refusal(replace(path, "Chief Wizard"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (replace(B1, "Cut load time", original="Cut load time by 50% with Airflow"), "original does not match"),
        (replace(B1, "Cut load time", original=""), "original does not match"),
        (replace(B1, "  \n"), "is empty"),
        (replace(B1, "cut " * 200), "longer than 600"),
        (replace("basics/summary", "data " * 500), "longer than 2000"),
        (replace(B1, TEXTS[B1] + " "), "there already"),
        (replace(B1, "Cut load time", evidence=("w7h1",)), "“w7h1” is no id"),
        (Change(op="remove", path="work/w1/summary", original=TEXTS["work/w1/summary"]), "Only bullets can be removed"),
        (Change(op="remove", path=B1, original="something else"), "original does not match"),
        (Change(op="remove", path="basics/summary", original=TEXTS["basics/summary"]), "only the summary"),
        (Change(op="reorder", path="work", value="w2\nw1"), "jobs keep their order"),
        (Change(op="reorder", path="work/w1/highlights", value="w1h1\nw1h2"), "loses “w1h3”"),
        (Change(op="reorder", path="work/w1/highlights", value="w1h3\nw1h2\nw1h1\nw2h1"), "adds “w2h1”"),
        (Change(op="reorder", path="work/w1/highlights", value="w1h3\nw1h3\nw1h1"), "adds “w1h3”"),
        (Change(op="reorder", path="skills/s1/keywords", value="Kafka\nAirflow\ndbt"), "adds “Kafka”"),
        (Change(op="reorder", path="skills", value="s1\ns2"), "there already"),
        (Change(op="reorder", path="skills", value=""), "order is empty"),
        (Change(op="reorder", path="education", value="e1"), "Schools and degrees"),
        (Change(op="reorder", path="certificates", value="c1"), "Certificates"),
    ],
)
def test_a_change_that_does_not_hold_is_refused_with_its_sentence(change, says):
    assert says in refusal(change)


def test_the_second_change_to_a_place_is_refused():
    done = apply(RESUME, [replace(B1, "Cut load time"), Change(op="remove", path="w1h1", original=TEXTS[B1])])
    assert [change.op for change in done.accepted] == ["replace"]
    assert done.rejected[0].why == "Another change already touches this place."


@pytest.mark.parametrize(
    ("path", "value", "token"),
    [
        (B1, "Cut load time by 45% with Airflow", "45%"),
        (B1, "Cut load time by 40 minutes with Airflow", "40"),
        (B1, "Halved load time with Airflow", "Halved"),
        (B2, "Led a team of sixteen engineers", "sixteen"),
        (B2, "Led dozens of engineers", "dozens"),
        (B2, "Led six engineers since 2019", "2019"),
        (B2, "Led six engineers at Google", "Google"),
        (B2, "Led six engineers. Blue Harbor took notice", "Blue Harbor"),
        (B2, "Led six engineers to ISO audits", "ISO"),
        (B2, "Led six engineers on kafka", "kafka"),
        (B2, "Led six engineers, saving $2M", "$2M"),
        (B2, "Led six engineers; Google took notice", "Google"),
        (B2, "Led six engineers: Google took notice", "Google"),
        (B2, "Google took notice of six engineers", "Google"),
        (B2, "Led \uff16\uff10 engineers", "60"),
        (B2, "Led ٦٠ engineers", "60"),
        (B2, "Led 6² engineers", "62"),
        (B2, "Led ⑫ engineers", "12"),
        (B2, "Led XII engineers", "XII"),
        (B2, "Led six engineers as a chief engineer", "chief engineer"),
        (B2, "Led six engineers with a phd in physics", "phd"),
        (B2, "Led six certified engineers", "certified"),
        (B2, "Led a fivefold team of engineers", "fivefold"),
        (B1, "Cut load time by a third with Airflow", "a third"),
        (B1, "Cut load time for 40 people with Airflow", "40"),
        (B1, "Cut load time by $40 with Airflow", "$40"),
        (B3, "Wrote the on-call handbook twice as fast", "twice"),
        ("work/w2/highlights/w2h1", "Reported on 50K shipments in Tableau since 2017", "2017"),
        ("basics/summary", "Lead data engineer with 8 years in logistics.", "Lead data engineer"),
        ("basics/summary", "Data engineer with 8 years in logistics and a doctorate.", "doctorate"),
        ("basics/summary", "Data engineer with 8 months in logistics.", "8"),
        ("work/w2/highlights/w2h1", "Reported on 50M shipments in Tableau", "50M"),
        ("basics/summary", "Data engineer with ten years in logistics.", "ten"),
    ],
)
def test_what_nothing_holds_is_named_blocked_and_left_out(path, value, token):
    done = judge(RESUME, [replace(path, value)])
    [change] = done.accepted
    assert change.verdict == "blocked" and f"“{token}" in change.why and change.why.endswith(".")
    assert done.resume == RESUME


@pytest.mark.parametrize(
    ("path", "value", "token"),
    [
        (B1, "Cut load time with Airflow and Tableau", "Tableau"),
        (B1, "Cut load time by 40% with Airflow and violins", "violins"),
        (B2, "Led six engineers in PostgreSQL", "PostgreSQL"),
        (B3, "Led the writing of the on-call handbook", "Led"),
        ("projects/p1/highlights/p1h1", "Trusted by two thousand sailors", "Trusted"),
        (B3, "Wrote the award-winning on-call handbook", "winning"),
    ],
)
def test_what_stands_elsewhere_or_is_merely_new_needs_review(path, value, token):
    done = judge(RESUME, [replace(path, value)])
    [change] = done.accepted
    assert token in change.why and done.resume == RESUME
    assert change.verdict == ("blocked" if "award" in value else "needs review")


def test_of_several_changes_only_the_verified_are_in_the_resume():
    done = judge(
        RESUME,
        [replace(B1, "Cut load time by 40%"), replace(B2, "Led sixteen engineers"), replace(B3, "Wrote the handbook")],
    )
    assert [change.verdict for change in done.accepted] == ["verified", "blocked", "verified"]
    assert done.resume["work"][0]["highlights"] == ["Cut load time by 40%", TEXTS[B2], "Wrote the handbook"]
    assert apply(RESUME, done.accepted).resume["work"][0]["highlights"][1] == "Led sixteen engineers"


def test_orders_and_removals_claim_nothing():
    orders = [Change(op="reorder", path="skills", value="s2\ns1"), Change(op="remove", path=B2, original=TEXTS[B2])]
    assert {change.verdict for change in judge(RESUME, orders).accepted} == {"verified"}


def test_a_skill_that_only_the_posting_names_is_called_a_gap():
    change = replace(B1, "Cut load time by 40% with Airflow and Kafka")
    assert "only in the job posting" in judge(RESUME, [change], job="We use Kafka.").accepted[0].why
    assert "only in the job posting" not in judge(RESUME, [change], job="We use pens.").accepted[0].why


def test_a_phone_number_is_no_evidence():
    resume = normalise(RESUME | {"basics": RESUME["basics"] | {"phone": "+33 45 900"}})
    change = replace("basics/summary", "Data engineer with 8 years in logistics, 45 ports and 900 ships.")
    assert "“45”" in judge(resume, [change]).accepted[0].why


def test_what_a_model_says_of_its_own_verdict_counts_for_nothing():
    change = replace(B2, "Led sixteen engineers").model_copy(update={"verdict": "verified", "why": ""})
    assert judge(RESUME, [change]).accepted[0].verdict == "blocked"


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("50K users and 50,000 users", ["50000", "50000"]),
        ("twenty-five of 25", ["25", "25"]),
        ("three hundred thousand", ["300000"]),
        ("$1.5 million", ["$1500000"]),
        ("40 per cent, 40%, forty percent", ["40%", "40%", "40%"]),
        ("3x, three times, tripled", ["3x", "3x", "3x"]),
        ("one of the first", []),
        ("p99 on EC2 in HTML5", []),
    ],
)
def test_numbers_mean_the_same_however_they_are_written(text, claims):
    assert sorted(claim for claim, _ in numbers(text)) == sorted(claims)


@pytest.mark.parametrize(
    ("text", "support", "missing"),
    [
        ("Shipped the SLA's dashboards", "dashboards for SLAs", []),
        ("Kafka-based feeds", "feeds on Kafka", []),
        ("Moved to CI/CD", "CI and CD", []),
        ("Improved C++ and C# code", "C++", ["C#"]),
        ("I led it. In March", "led", ["March"]),
        ("Worked on iOS", "apps", ["iOS"]),
    ],
)
def test_names_and_acronyms_rest_on_the_text(text, support, missing):
    assert unsupported(text, support) == missing


def test_a_diff_shows_both_sides_with_their_place():
    done = apply(
        RESUME,
        [
            replace(B1, "Cut load time by 40%"),
            Change(op="remove", path=B2, original=TEXTS[B2]),
            Change(op="reorder", path="skills", value="s2\ns1"),
        ],
    )
    where = "Senior Data Engineer, Riviera Freight (2021–now)"
    assert diff(RESUME, done.resume) == (
        Difference(B1, where, TEXTS[B1], "Cut load time by 40%"),
        Difference(B2, where, TEXTS[B2], ""),
        Difference("skills", "Skills", "Data\nCloud", "Cloud\nData"),
    )
    assert diff(RESUME, RESUME) == ()
    assert diff({}, {"basics": {"summary": "New"}}) == (Difference("basics/summary", "Summary", "", "New"),)


# -- whatever is proposed, the facts stay ----------------------------------------------------------------

PATHS = st.sampled_from([*TEXTS, "work", "skills", "projects", "work/w1/highlights", "skills/s1/keywords", "w1h1", "x"])
VALUES = st.one_of(
    st.sampled_from(["w1h3\nw1h2\nw1h1", "s2\ns1", "p2\np1", "dbt\nAirflow\nPostgreSQL", "Led engineers", ""]),
    st.text(max_size=60),
)


@st.composite
def any_change(draw):
    path = draw(PATHS)
    original = draw(st.sampled_from([TEXTS.get(path, ""), ""]))
    return Change(
        op=draw(st.sampled_from(["replace", "remove", "reorder"])), path=path, original=original, value=draw(VALUES)
    )


def facts(resume):
    kept = copy.deepcopy(resume)
    kept["basics"].pop("summary", None)
    kept["projects"].sort(key=lambda entry: entry["id"])
    kept["skills"].sort(key=lambda entry: entry["id"])
    for section in ("work", "projects"):
        for entry in kept[section]:
            for key in ("summary", "description", "highlights", "highlight_ids"):
                entry.pop(key, None)
    for entry in kept["skills"]:
        entry["keywords"] = sorted(entry["keywords"])
    return json.dumps(kept, sort_keys=True).encode()


@settings(max_examples=300, deadline=None)
@given(st.lists(any_change(), max_size=8))
def test_protected_facts_are_byte_equal_whatever_is_proposed(changes):
    done = apply(RESUME, changes)
    assert facts(done.resume) == facts(RESUME)
    assert normalise(done.resume) == done.resume
    assert len(done.accepted) + len(done.rejected) == len(changes)
    assert all(rejected.why.endswith(".") for rejected in done.rejected)
    known = {line.id for line in lines(RESUME)}
    assert {line.id for line in lines(done.resume)} <= known


def test_the_craft_of_one_who_leads_it_is_for_a_person_to_judge_and_a_higher_title_is_not() -> None:
    resume = normalise(
        {
            "basics": {"summary": "CTO who builds payments."},
            "work": [{"name": "X", "position": "CTO", "startDate": "2020"}],
        }
    )
    for value, verdict in (
        ("Engineer and CTO who builds payments.", "needs review"),
        ("Director of payments.", "blocked"),
    ):
        change = Change(op="replace", path="basics/summary", original="CTO who builds payments.", value=value)
        (judged,) = judge(resume, [change]).accepted
        assert judged.verdict == verdict
