"""A model that fails several times in a row is left alone for a while, and no run waits for it meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import (
    AnswerUnreadable,
    ProviderBusy,
    ProviderCut,
    ProviderDown,
    ProviderError,
    ProviderGarbled,
    ProviderRefused,
    ProviderResting,
    ProviderSlow,
)
from core.llm import history
from core.llm.cooldown import FIRST_S, IN_A_ROW, LONGEST_S, MOST_KEPT, Cooldown, counts
from core.llm.provider import Deadlines
from core.llm.router import LAST, Leg
from core.llm.scripted import Play
from core.store import Store
from tests.benches import bench, finished, letter, waited_for

LEG = Leg("openai", "gpt-6-luna")
DOWN = ProviderDown("The model's server cannot be reached.")
FAILING = [Play(error=DOWN)] * IN_A_ROW


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cooldown(clock: Clock) -> Cooldown:
    return Cooldown(clock)


def fail(cooldown: Cooldown, error: ProviderError = DOWN, *, times: int = 1, leg: Leg = LEG) -> None:
    for _ in range(times):
        turn = cooldown.turn(leg)
        turn.failed(error)
        turn.over()


def answer(cooldown: Cooldown) -> None:
    turn = cooldown.turn(LEG)
    turn.answered()
    turn.over()


def rests(cooldown: Cooldown, leg: Leg = LEG) -> bool:
    try:
        cooldown.turn(leg).over()
    except ProviderResting:
        return True
    return False


UNWELL: dict[str, tuple[ProviderError, bool]] = {
    "unreachable or 5xx": (DOWN, True),
    "too slow": (ProviderSlow("Too slow."), True),
    "cut in the middle": (ProviderCut("Cut."), True),
    "busy, and says until when": (ProviderBusy("Busy.", retry_after_s=1), True),
    "busy": (ProviderBusy("Busy."), False),
    "a bad key": (ProviderRefused("The key was refused."), False),
    "another protocol": (ProviderGarbled("What came was HTML."), False),
    "an answer without a shape": (AnswerUnreadable("Nothing was said."), False),
}


@pytest.mark.parametrize("what", UNWELL)
def test_only_what_waiting_may_cure_counts(cooldown: Cooldown, what: str) -> None:
    error, counted = UNWELL[what]
    assert counts(error) == counted
    fail(cooldown, error, times=IN_A_ROW)
    assert rests(cooldown) == counted


def test_it_takes_several_failures_in_a_row(cooldown: Cooldown) -> None:
    fail(cooldown, times=IN_A_ROW - 1)
    answer(cooldown)
    fail(cooldown, times=IN_A_ROW - 1)
    fail(cooldown, ProviderRefused("No."))  # it answered, if not as wished
    fail(cooldown, times=IN_A_ROW - 1)
    assert not rests(cooldown) and cooldown.resting() == []
    fail(cooldown)
    assert rests(cooldown)


def test_each_model_has_a_row_of_its_own_and_the_rules_have_none(cooldown: Cooldown) -> None:
    fail(cooldown, times=IN_A_ROW)
    fail(cooldown, times=IN_A_ROW * 2, leg=LAST)
    assert rests(cooldown) and not rests(cooldown, Leg("openai", "gpt-6.1-terra")) and not rests(cooldown, LAST)


def test_each_failed_try_makes_the_pause_longer_up_to_a_limit(cooldown: Cooldown, clock: Clock) -> None:
    fail(cooldown, times=IN_A_ROW)
    pauses = []
    for _ in range(8):
        began = clock.now
        while rests(cooldown):
            clock.now += 1
        pauses.append(clock.now - began)
        fail(cooldown)
    assert pauses[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S] and pauses[-1] == LONGEST_S
    clock.now += LONGEST_S
    answer(cooldown)
    fail(cooldown, times=IN_A_ROW)
    clock.now += FIRST_S
    assert not rests(cooldown)  # an answer has made the next pause short again


@pytest.mark.parametrize(("asked_s", "pause_s"), [(1, FIRST_S), (40, 40), (86_400, LONGEST_S)])
def test_a_server_that_says_how_long_is_given_that(
    cooldown: Cooldown, clock: Clock, asked_s: float, pause_s: float
) -> None:
    fail(cooldown, ProviderBusy("Busy.", retry_after_s=asked_s), times=IN_A_ROW)
    clock.now += pause_s - 0.1
    assert rests(cooldown)
    clock.now += 0.1
    assert not rests(cooldown)


def test_after_the_pause_one_run_tries_while_the_others_still_pass_over(cooldown: Cooldown, clock: Clock) -> None:
    fail(cooldown, times=IN_A_ROW)
    clock.now += FIRST_S
    first = cooldown.turn(LEG)
    with pytest.raises(ProviderResting, match="trying it again right now"):
        cooldown.turn(LEG)
    first.over()  # stopped by its caller: nothing is learned, the next one tries
    second = cooldown.turn(LEG)
    second.answered()
    second.over()
    assert not rests(cooldown) and cooldown.resting() == []


def test_runs_that_were_under_way_do_not_make_the_pause_longer(cooldown: Cooldown, clock: Clock) -> None:
    under_way = [cooldown.turn(LEG) for _ in range(20)]
    for turn in under_way:
        turn.failed(DOWN)
        turn.over()
    clock.now += FIRST_S
    assert not rests(cooldown)


def test_names_that_callers_make_up_are_not_kept_for_ever(cooldown: Cooldown) -> None:
    for number in range(MOST_KEPT + 50):
        fail(cooldown, leg=Leg("openai", f"made-up-{number}"), times=IN_A_ROW)
    assert len(cooldown.resting()) == MOST_KEPT


def test_what_is_told_of_a_resting_model(cooldown: Cooldown) -> None:
    fail(cooldown, times=IN_A_ROW)
    (rest,) = cooldown.resting()
    assert (rest.leg, rest.failures, rest.code, rest.why) == (LEG, IN_A_ROW, "provider_down", DOWN.message)
    assert abs(datetime.now(UTC) - rest.since) < timedelta(seconds=5)
    assert timedelta(seconds=FIRST_S - 5) < rest.until - rest.since <= timedelta(seconds=FIRST_S + 1)
    cooldown.forget(LEG)
    assert cooldown.resting() == [] and not rests(cooldown)


# -- in a run ------------------------------------------------------------------------------------------


def test_a_run_passes_over_a_resting_model_and_says_so_everywhere(sqlite_store: Store) -> None:
    with bench(sqlite_store, *FAILING, letter()) as one:
        for _ in range(IN_A_ROW):
            one.run(model=str(LEG))
        live = one.start(model=str(LEG))
        result = finished(live)
        record = history.story(one.workbench.store, result.run_id)
        assert len(one.provider.calls) == IN_A_ROW  # it was not asked again
        (rest,) = one.workbench.cooldown.resting()
        one.workbench.cooldown.forget(rest.leg)
        assert one.run(model=str(LEG)).status == "ok"
    assert (result.status, result.provider, len(result.attempts)) == ("fallback", "rules", 1)
    assert (
        record.run.status == "fallback" and "openai/gpt-6-luna skipped: it failed too often of late" in record.run.route
    )
    assert any("openai/gpt-6-luna was not asked" in warning for warning in result.answer.warnings)
    assert [event.kind for event in live.events[:2]] == ["started", "notice"]
    assert live.events[1].data["code"] == "provider_resting" and "3 times in a row" in live.events[1].data["message"]
    assert record.result == result


def test_a_stopped_try_leaves_the_model_to_the_next_run(sqlite_store: Store) -> None:
    clock = Clock()
    with bench(sqlite_store, *FAILING, Play(hang=True), letter(), deadlines=Deadlines()) as one:
        one.workbench.cooldown.clock = clock
        for _ in range(IN_A_ROW):
            one.run(model=str(LEG))
        clock.now += FIRST_S
        live = one.start(model=str(LEG))
        waited_for(lambda: len(one.provider.calls) > IN_A_ROW)
        one.workbench.cancel(live.id)
        assert finished(live).status == "cancelled"
        assert one.run(model=str(LEG)).status == "ok"
    assert one.workbench.cooldown.resting() == []


def test_a_bug_of_ours_is_not_held_against_the_model(sqlite_store: Store) -> None:
    with bench(sqlite_store, Play(error=ZeroDivisionError())) as one:
        for _ in range(IN_A_ROW + 1):
            one.run(model=str(LEG))
        assert len(one.provider.calls) == IN_A_ROW + 1
