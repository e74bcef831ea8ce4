"""What went wrong with a model's server, in our own words.

An upstream's text can hold keys and pieces of a resume: nothing of it is ever repeated here. Only
status codes, header numbers and the machine-readable `code` and `param` are read.
"""

import math
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

import aiohttp
import httpx2

from core.errors import ProviderBusy, ProviderDown, ProviderError, ProviderGarbled, ProviderRefused, ProviderSlow
from core.llm.openai_line import Refused

# What opening a stream can raise; ValueError stands for broken URLs, headers and bytes.
OPENING = (Refused, httpx2.InvalidURL, aiohttp.ClientError, OSError, ValueError)
# What reading one can.
READING = (aiohttp.ClientError, OSError)

OUT_OF_QUOTA = "insufficient_quota"
TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"})
UNFIT_CONTENT = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})

UNKNOWN_FIELD = frozenset({400, 404, 415, 422, 501})  # what servers answer to a field they do not know
UNNAMED = frozenset({400, 422, 501})  # of these, the ones that may leave the field's name out

REFUSALS: Mapping[int, str] = {
    401: "The model's server does not accept the key. Check OPENAI_API_KEY and restart.",
    403: "The key may not use this model. Choose another model or ask for access.",
    404: "The model's server does not know this model or address. Check the model's name and OPENAI_BASE_URL.",
    413: "The request is too long for this model. Switch off some context and try again.",
}


def explain(failure: Exception) -> ProviderError:
    """The error for a failure before the answer began."""
    if isinstance(failure, Refused):
        return of_status(failure.status, code_of(failure), retry_after(failure.headers))
    causes = tuple(_causes(failure))
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return ProviderSlow("The model's server did not take the connection in time. Try again in a moment.")
    if any(isinstance(cause, (ssl.SSLError, aiohttp.ClientSSLError)) for cause in causes):
        return ProviderDown("The model's server has no trusted certificate. Check OPENAI_BASE_URL.")
    if any(isinstance(cause, (aiohttp.InvalidURL, httpx2.InvalidURL)) for cause in causes):
        return ProviderRefused(
            "OPENAI_BASE_URL is not an address of the form https://server/v1. Correct it and restart."
        )
    if any(isinstance(cause, aiohttp.ClientResponseError) for cause in causes):
        return ProviderGarbled("The model's server does not speak HTTP as it should. Check OPENAI_BASE_URL.")
    if any(isinstance(cause, (aiohttp.ClientError, OSError)) for cause in causes):
        return ProviderDown("The model's server cannot be reached. Check that it runs, or try again in a moment.")
    return ProviderGarbled("The model's server could not be understood. Try again or choose another model.")


def of_status(status: int, code: str | None, wait_s: float | None) -> ProviderError:
    """The error for an answer that is not 200. `code` is the server's machine-readable one."""
    if status == 429 and code == OUT_OF_QUOTA:
        return ProviderBusy("The account behind the key has no quota left. Top it up or choose another model.")
    if status == 429:
        return ProviderBusy("The model's server is busy. Try again in a moment.", retry_after_s=wait_s)
    if status >= 500 or status == 408:
        return ProviderDown("The model's server reports a fault of its own. Try again later.", retry_after_s=wait_s)
    if code in TOO_LONG:
        return ProviderRefused(REFUSALS[413])
    if code in UNFIT_CONTENT:
        return ProviderRefused(
            "The model's server refused the content. Reword the instructions or choose another model."
        )
    if status < 400:
        return ProviderRefused("The model's server points to another address. Set OPENAI_BASE_URL to that one.")
    return ProviderRefused(REFUSALS.get(status) or f"The model's server refused the request (HTTP {status}).")


def code_of(failure: Refused) -> str | None:
    """The machine-readable code of an error body: OpenAI's `code`, or `type` where a server uses that."""
    known = (code for code in (failure.code, failure.type) if isinstance(code, str))
    return next((code for code in known if code in TOO_LONG | UNFIT_CONTENT | {OUT_OF_QUOTA}), None)


def is_out_of_quota(failure: Exception) -> bool:
    """A 429 that no waiting cures."""
    return isinstance(failure, Refused) and code_of(failure) == OUT_OF_QUOTA


def unknown_fields(failure: Exception) -> frozenset[str] | None:
    """The request's fields a server did not understand; empty when it does not say which, None when that is not it.

    Read from OpenAI's `param`, or from the `loc` of a FastAPI `detail`.
    """
    if not isinstance(failure, Refused) or failure.status not in UNKNOWN_FIELD or code_of(failure):
        return None
    named = {failure.param.split(".")[0]} if isinstance(failure.param, str) else set()
    details = failure.body.get("detail") if isinstance(failure.body, Mapping) else None
    for detail in details if isinstance(details, list) else ():
        place = detail.get("loc") if isinstance(detail, Mapping) else None
        named.update(part for part in place if isinstance(part, str)) if isinstance(place, list) else None
    if not named and failure.status not in UNNAMED:
        return None
    return frozenset(named - {"body"})


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the server asks: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    try:
        if given := headers.get("retry-after-ms"):
            wait_s = float(given) / 1_000
        elif given := headers.get("retry-after"):
            wait_s = float(given) if given[:1].isdigit() else parsedate_to_datetime(given).timestamp() - time.time()
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return max(0.0, wait_s) if math.isfinite(wait_s) else None


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    """The failure and what lies under it."""
    while failure is not None:
        yield failure
        failure = failure.__cause__
