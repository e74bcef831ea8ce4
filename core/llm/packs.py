"""The job pack: the documents a candidate takes into one application, made side by side, each a run of its own."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core import sureness
from core.errors import Invalid, WorkbenchError
from core.llm.prompts import Prompts
from core.llm.registry import Registry
from core.schema import AiRequest, Caller, Feature, RunResult
from core.sureness import Total

NAME = "job_pack"
# What belongs to a pack, in the order in which it is made and shown.
PACK: tuple[Feature, ...] = ("match", "recruiter_lens", "tailor_resume", "cover_letter", "interview_prep")


@dataclass(frozen=True, slots=True)
class Started:
    """One document of a pack: its run, or why there is none."""

    feature: str
    run_id: str | None = None
    refused: WorkbenchError | None = None


def chosen(names: Iterable[str]) -> tuple[Feature, ...]:
    """The documents of these names in the pack's order, each once. Errors: `Invalid` for another name, or for none."""
    wanted = set(names)
    if unknown := sorted(wanted - set(PACK)):
        raise Invalid(f"A job pack has no {unknown[0][:60]!r}. It may hold {', '.join(PACK)}.")
    if not wanted:
        raise Invalid("The pack is empty. Pick at least one document.")
    return tuple(feature for feature in PACK if feature in wanted)


def requests(
    features: Iterable[str], prompts: Prompts, *, inputs: Mapping[str, str] | None = None, **about: object
) -> list[AiRequest]:
    """One request a document. `about` is what they share; each gets the `inputs` its own prompt has.

    Errors: `Invalid` without a job, for a name that is not of a pack, or for none.
    """
    if not about.get("job_id"):
        raise Invalid("A job pack is made for one job. Pick the job first.")
    return [
        AiRequest.model_validate({"feature": one, "inputs": _own(inputs or {}, prompts, one), **about})
        for one in chosen(features)
    ]


async def start(registry: Registry, requests: Sequence[AiRequest], caller: Caller, *, key: str) -> list[Started]:
    """On the event loop: start them together. One that is refused keeps back none of the others.

    The same `key` again finds the same runs.
    """
    return await asyncio.gather(*(_start(registry, one, caller, f"{key}:{one.feature}") for one in requests))


def total(results: Iterable[RunResult]) -> Total:
    """What these runs cost together, and how sure that is."""
    return sureness.total((_nanousd(result), result.cost_status) for result in results)


def _nanousd(result: RunResult) -> int | None:
    return None if result.cost_usd is None else int(Decimal(result.cost_usd) * 10**9)


def _own(inputs: Mapping[str, str], prompts: Prompts, feature: Feature) -> dict[str, str]:
    known = prompts.for_feature(feature).inputs
    return {name: text for name, text in inputs.items() if name in known}


async def _start(registry: Registry, request: AiRequest, caller: Caller, key: str) -> Started:
    try:
        return Started(request.feature, await registry.start(request, caller, key=key))
    except WorkbenchError as refused:
        return Started(request.feature, refused=refused)
