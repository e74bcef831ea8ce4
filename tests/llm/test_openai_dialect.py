"""What servers do not understand of a request, and how it is asked instead."""

import json
from collections.abc import Iterator

import pytest

from core.errors import ProviderRefused
from core.llm.openai_dialect import first_dialect
from core.llm.provider import ModelCall
from tests.fakes.asking import ANSWER, SCHEMA, TEXT, ask
from tests.fakes.upstream import JSON, Answering, Reply, Seen, Upstream, error, tokens

CANARY = "sk-canary-7f3a"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def refuse(*fields: str, status: int = 400, named: bool = True) -> Answering:
    """A server that refuses these fields of a request, `response_format` by its type."""

    def answer(seen: Seen) -> Reply:
        kind = (seen.body.get("response_format") or {}).get("type")
        for name in fields:
            if name in seen.body or name == kind:
                param = None if not named else "response_format" if name == kind else name
                return error(status, message=CANARY, code="unsupported_parameter", param=param)
        return tokens("Hi")

    return answer


REFUSED: dict[str, tuple[Answering, list[str | None]]] = {
    "a schema": (refuse("json_schema"), ["json_schema", "json_object"]),
    "a schema, unnamed": (refuse("json_schema", named=False), ["json_schema", "json_object"]),
    "a schema, with 422": (refuse("json_schema", status=422, named=False), ["json_schema", "json_object"]),
    "a schema, with 404": (refuse("json_schema", status=404), ["json_schema", "json_object"]),
    "every format": (refuse("response_format"), ["json_schema", "json_object", None]),
    "every format, unnamed": (refuse("response_format", named=False), ["json_schema", "json_object", None]),
}


def formats(upstream: Upstream) -> list[str | None]:
    return [(seen.body.get("response_format") or {}).get("type") for seen in upstream.seen]


@pytest.mark.parametrize("name", REFUSED)
def test_the_format_steps_down_and_the_step_is_remembered(name: str, upstream: Upstream) -> None:
    server, steps = REFUSED[name]
    upstream.play(server)
    first, second = ask(upstream.url, ANSWER, ANSWER)
    assert (first.error, second.error) == (None, None)
    assert formats(upstream) == [*steps, steps[-1]]


def test_a_schema_the_server_does_not_know_is_told_to_the_model(upstream: Upstream) -> None:
    upstream.play(refuse("json_schema"))
    ask(upstream.url, ANSWER)
    strict, told = upstream.seen
    schema = {"name": "answer", "strict": True, "schema": SCHEMA}
    assert strict.body["response_format"] == {"type": "json_schema", "json_schema": schema}
    assert strict.body["messages"][0]["content"] == "Be brief."
    assert json.dumps(SCHEMA, separators=(",", ":")) in told.body["messages"][0]["content"]


def test_each_model_has_its_own_step(upstream: Upstream) -> None:
    upstream.models["old"] = refuse("json_schema")
    ask(upstream.url, ModelCall("old", ANSWER.messages, "json", SCHEMA), ANSWER)
    assert formats(upstream) == ["json_schema", "json_object", "json_schema"]


@pytest.mark.parametrize("field_name", ["max_tokens", "temperature", "stream_options"])
def test_a_field_the_server_refuses_is_given_up_and_that_is_remembered(field_name: str, upstream: Upstream) -> None:
    upstream.play(refuse(field_name))
    first, second = ask(upstream.url, TEXT, TEXT)
    assert (first.error, second.error) == (None, None)
    assert [field_name in seen.body for seen in upstream.seen] == [True, False, False]
    limits = [seen.body.get("max_tokens") or seen.body.get("max_completion_tokens") for seen in upstream.seen]
    assert limits == [1000, 1000, 1000]


def test_several_refusals_are_worked_off_one_by_one(upstream: Upstream) -> None:
    upstream.play(refuse("temperature", "max_tokens", "stream_options", "json_schema"))
    [outcome] = ask(upstream.url, ANSWER)
    assert (outcome.error, outcome.prose) == (None, ["Hi"])


def test_a_refusal_in_the_words_of_fastapi_is_understood(upstream: Upstream) -> None:
    detail = {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": CANARY}]}
    upstream.play(Reply(422, JSON, (json.dumps(detail).encode(),)), tokens("Hi"))
    [outcome] = ask(upstream.url)
    assert outcome.error is None
    assert "stream_options" not in upstream.seen[1].body


def test_a_refusal_of_something_else_is_not_argued_with(upstream: Upstream) -> None:
    upstream.play(error(400, param="messages"))
    [outcome] = ask(upstream.url, ANSWER)
    assert isinstance(outcome.error, ProviderRefused)
    assert len(upstream.seen) == 1


def test_openai_itself_is_asked_with_the_new_name_of_the_limit() -> None:
    assert first_dialect(None).length == "max_completion_tokens"
    assert first_dialect("https://eu.api.openai.com/v1").length == "max_completion_tokens"
    assert first_dialect("http://127.0.0.1:8000/v1").length == "max_tokens"
