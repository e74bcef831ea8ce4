"""The job pack: what belongs to it, how it is started, what it cost, how its papers are kept and leave the house."""

import json
import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document

from core import cli
from core.drive import made, papers
from core.errors import Invalid
from core.llm import history, packs, run_papers
from core.llm.provider import ModelCall
from core.llm.scripted import Play
from core.schema import Change, RunResult, Usage
from core.settings import HOUSE
from core.store import Store
from core.sureness import Total
from tests.benches import CALLER, LETTER, USED, Bench, bench, finished, recent, write_policy

REPORT = json.dumps({"title": "A good fit", "summary": "The work fits.", "content": "## What fits\n\nMuch of it."})
FIT = "work/w1/highlights/w1h1"
CHANGES = [
    Change(op="replace", path=FIT, original="Cut the build time of a Python service by 40 %.", value=value)
    for value in ("Cut a Python service's build time by 40 %.", "Cut build times by 90 % at Zorbcorp.")
]


def good(call: ModelCall) -> Play:
    return Play(*LETTER, usage=USED) if call.output == "text" else Play(REPORT, usage=USED)


def run_pack(house: Bench, *features: str, key: str = "k") -> list[packs.Started]:
    wanted = packs.requests(
        features or packs.PACK,
        house.workbench.prompts,
        user_id=house.user_id,
        job_id=house.job_id,
        resume_version_id=house.resume_id,
    )
    started = house.workbench.start_pack(wanted, CALLER, key=key)
    for one in started:
        if one.run_id and (live := house.workbench.find(one.run_id)):
            finished(live)
    return started


@pytest.mark.parametrize("names", [["cover_letter", "match"], ("match", "cover_letter", "match")])
def test_a_pack_has_one_order_and_each_document_once(names: list[str]) -> None:
    assert packs.chosen(names) == ("match", "cover_letter")


