"""Alerts reach the one allowed address, at least once, and nothing else is ever connected to."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.access.limits import shared
from core.access.plans import Policy, load_policy
from core.errors import Misconfigured
from core.settings import Settings, read
from core.store import Store
from core.store.columns import now
from core.usage import alerts, webhook
from core.usage.queries import Usage
from core.usage.watch import EVERY_S, FIRST_WAIT_S, Watch
from tests.benches import bench, waited_for, write_policy
from tests.ledgers import spend

HERE = frozenset({"127.0.0.1"})
BODY = {"kind": "used_up", "message": "Gone: $1 – all of it", "facts": {"n": 1}, "at": "2026-11-23T12:00:00+00:00"}


@dataclass
class Receiver:
    """A real HTTP server that keeps what it was sent; it answers `statuses` in order, the last one for good."""

    statuses: list[int] = field(default_factory=lambda: [204])
    seen: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    slow_s: float = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?team=1"

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for _, headers, _ in self.seen]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
            status = kept.statuses.pop(0) if len(kept.statuses) > 1 else kept.statuses[0]
            if kept.slow_s:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for _ in range(100):  # a header now and then, for ever
                    time.sleep(kept.slow_s)
                    self.wfile.write(b"X-More: 1\r\n")
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{kept.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment] - who is cut off complains
    kept.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_is_posted_is_json_with_its_key(receiver: Receiver) -> None:
    assert webhook.post(receiver.url, BODY, key="used-up:project:2026-11", hosts=HERE) is None
    ((path, headers, body),) = receiver.seen
    assert (path, body) == ("/hook?team=1", BODY)
    assert headers["idempotency-key"] == "used-up:project:2026-11"
    assert (headers["content-type"], headers["host"]) == ("application/json", f"127.0.0.1:{receiver.port}")


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_another_answer_than_2xx_is_no_arrival_and_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]
    assert webhook.post(receiver.url, BODY, key="k", hosts=HERE) == f"The host 127.0.0.1 answered {status}."
    assert [path for path, _, _ in receiver.seen] == ["/hook?team=1"]


ADDRESSES = {
    "a private address": ("10.0.0.8", frozenset({"hooks.example.com"}), False),
    "this machine": ("127.0.0.1", frozenset({"hooks.example.com"}), False),
    "the cloud's own": ("169.254.169.254", frozenset({"hooks.example.com"}), False),
    "a private one of IPv6": ("fd00::8", frozenset({"hooks.example.com"}), False),
    "a private one, wrapped": ("::ffff:10.0.0.8", frozenset({"hooks.example.com"}), False),
    "one for many": ("224.0.0.1", frozenset({"hooks.example.com"}), False),
    "a private address that is named": ("10.0.0.8", frozenset({"hooks.example.com", "10.0.0.8"}), True),
    "a public address": ("93.184.216.34", frozenset({"hooks.example.com"}), True),
    **{
        what: (address, frozenset({"hooks.example.com"}), False)
        for what, address in {
            "this machine, through NAT64": "64:ff9b::7f00:1",
            "the cloud's own, through NAT64": "64:ff9b::a9fe:a9fe",
            "this machine, through NAT64 of the house": "64:ff9b:1::7f00:1",
            "this machine, through 6to4": "2002:7f00:1::",
            "the cloud's own, through 6to4": "2002:a9fe:a9fe::",
            "a relay of 6to4": "192.88.99.1",
            "one through Teredo": "2001:0:4136:e378:8000:63bf:80ff:fffe",
            "this machine, in an old spelling": "::127.0.0.1",
            "this machine, translated": "::ffff:0:127.0.0.1",
            "the cloud's own, wrapped": "::ffff:169.254.169.254",
            "one of a site": "fec0::1",
            "one of a link": "fe80::1%eth0",
            "one for examples": "2001:db8::1",
            "one of IPv6 for many": "ff0e::1",
        }.items()
    },
    "a public one of IPv6": ("2606:2800:220:1::1", frozenset({"hooks.example.com"}), True),
}


@pytest.mark.parametrize("what", ADDRESSES)
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    address, hosts, allowed = ADDRESSES[what]
    reached: list[tuple[str, int]] = []

    def connect(to: tuple[str, int], timeout: float) -> None:
        reached.append(to)
        raise ConnectionRefusedError

    monkeypatch.setattr(webhook.socket, "create_connection", connect)
    url = "https://hooks.example.com/a-secret"
    why = webhook.post(url, BODY, key="k", hosts=hosts, resolve=lambda *_: (address,))
    assert reached == ([(address, 443)] if allowed else [])
    assert why and "a-secret" not in why and ("private" in why) is not allowed


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x", "http://hooks.example.com/x", "https://hooks.example.com.evil.example/", "nonsense"],
)
def test_a_host_that_is_not_allowed_is_not_even_looked_up(url: str) -> None:
    def never(host: str, port: int) -> tuple[str, ...]:
        raise AssertionError(f"{host} was looked up")

    why = webhook.post(url, BODY, key="k", hosts={"hooks.example.com"}, resolve=never)
    assert why and "not allowed" in why


def test_a_host_that_does_not_answer_is_a_sentence() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    why = webhook.post(f"http://127.0.0.1:{port}/", BODY, key="k", hosts=HERE)
    assert why == "The host 127.0.0.1 did not take it (ConnectionRefusedError)."


def test_an_answer_that_never_ends_is_cut(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "DEADLINE_S", 0.3)
    receiver.slow_s = 0.3  # 30 s in all
    began = time.monotonic()
    assert webhook.post(receiver.url, BODY, key="k", hosts=HERE)
    assert time.monotonic() - began < 15


# -- the watch -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look comes without a wait, unless a test is about that."""
    monkeypatch.setattr("core.usage.watch.FIRST_S", 0)


