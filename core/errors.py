"""Every mistake the workbench can report: a stable code, an HTTP status and a sentence with its cure."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

T = TypeVar("T")


class WorkbenchError(Exception):
    """The root of the tree.

    `message` says to a person what happened and what to do about it. It never holds a key, an
    upstream server's text or anything from a resume.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# -- the caller's side: refused before the first byte ------------------------------------------


class Invalid(WorkbenchError):
    """The request, prompt, file or form does not have the shape it needs."""

    code = "invalid"
    status = 422


class Unreadable(Invalid):
    """A file could not be read: damaged, encrypted, empty, without text, or of an unknown kind."""

    code = "unreadable"


class Unauthenticated(WorkbenchError):
    """No identity, or one that is unknown, expired or revoked."""

    code = "unauthenticated"
    status = 401


class Denied(WorkbenchError):
    """The caller is known but may not do this."""

    code = "denied"
    status = 403


class PlanDenied(Denied):
    """The candidate's plan does not include the feature. Recorded as a `refused` run, whose id is `run_id`."""

    code = "plan_denied"
    run_id: str | None = None


class NotFound(WorkbenchError):
    """No such thing, or somebody else's: the two look the same on purpose."""

    code = "not_found"
    status = 404


class Conflict(WorkbenchError):
    """The same name, number or idempotency key is already used for something else."""

    code = "conflict"
    status = 409


class TooLarge(WorkbenchError):
    """More than may be sent, uploaded or kept."""

    code = "too_large"
    status = 413


class TooSlow(WorkbenchError):
    """What is being sent does not arrive in time."""

    code = "too_slow"
    status = 408


class LimitReached(WorkbenchError):
    """A limit of the candidate's plan or of the project is reached. Recorded as a `refused` run, whose id is `run_id`.

    `retry_after_s` is how long until the limit begins anew, whole seconds, at least 1.
    """

    code = "limit_reached"
    status = 429
    run_id: str | None = None

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(LimitReached):
    """All runs of this minute are used."""

    code = "rate_limited"


class QuotaExceeded(LimitReached):
    """The call may need more tokens than are left today."""

    code = "quota_exceeded"


class BudgetExceeded(LimitReached):
    """The call may cost more dollars than are left this month, and the policy says to refuse it."""

    code = "budget_exceeded"


class StoreConflict(Conflict):
    """The database refused a row: the same was stored a moment ago, or what it belongs to is gone."""

    def __init__(self, constraint: str | None = None) -> None:
        super().__init__("The same was stored a moment ago, or what it belongs to is gone. Reload and try again.")
        self.constraint = constraint


# -- our side ------------------------------------------------------------------------------------


class Misconfigured(WorkbenchError):
    """A setting, the policy file or a shipped prompt is wrong; said at start, with the place and the cure."""

    code = "misconfigured"


class StorageDown(WorkbenchError):
    """The database cannot be reached or written: full disk, missing right, server gone."""

    code = "storage_down"
    status = 503


# -- the model's side: fails one leg of a run, never the run -------------------------------------


class ProviderError(WorkbenchError):
    """A leg failed. `retry_after_s` is the wait the server asked for, `retryable` whether waiting helps."""

    code = "provider_error"
    status = 502
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderDown(ProviderError):
    """Refused, reset or answered 5xx before the first byte of the answer."""

    code = "provider_down"
    retryable = True


class ProviderBusy(ProviderError):
    """Answered 429."""

    code = "provider_busy"
    retryable = True


class ProviderRefused(ProviderError):
    """Answered 4xx: bad key, unknown model, request too long, content refused."""

    code = "provider_refused"


class ProviderSlow(ProviderError):
    """A deadline passed: connect, first token, idle or the whole leg."""

    code = "provider_slow"


class ProviderCut(ProviderError):
    """The stream ended without a finish reason, or was reset in the middle."""

    code = "provider_cut"


class ProviderGarbled(ProviderError):
    """What arrived is not the protocol: HTML, broken JSON, invalid UTF-8."""

    code = "provider_garbled"


class ProviderResting(ProviderError):
    """The model failed several times in a row and is not asked for a while."""

    code = "provider_resting"


class AnswerUnreadable(ProviderError):
    """The model finished, but its text is empty or not an answer in the asked shape."""

    code = "answer_unreadable"


class AnswerTooLong(ProviderError):
    """The run's events passed 1 MB."""

    code = "answer_too_long"


def tried(work: Callable[[], T]) -> T | Exception:
    """What it returns, or whatever error it raised, to be handed to the one who asked; others that wait go on."""
    try:
        return work()
    except Exception as failed:  # noqa: BLE001 - kept as a value, and raised where it is waited for
        return failed
