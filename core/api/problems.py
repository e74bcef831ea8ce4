"""Errors as RFC 9457 problem details, and the last route of the API."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import NotFound, WorkbenchError

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def problem(error: WorkbenchError, headers: dict[str, str] | None = None) -> JSONResponse:
    """`{type, title, status, code, detail}` with the error's own sentence."""
    body = {
        "type": "about:blank",
        "title": error.code.replace("_", " "),
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }
    return JSONResponse(body, error.status, headers, media_type="application/problem+json")


async def no_such_route(_request: Request) -> JSONResponse:
    """Every path under /api that no route takes; without this the pages would answer it with their HTML."""
    return problem(NotFound("There is no such address in the API. The README lists those there are."))


last = Route("/api/{path:path}", no_such_route, methods=METHODS)
