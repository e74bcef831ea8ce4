"""Tailoring: proposed changes applied to a copy of a resume by code, refused wherever they touch a fact, and judged."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.drive import verdicts
from core.drive.resume import lines
from core.drive.shape import clean, normalise, sections
from core.drive.source import Source
from core.drive.targets import Refusal, Target, find_target
from core.errors import Invalid
from core.schema import Change, RejectedChange

__all__ = ["Difference", "Source", "Tailored", "allowed", "apply", "diff", "judge", "judge_by"]
MAX_CHANGES = 200
MAX_SUMMARY = 2_000
MAX_BULLET = 600


@dataclass(frozen=True, slots=True)
class Tailored:
    """A new resume, the changes that may be made and those that were refused, each with a sentence why.

    Where they were judged, `resume` holds the verified ones of `accepted` and no other.
    """

    resume: dict[str, Any]
    accepted: tuple[Change, ...]
    rejected: tuple[RejectedChange, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One text that differs; `before` is empty where it is new, `after` where it is gone."""

    path: str
    place: str
    before: str
    after: str


def apply(resume: Mapping[str, Any], changes: Sequence[Change]) -> Tailored:
    """The resume with every change that may be made; `resume` itself is left as it is.

    Summaries, project descriptions and bullets may be replaced, bullets removed, and bullets, skills,
    keywords and projects put in another order. What a new text claims is for `judge`.
    """
    return _worked(Source(normalise(resume)), changes, judges=False)


def judge(resume: Mapping[str, Any], changes: Sequence[Change], *, job: str = "") -> Tailored:
    """The resume with the verified changes; every change that may be made carries its verdict and why.

    A new text's claims rest on its own entry, the summary's on the whole resume. `job` is the posting's text:
    it proves nothing, but a claim that stands only there is called a gap.
    """
    return judge_by(Source(normalise(resume), job), changes)


