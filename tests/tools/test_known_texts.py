"""What was read once is known again by its content alone: nobody is told what is somebody else's, or what was."""

import copy
import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Table, update

from core.llm import fallback
from core.schema import FEATURES, AiRequest, Feature
from core.store import Job, ResumeVersion, Store, User, init_db
from core.tools import context_tools, tokens
from core.tools.material import Material
from tests.benches import POSTING, RESUME
from tests.databases import person, posting, version

TODAY = date(2026, 11, 23)
JOB: Table = Job.__table__  # type: ignore[assignment]
RESUMES: Table = ResumeVersion.__table__  # type: ignore[assignment]
USER: Table = User.__table__  # type: ignore[assignment]


def gathered(store: Store, user: int, job: int, *, today: date = TODAY) -> Material:
    request = AiRequest(feature="match", user_id=user, job_id=job)
    return context_tools.gather(store, request, today=today)


def texts(material: Material) -> dict[str, str]:
    return {piece.chip: piece.text for piece in material.pieces}


def candidate(store: Store, name: str, employer: str, asks: str = POSTING) -> tuple[int, int]:
    """Somebody with a resume like everyone's but for one employer; returns their id and their job's."""
    resume = copy.deepcopy(RESUME)
    resume["work"][0]["name"] = employer  # type: ignore[index]
    user = person(store, name=name)
    version(store, user, resume)
    return user, posting(store, user, description=asks)


def test_two_candidates_are_told_apart_however_alike(store: Store) -> None:
    ada, bo = candidate(store, "Ada Moreno", "Fjordline"), candidate(store, "Bo Lind", "Aardvark")
    for _ in range(2):
        hers, his = texts(gathered(store, *ada)), texts(gathered(store, *bo))
        assert "Fjordline" in hers["resume"] and "Aardvark" not in "".join(hers.values())
        assert "Aardvark" in his["resume"] and "Fjordline" not in "".join(his.values())
        assert "Ada Moreno" in hers["profile"] and "Bo Lind" in his["profile"]


def test_the_same_ids_in_two_databases_are_not_the_same(store: Store, tmp_path: Path) -> None:
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    init_db(other)
    here, there = candidate(store, "Ada", "Fjordline"), candidate(other, "Ada", "Aardvark")
    assert here == there
    assert "Fjordline" in texts(gathered(store, *here))["resume"]
    assert "Aardvark" in texts(gathered(other, *there))["resume"]
    other.close()


def test_a_change_is_seen_at_once(store: Store) -> None:
    user, job = candidate(store, "Ada", "Fjordline")
    before = gathered(store, user, job)
    with store.write() as connection:
        connection.execute(update(JOB).values(description="We need Rust and Haskell."))
        connection.execute(update(USER).values(profile={"goals": "Rust."}))
        connection.execute(update(RESUMES).values(content={**RESUME, "skills": [{"id": "s1", "name": "Rust"}]}))
    after = gathered(store, user, job)
    assert "Haskell" in texts(after)["job"] and "Haskell" in texts(after)["keywords"]
    assert "Goals: Rust." in texts(after)["profile"] and "Rust" in texts(after)["resume"]
    assert after.keywords != before.keywords


def test_another_day_is_scored_anew(store: Store) -> None:
    user, job = candidate(store, "Ada", "Fjordline", "You bring 12+ years of experience with Python.")
    said = [texts(gathered(store, user, job, today=day))["keywords"] for day in (TODAY, date(2036, 11, 23))]
    assert "12+ years asked" in said[0] and said[0] != said[1]


@pytest.mark.parametrize("feature", FEATURES)
def test_no_feature_changes_a_resume_that_others_are_told_too(store: Store, feature: Feature) -> None:
    user, job = candidate(store, "Ada", "Fjordline")
    first = gathered(store, user, job)
    kept = json.dumps(first.resume)
    answer = fallback.write(feature, first, today=TODAY)
    again = gathered(store, user, job)
    assert json.dumps(again.resume) == kept
    assert fallback.write(feature, again, today=TODAY) == answer


def test_a_text_too_long_to_keep_is_read_all_the_same(sqlite_store: Store) -> None:
    long = "We need Python. " * 3_000
    user, job = candidate(sqlite_store, "Ada", "Fjordline", long)
    pieces = {piece.chip: piece for piece in gathered(sqlite_store, user, job).pieces}
    assert len(pieces["job"].text) > context_tools.KNOWN_CHARS
    assert pieces["job"].tokens == tokens.count(pieces["job"].text) > 9_000
