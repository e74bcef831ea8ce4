"""How a benchmark's figures are printed."""

from collections.abc import Iterable
from dataclasses import dataclass

FIRST, OTHER = 42, 15


@dataclass(frozen=True, slots=True)
class Target:
    """A figure with what it has to be at least and what it should be; `more` where more is better."""

    what: str
    value: float
    unit: str
    least: float
    aim: float
    more: bool = False

    def holds(self, bound: float) -> bool:
        return self.value >= bound if self.more else self.value <= bound


def head(*names: str) -> None:
    print()
    row(*names)
    print("-" * (FIRST + OTHER * (len(names) - 1)))


def row(first: str, *others: str) -> None:
    print(f"{first:<{FIRST}}" + "".join(f"{one:>{OTHER}}" for one in others), flush=True)


def targets(measured: Iterable[Target]) -> None:
    """All figures that something is asked of, and whether they hold."""
    head("what is asked", "measured", "at least", "aim")
    for one in measured:
        sign = ">=" if one.more else "<="
        bounds = (f"{sign} {bound:g} {'yes' if one.holds(bound) else 'NO'}" for bound in (one.least, one.aim))
        row(one.what, f"{one.value:,.1f} {one.unit}", *bounds)


def ms(*seconds: float) -> str:
    return "/".join(f"{1e3 * one:.1f}" for one in seconds) + " ms"
