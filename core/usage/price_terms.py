"""What a person says about a price, checked: what is refused outright, and what is asked about once more."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Invalid
from core.llm import catalogue, pricing
from core.llm.price_book import LOCAL_PROVIDERS
from core.llm.price_rows import PriceRow, Rate, dollars

KINDS = ("input", "cached", "written", "output")  # what a million tokens of each costs; two may be left out
NEEDED = ("input", "output")
ABOVE, TOKENS = "above", "tokens"
PROVIDERS = ("openai", *sorted(LOCAL_PROVIDERS))
CURRENCY = "USD"
MOST_STEPS = 8
MOST_DOLLARS = 1_000_000  # a million tokens
MOST_DECIMALS = 9
FIRST_YEAR, LAST_YEAR = 2015, 2100
FAR = 1_000  # times the catalogue's price, or a part of it, is more likely a slip than a price
DEAR, CHEAP = 1_000 * 10**9, 10**5  # nano-dollars: the same where the catalogue knows no price

_PROVIDER = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_TIER = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """One row to be. `rates` are dollars per million tokens as decimal strings under `KINDS`, and steps under `above`:
    `{"input": "1.25", "output": "10", "above": [{"tokens": 272000, "input": "2.5", "output": "15"}]}`.

    The row holds from the UTC day `valid_from` to before `valid_to`; `tier` None is the standard service.
    """

    provider: str
    model: str
    rates: Mapping[str, Any]
    valid_from: date
    source: str
    valid_to: date | None = None
    tier: str | None = None
    currency: str = CURRENCY
    note: str = ""

    def row(self, id: str) -> PriceRow:
        """The row as it is used to price. Errors: `Invalid`."""
        return price_row(id, self.rates)


def checked(terms: PriceTerms) -> PriceTerms:
    """The terms in one spelling. Errors: `Invalid`, naming what is wrong and how to mend it."""
    terms = replace(
        terms,
        provider=terms.provider.strip(),
        model=" ".join(terms.model.split()),
        tier=pricing.standard((terms.tier or "").strip()),
        source=" ".join(terms.source.split()),
        note=terms.note.strip(),
        rates=_in_one_spelling(terms.rates),
    )
    for wrong in (*_names(terms), *_days(terms)):
        raise Invalid(wrong)
    rates(terms.rates)
    return terms


def doubts(terms: PriceTerms) -> tuple[str, ...]:
    """What is possible but unlikely about checked terms, one sentence each."""
    found = []
    if terms.provider not in PROVIDERS:
        found.append(f"No provider is called {terms.provider}, so no run would pay this; known are {_list(PROVIDERS)}.")
    listed = catalogue.find(terms.provider, terms.model, terms.tier, terms.valid_from)
    listed = listed or catalogue.find(terms.provider, terms.model, None, terms.valid_from)
    for kind, rate in rates(terms.rates).items():
        known: Rate | None = getattr(listed.row, kind) if listed else None
        found += [said for said in (_far(kind, price, known) for _, price in rate.steps) if said][:1]
    own = terms.row("")
    if own.input and own.cached and own.cached.steps[0][1] > own.input.steps[0][1]:
        found.append("Cached input costs more than input; it usually costs a part of it.")
    return tuple(found)


def price_row(id: str, said: Mapping[str, Any]) -> PriceRow:
    """Rates as they are used to price. Errors: `Invalid`."""
    found = rates(said)
    return PriceRow(id, found["input"], found["output"], found.get("cached"), found.get("written"))


def rates(said: Mapping[str, Any]) -> dict[str, Rate]:
    """The rates by kind, in nano-dollars per million tokens. Errors: `Invalid`."""
    spelled = _in_one_spelling(said)
    steps: dict[str, list[tuple[int, int]]] = {kind: [(-1, _nano(spelled[kind]))] for kind in KINDS if kind in spelled}
    for step in spelled.get(ABOVE, ()):
        for kind in KINDS:
            if kind in step:
                if kind not in steps:
                    raise Invalid(f"The step above {step[TOKENS]:,} tokens names {kind}, which has no price below it.")
                steps[kind].append((step[TOKENS], _nano(step[kind])))
    return {kind: Rate(tuple(found)) for kind, found in steps.items()}


def _in_one_spelling(said: Mapping[str, Any]) -> dict[str, Any]:
    """Known keys alone, prices as plain decimals, steps in rising order."""
    if not isinstance(said, Mapping):
        raise Invalid('Rates are said by kind, as in {"input": "1.25", "output": "10"}.')
    _known(said, (*KINDS, ABOVE), "A price has")
    for kind in NEEDED:
        if said.get(kind) in (None, ""):
            raise Invalid(f"The price of {kind} is missing. Say it in dollars per million tokens, 0 if it is free.")
    spelled: dict[str, Any] = _dollars(said)
    if steps := said.get(ABOVE):
        spelled[ABOVE] = list(_steps(steps))
    return spelled


def _steps(said: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(said, Sequence) or isinstance(said, str) or not all(isinstance(one, Mapping) for one in said):
        raise Invalid('Steps are a list, as in [{"tokens": 272000, "input": "2.5"}].')
    if len(said) > MOST_STEPS:
        raise Invalid(f"A price has at most {MOST_STEPS} steps.")
    passed = 0
    for step in sorted(said, key=lambda one: tokens if type(tokens := one.get(TOKENS)) is int else 0):
        _known(step, (*KINDS, TOKENS), "A step has")
        tokens = step.get(TOKENS)
        if type(tokens) is not int or not 1 <= tokens <= 10**9:
            raise Invalid("A step says above how many input tokens it begins: a whole number from 1, such as 272000.")
        if tokens == passed:
            raise Invalid(f"Two steps begin above {tokens:,} tokens. Put their prices into one.")
        passed = tokens
        if not (prices := _dollars(step)):
            raise Invalid(f"The step above {tokens:,} tokens changes no price. Name one of {_list(KINDS)}.")
        yield {TOKENS: tokens, **prices}


def _known(said: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    if unknown := [str(key) for key in said if key not in known]:
        raise Invalid(f"{what} no {_list(unknown)}. Use {_list(known)}.")


def _dollars(said: Mapping[str, Any]) -> dict[str, str]:
    return {kind: _decimal(kind, said[kind]) for kind in KINDS if said.get(kind) not in (None, "")}


def _decimal(kind: str, said: Any) -> str:
    try:
        amount = Decimal(str(said).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or isinstance(said, bool):
        raise Invalid(f"The price of {kind} is no amount. Write dollars per million tokens, as in 1.25.")
    if amount < 0:
        raise Invalid(f"The price of {kind} is negative. Write 0 where nothing is charged; refunds are no prices.")
    if amount > MOST_DOLLARS:
        raise Invalid(f"The price of {kind} is over ${MOST_DOLLARS:,} per million tokens. Check the unit.")
    exact = amount.quantize(Decimal(1).scaleb(-MOST_DECIMALS))
    if exact != amount:
        raise Invalid(
            f"The price of {kind} has more than {MOST_DECIMALS} decimals. Check the unit: per million tokens."
        )
    return format(abs(exact).normalize(), "f")


def _nano(amount: str) -> int:
    return int(Decimal(amount).scaleb(9))


def _names(terms: PriceTerms) -> Iterator[str]:
    if not _PROVIDER.fullmatch(terms.provider):
        yield f"A provider is a short name in small letters, as in {_list(PROVIDERS)}."
    if not 1 <= len(terms.model) <= 200 or not terms.model.isprintable():
        yield "A model's name has 1 to 200 characters, as the server names it: gpt-6-luna."
    if terms.model.startswith(f"{terms.provider}/"):
        yield f"Leave {terms.provider}/ out of the model's name: {terms.model.partition('/')[2]}."
    if terms.tier is not None and not _TIER.fullmatch(terms.tier):
        yield "A tier is named as the server answers it, as in flex or priority; leave it out for the standard one."
    if terms.currency != CURRENCY:
        yield f"Prices are in {CURRENCY}. Convert this one, and put the rate you used into the note."
    if not terms.source:
        yield "Say where the price comes from, for example the address of the price list or the contract's number."
    if len(terms.source) > 400:
        yield "The source is longer than 400 characters. Put the rest into the note."


def _days(terms: PriceTerms) -> Iterator[str]:
    for day in (terms.valid_from, terms.valid_to):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            yield f"{day} is no day of a price: the year must be {FIRST_YEAR} to {LAST_YEAR}."
    if terms.valid_to is not None and terms.valid_to <= terms.valid_from:
        yield (
            f"The price ends on {terms.valid_to} before it begins on {terms.valid_from}. "
            "The last day itself is not included; leave it out for a price without an end."
        )


def _far(kind: str, price: int, known: Rate | None) -> str | None:
    """Why this price is more likely a slip, None when it is not."""
    usual = known.steps[0][1] if known else 0
    if not usual:
        return _odd(kind, price)
    if price < FAR * usual and price * FAR > usual:
        return None
    how = f"{price // usual:,} times" if price > usual else "less than a thousandth of"
    return f"{dollars(price)} for {kind} is {how} the catalogue's {dollars(usual)} per million tokens."


def _odd(kind: str, price: int) -> str | None:
    if price > DEAR:
        return f"{dollars(price)} per million tokens for {kind} is very dear. Is it the price of something else?"
    if 0 < price < CHEAP:
        return f"{dollars(price)} per million tokens for {kind} is very cheap. Is it the price of one token?"
    return None


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
