"""The embedded model's own process: `python -m core.llm.embedded_server MODEL.gguf`.

It reads its key from the first line of stdin, prints one line of JSON with its address, and serves
until stdin ends: whoever started it is gone then, or wants it gone.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

SLOTS = 2
SLOT_TOKENS = 2048
CACHE_MIB = 64
MOST_THREADS = 8
PARENT_CHECK_S = 2.0


def main(model: Path) -> None:
    """Serve `model` on a free port of 127.0.0.1."""
    answers = _own_stdout()
    key = sys.stdin.readline().strip()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    server = _serve(model, key)
    print(json.dumps({"url": f"{server.listening_address}/v1"}), file=answers, flush=True)
    sys.stdin.read()
    os._exit(0)  # a generation under way would hold an orderly exit up


def _serve(model: Path, key: str) -> Any:
    import xllamacpp  # here, so that the parent's tools can import this module without the library

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {model_alias(model)}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.cors_origins = ""
    params.ui = False
    params.verbosity = 1
    params.n_parallel = SLOTS
    params.n_ctx = SLOT_TOKENS * SLOTS  # shared out among the slots
    params.cache_ram_mib = CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
    return xllamacpp.Server(params)


def threads() -> int:
    """All cores we may use: with passive waiting (set by the parent) they do no harm on a busy machine."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_THREADS)


def model_alias(model: Path) -> str:
    """The model's name in requests: `SmolLM2-135M-Instruct.Q4_1.gguf` is `smollm2-135m`."""
    return "-".join(model.name.lower().split("-")[:2])


def _own_stdout() -> IO[str]:
    """A stdout for our one line; what the library prints goes nowhere, or a full pipe would stop it."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return ours


def _end_with(parent: int) -> None:
    """End when the parent is gone, even if a fork of it still holds our stdin open."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
