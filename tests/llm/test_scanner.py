"""What people see while an answer streams."""

import json
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.llm import parser
from core.llm.json_scan import LISTS, TEXTS
from core.llm.prose import clean, line
from core.llm.scanner import Scanner

FIELDS = ("title", "summary", "content", "bullets", "warnings", "next_actions", "changes")
LETTER = "Cover letter: Baker at Rye\n\nLeads with sourdough.\n\nDear Ms Ito,\n\nI bake.\n\nKind regards,\nAda"
LETTER_PARTS = {
    "title": "Cover letter: Baker at Rye",
    "summary": "Leads with sourdough.",
    "content": "Dear Ms Ito,\n\nI bake.\n\nKind regards,\nAda",
}


def seen(output, chunks, fields=FIELDS):
    scanner = Scanner(output, fields)
    pairs = [pair for chunk in chunks for pair in scanner.feed(chunk)] + scanner.end()
    shown = {}
    for field, text in pairs:
        shown.setdefault(field, []).append(text)
    return {field: "".join(texts) for field, texts in shown.items()}


def split(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)]


def cut_at(text, places):
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(edges)]


ANSWER = {"title": "T", "summary": "S one.", "content": "## A\n\nB", "bullets": ["x y", "z"], "next_actions": ["go"]}
SHOWN = {"title": "T", "summary": "S one.", "content": "## A\n\nB", "bullets": "x y\nz", "next_actions": "go"}

