"""A whole workbench for page tests: scratch SQLite, demo data, a scripted model under the name `openai`."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import demo, wiring
from core.llm.provider import Deadlines
from core.llm.scripted import Play, Scripted
from core.settings import HOUSE, Settings
from core.store import Store, init_db
from core.wiring import Workbench

FRAME = HOUSE / "pages" / "frame.py"

Opening = Callable[..., Workbench]


@pytest.fixture(scope="session")
def demo_house() -> Iterator[Path]:
    """A migrated database with the demo candidates, made once and copied for each test."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workbench.db"
        store = Store(f"sqlite:///{file}")
        init_db(store)
        demo.load_once(store)
        store.close()
        yield file


@pytest.fixture
def opening(demo_house: Path, tmp_path: Path) -> Iterator[Opening]:
    """Opens a workbench whose model plays the given plays, and installs it for the pages."""
    with ExitStack() as stack:

        def opened(*plays: Play, empty: bool = False, deadlines: Deadlines = Deadlines()) -> Workbench:  # noqa: B008
            if not empty:
                shutil.copy(demo_house, tmp_path / "workbench.db")
            settings = Settings(data_dir=tmp_path, demo_data="off", embedded_model="off")
            model = Scripted(plays or (Play("Hello"),), name="openai", deadlines=deadlines)
            workbench = stack.enter_context(wiring.opened(wiring.build(settings, providers={"openai": model})))
            wiring.install(workbench)
            stack.callback(wiring.install, None)
            return workbench

        yield opened


@pytest.fixture
def page() -> Callable[..., AppTest]:
    """Opens a page as a browser would: `page()`, `page("playground.py")`, `page(run=ID)`."""

    def opened(name: str | None = None, **query: str) -> AppTest:
        at = AppTest.from_file(str(FRAME), default_timeout=120)
        if name is None:
            for key, value in query.items():
                at.query_params[key] = value
        at.run()
        if name:
            at.switch_page(name)
            at.query_params.clear()  # as a browser does
            for key, value in query.items():
                at.query_params[key] = value
            at.run()
        return at

    return opened
