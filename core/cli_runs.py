"""The terminal's `runs` commands: the record of every call, as a file."""

import argparse
from pathlib import Path

from core import wiring
from core.commands import Add, Commands, progress
from core.errors import Invalid
from core.llm import run_columns, run_filter
from core.settings import Settings


def export(given: argparse.Namespace, settings: Settings) -> int:
    """Write the runs of a filter to a file, newest first, and print how many; the columns are listed by --columns."""
    from core.llm import run_export  # here, because Arrow takes longer to load than most commands to run

    if given.columns:
        for name, holds in (run_columns.COLUMNS | (run_columns.TEXTS if given.texts else {})).items():
            print(f"{name:<18} {holds}")
        return 0
    if given.out is None:
        raise Invalid("Say where the file is to be written: --out runs.csv.")
    if not given.out.parent.is_dir():
        raise Invalid(f"There is no folder {given.out.parent}. Make it, or choose another with --out.")
    count = run_export.export(
        wiring.furnish(settings),
        _filter(given),
        given.out,
        format=given.format or ("parquet" if given.out.suffix == ".parquet" else "csv"),
        texts=given.texts,
        progress=progress("runs"),
    )
    print(count)
    return 0


def add_to(commands: Commands, add: Add) -> None:
    """Put `runs export` among the commands; `add` is how the terminal adds one."""
    kinds = commands.add_parser("runs", help="the record of every call").add_subparsers(required=True, metavar="WHAT")
    one = add(kinds, "export", export)
    one.add_argument("--out", type=Path, help="the file; one that is there is replaced")
    one.add_argument("--format", choices=run_columns.FORMATS, help="without it, by the file's ending")
    one.add_argument("--texts", action="store_true", help="with what was asked, sent and answered")
    one.add_argument("--columns", action="store_true", help="list what the file holds, and write nothing")
    one.add_argument("--from", dest="since", metavar="DAY", help="first day, UTC, as 2026-11-01")
    one.add_argument("--to", dest="until", metavar="DAY", help="the day after the last, UTC")
    for name in (*run_filter.CLOSED, *run_filter.OPEN, *run_filter.IDS):
        option = f"--{name.replace('_', '-')}"
        one.add_argument(option, dest=name, action="append", default=[], choices=run_filter.CLOSED.get(name))
    one.add_argument("--search", help="a run's beginning, part of a candidate's name or of a job's title")


def _filter(given: argparse.Namespace) -> run_filter.RunFilter:
    names = (*run_filter.CLOSED, *run_filter.OPEN, *run_filter.IDS)
    asked = {name: values for name in names if (values := getattr(given, name))}
    asked |= {"search": [given.search]} if given.search else {}
    asked |= {name: [f"{day}T00:00:00+00:00"] for name, day in (("from", given.since), ("to", given.until)) if day}
    wanted = run_filter.read(asked)
    kept = run_filter.write(wanted)
    for name, values in asked.items():
        if len(kept.get(name, [])) != len(set(values)):
            raise Invalid(f"--{name.replace('_', '-')} {' '.join(values)[:80]} cannot be read. See --help.")
    return wanted
