"""A whole workbench on a scratch database with a scripted provider, in one line."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select, update

from core import wiring
from core.llm import run_list
from core.llm.live import LiveRun
from core.llm.provider import Deadlines, ModelCall, Provider
from core.llm.run_filter import RunFilter
from core.llm.run_order import Row
from core.llm.scripted import Play, Scripted
from core.schema import AiRequest, Caller, RunResult, Usage
from core.settings import Settings
from core.store import EVERYONE, AiRun, Store
from core.wiring import Workbench
from tests.databases import person, posting, version

CALLER = Caller(name="member:1", role="admin", scopes=frozenset({"run", "choose-model", "choose-prompt"}))
USED = Usage(input_tokens=1_000, cached_tokens=200, output_tokens=50)
LETTER = ("Letter to Norrsken Freight\n", "Why this candidate fits.\n\n", "Dear team,\n\n", "I build Python services.")
SHIPPED: Path = Settings.model_fields["policy_file"].default
PATIENT = Deadlines(
    connect=60, first_token=60, idle=60, leg=60
)  # a machine that others load may stand still for seconds
RESUME = {
    "basics": {"name": "Ada Moreno", "label": "Backend engineer", "summary": "Builds Python services."},
    "work": [
        {
            "id": "w1",
            "name": "Fjordline",
            "position": "Backend engineer",
            "startDate": "2019-02",
            "highlights": ["Cut the build time of a Python service by 40 %.", "Ran PostgreSQL in production."],
            "highlight_ids": ["w1h1", "w1h2"],
        }
    ],
    "skills": [{"id": "s1", "name": "Languages", "keywords": ["Python", "SQL"]}],
}
POSTING = "We look for a backend engineer with Python, PostgreSQL, Docker, Kubernetes, Terraform and Go. 3+ years."


@dataclass(frozen=True, slots=True)
class Bench:
    """A workbench with one candidate on plan pro, one job and one resume version."""

    workbench: Workbench
    provider: Scripted
    user_id: int
    job_id: int
    resume_id: int

    def request(self, feature: str = "cover_letter", **more: object) -> AiRequest:
        given = {"user_id": self.user_id, "job_id": self.job_id, "resume_version_id": self.resume_id} | more
        return AiRequest.model_validate({"feature": feature, **given})

    def start(self, feature: str = "cover_letter", *, key: str | None = None, **more: object) -> LiveRun:
        run_id = self.workbench.start(self.request(feature, **more), CALLER, key=key)
        live = self.workbench.find(run_id)
        assert live is not None
        return live

    def run(self, feature: str = "cover_letter", **more: object) -> RunResult:
        """Start and wait for the end."""
        return finished(self.start(feature, **more))


def finished(live: LiveRun, *, within_s: float = 60) -> RunResult:
    seen = 0
    for _ in range(int(within_s / 0.05)):
        seen += len(live.after(seen, wait_s=0.05))
        if live.done:
            assert live.result is not None
            return live.result
    raise AssertionError(f"run {live.id} did not end within {within_s} s")


def waited_for(held: Callable[[], object], *, within_s: float = 60) -> None:
    """Wait until something holds; fails when it does not in time."""
    import time

    end = time.monotonic() + within_s
    while not held():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def build(
    url: str,
    script: Sequence[Play | Callable[[ModelCall], Play]],
    *,
    deadlines: Deadlines = PATIENT,
    policy: Path = SHIPPED,
    **more: Provider,
) -> tuple[Workbench, Scripted]:
    """A workbench whose only model, `openai`, is scripted."""
    provider = Scripted(script, name="openai", deadlines=deadlines)
    settings = Settings(database_url=SecretStr(url), demo_data="off", embedded_model="off", policy_file=policy)
    return wiring.build(settings, providers={"openai": provider, **more}), provider


@contextmanager
def bench(
    store: Store,
    *script: Play | Callable[[ModelCall], Play],
    deadlines: Deadlines = PATIENT,
    policy: Path = SHIPPED,
    **more: Provider,
) -> Iterator[Bench]:
    """A workbench on this database, open, with one candidate, job and resume."""
    url = store.url.render_as_string(hide_password=False)
    workbench, provider = build(url, script, deadlines=deadlines, policy=policy, **more)
    user = person(store)
    job, resume = posting(store, user, description=POSTING), version(store, user, RESUME)
    with wiring.opened(workbench):
        yield Bench(workbench, provider, user, job, resume)


def write_policy(
    path: Path,
    *,
    runs: int = 1_000_000,
    tokens: int = 10**12,
    usd: str = "1000000.0",
    project: str = "1000000.0",
    own: str = "step_down",
    shared: str = "step_down",
    cheap: str = "cheap",
    premium: Sequence[str] = ("openai/gpt-6.1-terra", "openai/gpt-6-luna", "embedded/smollm2-135m"),
    budgets: str = "",
) -> Path:
    """A policy file for limits: generous unless said otherwise, the shipped tiers, every plan alike on premium."""
    plan = f"""
        features = "all"
        tier = "premium"
        runs_per_minute = {runs}
        tokens_per_day = {tokens}
        usd_per_month = {usd}
        at_limit = "{own}"
        """
    path.write_text(
        f"""
        [tiers]
        {cheap} = ["openai/gpt-6-luna", "embedded/smollm2-135m"]
        premium = {json.dumps(premium)}
        [project]
        usd_per_month = {project}
        step_down_at = 0.9
        at_limit = "{shared}"
        """
        + "".join(f"[plans.{name}]{plan}" for name in ("free", "pro", "premium"))
        + budgets,
        encoding="utf-8",
    )
    return path


def letter(**more: object) -> Play:
    """A well-formed cover letter, with its usage."""
    return Play(*LETTER, usage=USED, **more)  # type: ignore[arg-type]


def recent(store: Store, *, user_id: int | None = None) -> list[Row]:
    """The newest runs, of one candidate or of all."""
    return run_list.page(store, RunFilter(user=(user_id,) if user_id else ())).rows


def statuses(store: Store) -> list[str]:
    """The status of every run there is."""
    with store.reading(EVERYONE) as session:
        return list(session.scalars(select(AiRun.status)))


def rewrite(store: Store, **values: object) -> None:
    """Give all runs these values, as the record of another time or process would have them."""
    with store.writing(EVERYONE) as session:
        session.execute(update(AiRun).values(**values))
