"""Who calls: the bearer token of a request, looked up off the loop and remembered for seconds."""

import asyncio
from contextlib import suppress

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from core.access.tokens import CURE, Gate, Known
from core.errors import Denied, StorageDown, Unauthenticated
from core.schema import Caller
from core.store import Store

LONGEST = 200


class Doorkeeper:
    """Turns a request into its caller. One for each workbench."""

    def __init__(self, store: Store, *, kept_s: float) -> None:
        self.gate = Gate(store, kept_s=kept_s)
        self.threads = CapacityLimiter(4)
        self.note_threads = CapacityLimiter(1)  # its own, so that a busy database keeps no call waiting
        self._notes: set[asyncio.Task[None]] = set()

    async def caller(self, request: Request, *scopes: str) -> Caller:
        """Whose token this is, one that holds any of `scopes`. Errors: `Unauthenticated`, `Denied`."""
        secret = _secret(request)
        token = self.gate.known(secret)
        if token is None:
            token = await to_thread.run_sync(self.gate.look_up, secret, limiter=self.threads)
        if self.gate.note_due(token):
            note = asyncio.get_running_loop().create_task(self._note(token))
            self._notes.add(note)
            note.add_done_callback(self._notes.discard)
        if scopes and not any(token.caller.may(scope) for scope in scopes):
            raise Denied(f"This token may not do this. Ask for one with the scope {' or '.join(map(_quoted, scopes))}.")
        return token.caller

    async def _note(self, token: Known) -> None:
        with suppress(StorageDown):  # a call is not worth less because its time was not noted
            await to_thread.run_sync(self.gate.note, token, limiter=self.note_threads)


def _secret(request: Request) -> str:
    given = request.headers.getlist("authorization")
    kind, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if kind.lower() != "bearer" or not secret or len(secret) > LONGEST:
        raise Unauthenticated(f"This address needs a token. {CURE}")
    return secret.strip()


def _quoted(scope: str) -> str:
    return f"`{scope}`"
