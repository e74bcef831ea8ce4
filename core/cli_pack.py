"""The terminal's `pack` command: the documents of one application, made side by side."""

import argparse
import json
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from time import sleep
from typing import Any

from core import sureness, wiring
from core.commands import CALLER, Add, Commands
from core.errors import Invalid
from core.llm import history, outcome, packs, run_papers
from core.llm.packs import Started
from core.schema import RunResult, usd
from core.settings import Settings
from core.wiring import Workbench

LOOK_S = 0.2


def pack(given: argparse.Namespace, settings: Settings) -> int:
    """Make a job pack, each document a run of its own, and write its files where --out says; Ctrl-C stops all."""
    features = packs.chosen(_names(given.features))
    _check(given.out)
    with wiring.opened(wiring.build(settings)) as workbench:
        about = {"user_id": given.user, "job_id": given.job, "resume_version_id": given.resume}
        wanted = packs.requests(features, workbench.prompts, instructions=given.instructions, **about)
        started = workbench.start_pack(wanted, CALLER, key=uuid.uuid4().hex)
        _check_started(started)
        _follow(workbench, started)
        results = {one.feature: workbench.result(one.run_id) for one in started if one.run_id}
        written = _write(workbench, results, given.out)
    _tell_doubts(results)
    if given.out and not written:
        print("No document came to its end, so no file was written.", file=sys.stderr)
    if given.json:
        print(json.dumps(_told(started, results, written), ensure_ascii=False))
    else:
        _print(started, results, written)
    return 0 if all(one.run_id and results[one.feature].status in run_papers.ENDED_WELL for one in started) else 1


def add_to(commands: Commands, add: Add) -> None:
    """Put `pack` among the commands; `add` is how the terminal adds one."""
    one = add(commands, "pack", pack)
    one.add_argument("--user", type=int, required=True, help="the candidate's id")
    one.add_argument("--job", type=int, required=True, help="the job's id")
    one.add_argument("--resume", type=int, help="a resume version's id; without it the newest")
    one.add_argument("--features", default=",".join(packs.PACK), metavar="A,B", help=f"of {', '.join(packs.PACK)}")
    one.add_argument("--instructions", default="", help="what to mind, in your words, for every document")
    one.add_argument(
        "--out", type=Path, metavar="FOLDER|FILE.zip", help="where the files go; without it none is written"
    )
    one.add_argument("--json", action="store_true", help="print what came of it as one line of JSON, alone on stdout")


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _check(out: Path | None) -> None:
    """Refuse before anything is spent what could not be written afterwards."""
    if out is None:
        return
    if not (folder := out.parent).is_dir():
        raise Invalid(f"There is no folder {folder}. Make it, or choose another with --out.")
    if out.is_file() and not _zips(out):
        raise Invalid(f"{out} is a file. Name a folder, or a file that ends in .zip.")
    if _zips(out) and out.exists():
        raise Invalid(f"{out} is there already. Move it away, or choose another name with --out.")


def _check_started(started: Sequence[Started]) -> None:
    """Say once what keeps every document from being made."""
    refusals = {one.refused.message: one.refused for one in started if one.refused}
    if len(refusals) == 1 and all(one.refused for one in started):
        raise next(iter(refusals.values()))


def _zips(out: Path) -> bool:
    return out.suffix.lower() == ".zip"


def _follow(workbench: Workbench, started: Sequence[Started]) -> None:
    """Say on stderr how far each document is until all have ended."""
    runs = {one.feature: live for one in started if one.run_id and (live := workbench.find(one.run_id))}
    shown = sys.stderr.isatty()
    while under_way := {name: live for name, live in runs.items() if not live.done}:
        try:
            if shown:
                counts = (f"{name} {_words(live.after(0)):,}" for name, live in under_way.items())
                print(f"\r\033[Kwriting, in words: {' · '.join(counts)}", end="", file=sys.stderr, flush=True)
            sleep(LOOK_S)
        except KeyboardInterrupt:
            for live in under_way.values():
                workbench.cancel(live.id)
    if shown and runs:
        print("\r\033[K", end="", file=sys.stderr)


def _words(events: Sequence[Any]) -> int:
    return sum(len(text.split()) for text in outcome.prose(events).values())


def _write(workbench: Workbench, results: dict[str, RunResult], out: Path | None) -> list[str]:
    """The names of the files that were written; a document that did not come to its end has none."""
    stories = [history.story(workbench.store, result.run_id) for result in results.values()]
    made = [run_papers.paper(workbench.store, story) for story in stories if run_papers.ready(story)]
    if out is None or not made:
        return []
    if _zips(out):
        out.write_bytes(run_papers.zipped(made))
        return [str(out)]
    out.mkdir(exist_ok=True)
    for name, data in (files := run_papers.files(made)):
        (out / name).write_bytes(data)
    return [str(out / name) for name, _ in files]


def _tell_doubts(results: dict[str, RunResult]) -> None:
    """What a person has to look at before anything is sent."""
    for feature, result in results.items():
        for doubt in result.details.doubts:
            print(
                f"{feature}: nothing in the context holds {', '.join(doubt.claims)}: {doubt.sentence}", file=sys.stderr
            )
        if waiting := sum(change.verdict != "verified" for change in result.changes):
            print(
                f"{feature}: {waiting} of {len(result.changes)} changes need a person and were left out.",
                file=sys.stderr,
            )


def _print(started: Sequence[Started], results: dict[str, RunResult], written: Sequence[str]) -> None:
    for one in started:
        if one.refused:
            print(f"{one.feature:<16} refused: {one.refused.message}")
            continue
        result = results[one.feature]
        cost = "cost unknown" if result.cost_usd is None else f"${result.cost_usd} {result.cost_status}"
        model = f"{result.provider}/{result.model}" if result.model else result.provider
        print(f"{one.feature:<16} {result.status} · {model} · {cost} · run {result.run_id}")
    total = packs.total(results.values())
    amount = "unknown" if total.nanousd is None else f"{'at least ' if total.unknown else ''}${usd(total.nanousd)}"
    print(f"Together {amount} ({sureness.coverage(total) or 'nothing was run'}).")
    for name in written:
        print(name)


def _told(started: Sequence[Started], results: dict[str, RunResult], written: Sequence[str]) -> dict[str, Any]:
    total = packs.total(results.values())
    return {
        "documents": [
            {"feature": one.feature, "code": one.refused.code, "message": one.refused.message}
            if one.refused
            else {"feature": one.feature, **results[one.feature].model_dump(mode="json")}
            for one in started
        ],
        "cost_usd": usd(total.nanousd),
        "cost_status": sureness.least(total),
        "coverage": {level: getattr(total, level) for level in sureness.LEVELS},
        "files": list(written),
    }
