"""The terminal's `prices` commands: which prices are used, and the project's own rows that come before the catalogue's."""

import argparse
from datetime import UTC, date, datetime, time
from typing import Any

from core import wiring
from core.commands import CALLER, Add, Commands
from core.errors import Invalid
from core.llm import catalogue, pricing
from core.llm.price_rows import PriceRow, dollars, told
from core.settings import Settings
from core.store import Store
from core.usage import prices
from core.usage.price_terms import ABOVE, CURRENCY, KINDS, TOKENS, PriceTerms, price_row

EXAMPLE = (10_000, 8_000, 0, 1_000)  # a call to give a feeling for a row: input, cached, written, output


def listing(given: argparse.Namespace, settings: Settings) -> int:
    """The project's own rows; with --model also what the catalogue says of that model today."""
    found = prices.listed(_store(settings), search=given.model or "", retired=given.all)
    line = "{:<8} {:<36} {:<9} {:<11} {:<11} {:<8} {}".format
    if found:
        print(line("id", "model", "tier", "from", "to", "", "dollars per million tokens"))
    for row in found:
        named = (f"own:{row.id}", f"{row.provider}/{row.model}", row.tier or "standard")
        days = (f"{row.valid_from:%Y-%m-%d}", f"{row.valid_to:%Y-%m-%d}" if row.valid_to else "no end")
        print(line(*named, *days, "retired" if row.retired_at else "", _rates(row)))
    if not found:
        print("The project has no such row of its own." if given.model else "The project has no rows of its own.")
    if given.model:
        _of_the_catalogue(given.model)
    else:
        print(f"Every other model has the price of {pricing.PRICES}: `prices show PROVIDER/MODEL`.")
    return 0


def show(given: argparse.Namespace, settings: Settings) -> int:
    """Which row is used for a model on a day, why, and what an example costs."""
    _store(settings)
    provider, sign, model = given.model.partition("/")
    if not sign:
        provider, model = given.model, "rules" if given.model == "rules" else ""
    if not model:
        raise Invalid("Name a model as provider/model, for example openai/gpt-6-luna.")
    at = datetime.combine(given.at or datetime.now(UTC).date(), time(), UTC)
    row = pricing.price(provider, model, given.tier, at)
    print(f"{given.model} on {at:%Y-%m-%d}, {pricing.standard(given.tier) or 'standard'} service: ", end="")
    print(row.id if row else "no price")
    print(pricing.explain(provider, model, given.tier, at))
    if row is None:
        print("Give it one: python -m core prices add PROVIDER MODEL --input N --output N --from DATE --source TEXT")
        return 1
    print("\n".join(_table(row)))
    return 0


def add(given: argparse.Namespace, settings: Settings) -> int:
    """Give a model a price of the project's own and print the row's number, alone on the last line."""
    rates: dict[str, Any] = {kind: value for kind in KINDS if (value := getattr(given, kind)) is not None}
    if given.above:
        rates[ABOVE] = [_step(one) for one in given.above]
    provider, _, model = (given.provider, "", given.name) if given.name else given.provider.partition("/")
    if not model:
        raise Invalid("Name a model as provider/model, for example openai/gpt-6-luna.")
    terms = PriceTerms(
        provider=provider,
        model=model,
        rates=rates,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
        tier=given.tier,
        currency=given.currency,
        source=given.source,
        note=given.note,
    )
    id = prices.add(_store(settings), terms, CALLER, sure=given.sure, replacing=given.replace)
    print(f"Price own:{id} of {provider}/{model}, dollars per million tokens:")
    print("\n".join(_table(price_row("", rates))))
    print(id)
    return 0


def retire(given: argparse.Namespace, settings: Settings) -> int:
    """Use a row no longer; what was priced with it stays as it is."""
    prices.retire(_store(settings), given.id, CALLER, given.reason)
    print(f"Price own:{given.id} is retired; a running workbench follows within {prices.FOLLOWED_S} seconds.")
    return 0


