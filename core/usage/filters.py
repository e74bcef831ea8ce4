"""What a figure is asked for: a span of time, the zone whose days count, and what the runs must have in common."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from core.errors import Invalid

RUN_DIMENSIONS = ("feature", "plan", "provider", "model", "prompt", "status", "caller", "cost_status")
LEG_DIMENSIONS = (
    *("attempt_provider", "attempt_model", "attempt_status", "error_code", "attempt_cost_status", "price"),
)
DIMENSIONS = (*RUN_DIMENSIONS, *LEG_DIMENSIONS)
TIMES = ("hour", "day", "week", "month")

Every = Literal["hour", "day", "week", "month"]
Value = str | int | None  # an int is a user's id, None stands for "has none"

QUARTER = timedelta(minutes=15)
SHORT = timedelta(days=8)  # in longer periods the hours that are still to come weigh little


@dataclass(frozen=True, slots=True)
class Filter:
    """Runs that began from `start` to before `end`, both aware and on whole quarter hours.

    Days, weeks and hours are those of `zone`. `where` holds, by dimension (`RUN_DIMENSIONS`, `LEG_DIMENSIONS` or
    `user`), the values of which a run must have one; with a dimension of legs it is legs that are counted.
    Errors: `Invalid` with a sentence, for an unknown dimension or a span without end.
    """

    start: datetime
    end: datetime
    zone: tzinfo = UTC
    where: Mapping[str, Collection[Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment.tzinfo is None or moment.timestamp() % QUARTER.total_seconds():
                raise Invalid("A period begins and ends on a quarter hour of a known time zone. Choose whole days.")
        if self.end <= self.start:
            raise Invalid("The period ends before it begins. Choose an end after its start.")
        for dimension in self.where:
            known(dimension, (*DIMENSIONS, "user"))

    @classmethod
    def days(
        cls, first: date, last: date, zone: tzinfo = UTC, where: Mapping[str, Collection[Value]] | None = None
    ) -> "Filter":
        """From the start of `first` to the end of `last`, as days begin in `zone`."""
        return cls(midnight(first, zone), midnight(last + timedelta(days=1), zone), zone, where or {})

    def narrowed(self, dimension: str, values: Collection[Value]) -> "Filter":
        """The same with one more condition, in place of an earlier one on this dimension."""
        return replace(self, where={**self.where, dimension: frozenset(values)})

    def without(self, dimension: str) -> "Filter":
        """The same without any condition on this dimension."""
        return replace(self, where={name: values for name, values in self.where.items() if name != dimension})

    def previous(self, until: datetime | None = None) -> "Filter":
        """The period before this one: as many whole months, or days, or as much time.

        Of a period of a few days that goes on at `until` only as much: a morning is compared with a morning.
        """
        before = self._whole_before()
        if until is None or until >= self.end or self.end - self.start > SHORT:
            return before
        ahead = (self.end - until) // QUARTER * QUARTER
        return replace(before, end=max(before.end - ahead, before.start + QUARTER))

    def _whole_before(self) -> "Filter":
        first, last = self.start.astimezone(self.zone), self.end.astimezone(self.zone)
        if any(moment.time() != time() for moment in (first, last)):
            return replace(self, start=self.start - (self.end - self.start), end=self.start)
        if first.day == last.day == 1:
            months = (last.year - first.year) * 12 + last.month - first.month
            before = _months_before(first.date(), months)
        else:
            before = first.date() - (last.date() - first.date())
        return replace(self, start=midnight(before, self.zone), end=self.start)

    @property
    def legs(self) -> bool:
        """Whether a condition is on legs, so that legs are counted and not runs."""
        return any(dimension in LEG_DIMENSIONS for dimension in self.where)


def known(dimension: str, among: Collection[str]) -> str:
    """The dimension, if it is one of these. Errors: `Invalid`."""
    if dimension not in among:
        raise Invalid(f"There is no dimension {dimension}. Use one of {', '.join(among)}.")
    return dimension


def midnight(day: date, zone: tzinfo) -> datetime:
    """When the day begins in that zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)
