"""The composition root: one Workbench, built from settings. Tests build theirs with other providers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from core import demo
from core.access.plans import Policy, load_policy
from core.errors import Misconfigured
from core.llm import history, openai_line, packs
from core.llm.cooldown import Cooldown
from core.llm.embedded import EmbeddedProvider
from core.llm.live import LiveRun
from core.llm.openai_provider import OpenAIProvider
from core.llm.packs import Started
from core.llm.prepare import Desk
from core.llm.prompts import Prompts
from core.llm.provider import Provider
from core.llm.registry import Registry
from core.llm.run_exports import Exports
from core.llm.runner import Runner
from core.portal import Portal, started
from core.schema import AiRequest, Caller, RunResult
from core.settings import Settings
from core.store import Store, init_db
from core.tools import keywords
from core.usage import budgets, prices
from core.usage.queries import Usage
from core.usage.watch import Watch

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(slots=True)
class Workbench:
    """Everything a door needs. `portal` leads to the event loop on which the registry lives."""

    settings: Settings
    store: Store
    policy: Policy
    prompts: Prompts
    providers: Mapping[str, Provider]
    desk: Desk
    registry: Registry
    usage: Usage
    exports: Exports
    portal: Portal | None = None

    def start(self, request: AiRequest, caller: Caller, *, key: str | None = None) -> str:
        """From a page's thread: start a run, or find the one that `key` made; returns its id."""
        return self._loop().call(lambda: self.registry.start(request, caller, key=key))

    def start_pack(self, requests: Sequence[AiRequest], caller: Caller, *, key: str) -> list[Started]:
        """From a page's thread: start the runs of a job pack together, or find those that `key` made."""
        return self._loop().call(lambda: packs.start(self.registry, requests, caller, key=key))

    def cancel(self, run_id: str) -> None:
        """From a page's thread: stop a run."""
        self._loop().call(lambda: self.registry.cancel(run_id))

    def find(self, run_id: str) -> LiveRun | None:
        """The run while it is under way here, or was until a few minutes ago."""
        return self.registry.find(run_id)

    @property
    def cooldown(self) -> Cooldown:
        """Which models are left alone for a while."""
        return self.registry.runner.cooldown

    def result(self, run_id: str) -> RunResult:
        """The result of any run, from its record. Errors: `NotFound`."""
        return history.result(self.store, run_id)

    async def open(self, portal: Portal) -> None:
        """Begin to serve on the loop of this call."""
        self.portal = portal
        self.registry.open()

    async def close(self) -> None:
        """Stop and record every run, then let go of everything."""
        await self.registry.close()
        for provider in self.providers.values():
            await provider.aclose()
        self.exports.close()
        self.store.close()

    def _loop(self) -> Portal:
        if self.portal is None:
            raise Misconfigured("The workbench was built but not opened. Start it with `make run`.")
        return self.portal


def build(settings: Settings, *, providers: Mapping[str, Provider] | None = None) -> Workbench:
    """A workbench with its database migrated and its demo data loaded. Errors: `Misconfigured`, `StorageDown`."""
    check_host(settings.host)
    policy, prompts = load_policy(settings.policy_file), Prompts(settings.prompts_dir)
    store = furnish(settings)
    keywords.find("")  # loads what it knows once, so that the first page does not wait for it
    providers = real_providers(settings) if providers is None else providers
    desk = Desk(store, policy, prompts, providers)
    registry = Registry(desk, Runner(store, providers))
    usage = Usage(store)
    budgets.carry_over(store, policy, usage)
    registry.watch = Watch(store, policy, usage, settings).look
    exports = Exports(settings.data_dir / "exports", settings.database)
    return Workbench(settings, store, policy, prompts, providers, desk, registry, usage, exports)


def furnish(settings: Settings) -> Store:
    """The database, migrated, with the demo candidates where they are wanted, its prices in use. Errors: `Misconfigured`, `StorageDown`."""
    store = Store(settings.database)
    init_db(store)
    if settings.demo_data == "on":
        demo.load_once(store)
    prices.load(store)
    return store


def real_providers(settings: Settings) -> dict[str, Provider]:
    key = settings.openai_api_key
    openai = OpenAIProvider(
        api_key=key.get_secret_value() if key else None,
        base_url=settings.openai_base_url,
        context_tokens=settings.context_tokens,
    )
    if openai.configured:
        openai_line.load()
    return {"openai": openai, "embedded": EmbeddedProvider(mode=settings.embedded_model)}


def check_host(host: str) -> None:
    """Refuse to serve others while nobody signs in: everyone who reaches the port would be the local admin."""
    if host not in LOCAL_HOSTS:
        raise Misconfigured(
            f"No sign-in is configured, so the workbench serves this machine only and will not listen on {host}. "
            "Set WORKBENCH_HOST to 127.0.0.1, or unset it."
        )


@contextmanager
def opened(workbench: Workbench) -> Iterator[Workbench]:
    """A workbench served from a thread of its own, for the terminal and for tests."""
    with started() as portal:
        portal.call(lambda: workbench.open(portal))
        try:
            yield workbench
        finally:
            portal.call(workbench.close)


_current: Workbench | None = None


def install(workbench: Workbench | None) -> None:
    """Make this the workbench of the process, for its pages."""
    global _current
    _current = workbench


def current() -> Workbench:
    """The workbench of this process. Errors: `Misconfigured` when the pages run without their front door."""
    if _current is None:
        raise Misconfigured("The pages were started without the workbench. Start it with `make run`.")
    return _current
