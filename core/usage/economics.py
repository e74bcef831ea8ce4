"""What a kept document costs: all that was spent, failures and trials included, by what people saved from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, func, literal, select, union_all

from core.store import EVERYONE, AiRun, DocumentRevision, ResumeVersion, Store
from core.usage.figures import Total
from core.usage.filters import RUN_DIMENSIONS, Filter, Value, known
from core.usage.queries import Snapshot

USUAL = ("feature", "prompt", "model", "plan")


@dataclass(frozen=True, slots=True)
class Economy:
    """One group: its values in the order asked for, its runs, and the documents and resume versions kept from them.

    `kept_permille` is how much of the model's text stands in what was saved, on average; None where nothing was.
    """

    values: tuple[Value, ...]
    total: Total
    kept: int
    kept_permille: int | None

    @property
    def nanousd_each(self) -> int | None:
        """What one kept document cost; None where none was kept or nothing of the cost is known."""
        if not self.kept or self.total.cost_nanousd is None:
            return None
        return self.total.cost_nanousd // self.kept


def economics(store: Store, figures: Snapshot, asked: Filter, by: Sequence[str] = USUAL) -> list[Economy]:
    """One row a group of runs that began in the filter, dearest first; runs of which nothing was kept count in full.

    A document counts once, however many of its revisions came from the group; so does a resume version.
    Errors: `Invalid` for a dimension that runs do not have.
    """
    for dimension in (*by, *(name for name in asked.where if name != "user")):
        known(dimension, RUN_DIMENSIONS)
    kept = _kept(store, asked, by)
    groups = [
        Economy(values, row.total, *kept.get(values, (0, None)))
        for row in figures.rows(asked, tuple(by))
        for values in (_values(row.values),)
    ]
    return sorted(groups, key=lambda one: (-(one.total.cost_nanousd or 0), -one.total.runs))


def _values(values: Sequence[object]) -> tuple[Value, ...]:
    return tuple(value if value is None or isinstance(value, int) else str(value) for value in values)


def _kept(store: Store, asked: Filter, by: Sequence[str]) -> dict[tuple[Value, ...], tuple[int, int | None]]:
    """How many were kept, and how much of their text, by group."""
    papers = union_all(
        select(
            DocumentRevision.source_run_id.label("run_id"),
            (literal("d") + cast(DocumentRevision.document_id, String)).label("paper"),
            DocumentRevision.kept_permille.label("share"),
        ).where(DocumentRevision.source_run_id.is_not(None)),
        select(
            ResumeVersion.source_run_id,
            literal("r") + cast(ResumeVersion.id, String),
            ResumeVersion.kept_permille,
        ).where(ResumeVersion.source_run_id.is_not(None)),
    ).subquery()
    dimensions = [getattr(AiRun, name) for name in by]
    wanted = (
        select(*dimensions, func.count(papers.c.paper.distinct()), func.avg(papers.c.share))
        .select_from(AiRun)
        .join(papers, papers.c.run_id == AiRun.id)
        .where(AiRun.created_at >= asked.start, AiRun.created_at < asked.end)
        .group_by(*dimensions)
    )
    for name, values in asked.where.items():
        column = AiRun.user_id if name == "user" else getattr(AiRun, name)
        given = [value for value in values if value is not None]
        wanted = wanted.where(column.in_(given) | column.is_(None) if None in values else column.in_(given))
    with store.reading(EVERYONE) as session:
        rows = session.execute(wanted).all()
    return {
        tuple(row[: len(by)]): (int(row[len(by)]), None if row[len(by) + 1] is None else round(row[len(by) + 1]))
        for row in rows
    }
