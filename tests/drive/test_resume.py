"""A resume's stored form and its words."""

import copy
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.drive.resume import digest, headline, lines, normalise, plain_text, to_markdown, years
from core.drive.shape import MAX_ITEMS, MAX_TEXT
from core.errors import Invalid, TooLarge

ADA = {
    "basics": {
        "name": "Ada Moreau",
        "label": "Data Engineer",
        "email": "ada@example.org",
        "location": {"city": "Lyon", "countryCode": "FR"},
        "profiles": [{"network": "GitHub", "username": "adam", "url": "https://github.com/adam"}],
        "summary": "Builds pipelines that people trust.",
    },
    "work": [
        {
            "name": "Riviera Freight",
            "position": "Data Engineer",
            "startDate": "2021-03",
            "summary": "Owns the warehouse.",
            "highlights": ["Cut load time by 40%", "Moved 12 jobs to Airflow"],
        },
        {"name": "Blue Harbor", "position": "Analyst", "startDate": "2018", "endDate": "2021-02", "highlights": []},
    ],
    "education": [{"institution": "Université de Lyon", "studyType": "MSc", "area": "Statistics", "endDate": "2018"}],
    "skills": [{"name": "Databases", "level": "expert", "keywords": ["PostgreSQL", "DuckDB"]}],
    "languages": [{"language": "French", "fluency": "native"}],
    "x_other": [{"name": "Patents", "highlights": ["A better crane"]}],
    "x_note": "open to relocation",
}


def test_every_entry_and_bullet_gets_an_id():
    resume = normalise(ADA)
    assert [entry["id"] for entry in resume["work"]] == ["w1", "w2"]
    assert resume["work"][0]["highlight_ids"] == ["w1h1", "w1h2"]
    assert [resume[section][0]["id"] for section in ("education", "skills", "languages", "x_other")] == [
        "e1",
        "s1",
        "l1",
        "o1",
    ]


def test_normalising_leaves_its_argument_alone_and_twice_is_as_good_as_once():
    before = copy.deepcopy(ADA)
    once = normalise(ADA)
    assert before == ADA
    assert normalise(once) == once


def test_existing_ids_stay_and_new_ones_never_come_from_a_gap():
    resume = normalise(
        {
            "work": [
                {"id": "w3", "name": "A", "highlights": ["x", "y"], "highlight_ids": ["w3h4", None]},
                {"name": "B"},
            ],
            "projects": [{"id": "w4", "name": "takes the next number"}],
        }
    )
    assert [entry["id"] for entry in resume["work"]] == ["w3", "w5"]
    assert resume["work"][0]["highlight_ids"] == ["w3h4", "w3h5"]


def test_blank_bullets_go_with_their_ids_and_nulls_go_quietly():
    resume = normalise({"work": [{"name": None, "highlights": ["a", " ", "b"], "highlight_ids": ["k1", "k2", "k3"]}]})
    assert resume["work"] == [{"id": "w1", "highlights": ["a", "b"], "highlight_ids": ["k1", "k3"]}]