@dataclass
class Clock:
    at: float = 0

    def __call__(self) -> float:
        return self.at


def watch(store: Store, policy: Policy, receiver: Receiver | None, clock: Clock) -> Watch:
    hook = {"WORKBENCH_WEBHOOK_HOSTS": "127.0.0.1", "WORKBENCH_ALERT_WEBHOOK": receiver.url} if receiver else {}
    return Watch(store, policy, Usage(store), read(hook), clock)


@pytest.fixture
def spent(sqlite_store: Store, tmp_path: Path) -> Policy:
    """A policy whose project's budget is used up."""
    policy = load_policy(write_policy(tmp_path / "p.toml", project="1.0"))
    spend(sqlite_store, shared(policy, now())[0], 10**9)
    return policy


def test_a_new_alert_is_posted_once(sqlite_store: Store, spent: Policy, receiver: Receiver) -> None:
    clock = Clock()
    looking = watch(sqlite_store, spent, receiver, clock)
    for _ in range(5):
        looking.look()
        clock.at += EVERY_S
    (told,) = alerts.current(sqlite_store)
    assert told.sent_at is not None
    ((_, headers, body),) = receiver.seen
    assert headers["idempotency-key"] == told.key
    assert body == {"kind": "used_up", "message": told.message, "facts": told.facts, "at": told.at.isoformat()}


def test_what_did_not_arrive_is_posted_again_with_the_same_key_ever_later(
    sqlite_store: Store, spent: Policy, receiver: Receiver
) -> None:
    receiver.statuses = [500, 503, 200]
    clock = Clock()
    looking = watch(sqlite_store, spent, receiver, clock)
    tries = []
    while clock.at < 8 * FIRST_WAIT_S:
        before = len(receiver.seen)
        looking.look()
        tries += [clock.at] * (len(receiver.seen) - before)
        clock.at += 10
    assert tries == [0, FIRST_WAIT_S, 3 * FIRST_WAIT_S]
    assert len(set(receiver.keys)) == 1
    assert alerts.unsent(sqlite_store) == []


def test_one_that_failed_says_enough_for_now(sqlite_store: Store, tmp_path: Path, receiver: Receiver) -> None:
    text = "[budgets.plans]\nfree = 0\npro = 0\n"
    house = load_policy(write_policy(tmp_path / "p.toml", project="0", budgets=text))
    receiver.statuses = [500, 200]
    looking = watch(sqlite_store, house, receiver, Clock())
    looking.look()
    assert (len(receiver.seen), len(alerts.unsent(sqlite_store))) == (1, 3)
    looking.look()
    assert len(alerts.unsent(sqlite_store)) == 1  # the one that failed still waits; it kept back none of the others


