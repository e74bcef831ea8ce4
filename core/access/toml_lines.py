"""Where in a TOML file a value stands, for messages that name the line."""

import tomllib
from typing import Any

Place = tuple[str | int, ...]


def line_of(text: str, place: Place) -> int:
    """The line, from 1, of the value at `place` in `text`, or of the nearest table around it.

    A place whose outermost table is missing is the last line. The TOML reader keeps no
    positions, so the text is read again, a line more each time: a value stands where it is
    first there. That is slow for a large file and fine for the one message before the program ends.
    """
    lines = text.split("\n")
    for depth in range(len(place), 0, -1):
        if line := _first(lines, place[:depth]):
            return line
    return text.rstrip("\n").count("\n") + 1


def _first(lines: list[str], place: Place) -> int | None:
    whole = 0  # the longest beginning that could be read: an entry of many lines starts right after it
    for last in range(1, len(lines) + 1):
        try:
            read = tomllib.loads("\n".join(lines[:last]))
        except tomllib.TOMLDecodeError:
            continue
        found, value = _at(read, place)
        if found:
            return whole + 1 + _within(lines[whole:last], value)
        whole = last
    return None


def _at(read: Any, place: Place) -> tuple[bool, Any]:
    for part in place:
        in_table = isinstance(read, dict) and part in read
        in_list = isinstance(read, list) and isinstance(part, int) and part < len(read)
        if not (in_table or in_list):
            return False, None
        read = read[part]
    return True, read


def _within(lines: list[str], value: Any) -> int:
    """Which of an entry's lines holds the text `value`, from 0; the first where that cannot be told."""
    quoted = (f'"{value}"', f"'{value}'")
    return next((n for n, line in enumerate(lines) if any(one in line for one in quoted)), 0)
