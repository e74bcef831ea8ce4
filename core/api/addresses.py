"""An address of the API: which methods it answers, and what becomes of everything that goes wrong in it."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.api import problems
from core.errors import WorkbenchError

Answer = Callable[[Request], Awaitable[Response]]

LAST_WORD = [Middleware(ExceptionMiddleware, handlers={Exception: problems.unexpected})]


class Address:
    """Dispatches by method. Refusals become problem details; OPTIONS and HEAD come with it."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers | ({"HEAD": answers["GET"]} if "GET" in answers else {})
        self.allowed = ", ".join(sorted({*self.answers, "OPTIONS"}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        if response is not None:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self.allowed})
        answer = self.answers.get(request.method)
        if answer is None:
            return problems.not_allowed(self.allowed)
        try:
            return await answer(request)
        except WorkbenchError as refused:
            return problems.problem(refused, **_where(refused))
        except ClientDisconnect:
            return None  # nobody is left to answer


def at(path: str, **answers: Answer) -> Route:
    """A route whose answers are given by method: `at("/x", GET=read)`. What nobody foresaw is a problem, too."""
    return Route(path, Address(answers), middleware=LAST_WORD)


def _where(refused: WorkbenchError) -> dict[str, Any]:
    place = getattr(refused, "at", None)
    return {"at": place} if place else {}
