"""Who may do what: no token is 401, a scope that lacks is 403, and what is another's does not exist."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from itertools import combinations
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from core.access import tokens
from core.errors import StorageDown
from core.llm.scripted import Play
from core.schema import FEATURES, AiRequest
from core.store import EVERYONE, AiRun, Document, DocumentRevision, Store
from core.tools import memory
from tests.benches import LETTER, RESUME, letter, statuses, waited_for
from tests.databases import person, posting, version
from tests.fakes.door import AI, QUICK, Door, door

NO_RUN = "019b0f6e-9d0a-7c31-8f55-3c9d6f0a2b41"
ADDRESSES = [
    ("POST", "/run"),
    ("POST", "/stream"),
    ("GET", "/features"),
    ("GET", f"/runs/{NO_RUN}"),
    ("GET", f"/runs/{NO_RUN}/events"),
    ("POST", f"/runs/{NO_RUN}/cancel"),
]
GOOD = "wb_" + "a" * 43
NOBODY: dict[str, list[tuple[str, str]]] = {
    "nothing": [],
    "an empty header": [("Authorization", "")],
    "no token": [("Authorization", "Bearer")],
    "an unknown token": [("Authorization", f"Bearer {GOOD}")],
    "no kind": [("Authorization", GOOD)],
    "another kind": [("Authorization", f"Basic {GOOD}")],
    "a token of another house": [("Authorization", "Bearer sk-proj-aaaaaaaaaaaaaaaaaaaa")],
    "a long token": [("Authorization", "Bearer wb_" + "a" * 8_000)],
    "two headers": [("Authorization", f"Bearer {GOOD}"), ("Authorization", f"Bearer {GOOD}")],
    "two tokens": [("Authorization", f"Bearer {GOOD}, Bearer {GOOD}")],
    "a token in a cookie": [("Cookie", f"token={GOOD}")],
}


def test_without_a_good_token_there_is_nothing(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one, httpx2.Client(base_url=one.url, trust_env=False) as client:
        for what, headers in NOBODY.items():
            for method, path in ADDRESSES:
                refused = client.request(method, AI + path, headers=headers, json={} if method == "POST" else None)
                assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated"), (what, path)
                assert refused.headers["www-authenticate"].startswith("Bearer")
                assert GOOD not in refused.text
        assert one.provider.calls == []


def test_the_kind_of_a_token_may_be_written_in_any_case(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        assert one.ask("GET", "/features", headers={"Authorization": f"bearer {one.token}"}).status_code == 200


# Which scopes open which address; `admin` opens all of them.
OPENED_BY = {
    "/run": {"run"},
    "/stream": {"run"},
    "/features": set(tokens.SCOPES),
    "": {"read-runs"},
    "/events": {"run", "read-runs"},
    "/cancel": {"run"},
}


def test_each_address_is_opened_by_its_scopes_alone(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        secrets = {scope: one.key(f"only-{scope}", scope) for scope in tokens.SCOPES}
        for scope, secret in secrets.items():
            made = one.run().json()["run_id"]
            _hand_over(sqlite_store, made, f"token:only-{scope}")
            one.workbench.registry._live.clear()
            for path, opening in OPENED_BY.items():
                method = "POST" if path in ("/run", "/stream", "/cancel") else "GET"
                where = path if path in ("/run", "/stream", "/features") else f"/runs/{made}{path}"
                answer = one.ask(method, where, token=secret, json=one.body() if method == "POST" else None)
                assert answer.status_code == (200 if scope in opening | {"admin"} else 403), (scope, path)
                if answer.status_code == 403:
                    assert answer.json()["code"] == "denied" and "scope" in answer.json()["detail"]


# What a body may ask for, and all of the scopes it then needs.
ASKED: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"run"}),
    ({"model": "rules"}, {"run", "choose-model"}),
    ({"prompt": "improve_text@1"}, {"run", "choose-prompt"}),
    ({"model": "rules", "prompt": "improve_text@1"}, {"run", "choose-model", "choose-prompt"}),
]


def test_scopes_add_up_and_give_nothing_more(sqlite_store: Store) -> None:
    """Every set of scopes at every address, and with every choice that a body can make."""
    with door(sqlite_store, letter()) as one:
        bo = person(sqlite_store, plan="premium", name="Bo Lind")
        body = {"feature": "improve_text", "user_id": bo, "inputs": {"text": "I has experience."}}
        made = one.ask("POST", "/run", json=body).json()["run_id"]
        sets = [set(some) for count in range(1, 6) for some in combinations(tokens.SCOPES, count)]
        for number, scopes in enumerate(sets):
            secret = one.key(f"t-{number}", *scopes)
            _hand_over(sqlite_store, made, f"token:t-{number}")
            one.workbench.registry._live.clear()
            for path in ("", "/events", "/cancel"):
                method = "POST" if path == "/cancel" else "GET"
                answer = one.ask(method, f"/runs/{made}{path}", token=secret)
                opened = bool(scopes & (OPENED_BY[path] | {"admin"}))
                assert answer.status_code == (200 if opened else 403), (scopes, path)
            for more, needed in ASKED:  # a candidate that is not there: who may ask is told so, and nothing is run
                for path in ("/run", "/stream"):
                    answer = one.ask("POST", path, token=secret, json=body | more | {"user_id": 999})
                    asked = "admin" in scopes or needed <= scopes
                    assert answer.status_code == (404 if asked else 403), (scopes, path, more)
        assert statuses(sqlite_store) == ["ok"]


@pytest.mark.parametrize(
    ("more", "scope"), [({"model": "rules"}, "choose-model"), ({"prompt": "cover_letter@1"}, "choose-prompt")]
)
def test_choosing_needs_a_scope_of_its_own(sqlite_store: Store, more: dict[str, str], scope: str) -> None:
    with door(sqlite_store, letter()) as one:
        refused = one.run(token=one.key("plain"), **more)
        assert (refused.status_code, refused.json()["code"]) == (403, "denied") and scope in refused.text
        assert one.run(token=one.key("chooser", "run", scope), **more).status_code == 200


def test_a_plan_without_the_feature_is_403_with_its_own_code(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        free = person(sqlite_store, plan="free", name="Bo Lind")
        refused = one.ask("POST", "/run", json={"feature": "cover_letter", "user_id": free})
        assert (refused.status_code, refused.json()["code"]) == (403, "plan_denied")
        assert recorded(one, refused) == ("refused", [])
        assert one.provider.calls == []


def test_a_limit_is_429_with_the_time_to_wait(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        free = person(sqlite_store, plan="free", name="Bo Lind")
        body = {"feature": "improve_text", "user_id": free, "inputs": {"text": "I has experience."}}
        answers = [one.ask("POST", "/run", json=body) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert recorded(one, answers[-1]) == ("refused", [])


def recorded(one: Door, refused: httpx2.Response) -> tuple[str, list[object]]:
    """The status and the legs of the run whose id a refusal says."""
    run_id = refused.headers["x-run-id"]
    assert refused.json()["run_id"] == run_id
    record = one.ask("GET", f"/runs/{run_id}")
    assert record.status_code == 200 and record.headers["x-run-id"] == run_id
    return record.json()["status"], record.json()["attempts"]


def test_a_revoked_token_is_out_within_the_time_that_it_is_remembered(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:  # this door remembers for 0.1 s; the real one for 5
        secret = one.key("leaver")
        assert one.ask("GET", "/features", token=secret).status_code == 200
        tokens.revoke(sqlite_store, "leaver")
        time.sleep(0.12)
        refused = one.ask("GET", "/features", token=secret)
        assert refused.status_code == 401 and "revoked" in refused.json()["detail"]


@pytest.mark.parametrize("hang", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_a_stream_ends_when_its_token_is_revoked(sqlite_store: Store, hang: bool, back: bool) -> None:
    endless = Play(*LETTER[:2], *(["word "] * (0 if hang else 500)), hang=hang, pause_s=0.01)
    with door(sqlite_store, endless) as one, one.stream() as first:
        path = f"/runs/{first.run_id}/events"
        with one.stream(path, method="GET") if back else nullcontext(first) as stream:
            stream.some(2)
            tokens.revoke(sqlite_store, "tests")
            wire = "\n".join(stream.rest())
        last = wire.strip().split("\n\n")[-1].split("\n")
        assert last[0] == "event: refused" and '"status":401' in last[1] and "revoked" in last[1]
        assert "event: done" not in wire


def test_a_caller_who_waits_is_refused_when_the_token_is_revoked(sqlite_store: Store) -> None:
    """The run is left as one whose caller has gone: it is stopped when nobody comes back, and its record stays."""
    hanging = Play(*LETTER[:2], hang=True)
    with (
        door(sqlite_store, hanging, pace=replace(QUICK, unwatched_s=0.2)) as one,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting, boss = pool.submit(one.run), one.key("boss", "admin")
        waited_for(lambda: len(one.provider.heard) == 1)
        tokens.revoke(sqlite_store, "tests")
        refused = waiting.result(60)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert "revoked" in refused.json()["detail"] and refused.headers["www-authenticate"]
        waited_for(lambda: one.provider.heard[0].ended == "cancelled")
        waited_for(lambda: statuses(sqlite_store) == ["cancelled"])
        with sqlite_store.reading(EVERYONE) as session:
            (run_id,) = session.scalars(select(AiRun.id))
        assert one.ask("GET", f"/runs/{run_id}", token=boss).json()["status"] == "cancelled"


def test_nor_is_a_run_of_another_process_waited_for_with_a_revoked_token(sqlite_store: Store) -> None:
    with (
        door(sqlite_store, letter(), pace=replace(QUICK, heartbeat_s=0.05)) as one,
        ThreadPoolExecutor(1) as pool,
    ):
        one.run(key="k")
        one.workbench.registry._live.clear()
        with sqlite_store.writing(EVERYONE) as session:
            session.execute(update(AiRun).values(status="running", owner="another"))
        waiting = pool.submit(one.run, key="k")
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        tokens.revoke(sqlite_store, "tests")
        assert waiting.result(60).status_code == 401
        assert statuses(sqlite_store) == ["running"]


def test_a_caller_whose_token_holds_waits_to_the_end(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the database cannot be asked for a while."""
    asked: list[str] = []

    def down(_: tokens.Gate, secret: str) -> tokens.Known:
        asked.append(secret)
        raise StorageDown("The database cannot be reached.")

    with door(sqlite_store, letter(pause_s=0.5)) as one, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.run)
        waited_for(lambda: len(one.provider.heard) == 1)
        monkeypatch.setattr(tokens.Gate, "look_up", down)
        assert waiting.result(60).json()["status"] == "ok"
    assert asked


