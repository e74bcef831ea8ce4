"""The line to one OpenAI-compatible server: the openai package configures it, aiohttp carries it.

Key, address and headers are the package's. Sent and read through its own client, a stream of a hundred tokens would cost
twice the processor time. It is imported where a line is needed: it takes 0.3 s and 18 MB.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import httpx2
import jiter
from pydantic_core import to_json

OPENAI = "https://api.openai.com/v1"
LONGEST_REFUSAL = 100_000  # bytes of an error's body that are read
PATH = b"chat/completions"


class Refused(Exception):
    """An answer whose status is none of success: its headers, its body where that is JSON (of an object with `error`,
    what stands there) and what the protocol names in it, none of which is said."""

    def __init__(self, status: int, headers: Mapping[str, str], body: object) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.headers = status, headers
        self.body = body.get("error", body) if isinstance(body, dict) else body
        named = self.body if isinstance(self.body, dict) else {}
        self.code, self.type, self.param = (named.get(name) for name in ("code", "type", "param"))


class Line:
    """Open connections to one server. Belongs to the event loop it was opened on."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def post(self, body: dict[str, Any]) -> aiohttp.ClientResponse:
        """The response to a chat completion whose body is still to come; whoever gets it closes it.

        Errors: `Refused`, and what `openai_failure.OPENING` lists.
        """
        response = await self._session.post(self.url, data=to_json(body), allow_redirects=False)
        if 200 <= response.status < 300:
            return response
        try:
            raise await _refusal(response)
        finally:
            response.close()

    async def close(self) -> None:
        await self._session.close()


async def opened(*, api_key: str | None, base_url: str | None, connect_s: float) -> Line:
    """A line to this server, or to OpenAI's own. Errors: what `openai_failure.OPENING` lists."""
    url, headers, context = await asyncio.to_thread(_configured, api_key, base_url)
    session = aiohttp.ClientSession(
        headers=headers,
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=connect_s),
        auto_decompress=False,
    )
    return Line(url, session)


def load() -> None:
    """Import what the first line needs, before anybody waits for it."""
    import openai  # noqa: F401


def _configured(api_key: str | None, base_url: str | None) -> tuple[str, dict[str, str], Any]:
    """Takes 50 ms, hence off the loop: certificates are read."""
    import openai

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses and the server's reason phrases
    with openai.OpenAI(api_key=api_key or "unused", base_url=base_url or OPENAI) as client:
        given = {**client.default_headers, **client.auth_headers}
        headers = {name: value for name, value in given.items() if isinstance(value, str)}
        url = client.base_url.copy_with(raw_path=client.base_url.raw_path + PATH)
    if url.scheme not in ("http", "https"):
        raise httpx2.InvalidURL("neither http nor https")
    if url.userinfo:
        del headers["Authorization"]  # who signs in by the address does not sign in by the key
    headers |= {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
    return str(url), headers, httpx2.create_ssl_context(trust_env=False)


async def _refusal(response: aiohttp.ClientResponse) -> Refused:
    try:
        body = await response.content.readexactly(LONGEST_REFUSAL)
    except asyncio.IncompleteReadError as whole:
        body = whole.partial
    try:
        said = jiter.from_json(body)
    except ValueError:
        said = None
    return Refused(response.status, response.headers, said)