def add_to(commands: Commands, put: Add) -> None:
    """Put `prices list|add|retire|show` among the commands; `put` is how the terminal adds one."""
    kinds = commands.add_parser("prices", help="what tokens cost").add_subparsers(required=True, metavar="WHAT")
    rows = put(kinds, "list", listing)
    rows.add_argument("--model", help="a part of the model's name")
    rows.add_argument("--all", action="store_true", help="retired rows too")

    new = put(kinds, "add", add)
    new.add_argument("provider", metavar="provider/model", help="as the server names it: openai/gpt-6-luna")
    new.add_argument("name", nargs="?", metavar="model", help="where the first is the provider alone")
    for kind in KINDS:
        needed = kind in ("input", "output")
        new.add_argument(f"--{kind}", required=needed, metavar="DOLLARS", help=HELP[kind])
    new.add_argument("--above", action="append", default=[], metavar="TOKENS:KIND=DOLLARS,…", help=HELP[ABOVE])
    new.add_argument("--tier", help="the service tier it is for, such as flex; without it the standard one")
    new.add_argument("--from", dest="valid_from", type=_day, required=True, metavar="DATE", help="first day, UTC")
    new.add_argument("--to", dest="valid_to", type=_day, metavar="DATE", help="first day after; without it, no end")
    new.add_argument("--source", required=True, help="where the price comes from")
    new.add_argument("--note", default="")
    new.add_argument("--currency", default=CURRENCY, help=argparse.SUPPRESS)
    new.add_argument("--replace", action="store_true", help="cut other rows back to the days around this one's")
    new.add_argument("--sure", action="store_true", help="it is right though it looks like a slip")

    old = put(kinds, "retire", retire)
    old.add_argument("id", type=_id, help="as in 17 or own:17")
    old.add_argument("--reason", required=True)

    one = put(kinds, "show", show)
    one.add_argument("model", metavar="provider/model")
    one.add_argument("--at", type=_day, metavar="DATE", help="on that day; without it, today")
    one.add_argument("--tier")


HELP = {
    "input": "per million tokens in",
    "cached": "per million tokens read from the cache; without it, as input",
    "written": "per million tokens written to the cache; without it, as input",
    "output": "per million tokens out, reasoning included",
    ABOVE: "what a whole call pays with more tokens in: 272000:input=2.5,output=15; may be repeated",
}


def _store(settings: Settings) -> Store:
    return wiring.furnish(settings)


def _of_the_catalogue(name: str) -> None:
    today = datetime.now(UTC).date()
    listed = catalogue.find("openai", name.removeprefix("openai/"), None, today)
    if listed:
        print(f"The catalogue: {listed.row.id}  {_line(listed.row)}")
    else:
        print(f"The catalogue {pricing.PRICES} knows no openai/{name} today.")


def _rates(row: Any) -> str:
    try:
        return _line(price_row("", row.rates))
    except Invalid as spoilt:
        return f"not used: {spoilt.message}"


def _line(row: PriceRow) -> str:
    return "; ".join(f"{kind} {told(rate)}" for kind in KINDS if (rate := getattr(row, kind)))


def _table(row: PriceRow) -> list[str]:
    lines = [f"  {kind:<8} {told(getattr(row, kind))}" for kind in KINDS if getattr(row, kind)]
    example = row.nanousd(*EXAMPLE)
    if example is not None:
        lines.append(f"  A call with 10,000 tokens in, 8,000 of them cached, and 1,000 out: {dollars(example)}")
    return lines


def _step(said: str) -> dict[str, Any]:
    """`272000:input=2.5,output=15` as a step."""
    tokens, sign, pairs = said.partition(":")
    parts = [pair.partition("=") for pair in pairs.split(",")]
    if not sign or not tokens.strip().isdigit() or not all(name and value for name, _, value in parts):
        raise Invalid(f"--above {said}: write TOKENS:KIND=DOLLARS, for example 272000:input=2.5,output=15.")
    return {TOKENS: int(tokens), **{name.strip(): value.strip() for name, _, value in parts}}


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{said} is no day; write it as in 2026-11-23") from None


def _id(said: str) -> int:
    number = said.removeprefix("own:")
    if not number.isdigit() or not 1 <= int(number) <= 2**53:
        raise argparse.ArgumentTypeError(f"{said} is no price of the project's; `prices list` shows their ids")
    return int(number)
