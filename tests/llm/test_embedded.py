"""The embedded model for real: its child process, its stream, and that nothing of it is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from core.errors import ProviderDown
from core.llm import embedded, embedded_child, embedded_server, opening
from core.llm.embedded import EmbeddedProvider
from core.llm.provider import Chunk, Finished, Message, ModelCall, Prose, Spent
from core.schema import Details, Found
from core.settings import HOUSE
from core.tools.material import JobFacts, Material
from tests.fakes.upstream import HANG, Upstream

needs_model = pytest.mark.skipif(not EmbeddedProvider().configured, reason="requirements-model.txt is not installed")

MATERIAL = Material(
    profile={"name": "Jonas Falk", "plan": "free", "headline": "Electrician"},
    resume={
        "work": [{"position": "Site Electrician", "name": "Voltwerk", "highlights": ["Wired 60 flats in a year."]}]
    },
    job=JobFacts(1, "Lead Electrician", "Northgrid", "…"),
    keywords=Details(matched=(Found(term="wiring"), Found(term="AutoCAD"), Found(term="fault finding"))),
)
CALL = ModelCall(embedded.MODEL, opening.messages((), MATERIAL, "match"), max_tokens=opening.MAX_TOKENS)
SHORT = ModelCall(embedded.MODEL, (Message("user", "Say hello."),), max_tokens=6)


@asynccontextmanager
async def running(model_file: Path | None = None) -> AsyncIterator[EmbeddedProvider]:
    provider = EmbeddedProvider(model_file=model_file)
    try:
        yield provider
    finally:
        await provider.aclose()


async def follow(provider: EmbeddedProvider, call: ModelCall) -> list[Chunk]:
    async with aclosing(provider.stream(call)) as chunks:
        return [chunk async for chunk in chunks]


@needs_model
def test_it_streams_counts_survives_its_childs_death_and_leaves_nothing() -> None:
    """One story, for the sake of one start: each step would be a test of its own if starting were free."""

    async def story() -> None:
        async with running() as provider:
            assert not provider.child.is_running  # lazily: nothing runs before the first call
            chunks = await follow(provider, CALL)
            prose = [chunk.text for chunk in chunks if isinstance(chunk, Prose)]
            assert len(prose) > 5
            summary, paragraph = "".join(prose).split("\n\n")
            assert summary.startswith("Jonas Falk brings wiring")
            assert paragraph.startswith("As Site Electrician at Voltwerk, Jonas wired")
            assert Finished("stop") in chunks
            [spent] = [chunk for chunk in chunks if isinstance(chunk, Spent)]
            assert spent.usage.input_tokens > 100
            assert spent.usage.output_tokens >= len(prose)

            first = provider.child.pid
            assert first is not None
            environment = psutil.Process(first).environ()
            assert not [name for name in environment if name.startswith(("OPENAI", "WORKBENCH"))]
            assert environment["OMP_WAIT_POLICY"] == "passive"
            assert len(psutil.Process(first).cmdline()) == 4  # no key among the arguments

            os.kill(first, signal.SIGKILL)
            assert any(isinstance(chunk, Prose) for chunk in await follow(provider, SHORT))
            second = provider.child.pid
            assert second != first

            assert second is not None
        assert not psutil.pid_exists(second)

    asyncio.run(story())


@needs_model
def test_a_child_that_no_longer_answers_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_child, "HEALTH_S", 0.3)
    child = embedded_child.Child(embedded.packaged_model() or Path(), sha256=embedded.SHA256)
    child.address()
    first = child.pid
    with Upstream(HANG) as silent:
        monkeypatch.setattr(child, "_address", embedded_child.Address(silent.url, "key"))
        child.doubt()
        child.address()
        assert [seen.path for seen in silent.seen] == ["/health"]
    assert child.is_running
    assert child.pid != first
    child.stop()
    assert not child.is_running


@needs_model
def test_closing_the_stream_frees_the_model_at_once() -> None:
    long = ModelCall(
        embedded.MODEL, (Message("user", "Count from one to one thousand."),), max_tokens=opening.MAX_TOKENS
    )

    async def story() -> None:
        async with running() as provider:
            streams = [provider.stream(long) for _ in range(2)]  # as many as it has slots
            for chunks in streams:
                await anext(chunks)
                await chunks.aclose()
            started = time.monotonic()
            await follow(provider, SHORT)
            assert time.monotonic() - started < 3

    asyncio.run(story())


@needs_model
def test_an_unused_model_gives_its_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "IDLE_S", 0.05)

    async def story() -> None:
        async with running() as provider:
            await follow(provider, SHORT)
            for _ in range(100):
                if not provider.child.is_running:
                    return
                await asyncio.sleep(0.02)
            pytest.fail("the model is still there two seconds after its last call")

    asyncio.run(story())


PARENT = """
import os, signal
from core.llm.embedded import EmbeddedProvider
provider = EmbeddedProvider()
provider.child.address()
print(provider.child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@needs_model
def test_the_child_dies_with_a_parent_that_is_killed() -> None:
    killed = subprocess.run([sys.executable, "-c", PARENT], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    child = int(killed.stdout)
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
    pytest.fail("the model's process is still there five seconds after its parent")


# -- what can be wrong before it starts ----------------------------------------------------------------


def test_it_is_not_configured_when_switched_off() -> None:
    assert EmbeddedProvider(mode="off").configured is False


@pytest.mark.parametrize("content", [None, b"not a model"])
def test_a_missing_or_damaged_file_is_said_with_its_cure(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    if content is not None:
        file.write_bytes(content)

    async def story() -> str:
        async with running(model_file=file) as provider:
            with pytest.raises(ProviderDown) as down:
                await follow(provider, SHORT)
            return down.value.message

    assert "requirements-model.txt" in asyncio.run(story())


def test_a_start_that_fails_is_not_tried_again_at_once_but_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"x")
    child = embedded_child.Child(file, sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    starts: list[list[str]] = []
    real = subprocess.Popen

    def counted(command: list[str], **options: object) -> "subprocess.Popen[str]":
        starts.append(command)
        return real([sys.executable, "-c", "pass"], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", counted)
    for _ in range(3):
        with pytest.raises(ProviderDown, match="doctor"):
            child.address()
    assert len(starts) == 1
    monkeypatch.setattr(embedded_child, "TRY_AGAIN_S", 0.0)
    with pytest.raises(ProviderDown, match="doctor"):
        child.address()
    assert len(starts) == 2


def test_the_models_name_comes_from_its_file() -> None:
    assert embedded_server.model_alias(Path("/x/SmolLM2-135M-Instruct.Q4_1.gguf")) == embedded.MODEL


def test_messages_made_elsewhere_are_kept_from_looping_instead_of_held_to_a_grammar() -> None:
    assert "grammar" in embedded._steering(CALL)
    assert "dry_multiplier" in embedded._steering(SHORT)
