"""How sure a sum of money is: how many of its parts are exact, estimated or unknown."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, get_args

from core.schema import CostStatus

LEVELS: tuple[CostStatus, ...] = get_args(CostStatus)  # the surest first


class Counted(Protocol):
    """Anything that counts its parts by how sure their cost is."""

    @property
    def exact(self) -> int: ...
    @property
    def estimated(self) -> int: ...
    @property
    def unknown(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Total:
    """Nano-dollars of the parts whose cost is known, None where only unknown ones are; and how many are how sure."""

    nanousd: int | None = 0
    exact: int = 0
    estimated: int = 0
    unknown: int = 0


def total(costs: Iterable[tuple[int | None, str]]) -> Total:
    """The sum of these parts, each its nano-dollars and its status; one without a cost is unknown."""
    parts = list(costs)
    known = [nanousd for nanousd, _ in parts if nanousd is not None]
    counts = Counter("unknown" if nanousd is None else status for nanousd, status in parts)
    nanousd = sum(known) if known or not parts else None
    return Total(nanousd, **{level: counts[level] for level in LEVELS})


def least(parts: Counted) -> CostStatus:
    """The status of the least sure part; `exact` where there is none."""
    return next((level for level in reversed(LEVELS) if getattr(parts, level)), "exact")


def coverage(parts: Counted) -> str:
    """`1,203 exact, 1 estimated`; empty where there are no parts."""
    return ", ".join(f"{count:,} {level}" for level in LEVELS if (count := getattr(parts, level)))
