"""A provider's export is read as it comes, and each difference from our records gets its likely cause."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.errors import Invalid, Unreadable
from core.store import Store
from core.usage import invoice, invoice_file
from core.usage.invoice import compare
from core.usage.invoice_causes import Ours
from core.usage.invoice_file import Billed
from core.usage.queries import Usage
from tests.databases import person
from tests.usage import history
from tests.usage.test_repricing import leg, run

DAY = date(2026, 11, 10)
LUNA = "gpt-6-luna"

COSTS = """start_time,end_time,start_time_iso,amount_value,amount_currency,line_item,project_id
1794268800,1794355200,2026-11-10T00:00:00+00:00,0.25,usd,"gpt-6-luna-2026-09-01, input",proj_1
1794268800,1794355200,2026-11-10T00:00:00+00:00,0.05,usd,"gpt-6-luna-2026-09-01, cached input",proj_1
1794268800,1794355200,2026-11-10T00:00:00+00:00,0.70,usd,"gpt-6-luna-2026-09-01, output",proj_1
"""
USAGE = """start_time,model,service_tier,num_model_requests,input_tokens,output_tokens,input_cached_tokens,cost
1794268800,gpt-6-luna-2026-09-01,default,3,1000,200,400,0.5
1794272400,gpt-6-luna,default,3,500,100,0,0.5
"""


# -- reading -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "billed"),
    [
        (COSTS, Billed(1_000_000_000, None, None, None, 3)),
        (USAGE, Billed(1_000_000_000, 1500, 300, 400, 2)),
        ("Date,Model,Cost\n2026-11-10,gpt-6-luna,1\n", Billed(10**9, None, None, None, 1)),
        ("\ufeffdate;model;cost\n10.11.2026;gpt-6-luna;1,5\n", Billed(1_500_000_000, None, None, None, 1)),
        ("date\tmodel\tcost (USD)\n2026-11-10\tgpt-6-luna\t$1.50\n", Billed(1_500_000_000, None, None, None, 1)),
        ("date;model;tokens in;tokens out;cost\n2026-11-10;gpt-6-luna;1.204;12;1.234,50\n",
         Billed(1_234_500_000_000, 1204, 12, None, 1)),
        ('date,model,input tokens,cost\n2026-11-10,openai/gpt-6-luna,"1,204","1,234.50"\n',
         Billed(1_234_500_000_000, 1204, None, None, 1)),
        ("Costs of November\n\ndate,model,cost\n2026-11-10T23:30:00-00:30,GPT-6-luna,1\n2026-11-10,gpt-6-luna,2e-3\n",
         None),
        ("date,model,cost\n11/13/2026,x,1\n11/10/2026,gpt-6-luna,-0.25\n", Billed(-250_000_000, None, None, None, 1)),
        ("date,model,cost\n20261110,gpt-6-luna,0.000000001\n", Billed(1, None, None, None, 1)),
    ],
)  # fmt: skip
def test_an_export_is_read_whatever_its_form(text: str, billed: Billed | None) -> None:
    read = invoice_file.read(text.encode("utf-8"))
    assert (read.problems, read.unread) == ([], 0)
    if billed is None:
        assert read.billed == {
            (DAY + timedelta(days=1), LUNA): Billed(10**9, lines=1),
            (DAY, LUNA): Billed(2_000_000, lines=1),
        }
    else:
        assert read.billed[DAY, LUNA] == billed


ANTHROPIC = """usage_date_utc,model_version,workspace,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,\
usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,cost_usd
2026-11-10,claude-sonnet-4-5-20250929,Default,1000,200,30,4000,600,0.25
"""
OPENROUTER = """date,model,model_permaslug,provider_name,usage,requests,prompt_tokens,completion_tokens,reasoning_tokens
2026-11-10 00:00:00,anthropic/claude-sonnet-4.5,anthropic/claude-4.5-sonnet-20250929,Anthropic,0.5,3,900,100,40
"""
AZURE = """UsageDateTime;MeterName;CostInBillingCurrency;BillingCurrency
2026-11-10T00:00:00Z;gpt-6-luna;1,25;USD
2026-11-10T00:00:00Z;gpt-6-luna;1,25;EUR
"""


@pytest.mark.parametrize(
    ("text", "model", "billed", "providers", "problems"),
    [
        (ANTHROPIC, "claude-sonnet-4-5", Billed(250_000_000, 5230, 600, 4000, 1), set(), 0),
        (OPENROUTER, "claude-sonnet-4.5", Billed(500_000_000, 900, 100, None, 1), {"anthropic"}, 0),
        (AZURE, LUNA, Billed(1_250_000_000, lines=1), set(), 1),
    ],
    ids=["parts of the input", "maker in the name", "semicolons and another currency"],
)
def test_exports_of_other_providers_are_read_by_the_names_of_their_columns(
    text: str, model: str, billed: Billed, providers: set[str], problems: int
) -> None:
    read = invoice_file.read(text.encode())
    assert (read.billed, read.providers, read.unread) == ({(DAY, model): billed}, providers, problems)


STRANGE = b"Report of November\n\nTag|Wer|Betrag|Hin\n10.11.2026|gpt-6-luna|2|1200\n"


def test_a_column_of_any_name_is_taken_where_it_is_said_what_it_is() -> None:
    with pytest.raises(Unreadable, match=r"lacks a column for date and model and cost\. Its columns are: Tag, Wer"):
        invoice_file.read(STRANGE)
    assert invoice_file.recognised(STRANGE) == (["Tag", "Wer", "Betrag", "Hin"], {})
    said = {"day": "Tag", "model": "Wer", "cost": "Betrag", "input": "Hin"}
    assert invoice_file.read(STRANGE, said).billed == {(DAY, LUNA): Billed(2 * 10**9, 1200, lines=1)}


def test_what_is_said_comes_before_the_name() -> None:
    text = f"date,model,cost,amount due\n2026-11-10,{LUNA},1,7\n".encode()
    assert invoice_file.read(text, {"cost": "amount due"}).billed[DAY, LUNA].nanousd == 7 * 10**9


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"cost": "Betrug"}, "no column Betrug. Its columns are: Tag, Wer"),
        ({"coin": "Tag"}, "no column of the kind coin"),
    ],
)
def test_a_column_that_is_not_there_is_named(said: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        invoice_file.read(STRANGE, {"day": "Tag", "model": "Wer", "cost": "Betrag"} | said)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    text = "Datum;Modell;Währung;Kosten\n2026-11-10;gpt-6-luna;USD;1,25\n"
    assert invoice_file.read(text.encode(encoding)).billed[DAY, LUNA].nanousd == 1_250_000_000


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("2026-13-10,gpt-6-luna,1,", "Line 3: 2026-13-10 is no day. Write days as 2026-11-23."),
        ("03/04/2026,gpt-6-luna,1,", "Line 3: 03/04/2026 may be two different days. Write days as 2026-11-23."),
        ("2026-11-10,,1,", "Line 3: it names no model."),
        ("2026-11-10,gpt-6-luna,abc,", "Line 3: abc is no cost."),
        ("2026-11-10,gpt-6-luna,,", "Line 3: it has no cost."),
        ("2026-11-10,gpt-6-luna,99999999999,", "Line 3: 99999999999 is more than anybody charges."),
        ("2026-11-10,gpt-6-luna,1,EUR", "Line 3: it is in EUR; only dollars can be compared."),
        (",gpt-6-luna,1,", "Line 3: it has no day."),
        ("2026-11-10,gpt-6-luna,1e999999999,", "Line 3: 1e999999999 is more than anybody charges."),
        ("2026-11-10,gpt-6-luna,-1e999999999,", "Line 3: -1e999999999 is more than anybody charges."),
        ("2026-11-10,gpt-6-luna,1e99999999999999999999,", "Line 3: 1e99999999999999999999 is no cost."),
        *(
            (f"{day},gpt-6-luna,1,", f"Line 3: {said or day} is no day of an invoice: write a year from 2000 to 2100.")
            for day, said in {
                "0001-01-01T00:00:00+14:00": "",
                "9999-12-31T23:59:59-14:00": "",
                "0001-01-01": "",
                "9999-12-31": "",
                "9999999999": "2286-11-20T17:46:39+00:00",
            }.items()
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_count(line: str, sentence: str) -> None:
    read = invoice_file.read(f"date,model,cost,currency\n2026-11-10,gpt-6-luna,1,usd\n{line}\n".encode())
    assert (read.problems, read.unread) == ([sentence], 1)
    assert read.billed == {(DAY, LUNA): Billed(10**9, lines=1)}


@pytest.mark.parametrize("count", ["²", "9" * 5_000, "9" * 16, "-1", "1e3", "12.5", "1204.75", "1.2.3"])
def test_what_is_no_number_of_tokens_is_said_in_our_words(count: str) -> None:
    read = invoice_file.read(f"date,model,cost,input\n2026-11-10,{LUNA},1,7\n2026-11-10,x,1,{count}\n".encode())
    assert read.problems == [f"Line 3: {count[:40]} is no number of tokens."]
    assert read.billed == {(DAY, LUNA): Billed(10**9, 7, lines=1)}


@pytest.mark.parametrize(
    ("written", "count"),
    [("1204", 1_204), ("1,204,455", 1_204_455), ("1.204.455", 1_204_455), ("12 345", 12_345), ("1,204", 1_204),
     ("1204.0", 1_204), ("1204,00", 1_204), ("1204.000000", 1_204), ("1204.000", 1_204), ("120.000", 120_000)],
)  # fmt: skip
def test_a_number_of_tokens_may_be_grouped_or_end_in_zeros(written: str, count: int) -> None:
    read = invoice_file.read(f"date;model;cost;input\n2026-11-10;{LUNA};1;{written}\n".encode())
    assert read.billed == {(DAY, LUNA): Billed(10**9, count, lines=1)}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_machine(end: str) -> None:
    read = invoice_file.read(end.join(["date,model,cost", f"2026-11-10,{LUNA},1", ""]).encode())
    assert (read.billed, read.problems) == ({(DAY, LUNA): Billed(10**9, lines=1)}, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty|lacks a column"),
        (b'date,model,cost\n2026-11-10,x,"' + b"1" * 200_000, "a quote is never closed"),
        (b"date,model\n2026-11-10,x\n", "lacks a column for cost. Its columns are: date, model"),
        (b"PK\x03\x04\x00\x00", "not a text file"),
        (b"date,model,cost\nx,y,z\n", "Line 2: x is no day"),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused_with_a_cure(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        invoice_file.read(data)


# -- the likely cause ----------------------------------------------------------------------------------------

# One day of gpt-6-luna by the catalogue, cents a million tokens 10 in, 1 cached, 50 out: 60 + 4 + 50 dollar-cents.
OURS = Ours(nanousd=1_140_000_000, input=10_000_000, cached=4_000_000, output=1_000_000, legs=900)


def theirs(usd: float, *, more: int = 0, tokens: bool = True, lines: int = 1) -> Billed:
    counts = (10_000_000 + more, 1_000_000, 4_000_000) if tokens else (None, None, None)
    return Billed(round(usd * 10**9), *counts, lines=lines)


@pytest.mark.parametrize(
    ("ours", "billed", "cause"),
    [
        (OURS, theirs(1.14), "agrees"),
        (OURS, theirs(1.1401), "agrees"),  # within a thousandth
        (OURS, theirs(1.144), "rounding"),
        (OURS, theirs(1.20, lines=24), "rounding"),  # half a cent for each of 24 lines
        (OURS, theirs(1.50), "cached in full"),  # 4,000,000 at 10 and not at 1
        (OURS, theirs(0.57), "another tier"),  # flex, or batch, is half
        (OURS, theirs(1.30), "differs"),
        (OURS, theirs(1.30, more=2_000_000), "missing here"),
        (OURS, theirs(0.90, more=-2_000_000), "missing there"),
        (OURS, theirs(1.40, tokens=False), "missing here"),
        (OURS, theirs(0.90, tokens=False), "missing there"),
        (OURS, None, "missing there"),
        (None, theirs(1.14), "missing here"),
        (Ours(None, 10_000_000, 0, 1_000_000, 9, 9), theirs(1.14), "no price here"),
    ],
)  # fmt: skip
def test_a_day_has_its_likely_cause(ours: Ours | None, billed: Billed | None, cause: str) -> None:
    other = {(DAY, "other"): Billed(1)}
    found = compare({(DAY, LUNA): ours} if ours else {}, other | ({(DAY, LUNA): billed} if billed else {}))
    (drift,) = [one for one in found.drifts if one.model == LUNA]
    assert drift.cause == cause
    assert drift.said.endswith(".")
    assert drift.nanousd == (billed.nanousd if billed else 0) - ((ours.nanousd or 0) if ours else 0)


def days(*values: Any) -> dict[tuple[date, str], Any]:
    return {(DAY + timedelta(days=number), LUNA): value for number, value in enumerate(values) if value}


def test_one_factor_on_all_days_is_another_price() -> None:
    half = Ours(nanousd=570_000_000, input=5_000_000, cached=2_000_000, output=500_000, legs=400)
    billed = days(theirs(1.14 * 1.1), Billed(round(0.57 * 1.1 * 10**9), 5_000_000, 500_000, 2_000_000, 1))
    found = compare(days(OURS, half), billed)
    assert {one.cause for one in found.drifts} == {"other price"}
    assert "1.100 times our price on all 2 days" in found.drifts[0].said
    assert found.nanousd == 171_000_000 and found.by_cause == {"other price": 171_000_000}


def test_one_factor_on_many_days_is_a_price_even_where_cached_input_would_explain_it() -> None:
    """New input at 10 and cached at 1 makes 1.50 of 1.14: the same factor on every day is no chance."""
    found = compare(days(OURS, OURS, OURS), days(*[theirs(1.50)] * 3))
    assert {one.cause for one in found.drifts} == {"other price"}
    other = Ours(nanousd=1_400_000_000, input=10_000_000, cached=0, output=800_000, legs=9)
    mixed = compare(
        days(OURS, other, OURS), days(theirs(1.50), Billed(1_400_000_000, 10_000_000, 800_000), theirs(1.50))
    )
    assert [one.cause for one in mixed.drifts] == ["cached in full", "cached in full", "agrees"]


def test_days_that_both_lack_calls_do_not_explain_each_other() -> None:
    found = compare(days(OURS, OURS), days(theirs(1.0, more=-1_000_000), theirs(1.0, more=-1_000_000)))
    assert [one.cause for one in found.drifts] == ["missing there", "missing there"]


def test_calls_near_midnight_move_a_day_and_are_not_missing() -> None:
    found = compare(days(OURS, OURS), days(theirs(1.0, more=-1_000_000), theirs(1.28, more=1_000_000)))
    assert [one.cause for one in found.drifts] == ["day boundary", "day boundary"]
    assert found.nanousd == 0


def test_our_records_come_from_the_figures_by_utc_day_and_model(store: Store) -> None:
    user, at = person(store), datetime(2026, 11, 10, 23, 59, tzinfo=UTC)
    local = leg(9, 0, provider="embedded", model="smollm2-135m")
    history.fill(
        store,
        [
            run(user, leg(100, 7), leg(50, None, status="failed"), at=at),
            run(user, leg(10, 5, model="gpt-6-luna-2026-09-01"), at=at),
            run(user, local, at=at),
            run(user, leg(1, 1), at=at + timedelta(minutes=2)),
        ],
    )
    ours = invoice.recorded(Usage(store).now(), DAY, DAY, ["openai"])
    assert ours[DAY, LUNA] == Ours(nanousd=12, input=160, legs=3, unknown=1)
    assert ours[DAY + timedelta(days=1), LUNA].nanousd == 1
    read = invoice_file.read(b"date,model,cost\n2026-11-10,gpt-6-luna,0.000000012\n")
    found = invoice.check(Usage(store).now(), read)
    assert [(one.model, one.cause) for one in found.drifts] == [(LUNA, "agrees")]
    assert invoice.summary(found).startswith("The export and our records agree")


@pytest.mark.parametrize(
    ("provider", "line", "compared", "ours"),
    [
        (None, "", ["openai", "openrouter"], 12),  # all that charge, the embedded model does not
        ("openrouter", "", ["openrouter"], 5),
        (None, "OpenRouter", ["openrouter"], 5),  # as the file says
        (None, "Somebody", ["openai", "openrouter"], 12),
    ],
)
def test_the_provider_is_chosen_or_read_from_the_file(
    store: Store, provider: str | None, line: str, compared: list[str], ours: int
) -> None:
    user, at = person(store), datetime(2026, 11, 10, 12, tzinfo=UTC)
    legs = [leg(1, 7), leg(1, 5, provider="openrouter", model="openai/gpt-6-luna"), leg(1, 9, provider="embedded")]
    history.fill(store, [run(user, one, at=at) for one in legs])
    read = invoice_file.read(f"date,model,cost,provider\n2026-11-10,{LUNA},0,{line}\n".encode())
    found = invoice.check(Usage(store).now(), read, provider=provider)
    assert (found.providers, found.ours_nanousd, found.strangers) == (compared, ours, False)
    with pytest.raises(Invalid, match=r"No call to azure is recorded here\. Those that were: openai, openrouter"):
        invoice.check(Usage(store).now(), read, provider="azure")


def test_an_export_of_strange_models_says_that_nothing_can_be_compared(store: Store) -> None:
    history.fill(store, [run(person(store), leg(1, 7), at=datetime(2026, 11, 10, 12, tzinfo=UTC))])
    read = invoice_file.read(b"date,model,cost\n2026-11-10,GPT 6 inp glbl Tokens,1\n")
    found = invoice.check(Usage(store).now(), read)
    assert (
        found.strangers
        and "No model of the export is recorded here on the same day under openai" in invoice.summary(found)
    )


def test_ours_and_theirs_add_up_whatever_the_causes() -> None:
    chance = random.Random(5)
    keys = [(DAY + timedelta(days=n), m) for n in range(5) for m in (LUNA, "other")]
    ours = {
        key: Ours(chance.randrange(10**9), chance.randrange(9_999), 0, 5, 1) for key in keys if chance.random() < 0.8
    }
    billed = {
        key: Billed(chance.randrange(10**9), chance.randrange(9_999), 5, 0, 1)
        for key in [keys[0], keys[-1], *keys[2:6]]
    }
    found = compare(ours, billed)
    assert found.ours_nanousd == sum(one.nanousd or 0 for one in ours.values())
    assert found.theirs_nanousd == sum(one.nanousd for one in billed.values())
    assert sum(found.by_cause.values()) == found.nanousd == sum(one.nanousd for one in found.drifts)
