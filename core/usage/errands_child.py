"""Does one errand in a process of its own: `python -m` this module.

The order comes as one line of JSON on stdin, because it holds a database's password. Progress and, last, the result are
said on stdout as JSON, one a line; a mistake is one sentence on stderr.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from core.errors import WorkbenchError
from core.schema import Caller
from core.store import Store
from core.usage import corrections, prices, repricing, whatif
from core.usage.filters import Filter
from core.usage.repricing import Line, Preview
from core.usage.scenario import Scenario

NICE = 10  # pages come first
SPARSE = 0.01  # of the whole, between two lines of progress


def filter_to_json(asked: Filter) -> dict[str, Any]:
    """A filter as it is sent; its zone decides nothing here."""
    where = {name: list(values) for name, values in asked.where.items()}
    return {"start": asked.start.isoformat(), "end": asked.end.isoformat(), "where": where}


def filter_of(kept: dict[str, Any]) -> Filter:
    start, end = (datetime.fromisoformat(kept[name]) for name in ("start", "end"))
    return Filter(start, end, timezone(timedelta(0)), kept["where"])


def _replay(store: Store, given: dict[str, Any]) -> Any:
    scenario = Scenario.model_validate(given["scenario"])
    return whatif.replay(store, filter_of(given["filter"]), scenario, progress=_say).model_dump()


def _preview(store: Store, given: dict[str, Any]) -> Any:
    return _told(repricing.preview(store, filter_of(given["filter"]), progress=_say))


def _apply(store: Store, given: dict[str, Any]) -> Any:
    by, expected = Caller.model_validate(given["by"]), given["expected"]
    return corrections.apply(
        store,
        filter_of(given["filter"]),
        by,
        given["reason"],
        expected=(expected[0], expected[1]) if expected else None,
        progress=_say,
    )


def _go_on(store: Store, given: dict[str, Any]) -> Any:
    return corrections.go_on(store, given["id"], Caller.model_validate(given["by"]), progress=_say)


def _undo(store: Store, given: dict[str, Any]) -> Any:
    return corrections.undo(store, given["id"], Caller.model_validate(given["by"]), progress=_say)


WORK: dict[str, Callable[[Store, dict[str, Any]], Any]] = {
    "replay": _replay,
    "preview": _preview,
    "apply": _apply,
    "go_on": _go_on,
    "undo": _undo,
}

_said = 0.0


def _say(runs: int, share: float) -> None:
    global _said
    if share - _said >= SPARSE:
        _said = share
        print(json.dumps({"runs": runs, "share": round(share, 3)}), flush=True)


def _told(found: Preview) -> dict[str, Any]:
    def change(one: Any) -> dict[str, int]:
        return {name: getattr(one, name) for name in ("attempts", "before_nanousd", "after_nanousd", "unknown")}

    return {
        "total": change(found.total),
        "models": {name: change(one) for name, one in found.models.items()},
        "samples": [_line(one) for one in found.samples],
        "runs": found.runs,
        "looked_at": found.looked_at,
        "without_price": found.without_price,
        "still_unknown": found.still_unknown,
    }


def _line(one: Line) -> dict[str, Any]:
    return {
        "run_id": one.run_id,
        "at": one.at.isoformat(),
        "model": one.model,
        "before": one.before.model_dump(),
        "after": one.after.model_dump(),
    }


def main() -> int:
    os.nice(NICE)
    order = json.loads(sys.stdin.readline())
    try:
        store = Store(order["url"])
        try:
            prices.load(store)
            result = WORK[order["kind"]](store, order["given"])
        finally:
            store.close()
    except WorkbenchError as wrong:
        print(wrong.message, file=sys.stderr)
        return 2
    print(json.dumps({"result": result}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
