"""Whether the process lives and whether it may be sent work. Never calls a provider."""

import time

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core import wiring
from core.api.addresses import at
from core.drive import people
from core.errors import WorkbenchError
from core.store import probe
from core.store.migrate import is_current
from core.wiring import Workbench

KEPT_S = 2.0  # whoever asks without pause is told what was found a moment ago


async def live(_request: Request) -> JSONResponse:
    """200 as long as the event loop answers."""
    return JSONResponse({"status": "live"}, headers={"Cache-Control": "no-store"})


class Readiness:
    """200 when the database is migrated and takes writes, the policy is read and the demo data loaded; else 503 and
    what is missing."""

    def __init__(self, *, kept_s: float = KEPT_S) -> None:
        self.kept_s = kept_s
        self.threads = CapacityLimiter(1)  # a database that hangs keeps one thread waiting, not one for each who asks
        self._found: dict[str, bool] = {}
        self._until = 0.0

    async def ready(self, _request: Request) -> JSONResponse:
        checks = await to_thread.run_sync(self._look, limiter=self.threads)
        held = all(checks.values())
        body = {"status": "ready" if held else "not ready", **checks}
        return JSONResponse(body, 200 if held else 503, headers={"Cache-Control": "no-store"})

    def _look(self) -> dict[str, bool]:
        if time.monotonic() >= self._until:
            self._found = _checks()
            self._until = time.monotonic() + self.kept_s
        return self._found


def _checks() -> dict[str, bool]:
    checks = {"migrated": False, "writable": False, "policy": False, "demo_data": False}
    try:
        workbench = wiring.current()
        checks["policy"] = bool(workbench.policy.models())
        checks["migrated"] = is_current(workbench.store)
        checks["demo_data"] = _has_demo_data(workbench)
        probe.write(workbench.store)
        checks["writable"] = True
    except WorkbenchError:
        pass  # what was not reached is False
    return checks


def _has_demo_data(workbench: Workbench) -> bool:
    return workbench.settings.demo_data == "off" or bool(people.candidates(workbench.store))


def routes(*, kept_s: float = KEPT_S) -> list[Route]:
    return [at("/health/live", GET=live), at("/health/ready", GET=Readiness(kept_s=kept_s).ready)]
