"""Pricing: what the tokens of one leg cost, in whole nano-dollars, and how sure that is.

The project's own rows come first, under the name the server answered with or the one it was asked by, then the
catalogue's. What runs on our own machine costs what is declared: 0, unless the project gives it a price. A price that
is not known for certain gives no cost at all, never 0.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from core.llm import catalogue, usage_shapes
from core.llm.catalogue import PRICES as PRICES
from core.llm.price_book import LOCAL as LOCAL
from core.llm.price_book import LOCAL_PROVIDERS, LOCAL_ROW, OwnPrice, PriceBook
from core.llm.price_rows import PriceRow as PriceRow
from core.llm.price_rows import Rate as Rate
from core.llm.usage_shapes import Reading
from core.schema import Cost, Usage

UNKNOWN = Cost(nanousd=None, status="unknown")

_STANDARD = frozenset({None, "", "default", "standard", "on_demand"})  # how servers name the tier without a surcharge
_NOTHING = Reading()

_book = PriceBook()


def install(own: Iterable[OwnPrice]) -> None:
    """Use these rows of the project's own from now on, in the whole process; retired ones tell what was known."""
    global _book
    _book = PriceBook(own)


def own_rows() -> tuple[OwnPrice, ...]:
    """The project's own rows in use, retired ones too, in the order they were made."""
    return tuple(_book.own.values())


def cost(
    usage: Usage | None,
    *,
    provider: str,
    model: str | None,
    at: datetime,
    tier: str | None = None,
    estimated: bool = False,
    raw: Mapping[str, Any] | None = None,
    asked: str | None = None,
    known_at: datetime | None = None,
) -> Cost:
    """What one leg cost at the time `at`, in the response's service `tier`, by the model that answered.

    `estimated` says that the tokens were counted here and not by the server; `raw` is the server's usage
    object, read for what is billed apart; `asked` is the model's name in the request. Counts that contradict each
    other are mended (no more cached than input, no less output than reasoning) and marked estimated.
    """
    row = price(provider, model, tier, at, asked=asked, known_at=known_at)
    if row is LOCAL_ROW:
        return Cost(nanousd=0, status="exact", price=LOCAL)
    if row is None or usage is None:
        return UNKNOWN
    apart = (usage_shapes.read(raw) if raw else None) or _NOTHING
    return _cost(row, usage, apart, estimated)


def price(
    provider: str,
    model: str | None,
    tier: str | None,
    at: datetime,
    *,
    asked: str | None = None,
    known_at: datetime | None = None,
) -> PriceRow | None:
    """The row valid on the UTC day of `at` (naive times are UTC), None when there is none for certain.

    `asked` is another name of the model, the one it was asked by. With `known_at` the answer is the one that was right
    then: rows added later and retired since are as they were. The catalogue counts as always known.
    """
    day = (at if at.tzinfo is UTC or at.tzinfo is None else at.astimezone(UTC)).date()
    name = model or ("rules" if provider == "rules" else "")
    if known_at is None:
        return _book.now(provider, name, asked, standard(tier), day)
    return _book.then(provider, name, asked, standard(tier), day, known_at)


def row(id: str) -> PriceRow | None:
    """The row of an attempt's `price`: `own:17`, `local 0` or one of the catalogue; None when it is not known here."""
    if id == LOCAL:
        return LOCAL_ROW
    if own := _book.own.get(id):
        return own.row
    listed = catalogue.row(id)
    return listed.row if listed else None


def explain(provider: str, model: str, tier: str | None, at: datetime) -> str:
    """Why this is the price of a model, or why it has none, in one sentence."""
    found, tier = price(provider, model, tier, at), standard(tier)
    if found is None:
        only = tier and price(provider, model, None, at)
        what = f"its service {tier}" if only else "it"
        return f"Neither the project nor the catalogue has a price for {what} on that day, so its cost is unknown."
    if found is LOCAL_ROW:
        return "It runs on this machine, which is declared to cost nothing; the project gave it no price."
    if own := _book.own.get(found.id):
        until = f"to {own.valid_to}" if own.valid_to else "without an end"
        name = "" if own.model == model else f", as {own.model}"
        return f"The project's own row holds from {own.valid_from} {until}{name}; it comes before the catalogue's."
    listed = catalogue.row(found.id)
    since = f" from {listed.valid_from}" if listed and listed.valid_from else ""
    known = f", as {listed.model}" if listed and listed.model != model else ""
    return f"The project has no row of its own for it on that day; the catalogue has one{since}{known}."


def is_free(provider: str, model: str | None, at: datetime) -> bool:
    """Whether nothing is charged for what runs there."""
    found = price(provider, model, None, at)
    return found is not None and found.free


def is_local(provider: str) -> bool:
    """Whether it runs on our own machine, so that it costs nothing unless the project says so."""
    return provider in LOCAL_PROVIDERS


def standard(tier: str | None) -> str | None:
    """A service tier in one spelling: None for every name of the one without a surcharge."""
    return None if tier in _STANDARD else tier


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of a run's legs: unknown when one of them is, estimated when one of them is."""
    legs = tuple(costs)
    known = [leg.nanousd for leg in legs if leg.nanousd is not None]
    if len(known) < len(legs):
        return UNKNOWN
    exact = all(leg.status == "exact" for leg in legs)
    names = dict.fromkeys(leg.price for leg in legs if leg.price)
    return Cost(nanousd=sum(known), status="exact" if exact else "estimated", price=", ".join(names) or None)


def _cost(row: PriceRow, usage: Usage, apart: Reading, estimated: bool) -> Cost:
    """The tokens to pay for at this row's prices, and whether the counts agree with each other."""
    given, cached = usage.input_tokens, usage.cached_tokens
    output, reasoning = usage.output_tokens, usage.reasoning_tokens
    sure = apart.sure and given >= cached >= 0 and output >= reasoning >= 0
    if not sure:
        given = max(given, 0)
        cached, output = min(max(cached, 0), given), max(output, reasoning, 0)
    if estimated and (apart.input > given or apart.output > output):
        apart = _NOTHING  # a count that could not be believed says nothing about its parts either
    written = min(apart.written, given - cached)
    audio_in, audio_out = apart.audio_in, min(apart.audio_out, output)
    if (apart.images and row.images_apart) or (audio_in and (cached or written)):
        return UNKNOWN  # what a picture costs, or how much of what was cached was heard, is not known
    nanousd = row.nanousd(given, cached, written, output, audio_in, audio_out)
    if nanousd is None:
        return UNKNOWN
    exact = sure and not estimated and written == apart.written
    return Cost(nanousd=nanousd, status="exact" if exact else "estimated", price=row.id)
