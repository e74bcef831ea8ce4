"""Tokens of the HTTP door: made and shown once, kept as a hash, checked on every call, revoked."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Table, or_, select, update

from core.errors import Conflict, Invalid, NotFound, StoreConflict, Unauthenticated
from core.schema import Caller
from core.store import EVERYONE, ApiToken, Store, User
from core.store.columns import now

SCOPES = ("run", "choose-model", "choose-prompt", "read-runs", "admin")
LONGEST_DAYS = 3_650
LARGEST_ID = 2**53  # as in a request
KEPT_S = 5.0  # how long a verified token is believed, and so how long a revoked one may still work
NOTED_S = 60.0  # how often its last use is written down
MOST_KEPT = 10_000

TOKEN: Table = ApiToken.__table__  # type: ignore[assignment]
SHAPE = re.compile(r"wb_[A-Za-z0-9_-]{43}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CURE = "Send `Authorization: Bearer wb_…` with a token made by `python -m core token create`."


@dataclass(frozen=True, slots=True)
class Known:
    """A token that was found good. `until` is when it has to be looked up again, on the monotonic clock."""

    id: int
    caller: Caller
    expires_at: datetime | None
    until: float


class Gate:
    """Tells whose token a secret is. `known` and `note_due` only remember; the others ask the database."""

    def __init__(self, store: Store, *, kept_s: float = KEPT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self.kept_s = kept_s
        self.clock = clock
        self._known: dict[str, Known] = {}
        self._noted: dict[int, float] = {}

    def known(self, secret: str) -> Known | None:
        """The token, if it was looked up a few seconds ago and has not run out since."""
        found = self._known.get(_hash(secret)) if SHAPE.fullmatch(secret) else None
        if found is None or self.clock() >= found.until or _past(found.expires_at):
            return None
        return found

    def look_up(self, secret: str) -> Known:
        """The token as the database knows it. Errors: `Unauthenticated`, saying what is wrong with it."""
        if not SHAPE.fullmatch(secret):
            raise Unauthenticated(f"This is no token of the workbench. {CURE}")
        digest = _hash(secret)
        with self.store.read() as connection:
            row = connection.execute(select(TOKEN).where(TOKEN.c.sha256 == digest)).one_or_none()
        self._known.pop(digest, None)
        if row is None or not hmac.compare_digest(row.sha256, digest):
            raise Unauthenticated(f"This token is unknown. {CURE}")
        if row.revoked_at is not None:
            raise Unauthenticated(f"This token was revoked. {CURE}")
        if _past(row.expires_at):
            raise Unauthenticated(f"This token has expired. {CURE}")
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        found = self._known[digest] = Known(row.id, _caller(row), row.expires_at, self.clock() + self.kept_s)
        return found

    def note_due(self, token: Known) -> bool:
        """Whether this use should be written down; says so once a minute for each token."""
        last = self._noted.get(token.id)
        if last is not None and self.clock() - last < NOTED_S:
            return False
        self._noted[token.id] = self.clock()
        return True

    def note(self, token: Known) -> None:
        """Write down that the token was used, unless another process did within the minute."""
        before = now() - timedelta(seconds=NOTED_S)
        stale = or_(TOKEN.c.last_used_at.is_(None), TOKEN.c.last_used_at < before)
        with self.store.write() as connection:
            connection.execute(update(TOKEN).where(TOKEN.c.id == token.id, stale).values(last_used_at=now()))


def create(
    store: Store, name: str, scopes: Sequence[str], *, user_id: int | None = None, days: int | None = None
) -> str:
    """Make a token and return its secret, which is not kept and cannot be shown again.

    Errors: `Invalid`, `NotFound` (no such candidate), `Conflict` (the name is in use).
    """
    _check(name, scopes, days)
    secret = f"wb_{secrets.token_urlsafe(32)}"
    expires_at = now() + timedelta(days=days) if days else None
    token = ApiToken(
        name=name, sha256=_hash(secret), scopes=sorted(set(scopes)), user_id=user_id, expires_at=expires_at
    )
    try:
        with store.writing(EVERYONE) as session:
            if user_id is not None and (user_id > LARGEST_ID or session.get(User, user_id) is None):
                raise NotFound(f"There is no candidate {user_id}. Leave --user out for a token that serves everyone.")
            session.add(token)
    except StoreConflict:
        raise Conflict(f"A token named {name} is in use. Revoke it first, or choose another name.") from None
    return secret


def listed(store: Store) -> list[ApiToken]:
    """All tokens, newest first; their secrets are nowhere."""
    with store.reading(EVERYONE) as session:
        return list(session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def revoke(store: Store, name: str) -> None:
    """End a token; every process refuses it within seconds. Errors: `NotFound`."""
    with store.writing(EVERYONE) as session:
        token = session.scalar(select(ApiToken).where(ApiToken.name == name, ApiToken.revoked_at.is_(None)))
        if token is None:
            raise NotFound("No token of that name is in use. `python -m core token list` shows them.")
        token.revoked_at = now()


def standing(token: ApiToken) -> str:
    """In a word: `revoked`, `expired` or `good`."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if _past(token.expires_at) else "good"


def _check(name: str, scopes: Sequence[str], days: int | None) -> None:
    if not NAME.fullmatch(name):
        raise Invalid("A token's name is 1 to 64 letters, digits, dots, dashes or underscores, as in backend-eu.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        said = f"There is no scope {', '.join(map(repr, unknown))}." if unknown else "A token needs a scope."
        raise Invalid(f"{said} Scopes are {', '.join(SCOPES)}.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"A token lasts 1 to {LONGEST_DAYS:,} days; without a number it does not expire.")


def _caller(row: "Row[tuple[object, ...]]") -> Caller:
    return Caller(name=f"token:{row.name}", scopes=frozenset(row.scopes), user_id=row.user_id)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.removeprefix("wb_").encode(errors="surrogatepass")).hexdigest()


def _past(moment: datetime | None) -> bool:
    return moment is not None and moment <= now()
