"""The terminal's commands about money that was spent: an invoice checked, past costs corrected."""

import argparse
import sys
from collections.abc import Sequence

from core import wiring
from core.access.limits import money
from core.commands import CALLER, Add, Commands, existing_file, progress
from core.errors import Invalid
from core.settings import Settings
from core.store import Store
from core.usage import correction_log, corrections, invoice, invoice_file, report, repricing
from core.usage.invoice_columns import HEADERS
from core.usage.queries import Usage
from core.usage.repricing import Preview

ALL_AGREE = "Every cost is what today's prices say."


def check(given: argparse.Namespace, settings: Settings) -> int:
    """Compare a provider's cost export with our own records, by day and model."""
    read = invoice_file.read(given.file.read_bytes(), dict(_column(said) for said in given.column))
    found = invoice.check(Usage(wiring.furnish(settings)).now(), read, provider=given.provider)
    for problem in read.problems:
        print(problem, file=sys.stderr)
    if read.unread > len(read.problems):
        print(f"{read.unread - len(read.problems):,} more lines could not be read.", file=sys.stderr)
    lines: list[tuple[str, ...]] = [("day", "model", "ours", "theirs", "drift", "tokens", "cause")]
    lines += [_drift(one) for one in found.drifts if given.all or one.cause != "agrees"]
    print(_table(lines) if len(lines) > 1 else "Every day and model agrees.")
    print(invoice.summary(found))
    return 0


def reprice(given: argparse.Namespace, settings: Settings) -> int:
    """Show what today's price rows change in past costs; with --apply write it, with --undo take it back."""
    store, told = wiring.furnish(settings), progress("attempts")
    if given.undo is not None:
        count = corrections.undo(store, given.undo, CALLER, progress=told)
        print(f"Correction {given.undo} is undone: {count:,} calls cost again what they did.")
        return 0
    if given.resume is not None:
        corrections.go_on(store, given.resume, CALLER, progress=told)
        print(f"Correction {given.resume} is written to its end.")
        return 0
    if given.list:
        return _list(store)
    if given.first is None or given.end is None:
        raise Invalid("Say which days to look at: --from 2026-11-01 --to 2026-12-01 (the day after the last), UTC.")
    if given.apply and not (given.reason or "").strip():
        raise Invalid("Say why with --reason TEXT, so that others can follow it later.")
    asked = report.asked(report.as_day(given.first), report.as_day(given.end), given.where)
    found = repricing.preview(store, asked, progress=told)
    _show(found)
    if given.apply:
        expected = (found.total.attempts, found.total.after_nanousd)
        id = corrections.apply(store, asked, CALLER, given.reason, expected=expected, progress=told)
        print(f"Applied. `usage reprice --undo {id}` takes it back.")
        print(id)
    elif found.total.attempts:
        print("Nothing is written yet. Add --apply --reason TEXT to write it.")
    return 0


def add_to(kinds: Commands, add: Add) -> None:
    """Put `invoice` and `reprice` among the usage commands; `add` is how the terminal adds one."""
    one = add(kinds, "invoice", check)
    one.add_argument("file", type=existing_file, help="CSV with a date, a model, tokens and a cost")
    one.add_argument(
        "--provider", metavar="NAME", help="whose calls to compare; without it, whom the file names, or all"
    )
    one.add_argument(
        "--column", action="append", default=[], metavar="KIND=HEADER",
        help=f"which column is what, where its name does not tell; KIND is one of {', '.join(HEADERS)}",
    )  # fmt: skip
    one.add_argument("--all", action="store_true", help="days that agree too")
    two = add(kinds, "reprice", reprice)
    two.add_argument("--from", dest="first", metavar="DAY", help="the first UTC day")
    two.add_argument("--to", dest="end", metavar="DAY", help="the day after the last")
    two.add_argument("--where", action="append", default=[], metavar="NAME=VALUE", help="only these; again for more")
    two.add_argument("--apply", action="store_true", help="write it")
    two.add_argument("--reason", metavar="TEXT", help="why, for the record")
    two.add_argument("--undo", type=int, metavar="ID", help="take a correction back")
    two.add_argument("--resume", type=int, metavar="ID", help="go on with a correction that was stopped")
    two.add_argument("--list", action="store_true", help="the corrections that were made")


def _show(found: Preview) -> None:
    total = found.total
    print(f"Looked at {found.looked_at:,} attempts.")
    if found.without_price:
        print(f"{found.without_price:,} have no price today and keep the cost they have.")
    if found.still_unknown:
        print(f"{found.still_unknown:,} have an unknown cost and keep it: no price is known, or nothing was counted.")
    if not total.attempts:
        print("Every cost that is known is what today's prices say." if found.still_unknown else ALL_AGREE)
        return
    lines = [("model", "attempts", "before", "after", "unknown before")]
    lines += [
        (name, f"{one.attempts:,}", money(one.before_nanousd), money(one.after_nanousd), f"{one.unknown:,}")
        for name, one in sorted(found.models.items(), key=lambda pair: -pair[1].attempts)
    ]
    print(_table(lines))
    print(
        f"{total.attempts:,} attempts of {found.runs:,} runs: "
        f"{money(total.before_nanousd)} becomes {money(total.after_nanousd)}."
    )


def _list(store: Store) -> int:
    for one in correction_log.listed(store):
        state = f", undone {one.undone_at:%Y-%m-%d} by {one.undone_by}" if one.undone_at else ""
        state = f", not finished: --resume {one.id} or --undo {one.id}" if one.unfinished else state
        state = f", partly undone: --undo {one.id} goes on" if one.undoing else state
        print(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M}  {one.who}  {one.lines:,} attempts  "
            f"{money(one.before_nanousd)} → {money(one.after_nanousd)}  {one.reason}{state}"
        )
    return 0


def _drift(one: invoice.Drift) -> tuple[str, ...]:
    ours = "–" if one.ours is None else "unknown" if one.ours.nanousd is None else money(one.ours.nanousd)
    theirs = money(one.theirs.nanousd) if one.theirs else "–"
    tokens = "–" if one.tokens is None else f"{one.tokens:+,}"
    sign = "+" if one.nanousd >= 0 else "−"
    return one.day.isoformat(), one.model, ours, theirs, f"{sign}{money(abs(one.nanousd))}", tokens, one.said


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _column(said: str) -> tuple[str, str]:
    kind, sign, header = said.partition("=")
    if not sign:
        raise Invalid(f"--column {said}: write KIND=HEADER, for example --column cost='Amount due'.")
    return kind, header