def test_another_process_goes_on_where_one_died(sqlite_store: Store, spent: Policy, receiver: Receiver) -> None:
    receiver.statuses = [500, 200]
    watch(sqlite_store, spent, receiver, Clock()).look()
    assert len(alerts.unsent(sqlite_store)) == 1
    watch(sqlite_store, spent, receiver, Clock()).look()
    assert alerts.unsent(sqlite_store) == [] and len(set(receiver.keys)) == 1


def test_without_a_webhook_alerts_are_kept_all_the_same(sqlite_store: Store, spent: Policy) -> None:
    watch(sqlite_store, spent, None, Clock()).look()
    assert [one.sent_at for one in alerts.current(sqlite_store)] == [None]


def test_what_was_dismissed_or_is_old_is_not_posted(sqlite_store: Store, spent: Policy, receiver: Receiver) -> None:
    watch(sqlite_store, spent, None, Clock()).look()
    (told,) = alerts.current(sqlite_store)
    assert alerts.unsent(sqlite_store, at=told.at + alerts.STALE) == []
    alerts.dismiss(sqlite_store, told.id, "cli")
    watch(sqlite_store, spent, receiver, Clock()).look()
    assert receiver.seen == []


def test_the_figures_are_looked_at_every_few_minutes_only(
    sqlite_store: Store, spent: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, looks = Clock(), []
    monkeypatch.setattr(alerts, "check", lambda *_: looks.append(clock.at))
    looking = watch(sqlite_store, spent, None, clock)
    for _ in range(100):
        looking.look()
        clock.at += 10
    assert looks == [0, 300, 600, 900]


def test_after_a_start_pages_and_runs_come_first(
    sqlite_store: Store, spent: Policy, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(sqlite_store, spent, None, Clock()).look()  # another process found it, and could not post it
    monkeypatch.setattr("core.usage.watch.FIRST_S", 20)
    clock = Clock()
    looking = watch(sqlite_store, spent, receiver, clock)
    looking.look()
    assert receiver.seen == []
    clock.at = 20
    looking.look()
    assert len(receiver.seen) == 1


def test_an_open_workbench_watches(store: Store, tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "p.toml", project="1.0")
    spend(store, shared(load_policy(policy), now())[0], 10**9)
    with bench(store, policy=policy):
        waited_for(lambda: alerts.current(store))
    assert [one.kind for one in alerts.current(store)] == ["used_up"]


# -- what may be set -------------------------------------------------------------------------------------------

ALLOWED = "hooks.example.com, LOCALHOST,127.0.0.1"
SETTINGS = {
    "https://hooks.example.com/T1/secret": None,
    "https://HOOKS.example.com:8443/x": None,
    "http://127.0.0.1:9000/x": None,
    "http://localhost:9000/x": None,
    "https://evil.example/secret": "its host evil.example is not among WORKBENCH_WEBHOOK_HOSTS",
    "http://hooks.example.com/secret": "over https only",
    "https://me:secret@hooks.example.com/": "leave name and password out",
    "ftp://hooks.example.com/secret": "write a URL with its host",
    "hooks.example.com/secret": "write a URL with its host",
    "https://hooks.example.com:port/secret": "this is no URL",
}


@pytest.mark.parametrize("url", SETTINGS)
def test_a_webhook_is_refused_at_start_with_a_sentence_that_holds_no_secret(url: str) -> None:
    environment = {"WORKBENCH_ALERT_WEBHOOK": url, "WORKBENCH_WEBHOOK_HOSTS": ALLOWED}
    if (wrong := SETTINGS[url]) is None:
        assert read(environment).alert_webhook.get_secret_value() == url
        return
    with pytest.raises(Misconfigured, match=r"^WORKBENCH_ALERT_WEBHOOK: ") as refused:
        read(environment)
    assert wrong in refused.value.message and "secret" not in refused.value.message


def test_without_hosts_nothing_may_be_posted_to() -> None:
    assert Settings().alert_hosts == frozenset()
    with pytest.raises(Misconfigured, match="WORKBENCH_WEBHOOK_HOSTS"):
        read({"WORKBENCH_ALERT_WEBHOOK": "http://127.0.0.1:1/"})
