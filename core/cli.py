"""The terminal's door: `python -m core --help`."""

import argparse
import os
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from core import (
    cli_pack,
    cli_prices,
    cli_runs,
    cli_tokens,
    cli_usage,
    cli_users,
    demo,
    doctor,
    settings,
    terminal,
    wiring,
)
from core.commands import CALLER, Command, Commands, existing_file
from core.drive import importing, papers, people
from core.errors import Invalid, StorageDown, WorkbenchError
from core.schema import FEATURES, AiRequest
from core.settings import Settings
from core.store import Store, init_db, scrub


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 2 with a sentence on stderr when it could not."""
    given = _parser().parse_args(argv)
    command: Command = given.command
    try:
        return command(given, settings.read(os.environ))
    except WorkbenchError as wrong:
        print(wrong.message, file=sys.stderr)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        print(f"{first['loc'][0]}: {first['msg']}. Mend it and try again.", file=sys.stderr)
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as wrong:
        print(f"{wrong.filename or 'A file'} cannot be read: {wrong.strerror}.", file=sys.stderr)
    return 2


# -- the commands ------------------------------------------------------------------------------------


def run(given: argparse.Namespace, settings: Settings) -> int:
    """One call, streaming; with --json the result alone on stdout."""
    request = AiRequest(
        feature=given.feature,
        user_id=given.user,
        job_id=given.job,
        resume_version_id=given.resume,
        document_ids=tuple(given.document),
        memory=not given.no_memory,
        instructions=given.instructions,
        inputs=_inputs(given.input),
        prompt=given.prompt,
        model=given.model,
    )
    with wiring.opened(wiring.build(settings)) as workbench:
        run_id = workbench.start(request, CALLER)
        live = workbench.find(run_id)
        assert live is not None  # it was started just now, in this process
        terminal.follow(workbench, live, quiet=given.json)
        result = live.result
    assert result is not None  # it was followed to its end
    if given.json:
        print(result.model_dump_json())
    else:
        terminal.finish(live, result)
    return 0 if result.status in ("ok", "fallback") else 1


def import_resume(given: argparse.Namespace, settings: Settings) -> int:
    """Read a resume file into a candidate's Drive."""
    content = importing.read_resume(given.file.read_bytes(), given.file.name)
    version = papers.add_resume(wiring.furnish(settings), given.user, content, label=given.label or given.file.stem)
    print(f"Resume version {version.number} of candidate {given.user}, {version.label}:")
    print(version.id)
    return 0


def import_job(given: argparse.Namespace, settings: Settings) -> int:
    """Read a posting into a candidate's jobs."""
    draft = importing.read_job(given.file.read_bytes(), given.file.name)
    title, company = given.title or draft.title, given.company or draft.company
    job = people.add_job(
        wiring.furnish(settings), given.user, title=title, company=company, description=draft.description
    )
    print(f"Job of candidate {given.user}, {job.title}:")
    print(job.id)
    return 0


def upgrade(_given: argparse.Namespace, settings: Settings) -> int:
    """Migrate the database to the newest version."""
    init_db(Store(settings.database))
    print("The database is up to date.")
    return 0


def scrub_database(_given: argparse.Namespace, settings: Settings) -> int:
    """Write the SQLite file anew, so that nothing of what was deleted is left in it; nobody else saves meanwhile."""
    if not scrub.scrub(_store(settings)):
        raise StorageDown(
            "The database is in use, or there is no room to write it anew. Free as much space as its file takes, stop "
            "the workbench, then try again."
        )
    print("Nothing of what was deleted is left in the database's files.")
    return 0


def load_demo(_given: argparse.Namespace, settings: Settings) -> int:
    """Load the demo data into an empty workbench."""
    store = Store(settings.database)
    init_db(store)
    loaded = demo.load_once(store)
    print("Loaded six candidates." if loaded else "There are candidates already, or there were, so nothing was loaded.")
    return 0


def examine(_given: argparse.Namespace, settings: Settings) -> int:
    """Say what works and what does not, with the cure."""
    findings = doctor.examine(settings, os.environ)
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'MEND'}  {finding.what}")
    return 0 if all(finding.ok for finding in findings) else 1


# -- their parts ---------------------------------------------------------------------------------------


def _inputs(pairs: Sequence[str]) -> dict[str, str]:
    inputs = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise Invalid(f"--input {pair}: write NAME=VALUE, for example --input goal=shorter.")
        inputs[name] = value
    return inputs


def _store(settings: Settings) -> Store:
    store = Store(settings.database)
    init_db(store)
    return store


def _id(given: str) -> int:
    if not given.isdigit() or not 1 <= int(given) <= 2**53:
        raise argparse.ArgumentTypeError(f"{given} is no id; an id is a whole number from 1")
    return int(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="The workbench in the terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_run(commands)
    kinds = commands.add_parser("import", help="read a file into Drive").add_subparsers(required=True, metavar="KIND")
    resume = _command(kinds, "resume", import_resume)
    resume.add_argument("file", type=existing_file, help="DOCX, PDF, Markdown, text or JSON Resume")
    resume.add_argument("--user", type=_id, required=True)
    resume.add_argument("--label", help="what to call the version; the file's name without it")
    job = _command(kinds, "job", import_job)
    job.add_argument("file", type=existing_file)
    job.add_argument("--user", type=_id, required=True)
    job.add_argument("--title")
    job.add_argument("--company")

    cli_users.add_to(commands, _command)
    database = commands.add_parser("db", help="the database").add_subparsers(required=True, metavar="WHAT")
    _command(database, "upgrade", upgrade)
    _command(database, "scrub", scrub_database)
    examples = commands.add_parser("demo", help="the demo data").add_subparsers(required=True, metavar="WHAT")
    _command(examples, "load", load_demo)
    cli_usage.add_demo_to(examples, _command)
    cli_prices.add_to(commands, _command)
    cli_tokens.add_to(commands, _command)
    cli_usage.add_to(commands, _command)
    cli_runs.add_to(commands, _command)
    cli_pack.add_to(commands, _command)
    _command(commands, "doctor", examine)
    return parser


def _add_run(commands: Commands) -> None:
    one = _command(commands, "run", run)
    one.add_argument("feature", choices=FEATURES)
    one.add_argument("--user", type=_id, required=True, help="the candidate's id")
    one.add_argument("--job", type=_id)
    one.add_argument("--resume", type=_id, help="a resume version's id; without it the newest, where one is needed")
    one.add_argument("--document", type=_id, action="append", default=[])
    one.add_argument("--instructions", default="", help="what to mind, in your words")
    one.add_argument("--input", action="append", default=[], metavar="NAME=VALUE")
    one.add_argument("--prompt", help="NAME or NAME@VERSION")
    one.add_argument("--model", help="provider/name, or rules")
    one.add_argument("--no-memory", action="store_true", help="leave out what earlier runs left behind")
    one.add_argument("--json", action="store_true", help="print the result as one line of JSON, alone on stdout")


def _command(commands: Commands, name: str, command: Command) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
    parser.set_defaults(command=command)
    return parser
