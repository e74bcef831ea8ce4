"""`python -m core prices …`: rows are listed, added, shown and retired in the terminal."""

import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from core import cli
from core.llm import pricing
from core.store import Store
from core.usage import prices
from tests.conftest import OURS

ADD = "add openai gpt-6-luna --input 0.08 --cached 0.008 --output 0.4 --from 2026-11-01 --source 'Contract 7'"

Say = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> Iterator[Say]:
    """Runs one command: what it returned, its lines, its complaint."""
    monkeypatch.setenv(f"{OURS[1]}DATABASE_URL", sqlite_url)
    monkeypatch.setenv(f"{OURS[1]}DEMO_DATA", "off")

    def run(command: str, *more: str) -> tuple[int, list[str], str]:
        try:
            code = cli.main(["prices", *shlex.split(command), *more])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    yield run
    pricing.install([])


def test_a_price_is_added_and_its_number_stands_alone_on_the_last_line(say: Say, sqlite_url: str) -> None:
    code, lines, _ = say(ADD, "--above", "272000:input=0.16,output=0.6", "--note", "20 % off", "--to", "2027-01-01")
    assert (code, lines[-1]) == (0, "1")
    assert "  input    $0.08, above 272,000 $0.16" in lines
    # 2,000×80 + 8,000×8 + 1,000×400
    assert "  A call with 10,000 tokens in, 8,000 of them cached, and 1,000 out: $0.000624" in lines
    store = Store(sqlite_url)
    (row,) = prices.listed(store)
    store.close()
    assert row.rates["above"] == [{"tokens": 272_000, "input": "0.16", "output": "0.6"}]
    assert (row.created_by, row.note, row.valid_to) == ("cli", "20 % off", datetime(2027, 1, 1, tzinfo=UTC))


def test_what_is_used_and_why_is_shown(say: Say) -> None:
    code, lines, _ = say("show openai/gpt-6-luna --at 2026-11-23")
    assert code == 0
    assert lines[0] == "openai/gpt-6-luna on 2026-11-23, standard service: genai-prices 0.2.3/openai/gpt-6-luna"
    assert lines[-1].endswith("8,000 of them cached, and 1,000 out: $0.00078")
    say(ADD)
    assert say("show openai/gpt-6-luna --at 2026-11-23")[1][0].endswith(": own:1")
    assert say("show openai/gpt-6-luna --at 2026-10-31")[1][0].endswith("/openai/gpt-6-luna")
    assert say("show openai/gpt-6-luna --at 2026-11-23 --tier flex")[1][0].endswith("@2026-10-12 flex")
    code, lines, _ = say("show openai/house-model")
    assert (
        code == 1 and lines[0].endswith("no price") and "its cost is unknown" in lines[1] and "prices add" in lines[2]
    )
    for local in ("rules", "embedded/smollm2-135m"):
        code, lines, _ = say(f"show {local}")
        assert (code, lines[0].endswith("local 0")) == (0, True) and "declared to cost nothing" in lines[1]


def test_rows_are_listed_retired_ones_on_demand(say: Say) -> None:
    assert "no rows of its own" in say("list")[1][0]
    say(ADD)
    listed = "\n".join(say("list")[1])
    assert "own:1" in listed and "input $0.08; cached $0.008; output $0.40" in listed
    code, lines, _ = say("retire own:1 --reason 'The contract has ended'")
    assert code == 0 and "own:1 is retired" in lines[0]
    assert "own:1" not in "\n".join(say("list")[1])
    everything = "\n".join(say("list --all --model luna")[1])
    assert "own:1" in everything and "retired" in everything
    assert "genai-prices 0.2.3/openai/gpt-6-luna  input $0.10, above 272,000 $0.20" in "\n".join(
        say("list --model openai/gpt-6-luna")[1]
    )


def test_a_new_price_can_take_the_place_of_another_from_its_first_day_on(say: Say) -> None:
    say(ADD)
    later = ADD.replace("0.08", "0.07").replace("2026-11-01", "2026-12-01")
    code, _, complaint = say(later)
    assert code == 2 and "own:1 holds on some of these days" in complaint and "--replace" in complaint
    assert say(later, "--replace")[0] == 0
    assert "to 2026-12-01" in say("show openai/gpt-6-luna --at 2026-11-23")[1][1]


REFUSED = {
    "a negative price": (ADD.replace("0.08", "-1"), "The price of input is negative"),
    "another currency": (f"{ADD} --currency EUR", "Prices are in USD"),
    "no end": (f"{ADD} --to 2026-10-01", "before it begins"),
    "a slip": (ADD.replace("0.08", "800"), "confirm that (--sure)"),
    "a step in other words": (f"{ADD} --above 272000=2", "TOKENS:KIND=DOLLARS"),
    "a step of an unknown kind": (f"{ADD} --above 272000:cache=2", "A step has no cache"),
    "no such day": (ADD.replace("2026-11-01", "2026-11-31"), "2026-11-31 is no day"),
    "no such row": ("retire 99 --reason x", "There is no price own:99"),
    "no number": ("retire luna --reason x", "luna is no price of the project's"),
    "no provider": ("show gpt-6-luna", "Name a model as provider/model"),
}


@pytest.mark.parametrize(("command", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(say: Say, command: str, words: str) -> None:
    code, lines, complaint = say(command)
    assert code == 2 and words in complaint and not lines
    assert "no rows of its own" in say("list --all")[1][0]


def test_a_slip_can_be_confirmed(say: Say) -> None:
    assert say(ADD.replace("0.08", "800"), "--sure")[0] == 0


def test_a_model_may_be_named_in_one_word_or_two(say: Say) -> None:
    price = "--input 1 --output 2 --from 2026-11-01 --source page"
    for named in ("openai/house/one", "openai house/two"):
        assert say(f"add {named} {price}")[0] == 0
        name = named.replace(" ", "/")
        assert say(f"show {name} --at 2026-11-02")[1][0].startswith(f"{name} on 2026-11-02")
    code, _, told = say(f"add openai {price}")
    assert code != 0 and "Name a model as provider/model" in told