JSON_CASES = {
    "as asked": (json.dumps(ANSWER), SHOWN),
    "indented": (json.dumps(ANSWER, indent=2), SHOWN),
    "in a fence": (f"```json\n{json.dumps(ANSWER)}\n```", SHOWN),
    "in a fence without a line end": (f"```json {json.dumps(ANSWER)}```", SHOWN),
    "after and before prose": (f"Here is {{it}}: the report.\n{json.dumps(ANSWER)}\nHope it helps {{}}!", SHOWN),
    "after a thought": (f'<think>{{"title": "no"}}</think>\n{json.dumps(ANSWER)}', SHOWN),
    "wrapped": (json.dumps({"answer": ANSWER}), SHOWN),
    "other keys passed over": (
        '{"score": 7, "who": {"title": "no", "x": ["}"]}, "ok": true, "title": "T"}',
        {"title": "T"},
    ),
    "changes passed over": (
        '{"title": "T", "changes": [{"path": "a]", "reason": "r\\"}"}], "summary": "S"}',
        {"title": "T", "summary": "S"},
    ),
    "a field not asked for": ('{"keywords_added": ["a"], "title": "T"}', {"title": "T"}),
    "keys in other spelling": ('{"Title": "T", "nextActions": ["go"]}', {"title": "T", "next_actions": "go"}),
    "a repeated key": ('{"title": "T", "title": "U"}', {"title": "T"}),
    "null and numbers": ('{"title": null, "summary": 12, "bullets": [1, null, "b"]}', {"bullets": "b"}),
    "single quotes": ("{'title': 'T', 'bullets': ['a', 'b']}", {"title": "T", "bullets": "a\nb"}),
    "objects in a list": ('{"bullets": [{"text": "no"}, "b", ["no"], "c"]}', {"bullets": "b\nc"}),
    "empty items": ('{"bullets": ["", "a", " ", "b"]}', {"bullets": "a\nb"}),
    "a text as a list": (
        '{"content": ["One.", "Two."], "summary": ["a", "b"]}',
        {"content": "One.\n\nTwo.", "summary": "a b"},
    ),
    "escapes": (r'{"content": "a\"b\\c\/d\n\te\u00e9\ud83d\ude00\u0000"}', {"content": 'a"b\\c/d\n\teé😀'}),
    "half emoji": (r'{"title": "a\ud83d b\ude00", "summary": "\ud83d"}', {"title": "a� b�", "summary": "�"}),
    "no escape": (r'{"title": "a\u12", "summary": "s"}', {"title": "a", "summary": "s"}),
    "cut in a string": ('{"title": "T", "content": "half a sent', {"title": "T", "content": "half a sent"}),
    "cut in an escape": ('{"title": "T", "content": "half\\u00', {"title": "T", "content": "half"}),
    "cut in an emoji": ('{"content": "half\\ud83d\\u', {"content": "half�"}),
    "edges": ('{"title": "  T \\n x ", "content": "\\n a\\r\\nb \\n\\n"}', {"title": "T x", "content": "a\nb"}),
    "a list at the top": ('[{"title": "T"}]', {}),
    "nothing of ours": ('{"error": {"message": "no"}}', {}),
    "nested brackets": ('{"x": ' + "[" * 5_000, {}),
    "a web page": ("<!DOCTYPE html><html><body>{}</body></html>", {}),
    "empty": (" \n ", {}),
    "plain text instead": (LETTER, LETTER_PARTS),
    "an object long after prose": ("word " * 60 + "\n\n" + json.dumps({"summary": "S"}), None),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("name", JSON_CASES)
def test_an_object_shows_its_prose_and_never_a_brace(name, size):
    text, expected = JSON_CASES[name]
    shown = seen("json", split(text, size))
    if expected is None:
        assert shown["summary"].endswith("S") and "{" not in "".join(shown.values())
    else:
        assert shown == expected


TEXT_CASES = {
    "as asked": (LETTER, LETTER_PARTS),
    "marked up": (
        "# **Cover letter** #\n\n**Summary:** Good.\n\nContent:\nDear you",
        {"title": "Cover letter", "summary": "Good.", "content": "Dear you"},
    ),
    "labelled": ("Title: *T*\nSummary\nS.\nStill S.\n\nC", {"title": "T", "summary": "S.\nStill S.", "content": "C"}),
    "bold label": (
        "**Title:** T, in C#\n\n## Summary\n\nS.\n\n## Work",
        {"title": "T, in C#", "summary": "S.", "content": "## Work"},
    ),
    "in a fence": (f"```markdown\n{LETTER}\n```\n", LETTER_PARTS),
    "in a fence, with one inside": (
        "```\nT\n\nS\n\nUse `x`\n```py\na\n```\nand b\n```",
        {"title": "T", "summary": "S", "content": "Use `x`\n```py\na\n```\nand b"},
    ),
    "short and in a fence": ("```\nT\n\nS\n```", {"title": "T", "summary": "S"}),
    "after a preamble": (f"Sure! Here is your letter:\n\n{LETTER}", LETTER_PARTS),
    "after a thought": (f"<think>hm {{\n</think>\n\n{LETTER}", LETTER_PARTS),
    "a title like a preamble": (
        "Here is a title\n\nS\n\nC",
        {"title": "Here is a title", "summary": "S", "content": "C"},
    ),
    "without title or summary": ("Dear Ms Ito,\n\nI bake.\n\nAda", {"content": "Dear Ms Ito,\n\nI bake.\n\nAda"}),
    "without summary, a letter": ("T\n\nDear Ms Ito,\n\nI bake.", {"title": "T", "content": "Dear Ms Ito,\n\nI bake."}),
    "without summary, headings": ("# T\n\n## Work\n\n- a", {"title": "T", "content": "## Work\n\n- a"}),
    "without summary, a list": ("T\n- a\n- b", {"title": "T", "content": "- a\n- b"}),
    "a number is no list": ("T\n12 years.\n\nC", {"title": "T", "summary": "12 years.", "content": "C"}),
    "one line": ("Just this.", {"title": "Just this."}),
    "one short word": ("tit", {"title": "tit"}),
    "an object": (json.dumps(ANSWER), SHOWN),
    "an object in a fence": (f"```json\n{json.dumps(ANSWER)}\n```", SHOWN),
    "braces that are no object": (
        "{name}, welcome\n\nS\n\nC {x}",
        {"title": "{name}, welcome", "summary": "S", "content": "C {x}"},
    ),
    "a web page": ("<html>\n<p>Bad gateway", {}),
    "a list": ('["T", "S"]', {}),
    "brackets that are no list": ("[Draft] T\n\nS", {"title": "[Draft] T", "summary": "S"}),
    "control characters": (
        "T\x00\r\n\r\nS\x07\r\n\r\nC\r\nD\ud800",
        {"title": "T", "summary": "S", "content": "C\nD�"},
    ),
    "empty": ("", {}),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("name", TEXT_CASES)
def test_a_text_is_title_summary_and_the_rest(name, size):
    text, expected = TEXT_CASES[name]
    assert seen("text", split(text, size)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("summary", "content"), {"summary": "One.", "content": "Two.\n\nThree."}),
        (("content",), {"content": "One.\n\nTwo.\n\nThree."}),
        (("title", "summary"), {"title": "One.", "summary": "Two.\n\nThree."}),
        (("title",), {"title": "One. Two. Three."}),
        (("bullets",), {"content": "One.\n\nTwo.\n\nThree."}),
    ],
)
def test_a_text_goes_to_the_asked_fields_only(fields, expected):
    assert seen("text", split("One.\n\nTwo.\n\nThree.\n", 2), fields) == expected


