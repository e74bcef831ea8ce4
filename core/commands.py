"""What the commands of the terminal share: their shape, who gives them, files as arguments, and progress."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from core.schema import Caller
from core.settings import Settings

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # it takes no type when it runs
Command = Callable[[argparse.Namespace, Settings], int]
Add = Callable[[Commands, str, Command], argparse.ArgumentParser]

CALLER = Caller(name="cli", role="admin", scopes=frozenset({"run", "admin"}))


def existing_file(path: str) -> Path:
    """The type of an argument that names a file to read."""
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {path}")
    return Path(path)


def progress(counted: str) -> Callable[[int, float], None] | None:
    """Prints how many are done and about which share of the work, on stderr; None where no terminal shows it."""

    def show(count: int, share: float) -> None:
        end = "" if share < 1 else "\n"
        print(f"\r{count:,} {counted}, about {share:.0%} ", end=end, file=sys.stderr, flush=True)

    return show if sys.stderr.isatty() else None
