"""What is known of all days and of what is not added up yet, and the views of it that were asked for."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, func, select

from core.errors import StorageDown
from core.store import Store, UsageDay, UsageState
from core.usage import fold, records, zones
from core.usage.aside import Aside
from core.usage.blocks import Blocks, Days, around
from core.usage.columns import Cache, Columns, concat
from core.usage.filters import Value
from core.usage.grouping import Groups
from core.usage.kept_papers import KeptPapers
from core.usage.keys import Known
from core.usage.spans import Span, spans
from core.usage.views import Choice, Part, Rows, Unit, margin_part, taken

DAY: Table = UsageDay.__table__  # type: ignore[assignment]
STATE: Table = UsageState.__table__  # type: ignore[assignment]
MANY_WAITING = 500
PARTS_BYTES, KEYED_BYTES, DETAILS_BYTES = 24_000_000, 8_000_000, 8_000_000  # kept of what was asked for last
USERS_BYTES = 4_000_000
CELLS_BYTES = 250_000_000  # of files, not of memory

# All that a state depends on: whatever happens to days, notes and runs under way, one of these changes.
_WAITING = select(func.count()).select_from(records.PENDING)
_SIGN = select(
    select(STATE.c.version).scalar_subquery(),
    select(func.count(records.PENDING.c.id)).scalar_subquery(),
    select(func.max(records.PENDING.c.id)).scalar_subquery(),
    select(func.count(records.RUN.c.id)).where(records.RUNNING).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class State:
    """One moment: the version of each day, and the runs and legs that are on top of the days; `sign` differs from the
    one of any other."""

    sign: Hashable
    days: Days
    spans: tuple[Span, ...]
    extra: Mapping[str, Columns]


class Books:
    """The days of one database as this process knows them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.blocks = Blocks(store)
        self.papers = KeptPapers(store, self.blocks.rings["run"])
        self._known = Known(store)
        self._days: tuple[int, Days, tuple[Span, ...]] = (-1, {}, ())
        self._last: State | None = None
        self._parts: Cache[Part] = Cache(PARTS_BYTES)
        self._keyed: Cache[Columns] = Cache(KEYED_BYTES)
        self._details: Cache[Groups] = Cache(DETAILS_BYTES)
        self._cells: Cache[Aside] = Cache(CELLS_BYTES)
        self._of_users: Cache[Columns] = Cache(USERS_BYTES)

    def look(self) -> State:
        """How things stand now, read from one state of the database."""
        with self.store.read() as connection:
            waiting = connection.execute(_WAITING).scalar_one()
        if waiting > MANY_WAITING:  # nobody adds up, and to read so many takes its time
            with suppress(StorageDown):
                fold.fold_all(self.store, known=self._known)
        with self.store.read() as connection:
            sign = tuple(connection.execute(_SIGN).one())
            if (last := self._last) and last.sign == sign:
                return last
            _, days, found = self._look(connection, sign[0] or 0)
            state = State(sign, days, found, self._extra(connection))
        self._last = state
        return state

    def _look(self, connection: Connection, version: int) -> tuple[int, Days, tuple[Span, ...]]:
        known = self._days
        if version != known[0]:
            rows = connection.execute(select(DAY.c.day, DAY.c.version, DAY.c.runs))
            found = [(zones.numbered(day), changed, runs) for day, changed, runs in rows]
            days = {number: changed for number, changed, _ in found}
            self._days = known = version, days, spans(found)
        return known

    def _extra(self, connection: Connection) -> Mapping[str, Columns]:
        """What is noted but not added up, what it replaces, and what is under way."""
        noted = records.changes(connection)
        more = [change.now for change in noted if change.now]
        more += records.read_bare(connection, records.RUNNING)
        less = [change.held for change in noted if change.held]
        return self.lay_out(more, less) if more or less else {}

    def lay_out(self, more: Collection[records.Run], less: Collection[records.Run] = ()) -> Mapping[str, Columns]:
        """Runs as columns by kind, those in `less` with a sign of -1."""
        rings = self.blocks.rings
        signed = []
        for runs, sign in ((more, 1), (less, -1)):
            tables = records.lay_out(runs, rings["run"].number, rings["leg"].number)
            signed.append([table.also(sign=np.full(len(table), sign, np.int64)) for table in tables])
        return {kind: concat([side[place] for side in signed]) for place, kind in enumerate(("run", "leg"))}

    def parts(
        self, state: State, choice: Choice, unit: Unit, zone: tzinfo, days: tuple[int, int], *, margins: bool
    ) -> list[Part]:
        """The sums of a choice over these UTC days, first and last (more may be in them). Errors: `Moved`.

        With `margins` from the margins, which know few groupings, and nothing of conditions.
        """
        asked = (choice.kind, where(choice), choice.quarters, unit, str(zone), margins)
        found = [
            self._parts.get((*asked, span.days), span.sign) or self._part(state, choice, unit, zone, asked, span)
            for span in state.spans
            if span.meets(*days)
        ]
        if state.extra:
            found.append(self.part_of(state.extra[choice.kind], choice, unit, zone))
        return found

    def part_of(self, rows: Columns, choice: Choice, unit: Unit, zone: tzinfo) -> Part:
        """The sums of a choice of these rows."""
        ring = self.blocks.rings[choice.kind]
        return Part(ring, choice.kind, unit, Rows(partial(around, rows), ring, choice, zone))

    def _part(self, state: State, choice: Choice, unit: Unit, zone: tzinfo, asked: Any, span: Span) -> Part:
        ring = self.blocks.rings[choice.kind]
        if asked[-1]:
            made = margin_part(self.blocks.margins(choice.kind, span, state.days), ring, choice, unit, zone)
        else:
            rows = Rows(partial(self.blocks.rows, choice.kind, span, state.days), ring, choice, zone)
            cells = partial(self._all, rows, span) if _of_cells(choice, unit) else None
            made = Part(ring, choice.kind, unit, rows, cells, partial(self._hold, (*asked, span.days), span.sign))
        return self._parts.put((*asked, span.days), span.sign, made)

    def _hold(self, key: Hashable, sign: int, make: Callable[[], Columns]) -> Columns:
        found = self._keyed.get(key, sign)
        return self._keyed.put(key, sign, make()) if found is None else found

    def _all(self, chosen: Rows, span: Span) -> Aside:
        """The sums of all of a span by local day and key."""
        key = chosen.choice.kind, str(chosen.zone), span.days
        if (known := self._cells.get(key, span.sign)) is not None:
            return known
        rows = replace(chosen, choice=Choice(chosen.choice.kind, {}))
        made = Part(rows.ring, rows.choice.kind, "day", rows).summed()
        return self._cells.put(key, span.sign, Aside(made, self.blocks.folder))

    def details(
        self,
        state: State,
        choice: Choice,
        asked: Hashable,
        columns: Sequence[str],
        days: tuple[int, int],
        group: Callable[[Columns], Groups],
    ) -> list[Groups]:
        """What `group` makes of these columns of the chosen rows of each span; `asked` says by which it groups.

        Errors: `Moved`.
        """
        ring, found = self.blocks.rings[choice.kind], []
        for span in (span for span in state.spans if span.meets(*days)):
            key = (choice.kind, where(choice), _bounds(choice, span), asked, span.days)
            made = self._details.get(key, span.sign)
            if made is None:
                block = self.blocks.rows(choice.kind, span, state.days)
                made = self._details.put(key, span.sign, group(taken(block, ring, choice, columns)))
            found.append(made)
        if state.extra:
            found.append(group(taken(around(state.extra[choice.kind]), ring, choice, columns)))
        return found

    def of_users(self, state: State, kind: str, users: Collection[Value], start: datetime, end: datetime) -> Columns:
        """The runs or legs of these users that began in this time, from the index of runs: they are few, and what is not
        added up yet is among them."""
        key = kind, frozenset(users), start, end
        held = self._of_users.get(key, state.sign)
        return self._of_users.put(key, state.sign, self._read_users(*key)) if held is None else held

    def _read_users(self, kind: str, users: Collection[Value], start: datetime, end: datetime) -> Columns:
        run = records.RUN.c
        of_them = run.user_id.in_(sorted(user for user in users if isinstance(user, int)))
        wanted = of_them & (run.created_at >= start) & (run.created_at < end)
        with self.store.read() as connection:
            runs = (records.read_bare if kind == "run" else records.read)(connection, wanted)
            if records.NOBODY in users:
                days = (zones.quarter(moment) // zones.A_DAY for moment in (start, end))
                runs += [run for run in records.read_erased(connection, *days) if start <= run.at < end]
        return self.lay_out(runs)[kind]

    def first_day(self, state: State) -> date | None:
        """The first UTC day that has a run; None where none has."""
        numbers = list(state.days) + [around(rows).first for rows in state.extra.values() if len(rows)]
        return zones.day(min(numbers)) if numbers else None


def where(choice: Choice) -> Hashable:
    """The conditions of a choice, to be compared."""
    return tuple(sorted((name, frozenset(values)) for name, values in choice.where.items()))


def _bounds(choice: Choice, span: Span) -> tuple[int, int] | None:
    """The quarter hours of a choice where they cut this span; else None."""
    begin, end = span.first * zones.A_DAY, (span.last + 1) * zones.A_DAY
    if choice.quarters and (choice.quarters[0] > begin or choice.quarters[1] < end):
        return choice.quarters
    return None


def _of_cells(choice: Choice, unit: Unit) -> bool:
    """Whether its sums are chosen from those of everything; legs that did not answer are too few to be worth it."""
    return unit == "day" and choice.quarters is None and "attempt_status" not in choice.where
