"""Tables for the pages: made without pandas, and saying the same."""

import ast
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.settings import HOUSE
from pages.widgets import grid, said

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)

CELLS = [
    (str, 'a\nb "c" – ✓ <b>'),
    (str, "half of a pair \ud83d"),
    (str, ""),
    (int, 9_007_199_254_740_993),
    (int, 0),
    (float, 1e-9),
    (float, 3),
    (bool, False),
    (list, ["Done", "with a, comma"]),
    (list, []),
    (int, np.int64(7)),
    (float, np.float64(0.25)),
    (float, np.float32(0.5)),
    (datetime, NOON),
    (datetime, NOON.astimezone(timezone(timedelta(hours=-3, minutes=-30)))),
]


@pytest.mark.parametrize(("kind", "value"), CELLS)
def test_a_cell_holds_what_was_put_in(kind: type, value: object) -> None:
    column = grid.table([{"x": value}, {"x": None}], {"x": kind}).column("x")
    held = column.to_pylist()
    expected = value.replace("\ud83d", "?") if isinstance(value, str) else value
    assert held == [expected, None]


def test_columns_stand_in_the_order_they_were_named_and_others_are_left_out() -> None:
    rows = [{"b": 1, "a": "x", "c": 2.0}]
    assert grid.table(rows, {"a": str, "b": int}).to_pylist() == [{"a": "x", "b": 1}]


def test_columns_that_are_not_named_are_those_of_the_first_row_with_the_type_of_their_values() -> None:
    table = grid.table([{"n": None, "f": 1, "t": None, "s": "x"}, {"s": "y", "n": 3, "f": 0.5, "t": None}])
    assert {name: str(kind) for name, kind in zip(table.column_names, table.schema.types, strict=True)} == {
        "n": "int64",
        "f": "double",
        "t": "null",
        "s": "string",
    }
    assert grid.table([]).num_columns == 0


def test_what_is_no_number_is_an_empty_cell() -> None:
    table = grid.table([{"x": float("nan")}, {"x": np.float64("nan")}, {"x": 1}])
    assert table.column("x").to_pylist() == [None, None, 1]


def test_a_table_of_nothing_has_its_columns() -> None:
    table = grid.table([], {"a": str, "when": datetime})
    assert (table.num_rows, table.column_names) == (0, ["a", "when"])


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (ZoneInfo("Europe/Madrid"), "Europe/Madrid"),
        (ZoneInfo("UTC"), "UTC"),
        (timezone(timedelta(hours=-3, minutes=-30)), "-03:30"),
        (timezone(timedelta(0)), "UTC"),
    ],
)
def test_times_are_shown_in_the_readers_zone(monkeypatch: pytest.MonkeyPatch, zone: tzinfo, name: str) -> None:
    monkeypatch.setattr(said, "zone", lambda: zone)
    column = grid.table([{"at": NOON}], {"at": datetime}).column("at")
    assert column.type.tz == name and column.to_pylist() == [NOON]


def test_a_large_table_is_read_whole() -> None:
    rows = [{"text": "word " * 4_000, "n": n} for n in range(200)]  # 4 MB, and no row fits a block of Arrow's own
    table = grid.table(rows, {"text": str, "n": int})
    assert table.column("n").to_pylist() == list(range(200))


def test_it_is_drawn_as_a_table_without_an_index() -> None:
    drawn = AppTest.from_string(
        "from pages.widgets import grid\ngrid.draw([{'name': 'x', 'n': 1}], {'name': str, 'n': int}, key='rows')"
    ).run()
    assert not drawn.exception
    assert drawn.dataframe[0].value.to_dict("records") == [{"name": "x", "n": 1}]


LOADS_PANDAS = {"dataframe", "table", "data_editor", "bar_chart", "line_chart", "area_chart", "scatter_chart", "map"}


def test_no_page_draws_with_pandas() -> None:
    """The server has to stay under 300 MB; Plotly's charts and `grid.draw` do without pandas."""
    found = []
    for file in sorted((HOUSE / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names) if any(one.name.partition(".")[0] == "pandas" for one in names):
                    found.append(f"{file.name}, line {node.lineno}: pandas is loaded")
                case ast.Call(func=ast.Attribute(value=ast.Name(id="st"), attr=name)) if name in LOADS_PANDAS:
                    if file.name != "grid.py":
                        found.append(f"{file.name}, line {node.lineno}: use grid.draw in place of st.{name}")
    assert not found, "\n".join(found)


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"]
HARMLESS = ["+$0.47", "-12.5 %", "+3", "–", "a=b", "", "Ada Moreno", "−$1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_begins_with_an_unseen_sign(text: str) -> None:
    ((cell,),) = (row.values() for row in grid.table([{"name": text}]).to_pylist())
    assert cell == f"\u2060{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert grid.table([{"name": text}]).to_pylist() == [{"name": text}]
