"""What works on this machine and what does not, each with its cure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core import wiring
from core.access.plans import load_policy
from core.errors import WorkbenchError
from core.llm.prompts import Prompts
from core.settings import DATABASE, Settings, unknown
from core.store import Store
from core.store.migrate import is_current


@dataclass(frozen=True, slots=True)
class Finding:
    ok: bool
    what: str


def examine(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """All findings, in the order a start would meet them. Calls no provider."""
    return [
        *(Finding(False, f"{name} is no setting. See the table in the README.") for name in unknown(environment)),
        _try("only this machine is served", lambda: wiring.check_host(settings.host)),
        _try(f"policy file {settings.policy_file.name}", lambda: load_policy(settings.policy_file)),
        _try("prompts", lambda: Prompts(settings.prompts_dir)),
        _database(settings),
        *_providers(settings),
    ]


def _database(settings: Settings) -> Finding:
    if not settings.database_url.get_secret_value() and not (settings.data_dir / DATABASE).exists():
        return Finding(True, f"database: none yet in {settings.data_dir}; the first start makes it")
    return _try("database", lambda: _check_migrated(settings))


def _check_migrated(settings: Settings) -> None:
    store = Store(settings.database)
    try:
        if not is_current(store):
            raise WorkbenchError(
                "it is of an older version. The next start brings it up, as does `python -m core db upgrade`."
            )
    finally:
        store.close()


def _providers(settings: Settings) -> list[Finding]:
    cures = {
        "openai": "set OPENAI_API_KEY to use it",
        "embedded": "run `make setup`, and leave WORKBENCH_EMBEDDED_MODEL on auto",
    }
    found = wiring.real_providers(settings)
    return [
        Finding(
            True, f"provider {name}: {'configured' if found[name].configured else 'not configured; ' + cures[name]}"
        )
        for name in found
    ]


def _try(what: str, work: Callable[[], object]) -> Finding:
    try:
        work()
    except WorkbenchError as wrong:
        return Finding(False, f"{what}: {wrong.message}")
    return Finding(True, what)
