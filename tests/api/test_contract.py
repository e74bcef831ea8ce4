"""The API does what its own description says, whatever is sent: generated requests, good and bad, checked by schemathesis.

Longer, and with other requests: `python -m tests.api.test_contract SEED EXAMPLES`.
"""

import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import asgi
from starlette.applications import Starlette

from core import api, portal, wiring
from core.access import tokens
from core.errors import ProviderRefused
from core.llm.scripted import Play, Scripted
from core.store import Store, init_db
from tests import benches
from tests.databases import person, posting, version
from tests.fakes.door import QUICK

CHECKS = {  # all there are, by name, so that none is lost unseen
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"),
    *("response_headers_conformance", "positive_data_acceptance", "negative_data_rejection", "missing_required_header"),
    *("unsupported_method", "allow_header_conformance", "ignored_auth", "use_after_free"),
    *("ensure_resource_availability", "refused_for_what_it_says"),
}
# A body of the right shape may still ask for what is not there, such as an unknown prompt: that is 422, too.
ACCEPTED = ["2xx", "401", "403", "404", "409", "422", "429"]


@schemathesis.check
def refused_for_what_it_says(
    _ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """A body of the described shape is never refused for its shape, which is what names a place in it."""
    good = case.meta is not None and case.meta.generation.mode.is_positive
    assert not (good and response.status_code == 422 and "at" in response.json()), response.text


@dataclass
class Found:
    """What came of it: failures in words, and how often each check held and each address answered what."""

    failures: list[str] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)


def test_the_api_keeps_to_its_description(sqlite_url: str, tmp_path: Path) -> None:
    found = explored(sqlite_url, tmp_path, seed=7, examples=25)
    assert not found.failures, "\n\n".join(found.failures)
    assert set(found.checks) == CHECKS
    reached = {label: {status for one, status in found.answers if one == label} for label, _ in found.answers}
    assert all({200, 401, 405} <= statuses for label, statuses in reached.items() if "/ai/" in label)
    assert all(422 in reached[f"POST /api/v1/ai/{name}"] for name in ("run", "stream"))


def explored(url: str, folder: Path, *, seed: int, examples: int) -> Found:
    """Every address with examples, each bound of each shape, random requests, and runs followed by their id."""
    with application(url, folder) as (app, token):
        config = SchemathesisConfig.from_dict(
            {
                "seed": seed,
                "auth": {"openapi": {"token": {"bearer": token}}},
                "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                    "object_level_authorization": {"enabled": False},  # needs two accounts; test_auth has its table
                },
                "continue-on-failure": True,
            }
        )
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
        found = Found()
        for event in from_schema(schema).execute():
            if isinstance(event, events.FatalError):
                raise event.exception
            if isinstance(event, events.NonFatalError):
                found.failures.append(f"{event.label}: {event.value!r}")
            if isinstance(event, events.ScenarioFinished):
                _read(event, found)
        return found


@contextlib.contextmanager
def application(url: str, folder: Path) -> Iterator[tuple[Starlette, str]]:
    """The API on a scratch workbench with one candidate, job and resume, all with the id 1, and generous limits.

    Every other call of a model fails, so that all kinds of events are seen.
    """
    plays = cycle([Play("Letter\n", error=ProviderRefused("The key was refused.")), benches.letter()])
    embedded = Scripted([benches.letter()], name="embedded")
    policy = benches.write_policy(folder / "policy.toml")
    workbench, _ = benches.build(url, [lambda _call: next(plays)], policy=policy, embedded=embedded)
    user = person(workbench.store)
    posting(workbench.store, user, description=benches.POSTING)
    version(workbench.store, user, benches.RESUME)
    token = tokens.create(workbench.store, "tests", tokens.SCOPES)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with portal.opened() as bridge:
            await workbench.open(bridge)
            yield
            await workbench.close()

    wiring.install(workbench)
    try:
        yield Starlette(routes=api.routes(QUICK), lifespan=lifespan), token
    finally:
        asgi.shutdown_lifespans()
        wiring.install(None)


def _read(scenario: events.ScenarioFinished, found: Found) -> None:
    recorder = scenario.recorder
    for case_id, interaction in recorder.interactions.items():
        if interaction.response:
            found.answers[recorder.cases[case_id].value.operation.label, interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            found.checks[check.name] += 1
            if check.failure_info:
                label, failure = recorder.cases[case_id].value.operation.label, check.failure_info.failure
                found.failures.append(f"{label}: {failure.title}. {failure.message}\n{check.failure_info.code_sample}")


def main(seed: int, examples: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/workbench.db"
        init_db(Store(url))
        found = explored(url, Path(folder), seed=seed, examples=examples)
    for line in (*sorted(found.answers.items()), *sorted(found.checks.items()), *found.failures):
        print(line)
    print(f"{len(found.failures)} failures in {found.answers.total()} requests")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
