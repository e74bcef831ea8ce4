"""What the values of the policy file may be, and the sentence for each that is something else."""

import re
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from core.schema import FEATURES

PLANS = ("free", "pro", "premium")
RULES = "rules"

AtLimit = Literal["refuse", "step_down"]


def listed(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(words)


def nearest(word: str, known: tuple[str, ...] | list[str]) -> str:
    """A hint for a misspelt word, or nothing."""
    close = get_close_matches(word, known, n=1)
    return f" Did you mean `{close[0]}`?" if close else ""


def feature_name(name: str) -> str:
    if name not in FEATURES:
        raise ValueError(f"`{name}` is no feature.{nearest(name, FEATURES)} Features are {listed(FEATURES)}.")
    return name


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"`{name}` is listed twice. Remove one of the two.")
    return names


def _features(given: Any) -> Any:
    if given == "all":
        return FEATURES
    if not isinstance(given, list):
        raise ValueError(f'Write "all" or a list of features: {listed(FEATURES)}.')
    return given


def model_name(name: str) -> str:
    """The name, if it has the form of a model's. Errors: `ValueError`, with the form it should have."""
    provider, slash, model = name.partition("/")
    formed = slash and re.fullmatch(r"[a-z][a-z0-9_-]*", provider) and model.strip() == model != ""
    if name != RULES and (not formed or provider == RULES):
        raise ValueError(f'`{name}` is no model. Write provider/name, as in "openai/gpt-6-luna", or "rules".')
    return name


def _rules_last(names: tuple[str, ...]) -> tuple[str, ...]:
    if RULES in names[:-1]:
        raise ValueError("The rules always answer, so no model after `rules` is ever tried. Put `rules` last.")
    return names


def _tier(given: Any) -> Any:
    if isinstance(given, str):
        return {"default": given}
    if not isinstance(given, dict):
        raise ValueError('Write a tier, or a table such as { default = "cheap", cover_letter = "premium" }.')
    for name in given:
        if name != "default":
            try:
                feature_name(name)
            except ValueError as wrong:
                raise PydanticCustomError("value_error", "{error}", {"error": str(wrong), "key": name}) from None
    if "default" not in given:
        raise ValueError("This table lacks `default`, the tier of the features it does not name. Add it.")
    return given


def _whole(given: Any) -> Any:
    if type(given) is not int or not 0 <= given <= 2**53:
        raise ValueError("Write a whole number, zero or more, such as 50_000.")
    return given


def _nanousd(given: Any) -> Any:
    dollars = _number(given)
    if dollars is None or not 0 <= dollars <= 10**9:
        raise ValueError("Write an amount of dollars, zero or more and without quotes, such as 20.00.")
    nano = dollars.scaleb(9)
    if nano != nano.to_integral_value():
        raise ValueError("Write dollars with nine decimals at most.")
    return int(nano)


def _share(given: Any) -> Any:
    share = _number(given)
    if share is None or not 0 <= share <= 1:
        raise ValueError("Write a share between 0 and 1, such as 0.9.")
    return share


def _sunset(given: Any) -> Any:
    if not isinstance(given, dict):
        raise ValueError('Write a table of models and days, such as "openai/gpt-6-luna" = 2030-01-15.')
    for name, day in given.items():
        try:
            _retired(model_name(name), day)
        except ValueError as wrong:
            raise PydanticCustomError("value_error", "{error}", {"error": str(wrong), "key": name}) from None
    return given


def _retired(name: str, day: Any) -> None:
    if name == RULES:
        raise ValueError("The rules are part of the workbench and are not shut down. Remove the line.")
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ValueError(f"Write the day `{name}` is shut down without quotes and without a time, as in 2030-01-15.")


def _number(given: Any) -> Decimal | None:
    if isinstance(given, Decimal):
        return given if given.is_finite() else None
    return Decimal(given) if type(given) is int else None


Whole = Annotated[int, BeforeValidator(_whole)]
NanoUsd = Annotated[int, BeforeValidator(_nanousd)]
Share = Annotated[Decimal, BeforeValidator(_share)]
Features = Annotated[
    tuple[Annotated[str, AfterValidator(feature_name)], ...], BeforeValidator(_features), AfterValidator(_once)
]
Tier = Annotated[dict[str, str], BeforeValidator(_tier)]
Models = Annotated[
    tuple[Annotated[str, AfterValidator(model_name)], ...], AfterValidator(_once), AfterValidator(_rules_last)
]
Sunset = Annotated[dict[str, date], BeforeValidator(_sunset)]


class Strict(BaseModel):
    """A table of the file: no key it does not know, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
