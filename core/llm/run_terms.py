"""What a run must be, as conditions in SQL, each with the indexes that find the runs it holds for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.types import String

from core.llm.run_filter import ANY, NONE, RunFilter
from core.store import AiRun, Job, User

RUN: Table = AiRun.__table__  # type: ignore[assignment]
MOST_SEEKS = 24  # more places to look at than this cost more than walking along the list
MOST_IDS = 1_000  # candidates or jobs that are searched for by their ids, in one seek
LONGEST_ID = 36

# Conditions of partial indexes: as constants, because an index is used only where its condition is seen to hold.
OK, RUNNING, EXACT = (literal_column(f"'{value}'", String) for value in ("ok", "running", "exact"))

Test = Callable[[FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Seek:
    """Some runs found by an index: in the order of time, if `ordered`. `index` None leaves the choice to the database."""

    index: str | None
    test: Test
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `seeks` find all it holds for; None where no index helps."""

    test: Test
    seeks: Sequence[Seek] | None = None


def terms(connection: Connection, wanted: RunFilter) -> list[Term]:
    """The conditions of a filter without its span of time, which every index can narrow by."""
    found = [_among(name, getattr(wanted, name)) for name in ("feature", "plan") if getattr(wanted, name)]
    for name in ("caller", "status", "cost_status"):
        if values := getattr(wanted, name):
            found.append(_union([_TERMS[name](value) for value in values]))
    for name, ids in (("user_id", wanted.user), ("job_id", wanted.job)):
        if ids:
            found.append(_union([_equal(name, id) for id in ids]))
    if wanted.provider or wanted.model:
        found.append(_models(connection, wanted))
    if wanted.error_code:
        found.append(_errors(connection, wanted.error_code))
    if wanted.prompt:
        found.append(_prompts(connection, wanted.prompt))
    if wanted.search:
        found.append(_search(connection, wanted.search))
    return [_bounded(term) for term in found]