@pytest.mark.parametrize(
    ("names", "words"), [([], "The pack is empty"), (["improve_text"], "A job pack has no 'improve_text'")]
)
def test_what_is_no_pack_is_refused_with_its_cure(names: list[str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        packs.chosen(names)


def test_a_pack_needs_a_job_and_each_prompt_gets_its_own_inputs(store: Store) -> None:
    with bench(store, good) as house:
        prompts = house.workbench.prompts
        with pytest.raises(Invalid, match="Pick the job first"):
            packs.requests(["match"], prompts, user_id=1)
        inputs = {"contact": "Ms Okafor", "stage": "panel"}
        wanted = packs.requests(packs.PACK, prompts, inputs=inputs, user_id=1, job_id=1)
        given = {one.feature: one.inputs for one in wanted if one.inputs}
        assert given == {"cover_letter": {"contact": "Ms Okafor"}, "interview_prep": {"stage": "panel"}}


def test_each_document_is_a_run_of_its_own_and_the_same_key_finds_them(store: Store) -> None:
    with bench(store, good) as house:
        first = run_pack(house)
        assert [one.feature for one in first] == list(packs.PACK)
        assert run_pack(house) == first
        assert {run.id for run in recent(store)} == {one.run_id for one in first}


def test_a_limit_that_has_room_for_two_refuses_the_third_alone(store: Store, tmp_path: Path) -> None:
    with bench(store, good, policy=write_policy(tmp_path / "policy.toml", runs=2)) as house:
        started = run_pack(house, "match", "recruiter_lens", "cover_letter")
        refused = [one.refused for one in started if one.refused]
        assert [one.code for one in refused] == ["rate_limited"]
        assert sorted(run.status for run in recent(store)) == ["ok", "ok", "refused"]


def test_a_packs_cost_is_that_of_its_runs_and_says_how_sure_it_is() -> None:
    def costing(cost: str | None, status: str) -> RunResult:
        fields = {"cost_usd": cost, "cost_status": status, "usage": Usage()}
        return RunResult.model_construct(**fields)

    some = [costing("0.00078", "exact"), costing("0.5", "estimated"), costing(None, "unknown")]
    assert packs.total(some) == Total(500_780_000, 1, 1, 1)


# -- papers -----------------------------------------------------------------------------------------------


def test_only_verified_changes_are_in_a_resume_nobody_has_looked_at(store: Store) -> None:
    proposed = {"title": "T", "summary": "S", "changes": [one.model_dump(mode="json") for one in CHANGES[1:]]}
    with bench(store, Play(json.dumps(proposed), usage=USED)) as house:
        (one,) = run_pack(house, "tailor_resume")
        story = history.story(store, one.run_id or "")
        judged = story.result.changes
        assert [change.verdict for change in judged] == ["blocked"]
        plain = run_papers.paper(store, story)
        assert "Zorbcorp" not in plain.markdown and plain.changes == ()
        assert "No change is ticked" in run_papers.keep(store, story, by="member:1").left
        ticked = run_papers.paper(store, story, ticked=judged)
        assert "Zorbcorp" in ticked.markdown and ticked.changes == judged
        kept = run_papers.keep(store, story, by="member:1", ticked=judged)
        assert kept.resume_version_id and kept.label.startswith("Resume v2 · For ")


def test_a_claim_without_evidence_waits_for_a_person(store: Store) -> None:
    with bench(store, Play("A letter\n\nA note.\n\nDear team, I led 431 people at Zorbcorp.", usage=USED)) as house:
        (one,) = run_pack(house, "cover_letter")
        kept = run_papers.keep(store, history.story(store, one.run_id or ""), by="member:1")
        assert "1 sentence claims what nothing in the context holds" in kept.left
        assert papers.documents(store, house.user_id) == []


def test_what_is_kept_is_listed_for_its_job_newest_of_each_kind_first(store: Store) -> None:
    with bench(store, good) as house:
        started = run_pack(house, "match", "cover_letter")
        for one in started:
            story = history.story(store, one.run_id or "")
            first = run_papers.keep(store, story, by="member:1")
            assert first == run_papers.keep(store, story, by="member:1")  # twice the same is once
        again = papers.save_document(
            store, house.user_id, title="By hand", body="Dear team", kind="cover_letter", by="x", job_id=house.job_id
        )
        newest, earlier = made.for_job(store, house.user_id, house.job_id)
        assert [(one.kind, one.document_id == again.id) for one in newest] == [("cover_letter", True), ("match", False)]
        assert (newest[0].run_id, newest[0].model) == (None, None)
        assert [one.kind for one in earlier] == ["cover_letter"]
        assert (earlier[0].run_id, earlier[0].model) == (started[1].run_id, "gpt-6.1-terra")
        papers_of_other = made.for_job(store, house.user_id, house.job_id + 1)
        assert papers_of_other == ([], [])


def test_a_pack_leaves_as_word_and_markdown_and_no_two_names_are_alike(store: Store) -> None:
    with bench(store, good) as house:
        stories = [history.story(store, one.run_id or "") for one in run_pack(house)]
        of_all = [run_papers.paper(store, story) for story in stories]
    with ZipFile(BytesIO(run_papers.zipped([*of_all, of_all[0]]))) as file:
        names = file.namelist()
        assert len(names) == len({name.casefold() for name in names}) == 12
        assert any(name.endswith("(2).docx") for name in names)
        letter = next(name for name in names if " - Cover letter - " in name and name.endswith(".docx"))
        text = [one.text for one in Document(BytesIO(file.read(letter))).paragraphs]
    assert text == ["Dear team,", "I build Python services."]


# -- in the terminal --------------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house of its own with the demo candidates and no model: the rules answer."""
    for name, value in {"DATA_DIR": str(tmp_path / "data"), "EMBEDDED_MODEL": "off"}.items():
        monkeypatch.setenv(f"WORKBENCH_{name}", value)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "WORKBENCH_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "data").mkdir()
    return tmp_path


def test_the_command_makes_the_pack_and_writes_its_files(terminal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = terminal / "pack"
    given = ["--user", "1", "--job", "1", "--features", "cover_letter,match", "--out", str(out), "--json"]
    assert cli.main(["pack", *given]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["feature"] for one in told["documents"]] == ["match", "cover_letter"]
    assert (told["cost_usd"], told["coverage"]) == ("0", {"exact": 2, "estimated": 0, "unknown": 0})
    assert sorted(told["files"]) == sorted(str(file) for file in out.iterdir())
    assert {file.suffix for file in out.iterdir()} == {".docx", ".md"}
    assert cli.main(["pack", *given[:-2], str(terminal / "pack.zip")]) == 0
    said = capsys.readouterr().out
    assert "Together $0 (2 exact)." in said and said.endswith("pack.zip\n")
    assert len(ZipFile(terminal / "pack.zip").namelist()) == 4


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--features", "match,poem"], "A job pack has no 'poem'"),
        (["--features", ","], "The pack is empty"),
        (["--out", "nowhere/at/all"], "There is no folder nowhere/at"),
    ],
)
def test_the_command_refuses_before_anything_is_sent(
    terminal: Path, capsys: pytest.CaptureFixture[str], given: list[str], words: str
) -> None:
    assert cli.main(["pack", "--user", "1", "--job", "1", *given]) == 2
    assert words in capsys.readouterr().err


def test_a_pack_that_is_there_is_not_overwritten(terminal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (there := terminal / "pack.zip").write_bytes(b"last week's")
    assert cli.main(["pack", "--user", "1", "--job", "1", "--out", str(there)]) == 2
    assert f"{there} is there already. Move it away" in capsys.readouterr().err
    assert there.read_bytes() == b"last week's"


def test_what_keeps_every_document_from_being_made_is_said_once(
    terminal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["pack", "--user", "1", "--job", "99"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("This candidate has no job 99.")) == ("", 1)


def test_one_document_that_is_refused_is_said_and_the_command_fails(
    terminal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (HOUSE / "core" / "policy.toml").read_text()
    policy = terminal / "policy.toml"
    policy.write_text(re.sub(r"runs_per_minute = \d+", "runs_per_minute = 1", shipped))
    monkeypatch.setenv("WORKBENCH_POLICY_FILE", str(policy))
    given = ["--user", "1", "--job", "1", "--features", "match,cover_letter"]
    assert cli.main(["pack", *given, "--out", str(terminal / "pack.zip")]) == 1
    assert re.search(r"^cover_letter +refused: ", capsys.readouterr().out, re.MULTILINE)
    assert len(ZipFile(terminal / "pack.zip").namelist()) == 2
