"""Writes one export in a process of its own, so that pages and streams do not wait for it: `python -m` this module.

The order comes as one line of JSON on stdin, because it holds a database's password and perhaps a candidate's name. What
has been done is said on stdout, `ROWS SHARE` a line; a mistake is one sentence on stderr.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs

from core.errors import WorkbenchError
from core.llm import run_export, run_filter
from core.store import Store

NICE = 10  # pages come first


def main() -> int:
    os.nice(NICE)
    order = json.loads(sys.stdin.readline())
    store = Store(order["url"])
    try:
        run_export.export(
            store,
            run_filter.read(parse_qs(order["filter"])),
            Path(order["file"]),
            format=order["format"],
            texts=order["texts"],
            progress=lambda rows, share: print(rows, f"{share:.3f}", flush=True),
        )
    except WorkbenchError as wrong:
        print(wrong.message, file=sys.stderr)
        return 2
    except OSError as wrong:
        print(f"The file could not be written: {wrong.strerror}. Free some space, then try again.", file=sys.stderr)
        return 2
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