def test_a_paragraph_without_a_title_runs_over_into_the_summary():
    paragraph = "word " * 50
    shown = seen("text", split(paragraph, 4))
    assert len(shown["title"]) <= 125
    assert f"{shown['title']} {shown['summary']}" == paragraph.strip()


def test_the_first_words_come_out_at_once():
    assert Scanner("text", FIELDS).feed("Partial") == [("title", "Partial")]
    assert Scanner("json", FIELDS).feed('{"summary": "Par') == [("summary", "Par")]


def test_every_chunk_of_prose_brings_one_delta():
    scanner = Scanner("json", FIELDS)
    scanner.feed('{"content": "')
    assert [scanner.feed(word) for word in ("One", " two", ' \\"three\\"', " ", "four")] == [
        [("content", "One")],
        [("content", " two")],
        [("content", ' "three"')],
        [],
        [("content", " four")],
    ]


def test_a_chunk_may_end_one_field_and_begin_the_next():
    assert Scanner("json", FIELDS).feed('{"title": "T", "bullets": ["a", "b"') == [("title", "T"), ("bullets", "a\nb")]


# -- properties ------------------------------------------------------------------------------------

places = st.lists(st.integers(min_value=0), max_size=30)
prose = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
item = prose.map(lambda text: "i" + text)
lists = st.lists(item, max_size=4, unique_by=lambda text: line(text).casefold())
answers = st.fixed_dictionaries(dict.fromkeys(TEXTS, prose.map(lambda text: text + ".")) | dict.fromkeys(LISTS, lists))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(answers, places, st.booleans(), st.sampled_from([None, 1]))
@example(ANSWER | {"content": "😀\ud83d\\u0041", "warnings": []}, list(range(999)), True, None)
def test_what_streams_is_what_an_object_finally_says(answer, places, ascii_only, indent):
    text = json.dumps(answer | {"changes": [{"a": "b"}]}, ensure_ascii=ascii_only, indent=indent)
    parsed = parser.read(text, "json", FIELDS)
    shown = seen("json", cut_at(text, places))
    for field in TEXTS:
        assert shown.get(field, "") == getattr(parsed, field) != ""
    for field in LISTS:
        assert shown.get(field, "") == "\n".join(getattr(parsed, field))
        assert len(getattr(parsed, field)) == len(answer[field])
    assert not parsed.repaired


words = st.text(st.sampled_from("abcXYZ éß😀.,'-"), min_size=1, max_size=20).map(lambda text: f"w{text}w")
paragraphs = st.lists(words, min_size=1, max_size=3).map("\n".join)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    words,
    paragraphs,
    st.lists(paragraphs, min_size=1, max_size=4),
    places,
    st.sampled_from(["{}", "```markdown\n{}\n```", "# {}\n"]),
)
def test_what_streams_is_what_a_text_finally_says(title, summary, rest, places, frame):
    content = "\n\n".join(rest)
    text = frame.format(f"{title}\n\n{summary}\n\n{content}")
    shown = seen("text", cut_at(text, places))
    parsed = parser.read(text, "text", FIELDS)
    assert shown == {"title": line(title), "summary": summary, "content": content}
    assert shown == {field: getattr(parsed, field) for field in TEXTS}


gaps = [
    "\n\n",
    "\r\n",
    "# ",
    "## ",
    "- ",
    "1. ",
    "```json\n",
    "Title: ",
    "Dear ",
    "Here is ",
    ":\n",
    "words and words",
    "\x00",
    "\u2028",
    "\ud800",
]
marks = [
    "**",
    "```",
    "Summary:",
    "content",
    "summary",
    "de",
    "Sure",
    "<think>",
    "</think>",
    "<html",
    "word",
    "😀",
    "C#",
]
json_marks = ['{"title":"', '"answer":{', "bullets", "\\n", "\\u00e9", "\\ud83d", "\\ude00"]
pieces = st.sampled_from([*"{}[]\"\\':,u0\n\t *_#", *gaps, *marks, *json_marks])


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.lists(pieces, max_size=25).map("".join), places, st.sampled_from(["json", "text"]))
def test_where_chunks_end_never_matters(text, places, output):
    assert seen(output, cut_at(text, places)) == seen(output, [text])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=300), st.sampled_from(["json", "text"]))
def test_no_text_breaks_it_and_nothing_unclean_comes_out(text, output):
    for shown in seen(output, split(text, 3)).values():
        assert clean(shown) == shown
