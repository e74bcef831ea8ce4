"""What is supposed in a what-if, and what comes of it: both as plain data that can be sent to another process."""

from datetime import UTC, date, datetime

from pydantic import BaseModel, ConfigDict

from core.access.plans import RULES, model_name
from core.errors import Invalid
from core.llm.price_book import LOCAL_PROVIDERS, OwnPrice
from core.usage.price_terms import PriceTerms, checked

ALWAYS = datetime.min.replace(tzinfo=UTC)
ALL = "*"  # in a mapping: every model that does not run on this machine


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Given(_Told):
    """A price to suppose for all days: dollars per million tokens as decimal strings; `model` is provider/name."""

    model: str
    input: str
    output: str
    cached: str | None = None

    def own(self, number: int) -> OwnPrice:
        """As a row that comes before all others. Errors: `Invalid`."""
        provider, _, model = named(self.model).partition("/")
        rates = {"input": self.input, "output": self.output} | ({"cached": self.cached} if self.cached else {})
        terms = checked(PriceTerms(provider, model, rates, date(2015, 1, 1), "supposed in a what-if"))
        row = terms.row(f"supposed:{number}")
        return OwnPrice(provider, terms.model, None, date.min, None, ALWAYS, None, row)


class Scenario(_Told):
    """One supposition. `models` says which model takes the place of which (`ALL` for every one).

    Prices are the `given` ones before today's, or those that were known at `known_at`. `policy` is the text of a policy
    file; with `limits` its limits hold too, else only its routing does, and with `dated` the budgets that were set in the
    workbench come before its own, as they do live. A policy decides models itself, so it goes with prices but not with
    `models`.
    """

    models: dict[str, str] = {}
    given: tuple[Given, ...] = ()
    known_at: datetime | None = None
    policy: str = ""
    limits: bool = True
    dated: bool = True

    @property
    def other_prices(self) -> bool:
        return bool(self.given) or self.known_at is not None

    def sound(self) -> "Scenario":
        """The same, if it can be calculated. Errors: `Invalid`."""
        if not (self.models or self.other_prices or self.policy):
            raise Invalid("Nothing is supposed yet. Choose another model, another price or another policy.")
        if self.models and self.policy:
            raise Invalid("A policy decides the models itself. Suppose either a policy or other models.")
        for old, new in self.models.items():
            if old != ALL:
                named(old)
            named(new)
        for number, one in enumerate(self.given):
            one.own(number)
        return self

    def target(self, model: str) -> str:
        """The model that takes the place of this one, perhaps itself; what runs on this machine is no part of `ALL`."""
        if model in self.models:
            return self.models[model]
        local = model.partition("/")[0] in LOCAL_PROVIDERS
        return model if local else self.models.get(ALL, model)


def named(model: str) -> str:
    """A model's name as provider/name. Errors: `Invalid`."""
    try:
        if model == RULES:
            return model
        return model_name(model.strip())
    except ValueError as wrong:
        raise Invalid(str(wrong)) from None


class Side(_Told):
    """Runs before or after, by how sure their cost is. `nanousd` is the sum of the known ones, None where none is."""

    nanousd: int | None = 0
    exact: int = 0
    estimated: int = 0
    unknown: int = 0
    refused: int = 0


class Group(_Told):
    """Runs of one month, feature, plan or model; nano-dollars over those known, None where none is."""

    value: str | None
    runs: int
    before_nanousd: int | None
    after_nanousd: int | None
    before_unknown: int
    after_unknown: int


class Counted(_Told):
    """How often something happened in a UTC day (`2026-11-23`) or month (`2026-11`)."""

    period: str
    what: str
    count: int


class Unknown(_Told):
    """Something that a replay cannot know: how many runs it touches, and in words."""

    count: int
    said: str


class Outcome(_Told):
    """What the supposition comes to. `both` are the runs whose cost is known before and after.

    `refused_nanousd` is what those runs cost that would be refused. `groups` are by month, feature, plan, model (as it
    was) and new_model (as it would be).
    """

    runs: int = 0
    before: Side = Side()
    after: Side = Side()
    both: int = 0
    both_before_nanousd: int = 0
    both_after_nanousd: int = 0
    refused_nanousd: int = 0
    groups: dict[str, tuple[Group, ...]] = {}
    refusals: tuple[Counted, ...] = ()
    steps: tuple[Counted, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
