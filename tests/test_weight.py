"""What the server weighs and how soon it is there, measured on the real process while people use its pages."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core import wiring
from core.schema import AiRequest
from core.settings import read
from tests.benches import CALLER, waited_for
from tests.fakes.visitor import Visitor, kinds, visiting
from tests.test_server import Server, environment, served

MOST_MB = 300  # without the model's process
MOST_START_S = 5  # of its own work, so that others on the machine do not count
FEATURES = ("match", "cover_letter", "recruiter_lens", "interview_prep")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says about a process")


@dataclass(frozen=True, slots=True)
class Open:
    """A server that has just served its first page, to a tab that is still open."""

    server: Server
    tab: Visitor
    began_s: float  # processor time until that page was drawn


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("weight")
    _fill(folder)
    with served(folder) as server, visiting(server.url) as tab:
        assert "exception" not in kinds(tab.visit())
        yield Open(server, tab, _worked_s(server))


def test_the_first_page_is_there_in_five_seconds(opened: Open) -> None:
    assert opened.began_s < MOST_START_S, f"{opened.began_s:.1f} s of processor time until the first page"


def test_three_people_on_all_pages_leave_it_under_300_mb(opened: Open) -> None:
    seen: set[str] = set()
    with visiting(opened.server.url) as second, visiting(opened.server.url) as third:
        for tab in (opened.tab, second, third):
            tab.visit()
            for page in tab.pages:
                drawn = kinds(tab.visit(page))
                assert drawn and "exception" not in drawn, f"{page} is broken"
                seen |= set(drawn)
        weight = _resident_mb(opened.server)
    assert "dataframe" in seen, "no table was drawn, so the measure says nothing"
    assert weight < MOST_MB, f"{weight} MB: {_heaviest(opened.server)}"


def _fill(folder: Path) -> None:
    """A database with a few runs, so that the pages have something to show."""
    workbench = wiring.build(read(environment(folder)))
    with wiring.opened(workbench):
        for feature in FEATURES:
            run_id = workbench.start(AiRequest(feature=feature, user_id=1, job_id=1), CALLER)  # type: ignore[arg-type]
            live = workbench.find(run_id)
            assert live is not None
            waited_for(lambda live=live: live.done)  # type: ignore[misc]


def _resident_mb(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) // 1024


def _worked_s(server: Server) -> float:
    """Processor time of the process since it began, in all its threads."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _heaviest(server: Server) -> str:
    """The libraries that hold most of it, for whoever has to find out why."""
    held: dict[str, int] = {}
    name = ""
    for line in Path(f"/proc/{server.process.pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            name = Path(words[5]).name if len(words) > 5 else "memory of its own"
        elif words[0] == "Rss:":
            held[name] = held.get(name, 0) + int(words[1])
    most = sorted(held.items(), key=lambda one: -one[1])[:8]
    return ", ".join(f"{name} {kilobytes // 1024} MB" for name, kilobytes in most)
