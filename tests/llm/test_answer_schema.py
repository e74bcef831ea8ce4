"""The schema a model is asked to follow."""

import jsonschema
import pytest

from core.errors import Misconfigured
from core.llm import parser

FIELDS = ("title", "summary", "content", "bullets", "warnings", "next_actions", "changes")
CHANGE = {"op": "replace", "path": "work/w1/summary", "original": "a", "value": "b", "reason": "r", "evidence": ["w1"]}
ANSWER = {
    "title": "T",
    "summary": "S.",
    "content": "C",
    "bullets": ["x", "y"],
    "warnings": [],
    "next_actions": ["go"],
    "changes": [CHANGE],
}


def test_the_schema_is_strict_and_accepts_what_is_asked():
    schema = parser.schema(FIELDS)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(ANSWER, schema)
    objects = [schema, schema["properties"]["changes"]["items"]]
    assert all(part["required"] == list(part["properties"]) and not part["additionalProperties"] for part in objects)
    assert list(schema["properties"]) == list(FIELDS)
    for wrong in (
        {**ANSWER, "score": 1},
        {"title": "T"},
        {**ANSWER, "changes": [{**CHANGE, "op": "rename"}]},
        {**ANSWER, "bullets": ["x"] * 999},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_schema_asks_for_the_named_fields_and_for_nothing_that_is_computed():
    assert list(parser.schema(["content", "keywords_added", "title"])["properties"]) == ["title", "content"]


@pytest.mark.parametrize("fields", [["title", "score"], [], ["keywords_added"]])
def test_a_schema_of_unknown_fields_is_refused(fields):
    with pytest.raises(Misconfigured):
        parser.schema(fields)
