"""Errors as RFC 9457 problem details, and the last route of the API."""

import logging
import secrets
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.errors import NotFound, Unauthenticated, WorkbenchError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
BUSY_S = 2  # what a caller is asked to wait where the error does not know better


class Problem(BaseModel):
    """What every refusal looks like. `code` is stable; `detail` is for a person."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    at: str | None = Field(default=None, description="where in the body, for 422")
    reference: str | None = Field(default=None, description="what to quote to an admin, for 500")


def problem(error: WorkbenchError, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """`{type, title, status, code, detail}` with the error's own sentence, and what its kind of error needs beside."""
    headers = {"Cache-Control": "no-store"} | (headers or {})
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="workbench"'
    if error.status in (429, 503):
        headers["Retry-After"] = str(max(1, round(getattr(error, "retry_after_s", None) or BUSY_S)))
    return _response(error.status, error.code, error.message, headers, more)


def unexpected(error: Exception) -> JSONResponse:
    """Our own mistake: a reference for the person, and for the log its kind and place, never what it says."""
    reference = secrets.token_hex(4)
    log.error("reference %s: %s at %s", reference, type(error).__name__, _place(error))
    detail = f"This is our mistake. Tell an admin the reference {reference}."
    return _response(500, "internal", detail, {"Cache-Control": "no-store"}, {"reference": reference})


def not_allowed(allowed: str) -> Response:
    """405 with the methods there are."""
    detail = f"This address answers {allowed} only."
    return _response(405, "method_not_allowed", detail, {"Allow": allowed, "Cache-Control": "no-store"}, {})


def _response(status: int, code: str, detail: str, headers: dict[str, str], more: dict[str, Any]) -> JSONResponse:
    body = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    return JSONResponse(body | more, status, headers, media_type=MEDIA_TYPE)


def _place(error: Exception) -> str:
    """Where of ours the error passed, and where it arose; a traceback would print values too."""
    places, trace = [], error.__traceback__
    while trace:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join([*(place for place in places[:-1] if place.startswith("core."))][-5:] + places[-1:])


class Nowhere:
    """Every path under /api that no route takes, whatever the method; else the pages would answer with their HTML."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(NotFound("There is no such address in the API. /api/v1/openapi.json lists those there are."))
        await answer(scope, receive, send)


last = Route("/api/{path:path}", Nowhere())
