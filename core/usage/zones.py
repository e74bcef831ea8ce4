"""Quarter hours, counted from 1970, and what the clocks of a zone show in each."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

import numpy as np

from core.usage.columns import Ints

QUARTER_S = 900
A_DAY = 96  # quarter hours
EPOCH = date(1970, 1, 1)


def quarter(moment: datetime) -> int:
    """The quarter hour in which this lies."""
    return int(moment.timestamp() // QUARTER_S)


def number(day: date) -> int:
    """A day as its number since 1970."""
    return (day - EPOCH).days


def day(number: int) -> date:
    """The day of this number."""
    return EPOCH + timedelta(days=number)


def numbered(day: str) -> int:
    """The number of a day written as 2026-11-23."""
    return number(date.fromisoformat(day))


def month(number: int) -> int:
    """The month of a day, counted from year 0."""
    shown = day(number)
    return shown.year * 12 + shown.month - 1


def first_of(month: int) -> int:
    """The number of a month's first day."""
    return number(date(month // 12, month % 12 + 1, 1))


@lru_cache(maxsize=4096)
def offsets(day_number: int, zone: tzinfo) -> tuple[int, ...]:
    """By how many quarters the zone is ahead of UTC, in each quarter hour of a UTC day; one number where it is constant."""
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day_number)
    ahead = _ahead(start, zone), _ahead(start + timedelta(days=1, seconds=-1), zone)
    if ahead[0] == ahead[1]:
        return (ahead[0],)
    return tuple(_ahead(start + timedelta(seconds=QUARTER_S * i), zone) for i in range(A_DAY))


def local(first: int, last: int, zone: tzinfo) -> Ints:
    """What the clock shows, as quarters since 1970, in each quarter hour of the UTC days `first` to `last`."""
    shown = np.arange(first * A_DAY, (last + 1) * A_DAY, dtype=np.int64)
    for place, day_number in enumerate(range(first, last + 1)):
        ahead = offsets(day_number, zone)
        shown[place * A_DAY : (place + 1) * A_DAY] += ahead[0] if len(ahead) == 1 else np.array(ahead)
    return shown


@lru_cache(maxsize=256)
def whole_hours(first: int, last: int, zone: tzinfo) -> bool:
    """Whether on all these UTC days the zone's hours begin with those of UTC."""
    return all(ahead % 4 == 0 for day_number in range(first, last + 1) for ahead in offsets(day_number, zone))


def _ahead(moment: datetime, zone: tzinfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # astimezone made it aware
    return int(offset.total_seconds()) // QUARTER_S
