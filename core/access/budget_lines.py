"""The policy's budgets beside the project's: of a plan, a feature or a caller, a month each."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from core.access.policy_values import PLANS, AtLimit, NanoUsd, Strict, feature_name, listed, nearest

CALLER = re.compile(r"token:.{1,64}|member:[1-9]\d*|cli")


class Budget(Strict):
    """What may be spent in a month (UTC), in nano-dollars, and what happens near and at the end of it."""

    nanousd_per_month: NanoUsd = Field(alias="usd_per_month")
    at_limit: AtLimit = "step_down"


def _table(given: Any) -> Any:
    """An amount alone is a table with that amount."""
    return given if isinstance(given, dict) else {"usd_per_month": given}


def _named(check: Callable[[str], object]) -> Callable[[Any], Any]:
    """A check of every key of a table of budgets."""

    def checked(given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError(
                "Write a table of names and dollars, such as [budgets.features] with cover_letter = 100.00."
            )
        for name in given:
            try:
                check(name)
            except ValueError as wrong:
                raise PydanticCustomError("value_error", "{error}", {"error": str(wrong), "key": name}) from None
        return given

    return checked


def _plan(name: str) -> None:
    if name not in PLANS:
        raise ValueError(f"`{name}` is no plan.{nearest(name, PLANS)} Plans are {listed(PLANS)}.")


def _caller(name: str) -> None:
    if not CALLER.fullmatch(name):
        raise ValueError(f'`{name}` is no caller. Write "token:NAME", "member:ID" or "cli", in quotes.')


One = Annotated[Budget, BeforeValidator(_table)]


class Budgets(Strict):
    """Budgets by plan, by feature and by caller; those that are not named have none."""

    plans: Annotated[dict[str, One], BeforeValidator(_named(_plan))] = Field(default_factory=dict)
    features: Annotated[dict[str, One], BeforeValidator(_named(feature_name))] = Field(default_factory=dict)
    callers: Annotated[dict[str, One], BeforeValidator(_named(_caller))] = Field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.plans or self.features or self.callers)

    def all(self) -> tuple[tuple[str, str, Budget], ...]:
        """Each with its kind (`plan`, `feature`, `caller`) and its name, in the order of the file."""
        tables = (("plan", self.plans), ("feature", self.features), ("caller", self.callers))
        return tuple((kind, name, one) for kind, table in tables for name, one in table.items())

    def of(self, plan: str, feature: str, caller: str) -> tuple[tuple[str, str, Budget], ...]:
        """Those that a run of this plan, feature and caller is held to."""
        asked = {"plan": plan, "feature": feature, "caller": caller}
        return tuple(one for one in self.all() if asked[one[0]] == one[1])
