"""The figures on top of the Usage page, each beside the period before, and how sure the money is."""

from typing import Any

import numpy as np
import streamlit as st

from core import sureness
from core.usage.coverage import known_calls
from core.usage.figures import Percentiles, Series, Total
from core.usage.queries import Snapshot
from pages.widgets import links, safe, words
from pages.widgets.usage_filters import Asked
from pages.widgets.usage_links import runs_of

MUCH = 10  # times as much, above which a change is no percentage
UNCHANGED = ("0%", "0.0 points")


def draw(figures: Snapshot, asked: Asked) -> Total:
    """Six cards, what they leave out, and the line on coverage; returns the period's total."""
    now, before = figures.totals(asked.filter), figures.totals(asked.before)
    if not now.runs:
        return now
    if before.runs * MUCH < now.runs and (first := figures.first_day()) and first > asked.before.start.date():
        before = Total()  # runs began in the middle of it: there is nothing to compare with
    over_time = figures.series(asked.filter, None, asked.every)
    by_status = figures.series(asked.filter, "status", asked.every)
    speed = figures.speed(asked.filter, None, asked.every)
    fell, fell_before = (figures.fallback_share(one) for one in (asked.filter, asked.before))
    beyond = known_calls(figures, asked.filter, now)
    with st.container(horizontal=True, gap="small"):
        _money(now, before, over_time, beyond)
        _card("Runs", f"{now.runs:,}", _change(now.runs, before.runs), over_time.of("runs")[0], direction="off")
        _tokens(now, before, over_time)
        _share(fell, fell_before, by_status)
        _time("Latency", now.latency, before.latency, speed.latency["p95"][0])
        _time("First token", now.ttft, before.ttft, speed.ttft["p95"][0])
    _parts(now)
    _coverage(now, asked, beyond, _unpriced(figures, asked))
    return now


def _money(now: Total, before: Total, series: Series, beyond: int) -> None:
    """`beyond` is what is known of runs of unknown cost: it was spent, so it is in the figure."""
    help = "All calls of a run, retries and failed ones included. ≈ where a part of it is estimated here."
    if now.unknown:
        help += f"  \n≥ because the cost of {_runs(now.unknown)} is not known in full: it is at least that much."
    if before.runs:
        help += f"  \nThe period before: {words.spend(before.cost_nanousd, sureness.least(before))}."
    value = words.spend(spent(now, beyond), sureness.least(now))
    _card("Spend", value, _change(now.cost_nanousd, before.cost_nanousd), series.usd[0], help=help)


def spent(total: Total, beyond: int) -> int | None:
    """Nano-dollars that are known to have been spent: the runs of known cost, and `known_calls` of the others."""
    return (total.cost_nanousd or 0) + beyond if beyond else total.cost_nanousd


def _tokens(now: Total, before: Total, series: Series) -> None:
    count, earlier = (one.input_tokens + one.output_tokens for one in (now, before))
    help = (
        f"In {now.input_tokens:,}, of them {now.cached_tokens:,} cached.  \n"
        f"Out {now.output_tokens:,}, of them {now.reasoning_tokens:,} reasoning."
    )
    if before.runs:
        help += f"  \nThe period before: {earlier:,}."
    drawn = series.of("input_tokens")[0] + series.of("output_tokens")[0]
    _card("Tokens", words.many(count), _change(count, earlier), drawn, help=help, direction="off")


def _parts(now: Total) -> None:
    """What the cards leave out, in one line: the kinds of tokens and the middle of the durations."""
    told = f"Tokens in: {words.many(now.input_tokens)}, {words.many(now.cached_tokens)} of them cached"
    if now.cache_share is not None:
        told += f" ({_percent(now.cached_tokens, now.input_tokens)})"
    told += f"; out: {words.many(now.output_tokens)}, {words.many(now.reasoning_tokens)} of them reasoning."
    if now.latency.p50 is not None:
        told += f" Half of the runs took less than {words.seconds(now.latency.p50)}"
        told += "." if now.ttft.p50 is None else f", {words.seconds(now.ttft.p50)} to the first token."
    st.caption(told)


