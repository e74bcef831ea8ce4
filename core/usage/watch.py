"""The watch over money: looks for alerts every few minutes and posts those that are new, until they have arrived."""

import logging
import time
from collections.abc import Callable

from core.access.plans import Policy
from core.settings import Settings
from core.store import Store
from core.usage import alerts, webhook
from core.usage.alerts import Told
from core.usage.queries import Usage

log = logging.getLogger(__name__)

FIRST_S, EVERY_S = 20, 300  # after the start, when pages and runs come first; from then on
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 3_600  # after a post that failed; each wait is twice the one before


class Watch:
    """Called often and from a thread that may wait, by whoever keeps the process."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        usage: Usage,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._policy, self._usage = store, policy, usage
        self._url, self._hosts = settings.alert_webhook.get_secret_value(), settings.alert_hosts
        self._clock = clock
        self._first = self._next = clock() + FIRST_S
        self._waits: dict[str, tuple[float, float]] = {}  # by key: until when, and how long it was

    def look(self) -> None:
        """Check when it is time, then post what waits. Errors: `StorageDown`."""
        if self._clock() < self._first:
            return
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY_S
            alerts.check(self._store, self._policy, self._usage.now())
        if self._url:
            waiting = iter(alerts.unsent(self._store))
            while (alert := next(waiting, None)) and self._post(alert):
                pass

    def _post(self, alert: Told) -> bool:
        """Whether the next one may be tried: one that failed says enough for now."""
        until, waited = self._waits.get(alert.key, (float("-inf"), 0.0))
        if self._clock() < until:
            return True
        body = {"kind": alert.kind, "message": alert.message, "facts": alert.facts, "at": alert.at.isoformat()}
        if why := webhook.post(self._url, body, key=alert.key, hosts=self._hosts):
            wait = min(LONGEST_WAIT_S, 2 * waited or FIRST_WAIT_S)
            self._waits[alert.key] = (self._clock() + wait, wait)
            log.warning("an alert was not posted and is tried again in %d s: %s", wait, why)
            return False
        alerts.sent(self._store, alert.id)
        self._waits.pop(alert.key, None)
        return True
