"""Plans: who may run what, on which tier of models, and how much; read from the policy file."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from core.access.budget_lines import Budget, Budgets
from core.access.policy_values import (
    PLANS,
    RULES,
    AtLimit,
    Features,
    Models,
    NanoUsd,
    Share,
    Strict,
    Sunset,
    Tier,
    Whole,
    listed,
    model_name,
    nearest,
)
from core.access.toml_lines import Place, line_of
from core.errors import Invalid, Misconfigured

__all__ = ["PLANS", "RULES", "Plan", "Policy", "Project", "load_policy", "model_name", "parse_policy", "read_text"]


class Plan(Strict):
    """What one candidate's plan allows. Money is nano-dollars; `tier` always has a `default`."""

    features: Features
    tier: Tier
    runs_per_minute: Whole
    tokens_per_day: Whole
    nanousd_per_month: NanoUsd = Field(alias="usd_per_month")
    at_limit: AtLimit = "step_down"

    def tier_of(self, feature: str) -> str:
        return self.tier.get(feature, self.tier["default"])


class Project(Strict):
    """The budget over everybody. `step_down_at` is the share of any budget after which premium becomes cheap."""

    nanousd_per_month: NanoUsd = Field(alias="usd_per_month")
    step_down_at: Share
    at_limit: AtLimit = "step_down"


class _Plans(Strict):
    free: Plan
    pro: Plan
    premium: Plan


class Policy(Strict):
    """The policy file: tiers of models, the three plans, the project's budget and those beside it, and when models go."""

    tiers: dict[str, Models]
    plans: _Plans
    project: Project
    sunset: Sunset = Field(default_factory=dict)
    budgets: Budgets = Budgets()

    def plan(self, name: str) -> Plan:
        """The plan of that name. Errors: `Invalid`, naming the plans there are."""
        if name not in PLANS:
            raise Invalid(f"There is no plan {name!r}. Plans are {listed(PLANS)}: set one of them for the candidate.")
        found: Plan = getattr(self.plans, name)
        return found

    def models(self) -> tuple[str, ...]:
        """Every model of every tier, each once, in the order of the file."""
        return tuple(dict.fromkeys(model for models in self.tiers.values() for model in models))


# -- reading -----------------------------------------------------------------------------------------


def load_policy(path: Path) -> Policy:
    """The policy in the TOML file at `path`. Errors: `Misconfigured`, with file, line, what and cure."""
    return parse_policy(read_text(path), path)


def parse_policy(text: str, path: Path) -> Policy:
    """The policy of this text; `path` is what errors call it. Errors: `Misconfigured`, with line, what and cure."""
    try:
        policy = Policy.model_validate(tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as wrong:
        raise _not_toml(path, text, wrong) from None
    except ValidationError as wrong:
        first, line = _first(text, wrong)
        raise Misconfigured(f"{path}, line {line}: {_sentence(first)}") from None
    for place, name in _unknown_tiers(policy):
        known = list(policy.tiers)
        what = f"{_dotted(place)}: `{name}` is no tier.{nearest(name, known)}"
        cure = f"Tiers are {listed(known)}." if known else "Add it to [tiers]."
        raise Misconfigured(f"{path}, line {line_of(text, place)}: {what} {cure}")
    return policy


def read_text(path: Path) -> str:
    """The policy file as it is written. Errors: `Misconfigured`."""
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
            return f"{where}: unknown {head} `{key}`.{nearest(str(key), known)} Known here: {listed(known)}."
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
    shape: type[BaseModel] = _Plans if len(table) == 1 else Plan
    if not table:
        shape = Policy
    elif table[0] == "project":
        shape = Project
    elif table[0] == "budgets":
        shape = Budgets if len(table) == 1 else Budget
    return [field.alias or name for name, field in shape.model_fields.items()]


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place if isinstance(part, str))
