"""A file of runs is handed over by its secret address, whole or not at all."""

import signal
import time
from pathlib import Path

from core.llm.run_exports import Exports
from core.llm.run_filter import RunFilter
from core.store import Store
from tests.benches import letter
from tests.fakes.door import door


def test_the_address_of_a_file_gives_the_file_once_it_is_whole(sqlite_store: Store, tmp_path: Path) -> None:
    with door(sqlite_store, letter()) as one:
        exports = one.workbench.exports = Exports(tmp_path / "exports", sqlite_store.url.render_as_string(False))
        run_id = one.run().json()["run_id"]
        made = exports.start(RunFilter(), format="csv")
        client = one.client()
        until = time.monotonic() + 30
        while made.ended_at is None and time.monotonic() < until:
            time.sleep(0.02)
        answer = client.get(made.address)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-disposition"] == 'attachment; filename="runs.csv"'
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.content == made.file.read_bytes() and run_id.encode() in answer.content
        for address in ("/exports/x", f"{made.address}x", made.address[:-1]):
            refused = client.get(address)
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
        assert client.post(made.address).status_code == 405
        made.file.unlink()  # as when a candidate is erased
        gone = client.get(made.address)
        assert gone.status_code == 404 and "no longer kept" in gone.json()["detail"]


def test_a_file_under_way_is_not_handed_over(sqlite_store: Store, tmp_path: Path) -> None:
    with door(sqlite_store, letter()) as one:
        exports = one.workbench.exports = Exports(tmp_path / "exports", sqlite_store.url.render_as_string(False))
        made = exports.start(RunFilter(), format="csv")
        made.process.send_signal(signal.SIGSTOP)  # held, so that it cannot end
        try:
            answer = one.client().get(made.address)
            assert answer.status_code == 404 and "not ready" in answer.json()["detail"]
        finally:
            made.process.send_signal(signal.SIGCONT)
