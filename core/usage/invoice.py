"""The invoice check: a provider's export beside our own records, day by day and model by model, and why they differ."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, timedelta

from core.access.limits import money
from core.access.plans import RULES
from core.errors import Invalid
from core.llm.price_book import LOCAL_PROVIDERS
from core.usage.filters import Filter
from core.usage.invoice_causes import USUAL, Judge, Ours, Tolerance, all_tokens, total
from core.usage.invoice_file import Billed, Invoice, plain
from core.usage.queries import Questions


@dataclass(frozen=True, slots=True)
class Drift:
    """One day of one model on both sides; `cause` is one of `CAUSES`, `said` explains it with figures."""

    day: date
    model: str
    ours: Ours | None
    theirs: Billed | None
    cause: str
    said: str

    @property
    def nanousd(self) -> int:
        """By how much they charge more than is recorded here; negative where it is less."""
        return (self.theirs.nanousd if self.theirs else 0) - ((self.ours.nanousd or 0) if self.ours else 0)

    @property
    def tokens(self) -> int | None:
        """The same in tokens; None where the export has none."""
        theirs = total(self.theirs)
        if theirs is None:
            return None if self.theirs else -all_tokens(self.ours)
        return theirs - all_tokens(self.ours)


@dataclass(frozen=True, slots=True)
class Check:
    """The whole comparison, the largest drift first."""

    drifts: Sequence[Drift]
    ours_nanousd: int
    theirs_nanousd: int
    by_cause: Mapping[str, int] = field(default_factory=dict)  # dollars of drift, in nano-dollars
    providers: Sequence[str] = ()  # whose calls were compared

    @property
    def strangers(self) -> bool:
        """Whether no model of the export is one of those recorded here: the names, or the provider, are not the same."""
        return not any(one.ours and one.theirs for one in self.drifts)

    @property
    def nanousd(self) -> int:
        return self.theirs_nanousd - self.ours_nanousd

    @property
    def share(self) -> float | None:
        """The drift as a share of what is recorded here; None where nothing is."""
        return self.nanousd / self.ours_nanousd if self.ours_nanousd else None


def check(figures: Questions, invoice: Invoice, tolerance: Tolerance = USUAL, *, provider: str | None = None) -> Check:
    """The export beside our records of its days, a day around it for calls near midnight.

    Calls to `provider` are compared; without it those to whom the export names, or to all that charge. Errors:
    `Invalid` for a provider that was never called, `StorageDown`.
    """
    first, last = invoice.days
    chosen = _compared(figures, invoice, provider)
    found = compare(recorded(figures, first, last, chosen), invoice.billed, tolerance)
    return replace(found, providers=chosen)


def charging(figures: Questions) -> list[str]:
    """The providers that were ever called and that may charge, in alphabetical order."""
    called = [value for value in figures.values("attempt_provider") if value is not None]
    return [name for name in called if name != RULES and name not in LOCAL_PROVIDERS]


def _compared(figures: Questions, invoice: Invoice, provider: str | None) -> list[str]:
    known = charging(figures)
    if provider is not None:
        if provider not in known:
            among = f"Those that were: {', '.join(known)}." if known else "None was so far."
            raise Invalid(f"No call to {provider} is recorded here. {among}")
        return [provider]
    return [name for name in known if name in invoice.providers] or known


def recorded(figures: Questions, first: date, last: date, providers: Collection[str]) -> dict[tuple[date, str], Ours]:
    """Our legs of these UTC days and one around them, by day and model."""
    day = timedelta(days=1)
    asked = Filter.days(first - day, last + day, UTC, {"attempt_provider": frozenset(providers)})
    found: dict[tuple[date, str], Ours] = defaultdict(Ours)
    for row in figures.rows(asked, ("day", "attempt_model", "attempt_provider"), percentiles=False):
        on, model, provider = row.values
        if not isinstance(on, date) or model is None:
            continue
        one, of_day = found[on, plain(str(model))], row.total
        one.provider = str(provider)
        if of_day.cost_nanousd is not None:
            one.nanousd = (one.nanousd or 0) + of_day.cost_nanousd
        one.input += of_day.input_tokens
        one.cached += of_day.cached_tokens
        one.output += of_day.output_tokens
        one.legs += of_day.runs
        one.unknown += of_day.unknown
    return dict(found)


def compare(
    ours: Mapping[tuple[date, str], Ours], billed: Mapping[tuple[date, str], Billed], tolerance: Tolerance = USUAL
) -> Check:
    """The drift of every day and model of the export's days, pure."""
    days = [day for day, _ in billed]
    first, last = min(days), max(days)
    keys = sorted({*billed, *(key for key, one in ours.items() if first <= key[0] <= last and one.legs)})
    judge = Judge(ours, billed, tolerance)
    drifts = [Drift(*key, ours.get(key), billed.get(key), *judge.cause(*key)) for key in keys]
    by_cause: dict[str, int] = defaultdict(int)
    for one in drifts:
        by_cause[one.cause] += one.nanousd
    return Check(
        sorted(drifts, key=lambda one: (-abs(one.nanousd), one.day, one.model)),
        sum(one.ours.nanousd or 0 for one in drifts if one.ours),
        sum(one.theirs.nanousd for one in drifts if one.theirs),
        dict(by_cause),
    )


def summary(found: Check) -> str:
    """The result in one sentence."""
    if found.strangers:
        whose = f" under {' or '.join(found.providers)}" if found.providers else ""
        return (
            f"No model of the export is recorded here on the same day{whose}, so nothing can be compared. Look whether "
            "it is this provider's, and whether the column of the model holds its name."
        )
    if found.nanousd == 0:
        return f"The export and our records agree: {money(found.ours_nanousd)}."
    more = "more" if found.nanousd > 0 else "less"
    share = f" ({abs(found.share):.1%})" if found.share is not None else ""
    return (
        f"The provider charges {money(found.theirs_nanousd)}, our records say {money(found.ours_nanousd)}: "
        f"{money(abs(found.nanousd))} {more}{share}."
    )
