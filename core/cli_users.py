"""The terminal's `user` commands: a new candidate, and one who is erased with all that is theirs."""

import argparse
import sys

from core import wiring
from core.access.plans import PLANS
from core.commands import CALLER, Add, Commands, progress
from core.drive import erasure, people
from core.drive.erasure import Belongings
from core.errors import Invalid
from core.settings import Settings


def add(given: argparse.Namespace, settings: Settings) -> int:
    """A new candidate."""
    user = people.add_candidate(wiring.furnish(settings), name=given.name, plan=given.plan, profile={})
    print(user.id)
    return 0


def erase(given: argparse.Namespace, settings: Settings) -> int:
    """Erase a candidate with papers, memory, runs and tokens, for good; what the runs cost stays, as nobody's."""
    store = wiring.furnish(settings)
    found = erasure.belongings(store, user_id := _id(given.id))
    if not given.yes:
        _confirm(found)
    left_nothing = erasure.erase(
        store, user_id, CALLER, exports=settings.data_dir / "exports", progress=progress("runs")
    )
    print(f"Erased candidate {user_id}: {found}. What their runs cost stays in the figures, as nobody's.")
    if not left_nothing:
        print(erasure.MAY_BE_LEFT, file=sys.stderr)
    return 0


def add_to(commands: Commands, add_command: Add) -> None:
    """Put `user add|erase` among the commands; `add_command` is how the terminal adds one."""
    kinds = commands.add_parser("user", help="candidates").add_subparsers(required=True, metavar="WHAT")
    new = add_command(kinds, "add", add)
    new.add_argument("name")
    new.add_argument("--plan", choices=PLANS, default="free")
    gone = add_command(kinds, "erase", erase)
    gone.add_argument("id", help="the candidate's id")
    gone.add_argument("--yes", action="store_true", help="do not ask")


def _id(given: str) -> int:
    """Errors: `Invalid` where it is no id, a name for one."""
    if not given.isdecimal() or len(given) > 18:
        raise Invalid(
            f"{given!r} is no id. Give the candidate's number: it is in the address of their Drive, after user=."
        )
    return int(given)


def _confirm(found: Belongings) -> None:
    """Have the candidate named. Errors: `Invalid` when something else is typed, or nobody is there to type."""
    print(f"This erases {found.name}, candidate {found.user_id}, for good: {found}.", file=sys.stderr)
    try:
        print("Type the name or the id to erase them: ", end="", file=sys.stderr, flush=True)
        typed = input()
    except EOFError:
        print(file=sys.stderr)
        raise Invalid("Nobody confirmed, so nothing was erased. In a script add --yes.") from None
    if not found.is_meant(typed):
        raise Invalid("That is neither the name nor the id, so nothing was erased.")
