"""Markdown read as parts: what is marked is marked, what is not stays as it was written, and nothing is lost."""

import time

import pytest

from core.drive.richtext import Span, parts, spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", (Span("plain"),)),
        ("**bold** rest", (Span("bold", bold=True), Span(" rest"))),
        ("***both***", (Span("both", bold=True, italic=True),)),
        ("**a *b* c**", (Span("a ", bold=True), Span("b", bold=True, italic=True), Span(" c", bold=True))),
        ("user_id and 5 * 3 * 2", (Span("user_id and 5 * 3 * 2"),)),
        ("**open", (Span("**open"),)),
        (r"\*not\* `code`", (Span("*not* "), Span("code", code=True))),
        ("[Acme](https://acme.example)", (Span("Acme (https://acme.example)"),)),
        ("![x](https://e.example/p.png)", (Span("x (https://e.example/p.png)"),)),
        ("<mailto:a@b.example>", (Span("a@b.example"),)),
        ("one  \ntwo\nthree", (Span("one\ntwo\nthree"),)),
    ],
)
def test_emphasis(text: str, expected: tuple[Span, ...]) -> None:
    assert spans(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A #\n\n## B", [("heading", 1, "A"), ("heading", 2, "B")]),
        ("Title\n===\nSub\n---\n", [("heading", 1, "Title"), ("heading", 2, "Sub")]),
        ("a\nb\n\nc", [("paragraph", 0, "a\nb"), ("paragraph", 0, "c")]),
        ("- a\n  goes on\n- b", [("bullet", 0, "a goes on"), ("bullet", 0, "b")]),
        (
            "- a\n    - b\n        - c\n            - d",
            [("bullet", 0, "a"), ("bullet", 1, "b"), ("bullet", 2, "c"), ("bullet", 2, "d")],
        ),
        ("1. a\n   - b\n2. c", [("number", 0, "a"), ("bullet", 1, "b"), ("number", 0, "c")]),
        ("> a\n> b", [("quote", 0, "a\nb")]),
        ("```\n# x\n```", [("code", 0, "# x")]),
        ("```\nnever closed", [("code", 0, "never closed")]),
        ("a | b, no table", [("paragraph", 0, "a | b, no table")]),
        ("a\n\n***\n\nb", [("paragraph", 0, "a"), ("rule", 0, ""), ("paragraph", 0, "b")]),
        ("", []),
    ],
)
def test_parts(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert [(one.kind, one.level, "".join(span.text for span in one.spans)) for one in parts(text)] == expected


def test_a_table_has_its_head_first_and_as_many_cells_in_each_row() -> None:
    (table,) = parts("| A | B |\n|:--|--:|\n| 1 \\| 2 | **3** |\n| 4 |")
    cells = [["".join(span.text for span in cell) for cell in row] for row in table.rows]
    assert cells == [["A", "B"], ["1 | 2", "3"], ["4", ""]]


@pytest.mark.parametrize(
    "text", ["*a " * 40_000, "[" * 60_000, "`" * 60_000, "|" * 60_000, "> " * 30_000, "**_" * 30_000, "- " * 50_000]
)
def test_a_hostile_text_takes_no_longer_than_its_length_deserves(text: str) -> None:
    began = time.process_time()
    parts(text)
    assert time.process_time() - began < 2
