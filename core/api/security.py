"""Headers on every response: nothing that a model wrote can load, run or send anything by itself."""

import base64
import hashlib
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.problems import means_api, problem
from core.errors import WorkbenchError
from core.wiring import LOCAL_HOSTS

INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def content_policy(index: Path) -> str:
    """A Content-Security-Policy that allows this server only, and the inline scripts of `index` by their hash."""
    hashes = (hashlib.sha256(script.encode()).digest() for script in INLINE.findall(index.read_text("utf-8")))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            f"script-src 'self' {scripts}".strip(),
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'self'",
            "object-src 'none'",
        )
    )


def is_ours(scope: Scope) -> bool:
    """Whether a request names this machine, and a page that opens a socket is one of ours.

    Nobody signs in, so a website that lets its own name point at 127.0.0.1 would be the local admin.
    """
    headers = Headers(scope=scope)
    host = ",".join(headers.getlist("host")).lower()  # of two, neither is trusted
    name, _, port = host.rpartition(":")
    if (name if name and port.isdigit() else host).strip("[]") not in LOCAL_HOSTS:
        return False
    origin = headers.get("origin")
    return scope["type"] == "http" or origin is None or origin.lower().partition("://")[2] == host


class Misdirected(WorkbenchError):
    """The request names another machine than this one."""

    code = "misdirected"
    status = 421

    def __init__(self) -> None:
        super().__init__("The workbench serves this machine only: open it at http://127.0.0.1.")


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        told = Misdirected()
        answer = problem(told) if means_api(scope["path"]) else PlainTextResponse(told.message, told.status)
        await answer(scope, receive, send)


class SecurityHeaders:
    """Pure ASGI middleware, so that streams are still cancelled at once."""

    def __init__(self, app: ASGIApp, *, index: Path) -> None:
        self.app = app
        self.headers = Headers(
            {
                "Content-Security-Policy": content_policy(index),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            }
        ).raw
        self.names = {name for name, _ in self.headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                message["headers"] = [one for one in given if one[0].lower() not in self.names] + self.headers
            await send(message)

        app = self.app if scope["type"] not in ("http", "websocket") or is_ours(scope) else _turn_away
        await app(scope, receive, send if scope["type"] != "http" else send_with_headers)
