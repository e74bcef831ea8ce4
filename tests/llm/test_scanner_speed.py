"""Reading along costs the same at the end of a long text as at its beginning."""

import time

import pytest

from core.llm.scanner import Scanner


@pytest.mark.parametrize(
    "text",
    [
        "T\n\nS\n\n" + "plain prose " * 4_000,
        '{"content": "' + "plain prose " * 4_000,
        "{" + " " * 40_000,
        '{"content": "' + " " * 40_000,
        "T\n\nS" + "\n" * 40_000,
        "T" + " *" * 20_000,
        "T\n\nS" + " \n" * 20_000,
        "[" * 40_000,
        '{"a":' * 8_000,
        "a" + " " * 40_000,
        "`" * 40_000,
        "#" * 40_000,
        "<think>" + "hm " * 12_000,
        '{"title": "' + "\\ud83d" * 6_000,
    ],
    ids=lambda text: repr(text[:12] + "…" + text[-6:]),
)
@pytest.mark.parametrize("output", ["json", "text"])
def test_the_thousandth_chunk_costs_what_the_first_did(text, output):
    scanner = Scanner(output, ("title", "summary", "content", "bullets"))
    chunks = [text[at : at + 5] for at in range(0, len(text), 5)]
    start = time.process_time()
    for chunk in chunks:
        scanner.feed(chunk)
    scanner.end()
    assert (time.process_time() - start) / len(chunks) < 60e-6  # measured: 0.5 to 10 µs; slack for busy machines
