"""The run that an idempotency key has made already, found before anything of the request is looked at again."""

from sqlalchemy import select

from core.errors import Conflict
from core.llm.runs import KEY_LASTS, RUN, fingerprint
from core.schema import AiRequest, Caller
from core.store import Store
from core.store.models import now


def made_by(store: Store, caller: Caller, key: str, request: AiRequest) -> str | None:
    """The id of the run this caller's key made within its day. Errors: `Conflict` for another request."""
    wanted = select(RUN.c.id, RUN.c.request_sha256, RUN.c.created_at)
    with store.read() as connection:
        found = connection.execute(
            wanted.where(RUN.c.caller == caller.name, RUN.c.idempotency_key == key)
        ).one_or_none()
    if found is None or found.created_at < now() - KEY_LASTS:
        return None
    if found.request_sha256 != fingerprint(request):
        raise Conflict("This Idempotency-Key was used for another request. Send a new key with a new request.")
    return str(found.id)