def values(
    connection: Connection,
    column: str,
    *,
    most: int = 200,
    first: str = "",
    behind: str | None = None,
    provider: str | None = None,
) -> list[str]:
    """The distinct values of a column from `first` to before `behind`, ascending: one look into its index for each."""
    of, given = RUN.c[column], RUN.c.provider == provider if provider else true()
    least = select(func.min(of).label("value")).where(given, of < behind if behind else true())
    found = least.where(of >= first).cte("found", recursive=True)
    another = least.where(of > found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(select(another).where(found.c.value.is_not(None)))
    return list(connection.scalars(select(found.c.value).where(found.c.value.is_not(None)).limit(most)))


def models(connection: Connection, *providers: str) -> list[tuple[str, str]]:
    """Providers, of these or all, with the models of theirs that were asked."""
    asked = providers or values(connection, "provider")
    return [(name, model) for name in asked for model in values(connection, "model", provider=name)]


# -- one condition each -------------------------------------------------------------------------------


def _equal(column: str, value: Any) -> Term:
    def test(run: FromClause) -> ColumnElement[bool]:
        same: ColumnElement[bool] = run.c[column] == value
        return same

    return _indexed(column, test)


def _indexed(column: str, test: Test, *, ordered: bool = True) -> Term:
    return Term(test, [Seek(f"ix_ai_run_{column}_created_at", test, ordered)])


def _status(value: str) -> Term:
    if value == "ok":  # most runs are, so no index singles them out
        return _among("status", (value,))
    return _indexed("status", lambda run: and_(run.c.status == value, run.c.status != OK))


def _cost_status(value: str) -> Term:
    """Of runs that ended: what one under way costs is not known yet."""
    ended: Test = lambda run: and_(run.c.cost_status == value, run.c.status != RUNNING)  # noqa: E731
    if value == "exact":
        return Term(ended)
    return _indexed("cost_status", lambda run: and_(ended(run), run.c.cost_status != EXACT))


def _errors(connection: Connection, wanted: Sequence[str]) -> Term:
    """Codes, any of them, or none at all."""
    codes = set(wanted) - {ANY, NONE}
    if ANY in wanted:
        codes |= set(values(connection, "error_code"))

    def test(run: FromClause) -> ColumnElement[bool]:
        code: ColumnElement[Any] = run.c.error_code
        known = code.is_not(None) if ANY in wanted else code.in_(codes)
        return or_(known, code.is_(None)) if NONE in wanted else known

    if NONE in wanted:
        return Term(test)
    return Term(test, [seek for code in sorted(codes) for seek in _equal("error_code", code).seeks or ()])


_TERMS: dict[str, Callable[[str], Term]] = {
    "caller": lambda value: _equal("caller", value),
    "status": _status,
    "cost_status": _cost_status,
}


def _models(connection: Connection, wanted: RunFilter) -> Term:
    """Provider and model together, as they stand in one index."""

    def test(run: FromClause) -> ColumnElement[bool]:
        given = (("provider", wanted.provider), ("model", wanted.model))
        return and_(*(_one_of(run.c[name], values) for name, values in given if values))

    if NONE in (*wanted.provider, *wanted.model):
        return Term(test)
    known = [*models(connection, *wanted.provider), *((provider, None) for provider in wanted.provider)]
    pairs = [(provider, model) for provider, model in known if not wanted.model or model in wanted.model]
    return Term(test, [Seek("ix_ai_run_provider_model_created_at", _pair(*pair)) for pair in pairs])


def _pair(provider: str, model: str | None) -> Test:
    return lambda run: and_(
        run.c.provider == provider, run.c.model.is_(None) if model is None else run.c.model == model
    )


def _prompts(connection: Connection, wanted: Sequence[str]) -> Term:
    """Versions, or all versions of a name; where these are many, drafts among them, the list itself is searched."""
    versions = {value for value in wanted if "@" in value}
    for name in set(wanted) - versions:
        versions |= set(values(connection, "prompt", most=MOST_SEEKS + 1, first=f"{name}@", behind=_behind(name)))
    found = _union([_equal("prompt", version) for version in sorted(versions)]) if versions else Term(_never, [])
    return Term(lambda run: or_(*(_is_prompt(run, value) for value in wanted)), found.seeks)


def _is_prompt(run: FromClause, value: str) -> ColumnElement[bool]:
    prompt: ColumnElement[str] = run.c.prompt
    return prompt == value if "@" in value else and_(prompt >= f"{value}@", prompt < _behind(value))


def _behind(name: str) -> str:
    """What comes after all versions of a prompt: in ASCII, A comes after @."""
    return f"{name}A"


def _never(_: FromClause) -> ColumnElement[bool]:
    return false()


def _search(connection: Connection, said: str) -> Term:
    """A run's id or its beginning, a candidate's name, a job's title."""
    parts: list[Term] = []
    if len(said) <= LONGEST_ID and set(said.lower()) <= set("0123456789abcdef-"):
        first = said.lower()
        within = lambda run: and_(run.c.id >= first, run.c.id < first[:-1] + chr(ord(first[-1]) + 1))  # noqa: E731
        parts.append(Term(within, [Seek(None, within, ordered=False)]))
    for column, ids in (("user_id", select(User.id).where(_like(User.name, said))), ("job_id", _titled(said))):
        some = list(connection.scalars(ids.limit(MOST_IDS + 1)))
        if len(some) > MOST_IDS:
            parts.append(Term(_in(column, ids)))
        elif len(some) > MOST_SEEKS:
            parts.append(_indexed(column, _in(column, some), ordered=False))
        else:
            parts += [_equal(column, id) for id in some]
    if not parts:
        return Term(_never, [])
    return _union(parts)


def _titled(said: str) -> Any:
    return select(Job.id).where(_like(Job.title, said))


def _in(column: str, ids: Any) -> Test:
    return lambda run: run.c[column].in_(ids)


def _like(column: Any, said: str) -> ColumnElement[bool]:
    """Whatever the case, which SQLite knows of A to Z alone."""
    spelled = (said,) if said.isascii() else dict.fromkeys((said, said.lower(), said.title(), said.upper()))
    return or_(*(column.cast(String).icontains(one, autoescape=True) for one in spelled))


# -- together --------------------------------------------------------------------------------------------


def _among(column: str, values: Sequence[str]) -> Term:
    return Term(lambda run: _one_of(run.c[column], values))


def _one_of(column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
    named = [value for value in values if value != NONE]
    tests = [column.in_(named)] if named else []
    return or_(*tests, column.is_(None)) if NONE in values else tests[0]


def _union(parts: Sequence[Term]) -> Term:
    """Any of them."""
    if len(parts) == 1:
        return parts[0]
    lists = [part.seeks for part in parts]
    seeks = None if None in lists else [seek for some in lists for seek in some or ()]
    return Term(lambda run: or_(*(part.test(run) for part in parts)), seeks)


def _bounded(term: Term) -> Term:
    return term if term.seeks is None or len(term.seeks) <= MOST_SEEKS else Term(term.test)
