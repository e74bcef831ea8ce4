"""The lines of a policy file that would have to change, so that a person can change them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.access.plans import RULES, Policy
from core.access.toml_lines import line_of
from core.usage.scenario import Scenario


class Lines(NamedTuple):
    """Lines `first` to `last` of the file, both included, would read `after` and not `before`."""

    first: int
    last: int
    before: str
    after: str


def for_models(text: str, policy: Policy, models: Mapping[str, str]) -> tuple[str, list[Lines]]:
    """The policy file with other models in its tiers, and which of its lines that changes."""
    scenario, lines, found = Scenario(models=dict(models)), text.split("\n"), []
    for tier, old in policy.tiers.items():
        new = _replaced(scenario, old)
        if new != old:
            found.append(_lines(text, lines, tier, new))
    for one in sorted(found, reverse=True):
        lines[one.first - 1 : one.last] = [one.after]
    return "\n".join(lines), sorted(found)


def _replaced(scenario: Scenario, models: Sequence[str]) -> tuple[str, ...]:
    """Each once, the rules last."""
    new = dict.fromkeys(name if name == RULES else scenario.target(name) for name in models)
    return (*(name for name in new if name != RULES), *(name for name in new if name == RULES))


def _lines(text: str, lines: Sequence[str], tier: str, models: Sequence[str]) -> Lines:
    first = line_of(text, ("tiers", tier))
    last = next(last for last in range(first, len(lines) + 1) if _whole(lines[first - 1 : last]))
    head = re.match(r"\s*[^=]*=\s*", lines[first - 1])
    after = f"{head[0] if head else f'{tier} = '}[{', '.join(_quoted(name) for name in models)}]"
    return Lines(first, last, "\n".join(lines[first - 1 : last]), after)


def _whole(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
