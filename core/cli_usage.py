"""The terminal's `usage` commands and the made-up runs: what was spent, as the page shows it."""

import argparse
from datetime import UTC, datetime, timedelta

from core import cli_budgets, cli_money, wiring
from core.commands import Add, Commands
from core.demo import runs as demo_runs
from core.errors import Invalid
from core.schema import usd
from core.settings import Settings
from core.usage import fold
from core.usage import report as reports
from core.usage.coverage import known_calls
from core.usage.queries import Usage


def report(given: argparse.Namespace, settings: Settings) -> int:
    """Runs, tokens, cost and speed of a period, by any dimensions."""
    today = datetime.now(UTC).date()
    first = reports.as_day(given.first) if given.first else today.replace(day=1)
    end = reports.as_day(given.end) if given.end else today + timedelta(days=1)
    by = [reports.any_dimension(name.strip()) for names in given.by for name in names.split(",") if name.strip()]
    filter = reports.asked(first, end, given.where)
    figures = Usage(wiring.furnish(settings)).now()
    print(reports.written(reports.rows(figures, filter, by), by, given.format))
    if given.format == "table" and (beyond := known_calls(figures, filter, figures.totals(filter))):
        print(f"Known calls of runs of unknown cost come to {usd(beyond)} dollars beyond this.")
    return 0


def rebuild(_given: argparse.Namespace, settings: Settings) -> int:
    """Add up all runs anew, from the record; totals stay right meanwhile."""
    count = fold.rebuild(wiring.furnish(settings))
    print(f"Added up {count:,} runs anew.")
    return 0


def runs(given: argparse.Namespace, settings: Settings) -> int:
    """Put made-up runs of a year into the database, to see the pages full; or take them out again."""
    store = wiring.furnish(settings)
    if given.clear:
        print(f"Took out {demo_runs.clear(store):,} made-up runs and their candidates.")
        return 0
    if given.count is None or given.count < 1:
        raise Invalid("Say how many runs: --count 10000. Or take them out: --clear.")
    legs = demo_runs.make(store, given.count, seed=given.seed, sure=given.sure)
    print(f"Made {given.count:,} runs with {legs:,} legs. `demo runs --clear` takes them out again.")
    return 0


def add_to(commands: Commands, add: Add) -> None:
    """Put `usage report|rebuild` among the commands; `add` is how the terminal adds one."""
    kinds = commands.add_parser("usage", help="what was spent").add_subparsers(required=True, metavar="WHAT")
    one = add(kinds, "report", report)
    one.add_argument(
        "--from", dest="first", metavar="DAY", help="the first UTC day; without it, the first of this month"
    )
    one.add_argument("--to", dest="end", metavar="DAY", help="the day after the last; without it, tomorrow")
    one.add_argument(
        "--by", action="append", default=[], metavar="NAME,…", help="feature, model, day, attempt_model, …"
    )
    one.add_argument("--where", action="append", default=[], metavar="NAME=VALUE", help="only these; again for more")
    one.add_argument("--format", choices=reports.FORMATS, default="table")
    add(kinds, "rebuild", rebuild)
    cli_budgets.add_to(kinds, add)
    cli_money.add_to(kinds, add)


def add_demo_to(kinds: Commands, add: Add) -> None:
    """Put `demo runs` beside `demo load`."""
    made = add(kinds, "runs", runs)
    made.add_argument("--count", type=int, help="how many, over the last 365 days")
    made.add_argument("--seed", type=int, default=1, help="the same seed makes the same runs")
    made.add_argument("--sure", action="store_true", help="mix them with real runs")
    made.add_argument("--clear", action="store_true", help="take all made-up runs out again")
