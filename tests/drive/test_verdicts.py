"""Rewordings as models write them, judged: true ones are verified, invented ones never are.

`rewordings.tsv` holds them, made for the demo candidates: the verdict wanted (`true` for a rewording that says nothing
new), the candidate, the place by its id, the new text.
"""

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path
from time import thread_time

import pytest

from core.drive import evidence
from core.drive.resume import lines, normalise
from core.drive.tailoring import judge
from core.schema import Change
from core.settings import HOUSE

FILE = Path(__file__).with_name("rewordings.tsv")
ROWS = list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
TRUE = [row for row in ROWS if row["wanted"] == "true"]
INVENTED = [row for row in ROWS if row["wanted"] != "true"]
MOST_REVIEWED = 0.1  # of true rewordings
SECTIONS = {"w": "work", "p": "projects", "v": "volunteer"}


@cache
def candidate(number: str):
    """(resume, its texts by id or path, a posting) of a demo candidate."""
    (file,) = (HOUSE / "core" / "demo" / "candidates").glob(f"{number}_*.json")
    told = json.loads(file.read_text(encoding="utf-8"))
    resume, job = normalise(told["resume"]), told["jobs"][0]
    return resume, {line.path: line.text for line in lines(resume)}, f"{job['title']}\n{job['description']}"


def change(row) -> Change:
    _, texts, _ = candidate(row["candidate"])
    path = row["path"]
    if path != "basics/summary":
        entry, _, field = path.partition("/")
        section = SECTIONS[path[0]]
        path = f"{section}/{path}" if field else f"{section}/{entry.partition('h')[0]}/highlights/{entry}"
    return Change(op="replace", path=path, original=texts.get(path, ""), value=row["text"])


def judged(row) -> Change:
    resume, _, job = candidate(row["candidate"])
    done = judge(resume, [change(row)], job=job)
    assert not done.rejected, done.rejected
    return done.accepted[0]


def named(row) -> str:
    return f"{ROWS.index(row)}-{row['candidate']}-{row['path']}"


@pytest.mark.parametrize("row", INVENTED, ids=named)
def test_an_invented_claim_is_never_verified(row) -> None:
    found = judged(row)
    assert found.verdict == row["wanted"] and found.why.endswith(".")


@pytest.mark.parametrize("row", TRUE, ids=named)
def test_a_true_rewording_is_never_blocked(row) -> None:
    found = judged(row)
    assert found.verdict != "blocked", found.why


def test_nearly_every_true_rewording_is_verified() -> None:
    found = Counter(judged(row).verdict for row in TRUE)
    assert len(TRUE) > 100 and found["needs review"] <= MOST_REVIEWED * len(TRUE)


def test_the_text_as_it_was_with_words_left_out_is_verified() -> None:
    for number in "123456":
        resume, texts, _ = candidate(number)
        for path, text in texts.items():
            head = text.partition(";")[0]
            if "/highlights/" in path and head != text:
                (one,) = judge(resume, [Change(op="replace", path=path, original=text, value=head)]).accepted
                assert one.verdict != "blocked", (head, one.why)


def test_judging_is_cheap() -> None:
    rows = [row for row in TRUE if row["candidate"] == "1"]
    resume, _, job = candidate("1")
    proposed = list({change(row).path: change(row) for row in rows}.values())[:8]
    judge(resume, proposed, job=job)  # the resume is read once

    def milliseconds() -> float:
        began = thread_time()
        judge(resume, proposed, job=job)
        return 1000 * (thread_time() - began)

    assert min(milliseconds() for _ in range(5)) < 20
    assert evidence._usual.cache_info().hits
