"""Idempotency: the run that a caller's key has made already, for a day."""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import Connection, Table, bindparam, select, update

from core.errors import Conflict
from core.schema import AiRequest
from core.store import AiRun
from core.store.columns import now
from core.store.statement import Statement

KEY_LASTS = timedelta(hours=24)

RUN: Table = AiRun.__table__  # type: ignore[assignment]

_MADE = Statement(
    select(RUN.c.id, RUN.c.request_sha256, RUN.c.created_at).where(
        RUN.c.caller == bindparam("by"), RUN.c.idempotency_key == bindparam("key")
    )
)


def fingerprint(request: AiRequest) -> str:
    """The hash that tells whether a key comes back with the same body."""
    body = request.model_dump(mode="json")
    body["switched_off"] = sorted(body["switched_off"])
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def find(connection: Connection, caller: str, key: str, request: AiRequest) -> str | None:
    """The id of the run this key made. Errors: `Conflict` when the key came with another request."""
    made = _MADE.row(connection, {"by": caller, "key": key})
    if made is None:
        return None
    run_id, sha256, created_at = made
    if created_at < now() - KEY_LASTS:
        return None
    if sha256 != fingerprint(request):
        raise Conflict("This Idempotency-Key was used for another request. Send a new key with a new request.")
    return str(run_id)


def release(connection: Connection, caller: str, key: str) -> None:
    """Let a key whose day is over be used again."""
    past = (RUN.c.caller == caller) & (RUN.c.idempotency_key == key) & (RUN.c.created_at < now() - KEY_LASTS)
    connection.execute(update(RUN).where(past).values(idempotency_key=None))
