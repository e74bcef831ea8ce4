"""The example of a secrets file: it holds none, and names only what is read."""

import re
import tomllib

from core.settings import HOUSE, Settings, read

FILE = HOUSE / ".streamlit" / "secrets.example.toml"


def test_the_example_as_it_ships_sets_nothing() -> None:
    assert tomllib.loads(FILE.read_text(encoding="utf-8")) == {}


def test_what_the_example_offers_is_read_by_the_settings() -> None:
    offered = tomllib.loads("\n".join(re.findall(r"^# (\w+ = .+)$", FILE.read_text(encoding="utf-8"), re.MULTILINE)))
    settings = read(offered)
    assert set(offered) == {"OPENAI_API_KEY", "OPENAI_BASE_URL"}
    assert settings.openai_api_key is not None
    assert settings.openai_base_url == offered["OPENAI_BASE_URL"] != Settings.model_fields["openai_base_url"].default


def test_a_filled_in_copy_stays_out_of_git() -> None:
    assert "/.streamlit/secrets.toml" in (HOUSE / ".gitignore").read_text(encoding="utf-8").splitlines()
