"""The whole workbench as one real process: it starts, answers, refuses to be misused, and stops well."""

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from core import cli, serving
from core.access import tokens
from core.llm import history, runs
from core.llm.runs import Opening
from core.schema import AiRequest, Caller
from core.settings import read
from core.store import Store, migrate
from core.wiring import check_host
from tests.fakes.visitor import visiting

HOUSE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[str]
    url: str
    database: str
    log: Path


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    ours = {"WORKBENCH_DATA_DIR": str(tmp_path), "WORKBENCH_EMBEDDED_MODEL": "off", "WORKBENCH_PORT": str(free_port())}
    return {**os.environ, **ours, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Done(NamedTuple):
    """What a command of the terminal came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Commands:
    """The terminal's commands without a process of their own for each, which takes two seconds."""

    folder: Path
    patch: pytest.MonkeyPatch

    def run(self, *words: str, **more: str) -> Done:
        with (
            self.patch.context() as patch,
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            for name, value in environment(self.folder, **more).items():
                patch.setenv(name, value)
            return Done(cli.main(words), out.getvalue(), err.getvalue())


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands(tmp_path, monkeypatch)


@contextmanager
def served(tmp_path: Path, **more: str) -> Iterator[Server]:
    settings = environment(tmp_path, **more)
    log = tmp_path / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "workbench.py"], cwd=HOUSE, env=settings, stdout=out, stderr=subprocess.STDOUT, text=True
        )
    url = f"http://127.0.0.1:{settings['WORKBENCH_PORT']}"
    try:
        _wait_until_ready(process, url, log)
        yield Server(process, url, f"sqlite:///{tmp_path / 'workbench.db'}", log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


def test_health_says_live_and_ready(server: Server) -> None:
    assert httpx2.get(f"{server.url}/health/live").json() == {"status": "live"}
    ready = httpx2.get(f"{server.url}/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "migrated": True,
        "writable": True,
        "policy": True,
        "demo_data": True,
    }


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api", "/API/v1/ai/run"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_an_unknown_api_address_is_a_problem_and_not_a_page(server: Server, method: str, path: str) -> None:
    answer = httpx2.request(method, server.url + path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_pages_are_served_under_a_policy_that_lets_nothing_load_from_elsewhere(server: Server) -> None:
    page = httpx2.get(server.url)
    assert page.status_code == 200 and "<html" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "img-src 'self' data: blob:" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "'sha256-" in policy.split("script-src")[1].split(";")[0] or "<script>" not in page.text


def test_a_second_start_on_the_same_port_is_a_sentence(server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "workbench.py"],
        cwd=HOUSE,
        env=environment(tmp_path, WORKBENCH_PORT=server.url.rpartition(":")[2]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert "Port" in done.stderr


REFUSALS = [
    ({"WORKBENCH_HOST": "0.0.0.0"}, "No sign-in is configured"),
    ({"WORKBENCH_PORT": "high"}, "WORKBENCH_PORT"),
    ({"WORKBENCH_DATABASE_URL": "mysql://x/y"}, "WORKBENCH_DATABASE_URL"),
    ({"WORKBENCH_POLICY_FILE": "/nowhere/policy.toml"}, "policy"),
    ({"WORKBENCH_PROMPTS_DIR": "/nowhere"}, "prompts"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSALS)
def test_what_is_wrong_is_said_before_it_starts(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    assert sentence in _refused(tmp_path, **settings)


def test_a_misspelt_plan_in_the_policy_names_its_line(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text((HOUSE / "core/policy.toml").read_text().replace("[plans.pro]", "[plans.profi]"))
    said = _refused(tmp_path, WORKBENCH_POLICY_FILE=str(policy))
    line = policy.read_text().splitlines().index("[plans.profi]") + 1
    assert f"line {line}" in said and "profi" in said


def test_a_start_on_a_database_of_an_older_version_says_that_it_takes_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = environment(tmp_path)
    store = Store(read(given).database)
    migrate.init_db(store)
    migrate.migrate(store, "-1")
    serving.check(read(given), {})
    assert capsys.readouterr().err == f"{migrate.PREPARING}\n"
    assert migrate.is_current(store)
    store.close()


def test_memory_is_given_back_every_few_seconds_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    monkeypatch.setattr(serving, "TIDY_S", 0.01)
    monkeypatch.setattr(serving, "_give_back", lambda: given.append(time.monotonic()))

    async def serve() -> float:
        async with serving.tidied():
            while len(given) < 2:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)  # one may have been under way
        ended = len(given)
        await asyncio.sleep(0.1)
        return ended

    assert asyncio.run(asyncio.wait_for(serve(), 60)) == len(given)


@pytest.mark.parametrize("path", ["/", "/health/live", "/api/v1/openapi.json"])
def test_another_name_for_this_machine_is_turned_away(server: Server, path: str) -> None:
    port = server.url.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}"):
        refused = httpx2.get(f"{server.url}{path}", headers={"Host": host})
        assert refused.status_code == 421
        assert (refused.headers["content-type"] == "application/problem+json") == path.startswith("/api")
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in refused.headers["content-security-policy"]
    for first, second in (("127.0.0.1", "evil.example"), ("evil.example", "127.0.0.1")):
        twice = f"GET {path} HTTP/1.1\r\nHost: {first}\r\nHost: {second}\r\nConnection: close\r\n\r\n"
        assert _answer(server, [twice.encode()]).startswith(b"HTTP/1.1 421")
    named = f"GET http://evil.example{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    assert _answer(server, [named.encode()]).startswith(b"HTTP/1.1 421")
    for host in (f"localhost:{port}", f"LOCALHOST:{port}"):
        assert httpx2.get(f"{server.url}{path}", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "let_in"), [("http://evil.example", False), ("http://localhost:9", False), (None, True)]
)
def test_only_our_own_pages_open_a_socket(server: Server, origin: str | None, let_in: bool) -> None:
    address = server.url.removeprefix("http://")
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": origin or f"http://{address}"}
    with httpx2.stream("GET", f"{server.url}/_stcore/stream", headers=headers) as answer:
        assert (answer.status_code == 101) == let_in


SOCKET = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/", ""), ("/static/x.js", ""), ("/api/v1/ai/features", ""), ("/health/live", ""), ("/_stcore/stream", SOCKET)],
)
def test_no_address_takes_a_head_without_an_end(server: Server, path: str, fields: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}X: ".encode()
    for sent in (head + b"a" * 50_000 + b"\r\n\r\n", head.replace(b"X: ", b"X: a\r\n" * 200) + b"\r\n"):
        answer = _answer(server, [sent])
        assert answer.startswith(b"HTTP/1.1 431") and b"application/problem+json" in answer
    assert httpx2.get(f"{server.url}/health/live").status_code == 200


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux says how much memory a process has")
def test_what_is_refused_takes_no_memory(server: Server) -> None:
    before = _megabytes(server)
    answer = _answer(server, [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", *[b"a" * 1_000_000] * 80])
    assert answer.startswith(b"HTTP/1.1 431")
    assert _megabytes(server) - before < 20


def _answer(server: Server, parts: list[bytes]) -> bytes:
    """All that comes back, until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                client.sendall(part)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65_536):
                answer += piece
        return answer


def _megabytes(server: Server) -> float:
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def test_what_an_exception_says_reaches_neither_log_nor_page_nor_answer(server: Server) -> None:
    canary, store = "zq7canary", Store(server.database)
    opening = Opening(runs.new_id(), Caller(name="cli"), AiRequest(feature="match", user_id=1), "match@1", "pro")
    runs.open_run(store, opening, owner="nobody")
    with store.write() as connection:  # a time that cannot be read: the exception repeats it
        connection.exec_driver_sql(f"UPDATE ai_run SET created_at = '{canary}', caller = 'token:t'")
    with visiting(server.url) as visitor:
        drawn = visitor.visit("runs", f"run={opening.id}")
    token = tokens.create(store, "t", ["read-runs"])
    answer = httpx2.get(f"{server.url}/api/v1/ai/runs/{opening.id}", headers={"Authorization": f"Bearer {token}"})
    store.close()
    (said,) = [element.alert.body for element in drawn if "under the number" in element.alert.body]
    number, log = said.partition("under the number ")[2][:8], server.log.read_text()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert number in log and answer.json()["reference"] in log and "ValueError at" in log
    assert canary not in log + repr(drawn) + answer.text + repr(answer.headers)
    assert token not in log


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", ""])
def test_no_other_address_is_ever_served(host: str) -> None:
    with pytest.raises(Exception, match="this machine only"):
        check_host(host)


def test_the_terminal_runs_one_call_and_prints_one_line(tmp_path: Path) -> None:
    done = _core(tmp_path, "run", "match", "--user", "1", "--job", "1", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (result["status"], result["provider"], result["cost_usd"]) == ("ok", "rules", "0")
    store = Store(f"sqlite:///{tmp_path / 'workbench.db'}")
    assert history.story(store, result["run_id"]).run.caller == "cli"
    store.close()


def test_the_terminal_says_what_is_wrong_and_how_to_mend_it(commands: Commands) -> None:
    done = commands.run("run", "match", "--user", "99", "--job", "1")
    assert (done.code, done.out) == (2, "")
    assert "no candidate 99" in done.err and "Traceback" not in done.err


def test_files_go_in_and_their_ids_come_out_last(tmp_path: Path, commands: Commands) -> None:
    (tmp_path / "cv.md").write_text(
        "# Ada Moreno\n\n## Experience\n\nEngineer, Fjordline, 2019 - 2024\n\n- Ran PostgreSQL\n"
    )
    (tmp_path / "job.txt").write_text("Data engineer\n\nNorrsken Freight\n\nWe need Python and SQL, every day.\n")
    commands.run("demo", "load")
    resume = commands.run("import", "resume", str(tmp_path / "cv.md"), "--user", "1")
    job = commands.run("import", "job", str(tmp_path / "job.txt"), "--user", "1")
    assert resume.code == job.code == 0, resume.err + job.err
    ids = [done.out.split()[-1] for done in (resume, job)]
    done = commands.run("run", "match", "--user", "1", "--resume", ids[0], "--job", ids[1], "--json")
    assert json.loads(done.out)["details"]["score"] is not None


def test_doctor_says_what_works(commands: Commands) -> None:
    fresh = commands.run("doctor")
    assert fresh.code == 0 and "database: none yet" in fresh.out  # which is nothing to mend, and it makes none
    assert fresh.out == commands.run("doctor").out
    commands.run("db", "upgrade")
    done = commands.run("doctor")
    assert done.code == 0 and "provider openai: not configured" in done.out
    wrong = commands.run("doctor", WORKBENCH_EMBEDED_MODEL="off")
    assert wrong.code == 1 and "WORKBENCH_EMBEDED_MODEL is no setting" in wrong.out


def _core(tmp_path: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=HOUSE,
        env=environment(tmp_path, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _refused(tmp_path: Path, **settings: str) -> str:
    """What a start that must not succeed says, by the same steps as `workbench.py`: one sentence, exit code 2."""
    given = environment(tmp_path, **settings)
    with contextlib.redirect_stderr(io.StringIO()) as said, pytest.raises(SystemExit, match="2"), serving.told():
        serving.check(read(given), given)
    return said.getvalue()


def _wait_until_ready(process: subprocess.Popen[str], url: str, log: Path) -> None:
    end = time.monotonic() + 120  # others may have the machine
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx2.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"it was not ready in time: {log.read_text()}")
