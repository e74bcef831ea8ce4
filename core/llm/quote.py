"""What a call may cost, said before it is made: what is sent at its price, and that with the longest answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.llm import pricing
from core.llm.prepare import Prepared
from core.llm.provider import Provider
from core.schema import Cost, Usage


@dataclass(frozen=True, slots=True)
class Quote:
    """Tokens in and at most out, and the cost of both ends. `least` is for no answer at all, without cached input."""

    input_tokens: int
    most_tokens: int
    least: Cost
    most: Cost


def quote(prepared: Prepared, providers: Mapping[str, Provider], at: datetime) -> Quote:
    """What the first leg of the route may cost; a later leg comes on top of that. Rules cost nothing."""
    leg = prepared.route.legs[0]
    provider = providers.get(leg.provider)
    if provider is None:
        nothing = Cost(nanousd=0, status="exact")
        return Quote(0, 0, nothing, nothing)
    composed = prepared.compose(leg, provider)
    sent, most = composed.input_tokens, composed.call.max_tokens
    ends = (Usage(input_tokens=sent), Usage(input_tokens=sent, output_tokens=most))
    costs = [pricing.cost(one, provider=leg.provider, model=leg.model, at=at, estimated=True) for one in ends]
    return Quote(sent, most, *costs)


def together(quotes: Iterable[Quote]) -> Quote:
    """The sum of several, unknown where one of them is."""
    each = tuple(quotes)
    return Quote(
        sum(one.input_tokens for one in each),
        sum(one.most_tokens for one in each),
        pricing.total(one.least for one in each),
        pricing.total(one.most for one in each),
    )