def _share(now: float | None, before: float | None, by_status: Series) -> None:
    points = None if now is None or before is None else _signed(100 * (now - before), 1, " points")
    value = "–" if now is None else f"{now:.1%}"
    help = (
        "Of the answered runs those that another model, or the rules, answered because the first failed or was skipped."
    )
    _card("Fallback share", value, points, fallback_share(by_status), help=help)


def _time(label: str, now: Percentiles, before: Percentiles, drawn: Any) -> None:
    help = f"95 of 100 runs were faster. Half were faster than {words.seconds(now.p50)}, 99 of 100 than {words.seconds(now.p99)}."
    _card(f"{label} p95", words.seconds(now.p95), _change(now.p95, before.p95), drawn, help=help)


def _card(
    label: str, value: str, change: str | None, drawn: Any, *, help: str | None = None, direction: str = "inverse"
) -> None:
    numbers = np.asarray(drawn, dtype=float)
    numbers = numbers[np.isfinite(numbers)]  # a moment without a run has no speed: it is left out, it is no zero
    st.metric(
        label,
        value,
        change,
        delta_color="off" if change in UNCHANGED else direction,
        delta_arrow="off" if change in UNCHANGED else "auto",
        help=help,
        border=True,
        chart_data=numbers.tolist() if numbers.size > 1 else None,
        chart_type="area",
        width=146,
        height="stretch",
    )


def _change(now: float | None, before: float | None) -> str | None:
    """By how much more than in the period before, or how many times as much; nothing where there was none."""
    if not before or now is None:
        return None
    return f"× {now / before:,.0f}" if now > MUCH * before else _signed(100 * (now - before) / before, 0, "%")


def _signed(by: float, digits: int, unit: str) -> str:
    """`+3%`, `-0.4 points`; no sign where it rounds to nothing, which is neither good nor bad."""
    rounded = round(by, digits)
    return f"{rounded:+.{digits}f}{unit}" if rounded else f"{0:.{digits}f}{unit}"


def fallback_share(by_status: Series) -> Any:
    """The share of answered runs that fell back, per moment; not a number where none was answered."""
    nothing = np.zeros(len(by_status.times))
    counts = dict(zip(by_status.groups, by_status.of("runs"), strict=True))
    fell = np.asarray(counts.get("fallback", nothing), dtype=float)
    answered = fell + counts.get("ok", nothing)
    with np.errstate(invalid="ignore", divide="ignore"):
        return fell / np.where(answered == 0, np.nan, answered)


def _unpriced(figures: Snapshot, asked: Asked) -> int:
    """Runs whose cost is unknown though they ended well: a price may be missing. One under way has no cost yet."""
    rows = figures.rows(asked.filter, ("status",))
    return sum(row.total.unknown for row in rows if row.values[0] not in ("running", "abandoned"))


def _coverage(now: Total, asked: Asked, beyond: int, unpriced: int) -> None:
    """How sure the total is, and the way to what is not; `beyond` is the part of it from runs of unknown cost."""
    shares = [f"{_percent(getattr(now, name), now.runs)} {name}" for name in sureness.LEVELS if getattr(now, name)]
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"Cost of {_runs(now.runs)}: {', '.join(shares)}."
        st.caption(told, width="content", help=f"Days begin at midnight in your time zone, {asked.filter.zone}.")
        for name in ("estimated", "unknown"):
            if count := getattr(now, name):
                runs_of(asked.filter, f"{count:,} {name}", icon=":material/history:", cost_status=name)
        if unpriced:
            links.to("admin.py", "Add a missing price", icon=":material/sell:", view="prices")
            here = {name: st.query_params.get_all(name) for name in st.query_params} | {"view": "repricing"}
            help = "What these runs cost by the prices known today"
            links.to("whatif.py", "Price past runs", icon=":material/price_change:", help=help, **here)
    if beyond:
        rest = f"{words.spend(beyond, 'exact')} of the spend are single calls of runs whose whole cost is not known."
        st.caption(safe.line(f"{rest} Charts and tables, which count whole runs, leave them out."))


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f}%" if share in (0, 100) else f"{min(max(share, 0.1), 99.9):.1f}%"
