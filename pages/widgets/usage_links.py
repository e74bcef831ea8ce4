"""From a figure to the runs behind it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.usage.filters import Filter
from pages.widgets import links


def runs_of(asked: Filter, label: str, *, icon: str | None = None, **more: str) -> None:
    """A link to the runs of this filter, narrowed by `more`."""
    links.to("runs.py", label, icon=icon, help="See these runs", **where(asked, **more))


def where(asked: Filter, **more: str) -> dict[str, str | list[str]]:
    """The filter as the Runs page's URL says it."""
    span = {"from": asked.start.isoformat(timespec="minutes"), "to": asked.end.isoformat(timespec="minutes")}
    chosen = {name: ["" if one is None else str(one) for one in values] for name, values in asked.where.items()}
    return span | chosen | more


def hour(asked: Filter, at: datetime) -> dict[str, str | list[str]]:
    """The runs of the hour that began at `at` where the viewer is."""
    start = at.replace(tzinfo=asked.zone).astimezone(UTC)
    return where(replace(asked, start=start, end=start + timedelta(hours=1)))
