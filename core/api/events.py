"""The shapes of a stream's events, for the description of the API: what stands in the data of each kind."""

from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from core.api.problems import Problem
from core.schema import Feature, RunResult, Word

REF = "#/components/schemas/{model}"


class Started(Word):
    """The first event: the run, and the model that is asked first. `route` says why that one."""

    run_id: str
    feature: Feature
    prompt: str
    provider: str
    model: str | None
    route: str


class Delta(Word):
    """More of one field of the answer."""

    field: Literal["title", "summary", "content", "bullets", "warnings", "next_actions"]
    text: str


class Notice(Word):
    """Another model takes over, so the text starts afresh; or one was passed over, and `message` says why."""

    code: str
    message: str
    provider: str
    model: str | None


KINDS: dict[str, type[BaseModel]] = {
    "started": Started,
    "delta": Delta,
    "notice": Notice,
    "done": RunResult,
    "refused": Problem,
}


def schemas() -> dict[str, Any]:
    """`RunEvent`, one event as it stands on the wire, and what its data may be."""
    _, made = models_json_schema([(model, "serialization") for model in KINDS.values()], ref_template=REF)
    event = {"description": "One server-sent event.", "oneOf": [_event(kind, KINDS[kind].__name__) for kind in KINDS]}
    return {**made["$defs"], "RunEvent": event}


def _event(kind: str, model: str) -> dict[str, Any]:
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": REF.format(model=model)},
    }
    return {
        "type": "object",
        "properties": {"id": {"type": "string", "pattern": "^[1-9][0-9]*$"}, "event": {"const": kind}, "data": data},
        "required": ["event", "data"] if kind == "refused" else ["id", "event", "data"],  # that is not the run's own
    }
