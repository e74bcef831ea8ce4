"""One frozen settings object, read once from the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from core.errors import Misconfigured

HOUSE = Path(__file__).resolve().parent.parent
PREFIX = "WORKBENCH_"
DATABASE = "workbench.db"  # in the data folder
THIS_MACHINE = ("127.0.0.1", "localhost")  # where plain http will do


class Settings(BaseModel):
    """Every setting with its default; each is the environment variable of the same name with the prefix.

    `openai_api_key` and `openai_base_url` alone have none: they are the openai package's own. `context_tokens` is how
    much a model behind them is told at most, its prompt included. `alert_webhook` is where alerts are posted, on one of
    `webhook_hosts` (names, with commas).
    Times are seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = HOUSE / "data"
    database_url: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65_535)
    policy_file: Path = HOUSE / "core" / "policy.toml"
    prompts_dir: Path = HOUSE / "prompts"
    embedded_model: Literal["auto", "off"] = "auto"
    demo_data: Literal["on", "off"] = "on"
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    context_tokens: int = Field(default=24_000, ge=1_000, le=2_000_000)
    webhook_hosts: str = ""
    alert_webhook: SecretStr = SecretStr("")

    @field_validator("alert_webhook")
    @classmethod
    def _may_be_posted_to(cls, given: SecretStr, info: ValidationInfo) -> SecretStr:
        if wrong := _wrong_with(given.get_secret_value(), _hosts(info.data.get("webhook_hosts", ""))):
            raise PydanticCustomError("webhook", "{wrong}", {"wrong": wrong})
        return given

    @property
    def alert_hosts(self) -> frozenset[str]:
        """The hosts, and addresses, that alerts may be posted to."""
        return _hosts(self.webhook_hosts)

    @property
    def database(self) -> str:
        """The database's URL: the one given, or a SQLite file in the data folder."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / DATABASE}"


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from `environment`. Errors: `Misconfigured`, naming the variable and what it may be."""
    values = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if environment.get(PREFIX + name.upper())
    }
    for name in ("openai_api_key", "openai_base_url"):
        values.pop(name, None)
        if given := environment.get(name.upper()):
            values[name] = given
    try:
        return Settings.model_validate(values)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        raise Misconfigured(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}. Mend or unset it.") from None


def _hosts(given: str) -> frozenset[str]:
    return frozenset(name for each in given.split(",") if (name := each.strip().lower()))


def _wrong_with(url: str, hosts: frozenset[str]) -> str | None:
    """Why alerts cannot be posted to this URL, without saying it: it may hold a secret."""
    try:
        parts: SplitResult = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "this is no URL"
    if not url:
        return None
    if not host or parts.scheme not in ("https", "http"):
        return "write a URL with its host, such as https://hooks.example.com/alerts"
    if parts.scheme == "http" and host not in THIS_MACHINE:
        return "alerts are posted over https only, except to this machine"
    if parts.username or parts.password:
        return "leave name and password out of the URL"
    if host not in hosts:
        return f"its host {host} is not among WORKBENCH_WEBHOOK_HOSTS, the hosts that alerts may be posted to"
    return None


def unknown(environment: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that are no setting: most likely misspelt, so said at start."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
