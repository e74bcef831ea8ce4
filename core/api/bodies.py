"""What a request brings: its body, its idempotency key, the last event it saw. Values are never repeated back."""

import asyncio
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import Any

import jiter
from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json
from starlette.requests import ClientDisconnect, Request

from core.errors import Invalid, TooLarge, TooSlow
from core.schema import AiRequest

MOST_BYTES = 1_000_000
MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)
NUMBERS = ("user_id", "job_id", "resume_version_id")
FOR_PAGES = ("draft", "parameters", "switched_off")
KNOWN = tuple(name for name in AiRequest.model_fields if name not in FOR_PAGES)
PRINTABLE = re.compile(r"[\x20-\x7e]{1,200}")
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
EVENT_ID = re.compile(r"[0-9]{1,9}")

SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": f"is unknown. Known are {', '.join(KNOWN)}",
    "int_type": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "string_type": "has to be a text",
    "bool_type": "has to be true or false",
    "dict_type": "has to be an object of texts",
    "tuple_type": "has to be a list of whole numbers",
    "value_error": "holds characters that cannot be stored, such as NUL",
}


class Malformed(Invalid):
    """A body that is refused. `at` is the path to what is wrong in it."""

    def __init__(self, message: str, at: str = "") -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Upload:
    """Seconds that a body may take: all of it, and each wait for more of it."""

    whole_s: float = 10
    idle_s: float = 5


UNHURRIED = Upload()


async def read(request: Request, upload: Upload = UNHURRIED) -> AiRequest:
    """The body as a request.

    Errors: `TooLarge`, `TooSlow`, `Malformed`; `ClientDisconnect` when the caller left meanwhile.
    """
    _check_kind(request)
    return parse(await _received(request, upload))


def parse(body: bytes) -> AiRequest:
    """The bytes of a body as a request. Errors: `Malformed`, with the place and without the value."""
    try:
        value = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as wrong:
        raise Malformed(_not_json(body, str(wrong))) from None
    if not isinstance(value, dict):
        raise Malformed('The body has to be a JSON object, such as {"feature": "match", "user_id": 1}.')
    for key in value:
        if key not in KNOWN:
            name = _named((key,))
            raise Malformed(f"{name or 'A key'} {SENTENCES['extra_forbidden']}.", name)
    try:
        return AiRequest.model_validate_json(_whole(value) or body, strict=True)
    except ValidationError as wrong:
        raise _said(wrong.errors(include_url=False, include_input=False)[0]) from None


def idempotency_key(request: Request) -> str | None:
    """The key of the request, if it brought one. Errors: `Invalid`."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not PRINTABLE.fullmatch(given[0]):
        raise Invalid("Idempotency-Key has to be one text of 1 to 200 printable ASCII characters.")
    return given[0]


def last_event_id(request: Request) -> int:
    """The last event that a client saw, 0 for none. Errors: `Invalid`."""
    given = [value.strip() for value in request.headers.getlist("last-event-id")] or [""]
    if len(given) > 1 or not EVENT_ID.fullmatch(given[0] or "0"):
        raise Invalid("Last-Event-ID has to be the id of an event of this run, a whole number.")
    return int(given[0] or 0)


def _check_kind(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Malformed("Send the body as JSON, with `Content-Type: application/json`.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Malformed("Send the body as it is, without a Content-Encoding.")


async def _received(request: Request, upload: Upload) -> bytes:
    """The whole body, counted as it comes, whatever Content-Length says."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > MOST_BYTES:
        raise _too_large()
    parts, size, now = [], 0, asyncio.get_running_loop().time
    end = now() + upload.whole_s
    try:
        async with asyncio.timeout(upload.idle_s) as patience:
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                size += len(part := message.get("body", b""))
                if size > MOST_BYTES:
                    raise _too_large()
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
                patience.reschedule(min(end, now() + upload.idle_s))
    except TimeoutError:
        raise TooSlow("The body came too slowly and was not waited for. Send it again, at once.") from None


def _too_large() -> TooLarge:
    return TooLarge("The body is larger than 1 MB. Send less; longer texts belong in documents.")


def _whole(value: dict[str, Any]) -> bytes | None:
    """The body with its ids as whole numbers, where one was written as `1.0`: to JSON the two are the same number."""
    ids = {name: value[name] for name in NUMBERS if isinstance(value.get(name), float)}
    listed = value.get("document_ids")
    if isinstance(listed, list) and any(isinstance(id, float) for id in listed):
        ids["document_ids"] = listed
    return to_json(value | {name: _without_zero(one) for name, one in ids.items()}) if ids else None


def _without_zero(number: Any) -> Any:
    if isinstance(number, list):
        return [_without_zero(one) for one in number]
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _not_json(body: bytes, said: str) -> str:
    """What the parser found, in our words, because its own repeat parts of the body."""
    place = re.search(r"at (line \d+ column \d+)$", said)
    where = f" ({place[1]})" if place else ""
    if not body.strip():
        return "The body is empty. Send a JSON object."
    if body.startswith(MARKS):
        return "The body begins with a byte order mark. Send it as UTF-8, without one."
    for sign, sentence in (
        ("duplicate key", "An object of the body has the same key twice"),
        ("recursion limit", "The body is nested too deep"),
        ("unicode code point", "The body is not valid UTF-8"),
        ("hex escape", "A text of the body holds half a character, a lone surrogate"),
        ("surrogate", "A text of the body holds half a character, a lone surrogate"),
        ("number out of range", "A number of the body is too large"),
    ):
        if sign in said:
            return f"{sentence}{where}. Mend it."
    return f"The body is not JSON{where}. NaN and Infinity, comments and trailing commas are not part of it."


def _said(mistake: ErrorDetails) -> Malformed:
    place = _named(mistake["loc"])
    sentence = SENTENCES.get(mistake["type"])
    if mistake["type"] in ("too_long", "string_too_long"):
        limits = mistake["ctx"]
        of = "items" if limits.get("field_type") in ("Tuple", "Dictionary") else "characters"
        sentence = f"may have at most {limits['max_length']} {of}"
    if sentence is None or (mistake["type"] == "tuple_type" and place != "document_ids"):
        sentence = f"is refused: {mistake['msg'][:1].lower()}{mistake['msg'][1:]}"
    return Malformed(f"{place or 'The body'} {sentence}.", place)


def _named(path: tuple[Any, ...]) -> str:
    """A path as `inputs.goal` or `document_ids.0`, as long as each key looks like a name."""
    steps = [str(step) for step in path if step != "[key]"]
    return ".".join(step if PLAIN.fullmatch(step) or step.isdecimal() else "…" for step in steps)