def test_a_stream_whose_token_holds_goes_on_to_its_end(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the database cannot be asked for a while."""
    asked: list[str] = []

    def down(_: tokens.Gate, secret: str) -> tokens.Known:
        asked.append(secret)
        raise StorageDown("The database cannot be reached.")

    with door(sqlite_store, letter(pause_s=0.5)) as one, one.stream() as stream:
        monkeypatch.setattr(tokens.Gate, "look_up", down)
        assert [kind for _, kind, _ in stream][-1] == "done"
    assert asked


def test_the_last_use_is_noted_beside_the_call(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        one.ask("GET", "/features")
        waited_for(lambda: tokens.listed(sqlite_store)[0].last_used_at is not None)


def test_a_database_that_is_busy_does_not_make_a_call_wait_for_its_note(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one, sqlite_store.write():
        began = time.monotonic()
        assert one.ask("GET", "/features").status_code == 200
        assert time.monotonic() - began < 2


# -- what is another's -----------------------------------------------------------------------------------


def test_a_token_sees_its_own_runs_and_an_admin_all(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        other, boss = one.key("other"), one.key("boss", "admin")
        elsewhere = one.key("elsewhere", "admin", user_id=person(sqlite_store, name="Bo Lind"))
        run_id = one.run().json()["run_id"]
        for _kept in (True, False):  # while its events are kept, and after
            for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
                seen = {
                    who: one.ask(method, f"/runs/{run_id}{path}", token=who)
                    for who in (one.token, boss, other, elsewhere)
                }
                assert [answer.status_code for answer in seen.values()] == [200, 200, 404, 404], path
                missing = one.ask(method, f"/runs/{NO_RUN}{path}", token=other)
                assert missing.content == seen[other].content == seen[elsewhere].content
                assert dict(missing.headers) | {"date": ""} == dict(seen[other].headers) | {"date": ""}
            one.workbench.registry._live.clear()


@pytest.mark.parametrize(
    "run_id", ["1", "x" * 36, "%00", "..%2f..", NO_RUN.upper(), NO_RUN + "0", "ü", "'", "a" * 2_000]
)
def test_what_is_no_run_id_is_not_found(sqlite_store: Store, run_id: str) -> None:
    with door(sqlite_store, letter()) as one:
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
            assert one.ask(method, f"/runs/{run_id}{path}").status_code == 404


MARK = "zq7foreign"


# Every id that a body can hold, as it is sent with somebody else's: alone, and among our own.
IDS: dict[str, Callable[[int, int], object]] = {
    "job_id": lambda theirs, _ours: theirs,
    "resume_version_id": lambda theirs, _ours: theirs,
    "document_ids": lambda theirs, _ours: [theirs],
    "document_ids, among ours": lambda theirs, ours: [ours, theirs, ours],
}


def test_every_id_of_a_body_has_its_line_in_the_table() -> None:
    ids = {name for name in AiRequest.model_fields if name.endswith(("_id", "_ids"))}
    assert ids == {"user_id", *(name.partition(",")[0] for name in IDS)}


@pytest.mark.parametrize("feature", FEATURES)
def test_no_id_of_a_body_reaches_what_is_another_candidates(sqlite_store: Store, feature: str) -> None:
    _no_id_reaches(sqlite_store, feature)


def test_no_id_of_a_body_reaches_it_on_the_other_database_either(store: Store) -> None:
    _no_id_reaches(store, "cover_letter")


def _no_id_reaches(store: Store, feature: str) -> None:
    with door(store, letter()) as one:
        theirs, ours = _belongings(store, person(store, name=MARK), MARK), _belongings(store, one.user_id, "ours")
        limited = one.key("limited", user_id=one.user_id)
        body = one.body(feature, memory=True)
        if feature == "improve_text":
            body["inputs"] = {"text": "I has experience."}
        for path in ("/run", "/stream"):
            for name, made in IDS.items():
                field = name.partition(",")[0]
                refused, missing = (
                    one.ask("POST", path, json=body | {field: made(id, ours[field])}) for id in (theirs[field], 9_999)
                )
                assert refused.status_code == missing.status_code == 404, name
                assert refused.json() == _with(missing, "9999", str(theirs[field])), name
                assert MARK not in refused.text
            for foreign in (theirs["user_id"], 9_999):
                nobody = {"job_id": None, "resume_version_id": None}
                refused = one.ask("POST", path, token=limited, json=body | nobody | {"user_id": foreign})
                assert refused.status_code == 404 and str(foreign) in refused.text and MARK not in refused.text
        assert one.provider.calls == [] and len(statuses(store)) == 0
        for path in ("/run", "/stream"):
            own = body | {"document_ids": [ours["document_ids"]]}
            answer = one.ask("POST", path, token=limited, json=own)
            assert answer.status_code == 200 and MARK not in answer.text
        assert len(one.provider.calls) >= 2 and MARK not in repr(one.provider.calls)
        assert "ours" in repr(one.provider.calls)


def _belongings(store: Store, user: int, mark: str) -> dict[str, int]:
    """One of everything that a body can name, and a note of the memory, all of one candidate."""
    with store.writing(user) as session:
        document = Document(user_id=user, title=mark, kind="note")
        session.add(document)
        session.flush()
        session.add(
            DocumentRevision(
                user_id=user, document_id=document.id, number=1, body=mark, sha256="0" * 64, created_by="member:1"
            )
        )
    with store.write() as connection:
        memory.keep(connection, user_id=user, job_id=None, text=mark, run_id=None)
    return {
        "user_id": user,
        "job_id": posting(store, user, title=mark, description=mark * 9),
        "resume_version_id": version(store, user, RESUME | {"basics": {"name": mark}}, number=7),
        "document_ids": document.id,
    }


def _with(answer: httpx2.Response, old: str, new: str) -> Any:
    """The problem as it would be for another id."""
    return answer.json() | {"detail": answer.json()["detail"].replace(old, new)}


def _hand_over(store: Store, run_id: str, caller: str) -> None:
    with store.writing(EVERYONE) as session:
        session.execute(update(AiRun).where(AiRun.id == run_id).values(caller=caller))


# -- what a token is told --------------------------------------------------------------------------------


def test_features_say_what_may_be_run_and_for_whom(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        offer = one.ask("GET", "/features").json()
        assert (offer["caller"], offer["user_id"], offer["plan"]) == ("token:tests", None, None)
        assert [feature["feature"] for feature in offer["features"]][:2] == ["match", "recruiter_lens"]
        assert [plan["plan"] for plan in offer["plans"]] == ["free", "pro", "premium"]
        assert all(feature["allowed"] for feature in offer["features"])


def test_features_of_one_candidate_follow_the_plan(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        free = person(sqlite_store, plan="free", name="Bo Lind")
        asked = one.ask("GET", f"/features?user_id={free}").json()
        limited = one.ask("GET", "/features", token=one.key("limited", user_id=free)).json()
        for offer in (asked, limited):
            allowed = {one["feature"] for one in offer["features"] if one["allowed"]}
            assert (offer["plan"], allowed) == ("free", {"match", "recruiter_lens", "improve_text"})
            assert [plan["plan"] for plan in offer["plans"]] == ["free"]
        foreign = one.ask("GET", f"/features?user_id={one.user_id}", token=one.key("limited2", user_id=free))
        assert foreign.status_code == one.ask("GET", "/features?user_id=999").status_code == 404
        assert one.ask("GET", "/features?user_id=x").status_code == 422


def test_features_say_what_is_left_of_the_limits(store: Store) -> None:
    with door(store, letter()) as one:
        before = one.ask("GET", f"/features?user_id={one.user_id}").json()["limits"]
        one.run()
        after = one.ask("GET", f"/features?user_id={one.user_id}").json()["limits"]
        assert one.ask("GET", "/features").json()["limits"] is None
    assert (before["runs_per_minute"]["most"], before["runs_per_minute"]["left"]) == (60, 60)
    assert after["runs_per_minute"]["left"] == 59 and after["runs_per_minute"]["resets_at"]
    assert after["tokens_per_day"]["left"] == 1_000_000 - 1_050


def test_features_without_the_scope_to_run_allow_nothing(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        offer = one.ask("GET", "/features", token=one.key("reader", "read-runs")).json()
        assert not any(feature["allowed"] for feature in offer["features"])
