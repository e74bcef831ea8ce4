"""A provider's cost export, read: whatever its columns are called, however it separates them and writes its numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from core.errors import TooLarge, Unreadable
from core.llm.price_book import names as spellings
from core.usage import invoice_columns
from core.usage.invoice_columns import APART

MOST_BYTES = 20_000_000
MOST_LINES = 500_000
MOST_HEAD = 100_000  # bytes in which the names of the columns are
MOST_PROBLEMS = 50
MOST_USD = 10**9
MOST_DIGITS = 15  # of a number of tokens
YEARS = range(2000, 2101)
_TOKEN_PART = re.compile(r",\s*(cached input|input|output|cached)\b.*$|\s+(cached input|input|output)( tokens)?$", re.I)
_GROUPED = re.compile(r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{2,3})*[.,'\u00a0\u202f ]\d{3}")  # 1,204,455
_NUMBER = re.compile(r"[-+]?[\d.,'\u00a0\u202f ]*\d(e[-+]?\d+)?", re.I)


@dataclass(slots=True)
class Billed:
    """What a provider charged for one model on one UTC day, in nano-dollars. Tokens are None where the export has none;
    input includes cached."""

    nanousd: int = 0
    input: int | None = None
    output: int | None = None
    cached: int | None = None
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Invoice:
    """An export: what it charges by UTC day and model, without the date at the end of a model's name.

    `problems` are lines that could not be read, one sentence each; `columns` says which of its columns was taken for
    what, `providers` whom its lines name. Nothing of it is stored.
    """

    billed: Mapping[tuple[date, str], Billed]
    problems: Sequence[str]
    unread: int
    columns: Mapping[str, str]
    providers: frozenset[str] = frozenset()

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day with a charge."""
        days = [day for day, _ in self.billed]
        return min(days), max(days)


