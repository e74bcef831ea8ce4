"""Plans: who may run what, on which tier of models, and how much; read from the policy file."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from core.access.toml_lines import Place, line_of
from core.errors import Invalid, Misconfigured
from core.schema import FEATURES

PLANS = ("free", "pro", "premium")
RULES = "rules"

AtLimit = Literal["refuse", "step_down"]


# -- what a value may be -----------------------------------------------------------------------------


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(words)


def _nearest(word: str, known: tuple[str, ...] | list[str]) -> str:
    """A hint for a misspelt word, or nothing."""
    close = get_close_matches(word, known, n=1)
    return f" Did you mean `{close[0]}`?" if close else ""


def _feature(name: str) -> str:
    if name not in FEATURES:
        raise ValueError(f"`{name}` is no feature.{_nearest(name, FEATURES)} Features are {_listed(FEATURES)}.")
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
        raise ValueError(f'Write "all" or a list of features: {_listed(FEATURES)}.')
    return given


def _model(name: str) -> str:
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
                _feature(name)
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


def _number(given: Any) -> Decimal | None:
    if isinstance(given, Decimal):
        return given if given.is_finite() else None
    return Decimal(given) if type(given) is int else None


Whole = Annotated[int, BeforeValidator(_whole)]
NanoUsd = Annotated[int, BeforeValidator(_nanousd)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Plan(_Table):
    """What one candidate's plan allows. Money is nano-dollars; `tier` always has a `default`."""

    features: Annotated[
        tuple[Annotated[str, AfterValidator(_feature)], ...], BeforeValidator(_features), AfterValidator(_once)
    ]
    tier: Annotated[dict[str, str], BeforeValidator(_tier)]
    runs_per_minute: Whole
    tokens_per_day: Whole
    nanousd_per_month: NanoUsd = Field(alias="usd_per_month")
    at_limit: AtLimit = "step_down"

    def tier_of(self, feature: str) -> str:
        return self.tier.get(feature, self.tier["default"])


class Project(_Table):
    """The budget over everybody. `step_down_at` is the share of any budget after which premium becomes cheap."""

    nanousd_per_month: NanoUsd = Field(alias="usd_per_month")
    step_down_at: Annotated[Decimal, BeforeValidator(_share)]
    at_limit: AtLimit = "step_down"


class _Plans(_Table):
    free: Plan
    pro: Plan
    premium: Plan


class Policy(_Table):
    """The policy file: tiers of models, the three plans and the project's budget."""

    tiers: dict[
        str,
        Annotated[
            tuple[Annotated[str, AfterValidator(_model)], ...], AfterValidator(_once), AfterValidator(_rules_last)
        ],
    ]
    plans: _Plans
    project: Project

    def plan(self, name: str) -> Plan:
        """The plan of that name. Errors: `Invalid`, naming the plans there are."""
        if name not in PLANS:
            raise Invalid(f"There is no plan {name!r}. Plans are {_listed(PLANS)}: set one of them for the candidate.")
        found: Plan = getattr(self.plans, name)
        return found

    def models(self) -> tuple[str, ...]:
        """Every model of every tier, each once, in the order of the file."""
        return tuple(dict.fromkeys(model for models in self.tiers.values() for model in models))


# -- reading -----------------------------------------------------------------------------------------


def load_policy(path: Path) -> Policy:
    """The policy in the TOML file at `path`. Errors: `Misconfigured`, with file, line, what and cure."""
    text = _text(path)
    try:
        policy = Policy.model_validate(tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as wrong:
        raise _not_toml(path, text, wrong) from None
    except ValidationError as wrong:
        first, line = _first(text, wrong)
        raise Misconfigured(f"{path}, line {line}: {_sentence(first)}") from None
    for place, name in _unknown_tiers(policy):
        known = list(policy.tiers)
        what = f"{_dotted(place)}: `{name}` is no tier.{_nearest(name, known)}"
        cure = f"Tiers are {_listed(known)}." if known else "Add it to [tiers]."
        raise Misconfigured(f"{path}, line {line_of(text, place)}: {what} {cure}")
    return policy


def _text(path: Path) -> str:
    cure = "Set WORKBENCH_POLICY_FILE to a readable file, or unset it to use the shipped policy."
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise Misconfigured(f"{path}: the policy file cannot be read ({wrong.strerror}). {cure}") from None
    except UnicodeDecodeError as wrong:
        line = wrong.object[: wrong.start].count(b"\n") + 1
        raise Misconfigured(f"{path}, line {line}: this is not UTF-8 text. Save the file as UTF-8.") from None


def _not_toml(path: Path, text: str, wrong: tomllib.TOMLDecodeError) -> Misconfigured:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(wrong), re.DOTALL)
    what, line = (found[1], found[2]) if found else (str(wrong), None)
    at = line or text.rstrip("\n").count("\n") + 1
    return Misconfigured(f"{path}, line {at}: this is not TOML: {what}. Mend the line.")


def _unknown_tiers(policy: Policy) -> Iterator[tuple[Place, str]]:
    for plan in PLANS:
        for feature, name in policy.plan(plan).tier.items():
            if name not in policy.tiers:
                yield ("plans", plan, "tier", feature), name


def _first(text: str, wrong: ValidationError) -> tuple[Mapping[str, Any], int]:
    """The mistake to name, with its line: the first in the file, but a misspelt key before the key it stands for."""
    found = [(one, line_of(text, _place(one))) for one in wrong.errors(include_url=False)]
    return min(found, key=lambda pair: (pair[0]["type"] == "missing", pair[1]))


def _place(wrong: Mapping[str, Any]) -> Place:
    key = wrong.get("ctx", {}).get("key")
    return (*wrong["loc"], key) if key else tuple(wrong["loc"])


def _sentence(wrong: Mapping[str, Any]) -> str:
    """What one validation error means to the person who wrote the file, and the cure."""
    *table, key = wrong["loc"]
    where = _dotted(wrong["loc"])
    match wrong["type"]:
        case "extra_forbidden":
            known = _keys(tuple(table))
            head = "plan" if table == ["plans"] else "key"
            return f"{where}: unknown {head} `{key}`.{_nearest(str(key), known)} Known here: {_listed(known)}."
        case "missing":
            table_of = {"tiers", "plans", "project", *PLANS}
            return f"{where} is missing. Add {f'the table [{where}]' if key in table_of else f'the key `{key}`'}."
        case "literal_error":
            return f"{where}: write {wrong['ctx']['expected']}."
        case "value_error":
            return f"{where}: {wrong['ctx']['error']}"
        case "string_type":
            return f"{where}: write text in quotes."
        case "tuple_type":
            return f'{where}: write a list of models, such as ["openai/gpt-6-luna"].'
        case _:
            return f"{where}: write a table, as in the shipped policy file."


def _keys(table: Place) -> list[str]:
    """The keys that the table at this place may have."""
    shape: type[BaseModel] = {0: Policy, 1: Project if table == ("project",) else _Plans}.get(len(table), Plan)
    return [field.alias or name for name, field in shape.model_fields.items()]


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place if isinstance(part, str))
