"""Errors as RFC 9457 problem details, and the last route of the API."""

import logging
import secrets
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from core.errors import LimitReached, NotFound, PlanDenied, Unauthenticated, WorkbenchError
from core.traces import where

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
    run_id: str | None = Field(default=None, description="the run that is recorded as refused, for a plan or a limit")
    reference: str | None = Field(default=None, description="what to quote to an admin, for 500")


def problem(error: WorkbenchError, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """`{type, title, status, code, detail}` with the error's own sentence, and what its kind of error needs beside."""
    headers = {"Cache-Control": "no-store"} | (headers or {})
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="workbench"'
    if isinstance(error, (PlanDenied, LimitReached)) and error.run_id:
        headers["X-Run-Id"] = more["run_id"] = error.run_id
    if error.status in (408, 413):
        headers["Connection"] = "close"  # the rest of the body is not read
    if error.status in (429, 503):
        headers["Retry-After"] = str(max(1, round(getattr(error, "retry_after_s", None) or BUSY_S)))
    return _response(error.status, error.code, error.message, headers, more)


async def unexpected(_request: Request, error: Exception) -> JSONResponse:
    """Our own mistake: a reference for the person, and for the log its kind and place, never what it says."""
    reference = secrets.token_hex(4)
    log.error("reference %s: %s", reference, where(error))
    detail = f"This is our mistake. Tell an admin the reference {reference}."
    return _response(500, "internal", detail, {"Cache-Control": "no-store"}, {"reference": reference})


def not_allowed(allowed: str) -> Response:
    """405 with the methods there are."""
    detail = f"This address answers {allowed} only."
    return _response(405, "method_not_allowed", detail, {"Allow": allowed, "Cache-Control": "no-store"}, {})


def _response(status: int, code: str, detail: str, headers: dict[str, str], more: dict[str, Any]) -> JSONResponse:
    body = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    return JSONResponse(body | more, status, headers, media_type=MEDIA_TYPE)


class Nowhere(BaseRoute):
    """Every path that no route takes and that means the API, however it is written and whatever the method.

    Without it the pages would answer with their HTML.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" and means_api(scope["path"]) else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(NotFound("There is no such address in the API. /api/v1/openapi.json lists those there are."))
        await answer(scope, receive, send)


def means_api(path: str) -> bool:
    """Whether `/api` comes first as it is written, or would after `//`, `.` and `..` are resolved."""
    steps: list[str] = []
    written = [step for step in path.lower().split("/") if step not in ("", ".")]
    for step in written:
        if step != "..":
            steps.append(step)
        elif steps:
            steps.pop()
    return "api" in (*written[:1], *steps[:1])


last = Nowhere()
