"""Intake: requests that wait together are looked up, made ready and recorded in one trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.errors import tried
from core.llm import prepare, repeats, runs
from core.llm.prepare import Desk, Prepared
from core.llm.runs import Opening
from core.schema import AiRequest, Caller


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
        ready = [tried(partial(self._ready, one)) for one in asked]
        openings = [one[1] for one in ready if isinstance(one, tuple)]
        opened = iter(runs.open_all(self.desk.store, openings, owner=self.owner))
        return [_begun(*one, next(opened)) if isinstance(one, tuple) else one for one in ready]

    def _ready(self, asked: Asked) -> tuple[Prepared, Opening] | Begun:
        if asked.key and (made := repeats.made_by(self.desk.store, asked.caller, asked.key, asked.request)):
            return Begun(made)
        prepared = self.desk.prepare(asked.request, asked.caller)
        return prepared, prepare.opening(prepared, asked.run_id, asked.key)


def _begun(prepared: Prepared, opening: Opening, opened: str | Exception) -> Begun | Exception:
    if isinstance(opened, Exception):
        return opened
    return Begun(opened, prepared, opening) if opened == opening.id else Begun(opened)
