"""The description of the API is true: its shapes are the models', its examples fit them, its addresses answer."""

import json
from typing import Any

import jsonschema
import pytest

from core import api
from core.access import tokens
from core.api import bodies, openapi
from core.api.addresses import Address
from core.schema import AiRequest, RunResult
from core.store import Store
from tests.benches import letter
from tests.fakes.door import door

DOCUMENT: dict[str, Any] = json.loads(openapi.document())


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()]


def media() -> list[tuple[str, dict[str, Any]]]:
    """Every described body, with where it stands."""
    found = []
    for path, method, one in operations():
        for status, answer in one["responses"].items():
            for kind, content in resolved(answer)["content"].items():
                found.append((f"{method} {path} {status} {kind}", content))
        for kind, content in one.get("requestBody", {}).get("content", {}).items():
            found.append((f"{method} {path} body {kind}", content))
    return found


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def check(value: object, schema: dict[str, Any]) -> None:
    whole = schema | {"components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)
    if isinstance(value, dict) and "event" in value:
        kinds = {one["properties"]["event"]["const"]: one["properties"]["data"] for one in resolved(schema)["oneOf"]}
        check(json.loads(value["data"]), kinds[value["event"]]["contentSchema"])


def events(stream: str) -> list[dict[str, str]]:
    """The server-sent events of a text, as their fields."""
    return [dict(line.split(": ", 1) for line in one.split("\n")) for one in stream.strip().split("\n\n")]


def test_every_address_is_described_with_its_methods_and_no_other() -> None:
    routes = [route for route in api.routes() if isinstance(getattr(route, "endpoint", None), Address)]
    there = {route.path: set(route.endpoint.answers) - {"HEAD"} for route in routes}  # type: ignore[attr-defined]
    there.pop("/exports/{secret}")  # what a page links to is no part of the API
    described = {path: {method.upper() for method in methods} for path, methods in DOCUMENT["paths"].items()}
    assert described == there


def test_every_reference_leads_somewhere_and_everything_is_used() -> None:
    text = json.dumps(DOCUMENT)
    for kind, parts in DOCUMENT["components"].items():
        for name in parts:
            assert kind == "securitySchemes" or f'"#/components/{kind}/{name}"' in text, name
    for where, content in media():
        check_refs(content["schema"], where)


def check_refs(node: Any, where: str) -> None:
    if isinstance(node, list):
        for one in node:
            check_refs(one, where)
    elif isinstance(node, dict):
        assert resolved(node), where
        for name, one in node.items():
            check_refs(one, f"{where} {name}")


@pytest.mark.parametrize(("where", "content"), media(), ids=[where for where, _ in media()])
def test_the_examples_fit_their_shapes(where: str, content: dict[str, Any]) -> None:
    examples = [one["value"] for one in content.get("examples", {}).values()]
    if "example" in content:
        examples.append(content["example"])
    if "event-stream" in where:
        examples = events(examples[0])
        assert [event["event"] for event in examples] == ["started", "delta", "done"]
    for example in examples:
        check(example, content["schema"])
        if "body" in where:
            assert bodies.parse(json.dumps(example).encode())
        elif "RunResult" in json.dumps(content["schema"]):
            RunResult.model_validate_json(json.dumps(example))
    if "problem" in where:
        assert str(examples[0]["status"]) in where


def test_a_body_that_the_shape_allows_is_read_and_one_that_it_does_not_is_refused() -> None:
    shape = {"$ref": "#/components/schemas/AiRequest"}
    properties = resolved(shape)["properties"]
    assert set(properties) == set(bodies.KNOWN) == set(AiRequest.model_fields) - set(bodies.FOR_PAGES)
    for wrong in ({"draft": "x"}, {"user_id": "1"}, {"memory": 1}, {"instructions": "\x00"}, {"inputs": {"a\x00": ""}}):
        body = {"feature": "match", "user_id": 1} | wrong
        with pytest.raises(jsonschema.ValidationError):
            check(body, shape)
        with pytest.raises(bodies.Malformed):
            bodies.parse(json.dumps(body).encode())


def test_what_is_answered_fits_what_is_described(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        served = one.ask("GET", "/../openapi.json")
        assert served.json() == DOCUMENT and DOCUMENT["openapi"].startswith("3.1.")
        run_id = one.run().json()["run_id"]
        asked = {
            ("/api/v1/ai/run", "post", "200"): one.run(),
            ("/api/v1/ai/run", "post", "422"): one.run(user_id="1"),
            ("/api/v1/ai/run", "post", "401"): one.run(token="wb_x"),
            ("/api/v1/ai/features", "get", "200"): one.ask("GET", "/features"),
            ("/api/v1/ai/runs/{run_id}", "get", "200"): one.ask("GET", f"/runs/{run_id}"),
            ("/api/v1/ai/runs/{run_id}", "get", "404"): one.ask("GET", "/runs/x"),
        }
        for (path, method, status), answer in asked.items():
            described = resolved(DOCUMENT["paths"][path][method]["responses"][status])
            kind = answer.headers["content-type"].partition(";")[0]
            assert str(answer.status_code) == status
            check(answer.json(), described["content"][kind]["schema"])


def test_the_scopes_are_named() -> None:
    said = DOCUMENT["components"]["securitySchemes"]["token"]["description"]
    assert all(scope in said for scope in tokens.SCOPES)
