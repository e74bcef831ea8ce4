"""A token is shown once, kept as a hash, works until it ends, and does only what its scopes say."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.access import tokens
from core.access.tokens import Gate
from core.errors import Conflict, Invalid, NotFound, Unauthenticated
from core.schema import Caller
from core.store import ApiToken, Store
from core.store.columns import now
from tests.databases import person


class Clock:
    """A monotonic clock that a test turns."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_new_token_is_known_with_its_scopes_and_its_candidate(store: Store) -> None:
    user = person(store)
    secret = tokens.create(store, "backend", ["run", "read-runs"], user_id=user, days=3)
    caller = Gate(store).look_up(secret).caller
    assert (caller.name, caller.scopes, caller.user_id) == ("token:backend", {"run", "read-runs"}, user)
    assert secret.startswith("wb_") and len(secret) == 46


def test_the_secret_is_nowhere_in_the_database(store: Store) -> None:
    secret = tokens.create(store, "backend", ["run"])
    with store.read() as connection:
        row = connection.execute(select(ApiToken.__table__)).one()
    assert secret.removeprefix("wb_") not in repr(row)


@pytest.mark.parametrize("secret", ["", "wb_", "wb_" + "a" * 43, "wb_" + "é" * 43, "wb_" + "a" * 400, "\udcff", "x"])
def test_what_is_no_token_is_refused(sqlite_store: Store, secret: str) -> None:
    gate = Gate(sqlite_store)
    assert gate.known(secret) is None
    with pytest.raises(Unauthenticated, match="token create"):
        gate.look_up(secret)


def test_a_token_ends_on_time_even_while_it_is_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tokens.create(store, "backend", ["run"], days=1)
    gate = Gate(store)
    gate.look_up(secret)
    assert gate.known(secret)
    monkeypatch.setattr(tokens, "now", lambda: now() + timedelta(days=1, seconds=1))
    assert gate.known(secret) is None
    with pytest.raises(Unauthenticated, match="expired"):
        gate.look_up(secret)


def test_a_revoked_token_is_refused_within_five_seconds(store: Store) -> None:
    clock = Clock()
    gate = Gate(store, clock=clock)
    secret = tokens.create(store, "backend", ["run"])
    gate.look_up(secret)
    tokens.revoke(store, "backend")
    assert gate.known(secret)  # from memory, for a moment yet
    clock.at += 5
    assert gate.known(secret) is None
    with pytest.raises(Unauthenticated, match="revoked"):
        gate.look_up(secret)


def test_a_use_is_written_down_once_a_minute(store: Store) -> None:
    clock = Clock()
    gate = Gate(store, clock=clock)
    token = gate.look_up(tokens.create(store, "backend", ["run"]))
    assert [gate.note_due(token), gate.note_due(token)] == [True, False]
    clock.at += 61
    assert gate.note_due(token)
    gate.note(token)
    first = tokens.listed(store)[0].last_used_at
    assert first is not None and now() - first < timedelta(seconds=10)
    gate.note(token)
    assert tokens.listed(store)[0].last_used_at == first


def test_a_name_is_used_once_until_it_is_revoked(store: Store) -> None:
    first = tokens.create(store, "backend", ["run"])
    with pytest.raises(Conflict, match="Revoke it first"):
        tokens.create(store, "backend", ["run"])
    tokens.revoke(store, "backend")
    second = tokens.create(store, "backend", ["run"])
    assert Gate(store).look_up(second).caller.name == "token:backend"
    with pytest.raises(Unauthenticated):
        Gate(store).look_up(first)
    assert [tokens.standing(token) for token in tokens.listed(store)] == ["good", "revoked"]


REFUSED = {
    "an unknown scope": ({"scopes": ["run", "fly"]}, Invalid, "'fly'. Scopes are run, choose-model"),
    "no scope": ({"scopes": []}, Invalid, "Scopes are run"),
    "no name": ({"name": ""}, Invalid, "name"),
    "a name with a colon": ({"name": "a:b"}, Invalid, "name"),
    "a long name": ({"name": "a" * 65}, Invalid, "name"),
    "no days": ({"days": 0}, Invalid, "days"),
    "too many days": ({"days": 4_000}, Invalid, "days"),
    "nobody": ({"user_id": 99}, NotFound, "no candidate 99"),
    "a number that no database holds": ({"user_id": 10**30}, NotFound, "no candidate 1000"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_token_that_makes_no_sense_is_not_made(sqlite_store: Store, what: str) -> None:
    change, error, sentence = REFUSED[what]
    given = {"name": "backend", "scopes": ["run"]} | change
    with pytest.raises(error, match=sentence):
        tokens.create(sqlite_store, **given)  # type: ignore[arg-type]
    assert tokens.listed(sqlite_store) == []


def test_revoking_what_is_not_in_use_is_said(sqlite_store: Store) -> None:
    with pytest.raises(NotFound, match="token list"):
        tokens.revoke(sqlite_store, "nobody")


def test_admin_may_everything_and_the_others_what_they_hold() -> None:
    plain, admin = Caller(name="t", scopes=frozenset({"run"})), Caller(name="t", scopes=frozenset({"admin"}))
    assert [plain.may("run"), plain.may("choose-model"), admin.may("choose-model")] == [True, False, True]
