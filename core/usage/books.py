"""What is known of all days and of what is not added up yet, and the views of it that were asked for."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, func, select

from core.errors import StorageDown
from core.store import Store, UsageDay, UsageState
from core.usage import fold, records, zones
from core.usage.blocks import Block, Blocks, Days
from core.usage.columns import Columns, Kept, begins, concat
from core.usage.grouping import Groups
from core.usage.keys import Known
from core.usage.views import Choice, Part, Unit, chosen, margin_part, part

DAY: Table = UsageDay.__table__  # type: ignore[assignment]
STATE: Table = UsageState.__table__  # type: ignore[assignment]
MANY_WAITING = 500
PARTS_BYTES, DETAILS_BYTES = 32_000_000, 16_000_000  # kept of what was asked for last

# All that a state depends on: whatever happens to days, notes and runs under way, one of these changes.
_RUNNING = records.RUN.c.lease_until.is_not(None) & (records.RUN.c.status == "running")
_WAITING = select(func.count()).select_from(records.PENDING)
_SIGN = select(
    select(STATE.c.version).scalar_subquery(),
    select(func.count(records.PENDING.c.id)).scalar_subquery(),
    select(func.max(records.PENDING.c.id)).scalar_subquery(),
    select(func.count(records.RUN.c.id)).where(_RUNNING).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class State:
    """One moment: the version of each day, and the runs and legs that are on top of the days."""

    days: Days
    signs: Mapping[int, int]  # by month: changes when one of its days does
    extra: Mapping[str, Columns]


class Books:
    """The days of one database as this process knows them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.blocks = Blocks(store)
        self._known = Known(store)
        self._days: tuple[int, Days, Mapping[int, int]] = (-1, {}, {})
        self._last: tuple[tuple[Any, ...], State] | None = None
        self._parts: Kept[Part] = Kept(PARTS_BYTES)
        self._details: Kept[Groups] = Kept(DETAILS_BYTES)

    def look(self) -> State:
        """How things stand now, read from one state of the database."""
        with self.store.read() as connection:
            waiting = connection.execute(_WAITING).scalar_one()
        if waiting > MANY_WAITING:  # nobody adds up, and to read so many takes its time
            with suppress(StorageDown):
                fold.fold_all(self.store, known=self._known)
        with self.store.read() as connection:
            sign = tuple(connection.execute(_SIGN).one())
            if (last := self._last) and last[0] == sign:
                return last[1]
            _, days, signs = self._look(connection, sign[0] or 0)
            state = State(days, signs, self._extra(connection))
        self._last = sign, state
        return state

    def _look(self, connection: Connection, version: int) -> tuple[int, Days, Mapping[int, int]]:
        known = self._days
        if version != known[0]:
            found = connection.execute(select(DAY.c.day, DAY.c.version))
            days = {zones.numbered(day): changed for day, changed in found}
            signs: dict[int, int] = {}
            for number, changed in sorted(days.items()):
                signs[zones.month(number)] = hash((signs.get(zones.month(number), 0), number, changed))
            self._days = known = version, days, signs
        return known

    def _extra(self, connection: Connection) -> Mapping[str, Columns]:
        """What is noted but not added up, what it replaces, and what is under way."""
        noted = records.changes(connection)
        more = [change.now for change in noted if change.now]
        more += records.read_bare(connection, _RUNNING)
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
            self._parts.get((*asked, of), state.signs[of]) or self._part(state, choice, unit, zone, asked, of)
            for of in zones.months(*days)
            if of in state.signs
        ]
        if state.extra:
            extra = partial(around, state.extra[choice.kind])
            found.append(part(extra, self.blocks.rings[choice.kind], choice, unit, zone))
        return found

    def _part(self, state: State, choice: Choice, unit: Unit, zone: tzinfo, asked: Any, of: int) -> Part:
        ring = self.blocks.rings[choice.kind]
        if asked[-1]:
            made = margin_part(self.blocks.margins(choice.kind, of, state.days), ring, choice, unit, zone)
        else:
            block = partial(self.blocks.month, choice.kind, of, state.days, state.signs[of])
            whole = partial(self._whole, state, choice.kind, zone, of) if choice.where and not choice.quarters else None
            made = part(block, ring, choice, unit, zone, whole)
        return self._parts.put((*asked, of), state.signs[of], made)

    def _whole(self, state: State, kind: str, zone: tzinfo, of: int) -> Part:
        """The part of a month with nothing left out, by day."""
        choice = Choice(kind, {})
        asked = (kind, where(choice), None, "day", str(zone), False)
        return self._parts.get((*asked, of), state.signs[of]) or self._part(state, choice, "day", zone, asked, of)

    def details(
        self,
        state: State,
        choice: Choice,
        asked: Hashable,
        columns: Sequence[str],
        days: tuple[int, int],
        group: Callable[[Columns], Groups],
    ) -> list[Groups]:
        """What `group` makes of these columns of the chosen rows of each month; `asked` says by which it groups.

        Errors: `Moved`.
        """
        ring, found = self.blocks.rings[choice.kind], []
        for of in zones.months(*days):
            if (sign := state.signs.get(of)) is not None:
                key = (choice.kind, where(choice), _bounds(choice, of), asked, of)
                made = self._details.get(key, sign)
                if made is None:
                    block = self.blocks.month(choice.kind, of, state.days, sign)
                    made = group(chosen(block, ring, choice, columns))
                    self._details.put(key, sign, made)
                found.append(made)
        if state.extra:
            found.append(group(chosen(around(state.extra[choice.kind]), ring, choice, columns)))
        return found

    def first_day(self, state: State) -> date | None:
        """The first UTC day that has a run; None where none has."""
        numbers = list(state.days) + [around(rows).first for rows in state.extra.values() if len(rows)]
        return zones.day(min(numbers)) if numbers else None


def where(choice: Choice) -> Hashable:
    """The conditions of a choice, to be compared."""
    return tuple(sorted((name, frozenset(values)) for name, values in choice.where.items()))


def _bounds(choice: Choice, of: int) -> tuple[int, int] | None:
    """The quarter hours of a choice where they cut this month; else None."""
    begin, end = (zones.first_of(month) * zones.A_DAY for month in (of, of + 1))
    if choice.quarters and (choice.quarters[0] > begin or choice.quarters[1] < end):
        return choice.quarters
    return None


def around(rows: Columns) -> Block:
    """These rows as a block of the days they lie on."""
    if not len(rows):
        return Block(0, 0, rows, np.zeros(0, np.int64))
    quarters = rows["quarter"]
    first, last = int(quarters.min()) // zones.A_DAY, int(quarters.max()) // zones.A_DAY
    return Block(first, last, rows, begins(rows["key"]))
