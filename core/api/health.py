"""Whether the process lives and whether it may be sent work. Never calls a provider."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from core import wiring
from core.api.addresses import at
from core.drive import people
from core.errors import WorkbenchError
from core.store.migrate import is_current


async def live(_request: Request) -> JSONResponse:
    """200 as long as the event loop answers."""
    return JSONResponse({"status": "live"})


async def ready(_request: Request) -> JSONResponse:
    """200 when the database is migrated, the policy read and the demo data loaded; else 503 and what is missing."""
    checks = await to_thread.run_sync(_checks)
    missing = [name for name, held in checks.items() if not held]
    return JSONResponse({"status": "ready" if not missing else "not ready", **checks}, 503 if missing else 200)


def _checks() -> dict[str, bool]:
    checks = {"migrated": False, "policy": False, "demo_data": False}
    try:
        workbench = wiring.current()
        checks["policy"] = bool(workbench.policy.models())
        checks["migrated"] = is_current(workbench.store)
        wanted = workbench.settings.demo_data == "on"
        checks["demo_data"] = not wanted or bool(people.candidates(workbench.store))
    except WorkbenchError:
        pass  # what was not reached is False
    return checks


routes = [at("/health/live", GET=live), at("/health/ready", GET=ready)]