def test_unknown_keys_are_kept():
    resume = normalise({"work": [{"name": "A", "x_team": {"size": 4}}], "talks": [{"what": "On cranes"}], "x": [1, 2]})
    assert resume["work"][0]["x_team"] == {"size": 4}
    assert resume["talks"] == [{"id": "talks_1", "what": "On cranes"}]
    assert resume["x"] == [1, 2]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([], "JSON object"),
        ({"basics": []}, "`basics` must be an object, not a list"),
        ({"work": {"name": "A"}}, "`work` must be a list, not an object"),
        ({"work": ["A"]}, "`work`, entry 1 must be an object, not text"),
        ({"work": [{"name": ["A"]}]}, "`work, entry 1: name` must be text, not a list"),
        ({"work": [{"highlights": "one"}]}, "`work, entry 1: highlights` must be a list of texts"),
        ({"skills": [{"keywords": [1]}]}, "`skills, entry 1: keywords` must be a list of texts"),
        ({"work": [{"highlights": ["a"], "highlight_ids": []}]}, "1 highlights but 0 highlight ids"),
        ({"work": [{"id": "w1"}, {"id": "w1"}]}, "uses the id `w1` a second time"),
        ({"work": [{"id": "w1", "highlights": ["a"], "highlight_ids": ["w1"]}]}, "a second time"),
        ({"work": [{"id": "a/b"}]}, "Ids are short texts"),
        ({"work": [{"id": 7}]}, "Ids are short texts"),
        ({"work": [{"score": float("nan")}]}, "`work, entry 1: score`"),
        ({"x": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}}, "levels deep"),
        ({"x": date(2020, 1, 1)}, "Write it as text"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(raw, says):
    with pytest.raises(Invalid, match=says.replace("(", r"\(")) as refused:
        normalise(raw)
    assert refused.value.message.rstrip().endswith(".")


@pytest.mark.parametrize(
    "raw",
    [
        {"basics": {"summary": "x" * (MAX_TEXT + 1)}},
        {"work": [{"highlights": ["x"] * (MAX_ITEMS + 1)}]},
        {"work": [{"highlights": ["y" * MAX_TEXT] * 9}]},
    ],
)
def test_too_much_is_refused(raw):
    with pytest.raises(TooLarge):
        normalise(raw)


def test_control_and_hidden_characters_are_stripped_and_line_breaks_stay():
    hidden = "Led\x00 a\x1b team\u200b\u202e of\ud800 \U000e0041five\r\nin Lyon"
    assert normalise({"basics": {"summary": hidden}})["basics"]["summary"] == "Led a team of five\nin Lyon"


def test_the_digest_ignores_the_order_of_keys_and_nothing_else():
    resume = normalise(ADA)
    turned = json.loads(json.dumps(resume, sort_keys=True))
    assert digest(resume) == digest(turned)
    assert len(digest(resume)) == 64
    turned["work"][0]["highlights"].reverse()
    assert digest(resume) != digest(turned)


def test_lines_say_where_each_text_stands():
    found = {line.path: line for line in lines(normalise(ADA))}
    bullet = found["work/w1/highlights/w1h2"]
    assert (bullet.id, bullet.text) == ("w1h2", "Moved 12 jobs to Airflow")
    assert bullet.place == "Data Engineer, Riviera Freight (2021–now)"
    assert found["work/w2"].text == "Analyst, Blue Harbor, 2018 – Feb 2021"
    assert found["education/e1"].text == "MSc, Statistics, Université de Lyon, 2018"
    assert found["skills/s1/keywords"].place == "Skills: Databases"
    assert found["basics/summary"].id == "basics"
    assert found["x_note"].text.endswith("open to relocation")


def test_each_line_has_a_path_of_its_own():
    paths = [line.path for line in lines(normalise(ADA))]
    assert len(paths) == len(set(paths))


def test_markdown_reads_like_a_resume():
    page = to_markdown(normalise(ADA))
    assert page.startswith("# Ada Moreau\n\n**Data Engineer**\n\nada@example.org · Lyon, FR · ")
    assert (
        "### Data Engineer — Riviera Freight\n\nMar 2021 – now\n\nOwns the warehouse.\n\n- Cut load time by 40%\n"
        in page
    )
    assert "- **Databases** (expert): PostgreSQL, DuckDB" in page
    assert "### Patents\n\n- A better crane" in page
    assert "open to relocation" in page
    assert "w1" not in page


def test_markdown_with_ids_lets_a_model_point():
    page = to_markdown(normalise(ADA), ids=True)
    for mark in ("[basics/summary] Builds", "### [w1] Data", "[w1/summary] Owns", "- [w1h2] Moved", "- [s1] Databases"):
        assert mark in page


def test_every_text_is_on_the_page_and_in_the_plain_text():
    resume = normalise(ADA)
    for page in (to_markdown(resume), to_markdown(resume, ids=True), plain_text(resume)):
        for line in lines(resume):
            assert all(word in page for word in line.text.replace("·", " ").split() if word.isalpha())


def test_text_of_a_resume_never_turns_into_markup():
    page = to_markdown(normalise({"basics": {"name": "<b>A</b>", "summary": "# no\n- no\n1. no\n![x](http://e.x/p)"}}))
    assert "\\<b>" in page
    assert all(mark in page for mark in ("\\# no", "\\- no", "1\\. no", "!\\["))


@pytest.mark.parametrize(
    ("resume", "expected"),
    [
        (ADA, "Data Engineer"),
        ({"work": [{"position": "Nurse", "name": "St. Mary"}]}, "Nurse, St. Mary"),
        ({"work": [{"name": "St. Mary"}]}, "St. Mary"),
        ({}, ""),
    ],
)
def test_the_headline_is_the_label_or_the_latest_job(resume, expected):
    assert headline(normalise(resume)) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("2020-01", "2020-12")], 1.0),
        ([("2020-01", "2020-12"), ("2020-06", "2021-12")], 2.0),
        ([("2020-01", "2020-12"), ("2022-01", "2022-12")], 2.0),
        ([("2024-01-01", None)], 2.0),
        ([("2024-01", "Present")], 2.0),
        ([("2018", "2020")], 2.0),
        ([("2018", "2018")], 0.5),
        ([("2027-01", None)], None),
        ([("soon", None), ("2020-05", "2019-01")], None),
        ([("2025-01", "2030-01")], 1.0),
        ([], None),
    ],
)
def test_years_merge_overlaps_and_stop_today(spans, expected):
    resume = {"work": [{"startDate": start, **({"endDate": end} if end else {})} for start, end in spans]}
    assert years(normalise(resume), date(2026, 1, 1)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
ENTRY = st.dictionaries(st.sampled_from(["name", "position", "summary", "highlights", "id", "x"]), JSON, max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "basics": JSON,
            "work": st.lists(ENTRY, max_size=3),
            "skills": JSON,
            "y": st.lists(ENTRY, max_size=2),
        },
    )
)
def test_anything_is_either_refused_with_a_sentence_or_normal_and_shown(raw):
    try:
        resume = normalise(raw)
    except (Invalid, TooLarge) as refused:
        assert refused.message.endswith(".")
        return
    assert normalise(resume) == resume
    assert to_markdown(resume)
    assert to_markdown(resume, ids=True)
    paths = [line.path for line in lines(resume)]
    assert len(paths) == len(set(paths))