def judge_by(source: Source, changes: Sequence[Change]) -> Tailored:
    """The same, of a resume that was read already."""
    return _worked(source, changes, judges=True)


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What differs between two resumes, text by text, in reading order; lists in a new order come last."""
    old, new = ({line.path: line for line in lines(resume)} for resume in (before, after))
    rows = [
        Difference(path, line.place, line.text, new[path].text if path in new else "")
        for path, line in old.items()
        if path not in new or new[path].text != line.text
    ]
    rows += [Difference(path, line.place, "", line.text) for path, line in new.items() if path not in old]
    return (*rows, *_reordered(before, after))


def _worked(source: Source, changes: Sequence[Change], *, judges: bool) -> Tailored:
    work = _Work(source, judges)
    for change in changes:
        work.take(change)
    return work.finish()


def allowed(resume: Mapping[str, Any], changes: Sequence[Change], confirmed: Collection[str]) -> Tailored:
    """The resume with all these changes; `confirmed` are the paths of blocked ones that a person vouches for.

    Errors: `Invalid` when one is refused or is blocked without that, or when none is left.
    """
    tailored = apply(resume, changes)
    if tailored.rejected:
        raise Invalid(f"A change cannot be applied: {tailored.rejected[0].why}")
    judged = judge(resume, changes).accepted
    if blocked := [one for one in judged if one.verdict == "blocked" and one.path not in confirmed]:
        raise Invalid(
            f"A blocked change is not confirmed: {blocked[0].why} Confirm it with the candidate, or leave it out."
        )
    if not tailored.accepted:
        raise Invalid("No change is left to save. Keep at least one, or use the source version as it is.")
    return tailored


class _Work:
    """One tailoring under way: what was taken so far, and on which paths; without a judge all of it counts."""

    def __init__(self, source: Source, judges: bool) -> None:
        self.source = source
        self.copy: dict[str, Any] = _copied(source.resume)
        self.judges = judges
        self.paths: set[str] = set()
        self.accepted: list[Change] = []
        self.orders: list[tuple[Change, Target]] = []
        self.rejected: list[RejectedChange] = []

    def take(self, change: Change) -> None:
        try:
            target = find_target(self.source.resume, change)
            change = self._checked(change.model_copy(update={"path": target.path}), target)
        except Refusal as refusal:
            self.rejected.append(RejectedChange(change=change, why=str(refusal)))
            return
        self.paths.add(target.path)
        change = self._judged(change, target)
        self.accepted.append(change)
        if self.judges and change.verdict != "verified":
            return
        if change.op == "reorder":
            self.orders.append((change, target))
        else:
            target.write(self.copy, change.value if change.op == "replace" else None)

    def finish(self) -> Tailored:
        """Orders last: a bullet may be removed and the rest put in order in one go."""
        for change, target in self.orders:
            target.order(self.copy, [line for line in change.value.split("\n") if line.strip()])
        return Tailored(normalise(self.copy), tuple(self.accepted), tuple(self.rejected))

    def _checked(self, change: Change, target: Target) -> Change:
        if len(self.accepted) >= MAX_CHANGES:
            raise Refusal(f"There are more than {MAX_CHANGES} changes.")
        if target.path in self.paths:
            raise Refusal("Another change already touches this place.")
        # A model cites what it was shown, `w1h2` or `work/w1/summary`: one id in it that exists will do.
        if strange := [one for one in change.evidence if self.source.ids.isdisjoint(one.split("/"))]:
            raise Refusal(f"The evidence “{_short(strange[0])}” is no id of this resume.")
        if change.op == "reorder":
            return _ordered(change, target)
        if _one_line(change.original) != _one_line(target.text):
            raise Refusal("The original does not match the text in the resume.")
        if change.op == "remove":
            return change
        return self._written(change, target)

    def _judged(self, change: Change, target: Target) -> Change:
        """The change with its verdict; what a new text says can be untrue, an order or a removal claims nothing."""
        if not self.judges:
            return change
        verdict, why = "verified", ""
        if change.op == "replace":
            verdict, why = verdicts.judge(change.value, target.text, target.support, target.entry, self.source)
        return change.model_copy(update={"verdict": verdict, "why": why})

    def _written(self, change: Change, target: Target) -> Change:
        value = _one_line(change.value) if target.one_line else clean(change.value)
        limit = max(MAX_BULLET if target.one_line else MAX_SUMMARY, len(target.text) * 3 // 2)
        if not value:
            raise Refusal("The new text is empty; to take a bullet out, remove it.")
        if len(value) > limit:
            raise Refusal(f"The new text is longer than {limit} characters.")
        if value == target.text:
            raise Refusal("The new text is the one that is there already.")
        return change.model_copy(update={"value": value})


def _copied(value: Any) -> Any:
    """A copy of a normalised resume, down to its lists."""
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _ordered(change: Change, target: Target) -> Change:
    given = [" ".join(line.split()) for line in change.value.split("\n") if line.strip()]
    if not given:
        raise Refusal("The new order is empty.")
    lost, added = Counter(target.items) - Counter(given), Counter(given) - Counter(target.items)
    if added:
        raise Refusal(f"The new order adds “{_short(next(iter(added)))}”; an order may only move what is there.")
    if lost:
        raise Refusal(f"The new order loses “{_short(next(iter(lost)))}”; an order must name every item once.")
    if given == list(target.items):
        raise Refusal("The new order is the one that is there already.")
    return change.model_copy(update={"value": "\n".join(given)})


def _reordered(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Difference]:
    old, new = (_orders(normalise(resume)) for resume in (before, after))
    for path, (place, items) in old.items():
        if path in new:
            still = [one for one in items if one in new[path][1]]
            now = [one for one in new[path][1] if one in items]
            if still != now:
                shown = new[path][1] | items
                yield Difference(
                    path, place, "\n".join(shown[one] for one in still), "\n".join(shown[one] for one in now)
                )


def _orders(resume: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, str]]]:
    """Each list of the resume: its path, where it stands, and its items' ids with the words to show for them."""
    by_path = {line.path: line for line in lines(resume)}
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for section, entries in sections(resume):
        named = {
            entry["id"]: line.text if (line := by_path.get(f"{section}/{entry['id']}")) else entry["id"]
            for entry in entries
        }
        found[section] = (section.capitalize(), named)
        for entry in entries:
            path = f"{section}/{entry['id']}/highlights"
            bullets = dict(zip(entry.get("highlight_ids", ()), entry.get("highlights", ()), strict=True))
            if bullets:
                found[path] = (by_path[f"{path}/{next(iter(bullets))}"].place, bullets)
    return found


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
