"""Reading and writing the ledger of a scratch database."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, insert, select, update

from core.access.ledger import Claim, Line
from core.access.limits import Limit, Limits, limits
from core.access.plans import Policy
from core.llm import runs
from core.llm.runs import Attempt, Opening
from core.schema import AiAnswer, AiRequest, Cost, Details, RunResult, Usage
from core.store import AiRun, Ledger, Reservation, Store
from core.store.columns import now
from tests.benches import CALLER

LINES = Ledger.__table__
HELD = Reservation.__table__
RUN = AiRun.__table__


def opening(
    limits: Limits | None, user_id: int, *, tokens: int = 0, nanousd: int = 0, key: str | None = None
) -> Opening:
    """A run that may be opened; without `limits` it asks for nothing."""
    request = AiRequest(feature="match", user_id=user_id)
    claim = Claim(limits, now(), tokens, nanousd) if limits else None
    return Opening(runs.new_id(), CALLER, request, "match@1", "pro", claim=claim, idempotency_key=key)


def holding(policy: Policy, user_id: int) -> Limits:
    return limits(policy, "pro", user_id, now())


def end(store: Store, opened: Opening, *, tokens: int = 0, nanousd: int | None = 0, known: Sequence[int] = ()) -> bool:
    """Settle a run that used so much; `known` are the costs of the legs whose cost is known."""
    usage = Usage(input_tokens=tokens)
    result = RunResult(
        run_id=opened.id,
        status="ok",
        answer=AiAnswer(title="", summary="", content=""),
        changes=(),
        details=Details(),
        provider="openai",
        model="gpt-6-luna",
        prompt=opened.prompt,
        usage=usage,
        cost_usd=None,
        cost_status="unknown" if nanousd is None else "exact",
        latency_ms=1,
        ttft_ms=1,
        attempts=(),
    )
    attempts = [
        Attempt(number, "openai", "gpt-6-luna", now(), cost=Cost(nanousd=cost, status="exact"))
        for number, cost in enumerate(known, 1)
    ]
    cost = Cost(nanousd=nanousd, status=result.cost_status)
    return runs.settle(store, opened, result, attempts, cost, note=None)


def line(store: Store, limit: Limit) -> Line:
    """One line as it stands; an empty one where there is none."""
    same = (LINES.c.subject == limit.subject) & (LINES.c.measure == limit.measure) & (LINES.c.period == limit.period)
    with store.read() as connection:
        row = connection.execute(select(LINES).where(same)).one_or_none()
    return Line(row.used, row.reserved, row.started_at) if row else Line()


def spend(store: Store, limit: Limit, used: int, *, reserved: int = 0) -> None:
    """Write a line as if so much had been used before."""
    values = {"subject": limit.subject, "measure": limit.measure, "period": limit.period}
    with store.write() as connection:
        connection.execute(insert(LINES).values(**values, used=used, reserved=reserved))


def statuses(store: Store) -> dict[tuple[str, str | None], int]:
    """How many runs there are by status and error code."""
    counted = select(RUN.c.status, RUN.c.error_code, func.count()).group_by(RUN.c.status, RUN.c.error_code)
    with store.read() as connection:
        return {(status, code): count for status, code, count in connection.execute(counted)}


def assert_balanced(store: Store, limits: Limits) -> None:
    """What the ledger holds is what the reservations say, and the runs counted are the runs there are."""
    sums = select(func.coalesce(func.sum(HELD.c.tokens), 0), func.coalesce(func.sum(HELD.c.nanousd), 0))
    with store.read() as connection:
        tokens, nanousd = connection.execute(sums).one()
        admitted = connection.execute(select(func.count()).where(RUN.c.status != "refused")).scalar_one()
        running = set(connection.execute(select(RUN.c.id).where(RUN.c.status == "running")).scalars())
        held = set(connection.execute(select(HELD.c.run_id)).scalars())
    assert line(store, limits.tokens).reserved == tokens
    assert line(store, limits.dollars).reserved == line(store, limits.project).reserved == nanousd
    assert line(store, limits.runs).used == admitted
    assert held == running


def expire(store: Store, owner: str, *, run_id: str | None = None) -> None:
    """Let the leases of a process, or of one of its runs, have run out."""
    mine = (RUN.c.owner == owner) & (RUN.c.id == (run_id or RUN.c.id))
    with store.write() as connection:
        connection.execute(update(RUN).where(mine).values(lease_until=now() - timedelta(seconds=1)))
