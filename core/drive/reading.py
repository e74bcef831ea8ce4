"""Reads a DOCX or PDF file in a process of its own: bytes on stdin, blocks as JSON on stdout.

Run as `python -m core.drive.reading docx|pdf` by `importing`, never inside the server: a hostile file may take
the memory and time set here and nothing more. A refusal is one JSON object {"error": code, "message": sentence}.
"""

import json
import sys
from dataclasses import asdict
from importlib import import_module

from core.errors import TooLarge, Unreadable

MEMORY_BYTES = 1_000_000_000
CPU_S = 15
MAX_CHARACTERS = 400_000


def main() -> int:
    """Read one file; 0 whenever there is an answer, a refusal included."""
    _limit()
    kind, data = sys.argv[1], sys.stdin.buffer.read()
    try:
        answer: object = {"blocks": _read(kind, data)}
    except (Unreadable, TooLarge) as refusal:
        answer = {"error": refusal.code, "message": refusal.message}
    json.dump(answer, sys.stdout)
    return 0


def _read(kind: str, data: bytes) -> list[dict[str, object]]:
    found = import_module(f"core.drive.reading_{kind}").blocks(data)  # after the limits, and only what is needed
    if sum(len(block.text) for block in found) > MAX_CHARACTERS:
        raise TooLarge(f"The file holds more than {MAX_CHARACTERS:,} characters. Send the pages that matter.")
    return [asdict(block) for block in found]


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's deadline still holds
        return
    wanted = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, limit in wanted:
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # macOS refuses some of them
            continue


if __name__ == "__main__":
    sys.exit(main())
