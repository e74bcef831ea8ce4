"""Exports under way and ready: each is made by a child process and kept as a file for an hour, under a secret address."""

import secrets
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from core import child
from core.errors import LimitReached, NotFound
from core.llm import run_filter
from core.llm.run_columns import Format
from core.llm.run_filter import RunFilter

State = Literal["running", "ready", "failed", "cancelled"]
KEPT_S = 3_600.0  # how long a file that is ready is kept
AT_ONCE = 2
ADDRESS = "/exports/"


@dataclass(slots=True)
class Export:
    """One file of runs: `rows` so far, `share` about how much of the work that is; `secret` opens it once it is ready."""

    format: Format
    file: Path
    secret: str
    process: "subprocess.Popen[str]"
    started_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None
    rows: int = 0
    share: float = 0.0
    state: State = "running"
    problem: str = ""
    follower: threading.Thread | None = None

    @property
    def address(self) -> str:
        return ADDRESS + self.secret

    @property
    def bytes(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0


class Exports:
    """The exports of this process. Their files lie in `folder`, which nobody else may read."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.database = folder.resolve(), database
        self._all: dict[str, Export] = {}
        self._lock = threading.Lock()

    def start(self, wanted: RunFilter, *, format: Format, texts: bool = False) -> Export:
        """Begin to write the runs of a filter. Errors: `LimitReached` when enough exports are under way."""
        with self._lock:
            self._sweep()
            if sum(one.state == "running" for one in self._all.values()) >= AT_ONCE:
                raise LimitReached(
                    "Two exports are under way already. Wait until one has ended, or stop it.", retry_after_s=10
                )
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret = secrets.token_urlsafe(32)
            file = self.folder / f"{secret[:8]}-{time.time_ns()}.{format}"
            export = self._all[secret] = Export(format, file, secret, child.spawn("core.llm.run_export_child"))
        narrowed = urlencode(run_filter.write(wanted), doseq=True)
        order = {"url": self.database, "filter": narrowed, "file": str(file), "format": format, "texts": texts}
        export.follower = threading.Thread(target=self._follow, args=(export, order), daemon=True)
        export.follower.start()
        return export

    def find(self, secret: str) -> Export:
        """An export by its secret. Errors: `NotFound`, also once it is past its hour."""
        with self._lock:
            self._sweep()
            if secret not in self._all:
                raise NotFound("This export is no longer kept. Make it again on the page Runs.")
            return self._all[secret]

    def cancel(self, export: Export) -> None:
        """Stop it; what was written is removed."""
        if export.state == "running":
            export.state = "cancelled"
            export.process.terminate()

    def close(self) -> None:
        """Stop all and remove their files."""
        for export in list(self._all.values()):
            self.cancel(export)
            if export.follower:
                export.follower.join(5)
            for file in (export.file, _part(export.file)):
                file.unlink(missing_ok=True)

    def _follow(self, export: Export, order: Mapping[str, Any]) -> None:
        def hear(line: str) -> None:
            rows, share = line.split()
            export.rows, export.share = int(rows), float(share)

        problem = child.follow(export.process, order, hear)
        if problem is not None:
            export.problem = problem or "The export ended early. Start it again."
            _part(export.file).unlink(missing_ok=True)
        if export.state == "running":
            export.state = "ready" if problem is None else "failed"
        export.ended_at = time.monotonic()

    def _sweep(self) -> None:
        """Let go of what is past its hour or was erased, and of files that a process which died left behind."""
        for secret, export in list(self._all.items()):
            erased = export.state == "ready" and not export.file.exists()
            if erased or (export.ended_at is not None and time.monotonic() - export.ended_at > KEPT_S):
                del self._all[secret]
                export.file.unlink(missing_ok=True)
        ours = {name for one in self._all.values() for name in (one.file.name, _part(one.file).name)}
        for file in self.folder.glob("*"):
            if file.name not in ours and time.time() - file.stat().st_mtime > KEPT_S:
                file.unlink(missing_ok=True)


def _part(file: Path) -> Path:
    return file.with_name(f"{file.name}.part")
