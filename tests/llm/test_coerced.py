"""What loose values of a model's object become."""

import json

import pytest

from core.llm import parser
from core.llm.coerced import LONGEST, LONGEST_ITEM, MOST_CHANGES, MOST_ITEMS
from core.llm.prose import shorten

FIELDS = ("title", "summary", "content", "bullets", "warnings", "next_actions", "changes")
CHANGE = {"op": "replace", "path": "work/w1/summary", "original": "a", "value": "b", "reason": "r", "evidence": ["w1"]}


def read(answer):
    return parser.read(json.dumps(answer), "json", FIELDS)


def parts(parsed):
    names = ("title", "summary", "content", "bullets", "warnings", "next_actions")
    return {name: getattr(parsed, name) for name in names if getattr(parsed, name)}


COERCED = {
    "wrapped": ({"answer": {"summary": "S"}}, {"summary": "S"}),
    "wrapped under any key": ({"match_report": {"summary": "S"}, "version": 1}, {"summary": "S"}),
    "other spelling": (
        {"Summary": "S", "nextActions": ["go"], "Next Actions": ["went"]},
        {"summary": "S", "next_actions": ("went",)},
    ),
    "null": ({"title": None, "summary": "S", "bullets": None}, {"summary": "S"}),
    "numbers": (
        {"title": 2026, "summary": 1.5, "bullets": [1, 2.0, 0.25, True, "x"]},
        {"title": "2026", "summary": "1.5", "bullets": ("1", "2", "0.25", "x")},
    ),
    "no numbers": ({"summary": "S", "bullets": [float("nan"), float("inf")]}, {"summary": "S"}),
    "a list as text": (
        {"summary": ["a", "b"], "content": ["One.", "Two."]},
        {"summary": "a b", "content": "One.\n\nTwo."},
    ),
    "text as a list": ({"summary": "S", "bullets": "- x\n- y\n\n* z"}, {"summary": "S", "bullets": ("x", "y", "z")}),
    "an object as a list": ({"summary": "S", "bullets": {"1": "x", "2": "y"}}, {"summary": "S", "bullets": ("x", "y")}),
    "objects in a list": (
        {"summary": "S", "bullets": [{"q": "Why?", "a": "So.", "n": 3}, {"x": "led", "y": ["team", {"z": None}]}]},
        {"summary": "S", "bullets": ("Why? So. 3", "led — team")},
    ),
    "empty and repeated items": (
        {"summary": "S", "bullets": ["x", "", " ", "X", "x\n ", [], {}]},
        {"summary": "S", "bullets": ("x",)},
    ),
    "list marks": (
        {"summary": "S", "bullets": ["- x", "• y", "-z", "a - b"]},
        {"summary": "S", "bullets": ("x", "y", "-z", "a - b")},
    ),
    "lines and edges": (
        {"title": " A\n b ", "summary": " S \n", "content": "\n a\r\nb\x00\x1b[0m ", "bullets": ["x\n y"]},
        {"title": "A b", "summary": "S", "content": "a\nb[0m", "bullets": ("x y",)},
    ),
    "half emoji": ({"summary": "a\ud83d", "content": "\\ud83d 😀"}, {"summary": "a�", "content": "\\ud83d 😀"}),
    "markup stays": ({"summary": "a < b & <b>c</b>"}, {"summary": "a < b & <b>c</b>"}),
    "computed fields and others": ({"summary": "S", "keywords_added": ["x"], "summary_2": "no"}, {"summary": "S"}),
}


@pytest.mark.parametrize("name", COERCED)
def test_loose_values_become_plain_texts(name):
    answer, expected = COERCED[name]
    assert parts(read(answer)) == expected


@pytest.mark.parametrize(
    ("proposed", "kept"),
    [
        (
            [CHANGE, CHANGE | {"op": "rename"}, CHANGE | {"path": " "}, "x", None, {"path": "skills"}],
            ["work/w1/summary"],
        ),
        (CHANGE | {"op": " Replace ", "path": "/skills/"}, ["skills"]),
        ([CHANGE] * (MOST_CHANGES + 5), ["work/w1/summary"] * MOST_CHANGES),
        ("none", []),
    ],
)
def test_a_change_needs_a_known_operation_and_a_place(proposed, kept):
    parsed = read({"summary": "S", "changes": proposed})
    assert [change.path for change in parsed.changes] == kept


def test_a_new_order_may_come_as_a_list():
    order = {"op": "reorder", "path": "skills", "value": ["s2", "s1"], "evidence": "s1"}
    change = read({"changes": [order]}).changes[0]
    assert (change.value, change.evidence, change.original) == ("s2\ns1", ("s1",), "")


def test_a_verdict_is_never_read_from_a_model():
    (change,) = read({"changes": [CHANGE | {"verdict": "verified", "why": "Trust me."}]}).changes
    assert (change.verdict, change.why) == (None, "")


def test_everything_is_cut_between_words_at_its_limit():
    long = "word " * 10_000
    parsed = read(dict.fromkeys(LONGEST, long) | {"bullets": [f"{n} {long}" for n in range(99)]})
    for name, limit in LONGEST.items():
        assert limit - 6 < len(getattr(parsed, name)) <= limit
        assert getattr(parsed, name).endswith("word…")
    assert len(parsed.bullets) == MOST_ITEMS
    assert all(len(item) <= LONGEST_ITEM and item.endswith("word…") for item in parsed.bullets)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("one two", 7, "one two"),
        ("one two", 6, "one…"),
        ("one two", 4, "one…"),
        ("one two", 5, "one…"),
        ("onetwo", 4, "one…"),
        ("cafe\u0301s", 5, "caf…"),
    ],
)
def test_a_cut_falls_between_words_where_it_can(text, limit, cut):
    assert shorten(text, limit) == cut
