"""Intake: requests that wait together are looked up, made ready and recorded in one trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.errors import tried
from core.llm import prepare, repeats, runs
from core.llm.prepare import Desk, LookedUp, Prepared
from core.llm.runs import Opening
from core.schema import AiRequest, Caller
from core.store import Connection


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, the id its run will have and the key it came with."""

    request: AiRequest
    caller: Caller
    key: str | None
    run_id: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that is recorded and may start; without `prepared` it is the one that the key had made."""

    run_id: str
    prepared: Prepared | None = None
    opening: Opening | None = None


class Intake:
    """Where requests become runs. `owner` is the process that will hold them."""

    def __init__(self, desk: Desk, owner: str) -> None:
        self.desk = desk
        self.owner = owner

    def begin(self, asked: Sequence[Asked]) -> list[Begun | Exception]:
        """Each request's run, or why there is none; from a worker thread."""
        found = zip(asked, self._look_up_all(asked), strict=True)
        ready = [what if isinstance(what, Exception) else tried(partial(self._ready, one, what)) for one, what in found]
        openings = [one[1] for one in ready if isinstance(one, tuple)]
        opened = iter(runs.open_all(self.desk.store, openings, owner=self.owner))
        return [_begun(*one, next(opened)) if isinstance(one, tuple) else one for one in ready]

    def _look_up_all(self, asked: Sequence[Asked]) -> Sequence[LookedUp | Begun | Exception]:
        """What the database has for each, in one read where nothing stands against any of them."""
        if len(asked) > 1 and not isinstance(found := tried(partial(self._look_up, asked)), Exception):
            return found
        alone = [tried(partial(self._look_up, [one])) for one in asked]
        return [one if isinstance(one, Exception) else one[0] for one in alone]

    def _look_up(self, asked: Sequence[Asked]) -> list[LookedUp | Begun]:
        with self.desk.store.read() as connection:
            return [self._found(connection, one) for one in asked]

    def _found(self, connection: Connection, asked: Asked) -> LookedUp | Begun:
        if asked.key and (made := repeats.find(connection, asked.caller.name, asked.key, asked.request)):
            return Begun(made)
        return self.desk.look_up(connection, asked.request, asked.caller)

    def _ready(self, asked: Asked, found: LookedUp | Begun) -> tuple[Prepared, Opening] | Begun:
        if isinstance(found, Begun):
            return found
        prepared = self.desk.make_ready(found)
        return prepared, prepare.opening(prepared, asked.run_id, asked.key)


def _begun(prepared: Prepared, opening: Opening, opened: str | Exception) -> Begun | Exception:
    if isinstance(opened, Exception):
        return opened
    return Begun(opened, prepared, opening) if opened == opening.id else Begun(opened)