def read(data: bytes, columns: Mapping[str, str] | None = None) -> Invoice:
    """A CSV export; `columns` names some of its headers by kind (`core.usage.invoice_columns.HEADERS`), the others are
    found by their names. Errors: `Unreadable`, `TooLarge`, `Invalid`, each with what to do."""
    if len(data) > MOST_BYTES:
        raise TooLarge(f"The export is larger than {MOST_BYTES // 10**6} MB. Export a shorter period.")
    rows, taken = invoice_columns.table(_text(data), columns or {})
    places = {name: rows[0].index(header) for name, header in taken.items()}
    body = [(number, row) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    if len(body) > MOST_LINES:
        raise TooLarge(f"The export has more than {MOST_LINES:,} lines. Export a shorter period, or by day.")
    reader = _Reader(places, [row for _, row in body])
    for number, row in body:
        reader.take(number, row)
    if not reader.billed:
        first = f" {reader.problems[0]}" if reader.problems else ""
        raise Unreadable(
            f"No line of the export could be read.{first} Export it as CSV with a date, a model and a cost."
        )
    return Invoice(reader.billed, reader.problems, reader.unread, taken, frozenset(reader.providers))


def recognised(data: bytes) -> tuple[list[str], dict[str, str]]:
    """The headers of an export, and by kind those that are recognised by name. Errors: `Unreadable`."""
    return invoice_columns.recognised(_text(data[:MOST_HEAD].rpartition(b"\n")[0] or data[:MOST_HEAD]))


def _text(data: bytes) -> str:
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("This is not a text file. Export the costs as CSV, not as a spreadsheet or an archive.")


class _Reader:
    """Takes line after line; what cannot be read becomes a sentence."""

    def __init__(self, places: Mapping[str, int], rows: Sequence[Sequence[str]]) -> None:
        self.places = places
        self.billed: dict[tuple[date, str], Billed] = {}
        self.problems: list[str] = []
        self.unread = 0
        self.providers: set[str] = set()
        self._comma = _decimal_comma([self._cell(row, "cost") for row in rows])
        self._order = _day_order([self._cell(row, "day") for row in rows])

    def take(self, number: int, row: Sequence[str]) -> None:
        try:
            self._add(row)
        except ValueError as wrong:
            self.unread += 1
            if len(self.problems) < MOST_PROBLEMS:
                self.problems.append(f"Line {number}: {wrong}")

    def _add(self, row: Sequence[str]) -> None:
        currency = self._cell(row, "currency")
        if currency and currency.lower() not in ("usd", "$", "us dollar"):
            raise ValueError(f"it is in {currency.upper()[:12]}; only dollars can be compared.")
        day = _day(self._cell(row, "day"), self._order)
        said = self._cell(row, "model")
        if not said:
            raise ValueError("it names no model.")
        nanousd = _nano(self._cell(row, "cost"), comma=self._comma)
        counts = self._counts(row)
        self.providers |= {self._cell(row, "provider").lower()} - {""}
        one = self.billed.setdefault((day, plain(said)), Billed())
        one.nanousd += nanousd
        one.lines += 1
        for kind, count in counts.items():
            if count is not None:
                setattr(one, kind, (getattr(one, kind) or 0) + count)

    def _counts(self, row: Sequence[str]) -> dict[str, int | None]:
        """Tokens by kind; where no column has the input whole, its parts make it."""
        kinds = [kind for kind in ("input", "output", *APART) if kind in self.places]
        found = {kind: _tokens(self._cell(row, kind)) for kind in kinds}
        parts = [found[kind] for kind in APART if found.get(kind) is not None]
        if "uncached" in self.places and "input" not in self.places and parts:
            found["input"] = sum(part for part in parts if part is not None)
        return {kind: found[kind] for kind in ("input", "output", "cached") if kind in found}

    def _cell(self, row: Sequence[str], kind: str) -> str:
        place = self.places.get(kind)
        return row[place].strip() if place is not None and place < len(row) else ""


def plain(model: str) -> str:
    """A model's name as it is compared: without its maker, date and kind of token."""
    name = _TOKEN_PART.sub("", model.strip()).strip().lower()
    return list(spellings(name.rpartition("/")[2] or name))[-1]


def _decimal_comma(costs: Sequence[str]) -> bool:
    """Whether the comma parts the decimals: it comes last, or is followed by other than three digits."""
    for cost in costs:
        comma, point = cost.rfind(","), cost.rfind(".")
        if comma >= 0 and point >= 0:
            return comma > point
        if point >= 0 and cost.count(".") == 1:
            return False
        if comma >= 0 and (cost.count(",") == 1 and (len(cost) - comma - 1 != 3 or cost.lstrip("-$ ")[:2] == "0,")):
            return True
    return False


def _nano(said: str, *, comma: bool) -> int:
    bare = said.replace("$", "").replace("USD", "").strip()
    if not bare or not _NUMBER.fullmatch(bare):
        raise ValueError(f"{said[:40] or 'nothing'} is no cost." if said else "it has no cost.")
    bare = re.sub(r"['\u00a0\u202f ]", "", bare)
    bare = bare.replace(".", "").replace(",", ".") if comma else bare.replace(",", "")
    try:
        amount = Decimal(bare)
    except InvalidOperation:
        raise ValueError(f"{said[:40]} is no cost.") from None
    if not -MOST_USD <= amount <= MOST_USD:  # compared as it is: arithmetic fails on an exponent without end
        raise ValueError(f"{said[:40]} is more than anybody charges.")
    return int((amount * 10**9).to_integral_value())


def _tokens(said: str) -> int | None:
    if not said:
        return None
    whole = said if _GROUPED.fullmatch(said) else re.sub(r"[.,]0+$", "", said)
    bare = re.sub(r"\D", "", whole) if _GROUPED.fullmatch(whole) else whole
    if not bare.isdecimal() or len(bare) > MOST_DIGITS:
        raise ValueError(f"{said[:40]} is no number of tokens.")
    return int(bare)


def _day_order(days: Sequence[str]) -> str | None:
    """Whether days like 03/04/2026 begin with the day or the month, where one line of the file tells."""
    for said in days:
        if found := re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", said):
            if "." in found[0] or int(found[1]) > 12:
                return "day"
            if int(found[2]) > 12:
                return "month"
    return None


def _day(said: str, order: str | None) -> date:
    """The UTC day of a date, a time with its zone, or seconds since 1970."""
    if re.fullmatch(r"\d{9,10}(\.0+)?", said):
        said = datetime.fromtimestamp(int(float(said)), UTC).isoformat()
    if re.fullmatch(r"\d{8}", said):
        said = f"{said[:4]}-{said[4:6]}-{said[6:]}"
    if found := re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", said):
        if order is None and found[1] != found[2]:
            raise ValueError(f"{said[:20]} may be two different days. Write days as 2026-11-23.")
        day, month = (found[1], found[2]) if order != "month" else (found[2], found[1])
        said = f"{found[3]}-{int(month):02d}-{int(day):02d}"
    try:
        at = datetime.fromisoformat(said.replace(" UTC", "+00:00").replace("/", "-"))
    except ValueError:
        raise ValueError(f"{said[:40]} is no day. Write days as 2026-11-23." if said else "it has no day.") from None
    if at.year not in YEARS:  # the first and the last that there are have no day before or after them
        raise ValueError(f"{said[:40]} is no day of an invoice: write a year from {YEARS[0]} to {YEARS[-1]}.")
    return (at.astimezone(UTC) if at.tzinfo else at).date()
