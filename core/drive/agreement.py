"""Whether two amounts are one: the same value in the same unit, of the same things, as carefully."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from core.drive.amounts import Amount
from core.drive.vocabulary import kin, listed

_PEOPLE = listed("counted-people")

Standing = Literal["held", "other", "absent"]


def by_value(found: Iterable[Amount]) -> dict[Decimal, list[Amount]]:
    """Amounts by each value they may mean, for `standing`."""
    ordered: dict[Decimal, list[Amount]] = {}
    for one in found:
        for value in one.keys:
            ordered.setdefault(value, []).append(one)
    return ordered


def standing(claim: Amount, support: Mapping[Decimal, Sequence[Amount]]) -> tuple[Standing, Amount | None]:
    """Whether the support holds an amount: `held`; `other`, of something else or more carefully; `absent`.

    With the amount of the support that comes nearest.
    """
    if claim.kind == "mass":
        return _mass(claim, support)
    near: Amount | None = None
    other: Amount | None = None
    for value in claim.keys:
        for one in support.get(value, ()):
            if not _same(claim, one):
                near = one if one.kind != "mass" else near
            elif _fits(claim, one):
                return "held", one
            else:
                other = one
    return ("other", other) if other else ("absent", near)


def _mass(claim: Amount, support: Mapping[Decimal, Sequence[Amount]]) -> tuple[Standing, Amount | None]:
    """`dozens of patients` rests on 140 patients."""
    for found in support.values():
        for one in found:
            enough = one.kind in ("", "mass") and not one.is_year and 2 * claim.value <= one.value < 1000 * claim.value
            if (enough or claim.written.lower() == one.written.lower()) and _fits(claim, one):
                return "held", one
    return "absent", None


def _same(claim: Amount, one: Amount) -> bool:
    """The same value in the same unit; of two with different units of time or size, what they come to."""
    mine, theirs = claim.unit, one.unit
    if mine and theirs:
        return mine[0] == theirs[0] and claim.value * mine[1] == one.value * theirs[1]
    if mine or (theirs and claim.counts) or (one.is_year and not claim.is_year):
        return False
    if one.named and not one.counts and one.named != claim.named and not one.is_year:
        return False
    return not claim.readings.isdisjoint(one.readings)


def _fits(claim: Amount, one: Amount) -> bool:
    """Whether it counts the same things, as carefully, in the same time."""
    if claim.is_year and one.is_year:
        return True
    if claim.bound != one.bound and claim.bound != "about" and not (one.bound == "over" and not claim.bound):
        return False
    return is_about(claim, one)


def is_about(claim: Amount, one: Amount) -> bool:
    """Whether two amounts, whatever they come to, are of the same things in the same time."""
    if claim.rate and one.rate and claim.rate != one.rate:
        return False
    if {claim.towards, one.towards} in ({"by", "to"}, {"by", "from"}, {"from", "to"}):
        return False
    if claim.counts and one.counts and claim.kind in ("", "mass"):
        if claim.is_tenure and claim.near and one.near and not alike(claim.near, one.near):
            return False
        people = claim.kind != "mass" and not _PEOPLE.isdisjoint(claim.counts) and not _PEOPLE.isdisjoint(one.counts)
        return people or claim.unit is not None or alike(claim.counts, one.counts)
    if claim.near and one.near and (claim.kind or not claim.counts):
        return alike(claim.near, one.near)
    return True


def alike(some: tuple[str, ...] | frozenset[str], others: tuple[str, ...] | frozenset[str]) -> bool:
    """Whether two sets of stems share one, or words that mean the same."""
    return not frozenset(some).isdisjoint(others) or not _groups(some).isdisjoint(_groups(others))


@lru_cache(maxsize=1 << 10)
def _groups(stems: Collection[str]) -> frozenset[int]:
    return frozenset(group for each in stems for group in kin(each))
