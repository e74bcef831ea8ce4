"""Which runs a person wants to see, and how that is written into an address: `?status=ok&from=2026-11-01`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Literal, get_args

from core.schema import FEATURES, CostStatus, RunStatus

Sort = Literal["newest", "oldest", "cost", "latency", "tokens"]
SORTS: tuple[Sort, ...] = get_args(Sort)

STATUSES: tuple[str, ...] = get_args(RunStatus)
COSTS: tuple[str, ...] = get_args(CostStatus)
ANY, NONE = "any", "none"  # an error of any code; no provider, model or error at all
LONGEST, MOST = 200, 20  # characters of a value, values of a filter
LARGEST_ID = 2**53

CLOSED: Mapping[str, tuple[str, ...]] = {"status": STATUSES, "feature": FEATURES, "cost_status": COSTS}
OPEN = ("plan", "provider", "model", "prompt", "caller", "error_code")
NULLABLE = ("provider", "model", "error_code")
IDS = ("user", "job")
DAYS = ("from", "to")
NAMES = (*CLOSED, *OPEN, *IDS, *DAYS, "search")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a run must be. Values of one name are alternatives, names narrow each other; nothing given means all.

    `since` is the first moment, `until` the first one after. `prompt` is `match@1`, or `match` for all of its versions.
    `provider`, `model` and `error_code` may be `none`, and `error_code` `any`. `cost_status` is how sure the cost of an
    ended run is, `user` and `job` are ids. `search` is a run's id or its beginning, or part of a candidate's name or of a job's title.
    """

    since: datetime | None = None
    until: datetime | None = None
    status: tuple[str, ...] = ()
    feature: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    caller: tuple[str, ...] = ()
    error_code: tuple[str, ...] = ()
    cost_status: tuple[str, ...] = ()
    user: tuple[int, ...] = ()
    job: tuple[int, ...] = ()
    search: str = ""

    @property
    def narrows(self) -> bool:
        return self != RunFilter()

    def only(self, **values: Any) -> "RunFilter":
        """The same with these values, given by their names."""
        return replace(self, **values)


def read(given: Mapping[str, Sequence[str]], zone: tzinfo = UTC) -> RunFilter:
    """The filter of an address. What it cannot mean is left out: an address is typed, shortened and outlived.

    `from` and `to` are days of `zone`, both included, or moments with their offset, `to` then excluded.
    """
    values: dict[str, Any] = {name: _words(given.get(name, ()), CLOSED.get(name)) for name in (*CLOSED, *OPEN)}
    for name in NULLABLE:  # an empty value says that there is none
        values[name] = _words([value or NONE for value in given.get(name, ())])
    values |= {name: _ids(given.get(name, ())) for name in IDS}
    values["search"] = next(iter(_words(given.get("search", ()))), "")
    values["since"] = _moment(given.get("from", ()), zone, after=0)
    values["until"] = _moment(given.get("to", ()), zone, after=1)
    return RunFilter(**values)


def write(wanted: RunFilter, zone: tzinfo = UTC) -> dict[str, list[str]]:
    """The parameters of an address that `read` understands as this filter; names without a value are absent."""
    said = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    since, until = said.pop("since"), said.pop("until")
    said |= {"from": _said(since, zone, after=0), "to": _said(until, zone, after=1)}
    listed = {name: [value] if isinstance(value, str) else [str(one) for one in value] for name, value in said.items()}
    return {name: values for name, values in listed.items() if values and values != [""]}


def first_day(wanted: RunFilter, zone: tzinfo) -> date | None:
    return wanted.since.astimezone(zone).date() if wanted.since else None


def last_day(wanted: RunFilter, zone: tzinfo) -> date | None:
    return (wanted.until - timedelta(microseconds=1)).astimezone(zone).date() if wanted.until else None


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day where the viewer is."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _words(given: Iterable[str], known: tuple[str, ...] | None = None) -> tuple[str, ...]:
    kept = (value.strip()[:LONGEST] for value in given)
    fit = (value for value in kept if value and "\x00" not in value and value.isprintable())
    return tuple(dict.fromkeys(value for value in fit if known is None or value in known))[:MOST]


def _ids(given: Iterable[str]) -> tuple[int, ...]:
    numbers = (int(value) for value in given if value.isascii() and value.isdigit() and len(value) <= 16)
    return tuple(dict.fromkeys(number for number in numbers if 1 <= number <= LARGEST_ID))[:MOST]


def _moment(given: Sequence[str], zone: tzinfo, *, after: int) -> datetime | None:
    text = given[0].strip() if given else ""
    try:
        if len(text) == len("2026-11-23"):
            return start_of(date.fromisoformat(text) + timedelta(days=after), zone)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _said(moment: datetime | None, zone: tzinfo, *, after: int) -> str:
    """A day where the moment is a day's edge, else the moment itself."""
    if moment is None:
        return ""
    day = (moment - timedelta(microseconds=after)).astimezone(zone).date()
    edge = start_of(day + timedelta(days=after), zone)
    return day.isoformat() if edge == moment else moment.astimezone(UTC).isoformat()
