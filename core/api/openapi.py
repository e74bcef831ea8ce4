"""The description of the API, OpenAPI 3.1, made from the same models that read and write it."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from core.access.offer import Offer
from core.api import events, examples
from core.api.bodies import FOR_PAGES
from core.api.connections import Connection
from core.api.problems import MEDIA_TYPE, Problem
from core.api.refusals import MOST_ADDRESS, MOST_FIELDS, MOST_HEAD
from core.schema import AiRequest

REFUSALS = {
    "401": "No token, or one that is unknown, expired or revoked, be it while the answer is waited for.",
    "403": "The token lacks the scope, or the candidate's plan the feature; that is recorded as a refused run.",
    "404": "An unknown id, or somebody else's: the two look the same.",
    "408": "The body was not there in time: 10 s for all of it, 5 s without any of it.",
    "409": "The Idempotency-Key was used for another body, or the run is out of reach.",
    "413": "The body is larger than 1 MB.",
    "422": "The request does not have the shape it needs; `at` says where.",
    "429": "A rate, quota or budget is used up; `Retry-After` says when to come back. Recorded as a refused run.",
    "500": "A mistake of the workbench; `reference` is what to quote.",
    "503": "The database cannot be reached, the process is about to end, or too many clients are connected.",
}
RECORDED = ("403", "429")
RUN_ID = {"X-Run-Id": {"description": "The id of the run.", "schema": {"type": "string"}}}
ID = {"name": "run_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body finds the same run for 24 hours, instead of making another.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
LAST_EVENT = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last event that was seen; what came after it is sent.",
    "schema": {"type": "string", "pattern": "^[0-9]{0,9}$"},
}
FOR_USER = {
    "name": "user_id",
    "in": "query",
    "description": "Ask for one candidate; a token that is limited to one asks for that one anyway.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**53},
}
MODEL = r"^(rules|[^/\u0000]+/[^\u0000]+)$"
ABOUT = {
    "inputs": "Texts under the names that the feature's prompt asks for; `/features` lists them.",
    "memory": "Whether earlier notes on this candidate and job are told to the model.",
    "model": "`provider/name` or `rules`: the only model before the rules. Needs the scope `choose-model`.",
    "prompt": "`name` or `name@version`. Needs the scope `choose-prompt`.",
    "resume_version_id": "Without it, the candidate's newest resume version, where the feature needs one.",
}
STREAM = (
    "Server-sent events: `id` counts up by one, `event` is the kind, `data` one line of JSON. `started` {run_id, feature, "
    "prompt, provider, model, route}; `delta` {field, text}; `notice` {code, message, provider, model}: another model "
    "takes over and the text starts afresh; `done`, always last: a RunResult. A comment line comes after 10 s of silence. "
    "A stream whose token is revoked or runs out meanwhile ends with `refused`, a Problem without an `id`, instead."
)

ABOUT_ALL = (
    "AI calls for a candidate and a job: the same engine as the workbench's pages. What comes before a request's body may "
    f"have {MOST_HEAD // 1024} KB and {MOST_FIELDS} headers (else 431), its address {MOST_ADDRESS // 1024} KB (414), and it has to be "
    f"there within {Connection.head_s:.0f} s (408); what is not HTTP/1.1 is answered with 400. Each is a Problem, and ends the "
    f"connection. A client that reads nothing for {Connection.unread_s:.0f} s is let go."
)


@cache
def document() -> bytes:
    """The document as JSON."""
    return to_json(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Workbench API",
                "version": "1",
                "description": ABOUT_ALL,
            },
            "security": [{"token": []}],
            "paths": _paths(),
            "components": {
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "`wb_…`, made by `python -m core token create`. "
                        "Scopes: run, choose-model, choose-prompt, read-runs, admin.",
                    }
                },
                "schemas": _schemas(),
                "responses": {status: _refusal(status, said) for status, said in REFUSALS.items()},
            },
        }
    )


def _paths() -> dict[str, Any]:
    ai = "/api/v1/ai"
    started = ("401", "403", "404", "408", "409", "413", "422", "429")
    about_run = ("401", "403", "404")
    return {
        f"{ai}/run": {
            "post": _operation("run", "Run a feature and wait for the answer", _result(), started, [KEY], body=True)
        },
        f"{ai}/stream": {"post": _operation("stream", "Run a feature and watch", _events(), started, [KEY], body=True)},
        f"{ai}/features": {
            "get": _operation("features", "What this token may run", _offer(), (*about_run, "422"), [FOR_USER])
        },
        f"{ai}/runs/{{run_id}}": {"get": _operation("read", "The record of a run", _result(), about_run, [ID])},
        f"{ai}/runs/{{run_id}}/events": {
            "get": _operation("events", "Watch a run again", _events(), (*about_run, "422"), [ID, LAST_EVENT])
        },
        f"{ai}/runs/{{run_id}}/cancel": {
            "post": _operation("cancel", "Stop a run; it keeps what it has", _result(), (*about_run, "409"), [ID])
        },
        "/api/v1/openapi.json": {"get": _open("openapi", "This document")},
        "/health/live": {"get": _open("live", "Whether the process answers")},
        "/health/ready": {"get": _open("ready", "Whether it may be sent work", "503")},
    }


def _operation(
    name: str,
    summary: str,
    answer: dict[str, Any],
    refusals: tuple[str, ...],
    parameters: list[dict[str, Any]],
    *,
    body: bool = False,
) -> dict[str, Any]:
    responses = {"200": answer} | {
        status: {"$ref": f"#/components/responses/{status}"} for status in (*refusals, "500", "503")
    }
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "responses": responses}
    if parameters:
        operation["parameters"] = parameters
    if body:
        content = {
            "schema": _ref("AiRequest"),
            "examples": {key: {"value": one} for key, one in examples.BODIES.items()},
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _result() -> dict[str, Any]:
    content = {"schema": _ref("RunResult"), "example": examples.RESULT}
    return {
        "description": "How the run ended; a stopped one is `cancelled` and holds what had arrived.",
        "headers": RUN_ID,
        "content": {"application/json": content},
    }


def _events() -> dict[str, Any]:
    content = {"schema": _ref("RunEvent"), "example": examples.EVENTS}
    return {"description": STREAM, "headers": RUN_ID, "content": {"text/event-stream": content}}


def _offer() -> dict[str, Any]:
    content = {"schema": _ref("Offer"), "example": examples.OFFER}
    return {"description": "Features, plans and limits.", "content": {"application/json": content}}


def _open(name: str, summary: str, *more: str) -> dict[str, Any]:
    """An address that needs no token and answers a plain JSON object."""
    content = {"application/json": {"schema": {"type": "object"}}}
    responses = {status: {"description": "JSON.", "content": content} for status in ("200", *more)}
    return {"operationId": name, "summary": summary, "security": [], "responses": responses}


def _refusal(status: str, said: str) -> dict[str, Any]:
    content = {"schema": _ref("Problem"), "example": examples.problem(status)}
    return {"description": said, "content": {MEDIA_TYPE: content}} | ({"headers": RUN_ID} if status in RECORDED else {})


def _ref(name: str) -> dict[str, str]:
    return {"$ref": events.REF.format(model=name)}


def _schemas() -> dict[str, Any]:
    """The models' own schemas; a request without what is for pages only, its texts without NUL."""
    _, made = models_json_schema(
        [(AiRequest, "validation"), (Offer, "serialization"), (Problem, "serialization")], ref_template=events.REF
    )
    schemas: dict[str, Any] = made["$defs"] | events.schemas()
    request = schemas["AiRequest"]
    request["description"] = "One request for an answer."
    for name in FOR_PAGES:
        del request["properties"][name]
    schemas.pop("Parameters", None)
    request["properties"]["inputs"]["propertyNames"]["type"] = "string"
    for text in _texts(request["properties"]):
        text["pattern"] = r"^[^\u0000]*$"
    for name, said in ABOUT.items():
        request["properties"][name]["description"] = said
    _texts(request["properties"]["model"])[0]["pattern"] = MODEL
    return schemas


def _texts(node: Any) -> list[dict[str, Any]]:
    """Every schema of a free text below `node`."""
    if isinstance(node, list):
        return [found for one in node for found in _texts(one)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("type") == "string" and "enum" not in node else []
    return own + [found for one in node.values() for found in _texts(one)]
