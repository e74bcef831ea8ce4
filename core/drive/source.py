"""A resume as evidence: all it says, its employers, titles, studies and certificates, each read once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from core.drive.evidence import Evidence, evidence, stands
from core.drive.folding import fold
from core.drive.resume import lines
from core.drive.shape import sections
from core.drive.targets import evidence_text
from core.drive.tenure import Tenure
from core.tools import terms
from core.tools.lexicon import scan
from core.tools.lexicon.scan import Page
from core.tools.material import Line


@dataclass(frozen=True)
class Source:
    """A normalised resume as evidence, with the text of the posting it is tailored to: `job` proves nothing.

    A post that lasts is counted until `today`.
    """

    resume: Mapping[str, Any]
    job: str = ""
    today: date = field(default_factory=date.today)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return lines(self.resume)

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of its texts and entries."""
        entries = {entry["id"] for _, every in sections(self.resume) for entry in every}
        return frozenset({line.id for line in self.lines} | entries)

    @cached_property
    def whole(self) -> Evidence:
        """All it says of the candidate's work."""
        return evidence(evidence_text(self.lines))

    @cached_property
    def employers(self) -> tuple[str, ...]:
        """Employers and schools."""
        keys = (("work", "name"), ("volunteer", "organization"), ("education", "institution"))
        return tuple(entry[key] for section, key in keys for entry in self.resume.get(section, ()) if entry.get(key))

    @cached_property
    def tenure(self) -> Tenure:
        return Tenure(self.resume.get("work", ()), self.today)

    @cached_property
    def studies(self) -> Evidence:
        return evidence(_texts(self.resume.get("education", ())))

    @cached_property
    def certificates(self) -> Evidence:
        return evidence(_texts(self.resume.get("certificates", ())))

    def titles(self, entry: str) -> tuple[str, ...]:
        """The titles held: in an entry, named by its id, its own; without one, all of them."""
        held = self._titles
        return held.get(entry, ()) if entry else tuple(title for titles in held.values() for title in titles)

    def only_job_says(self, said: str, term: str = "") -> bool:
        """Whether the posting names what was looked for in the resume in vain; `term` is how a tool is usually called."""
        return bool(self._job) and (stands(said.lower(), self._job) or bool(term and terms.stands_on(self._page, term)))

    @cached_property
    def _job(self) -> str:
        return fold(self.job).lower()

    @cached_property
    def _page(self) -> Page:
        return scan.read(self.job)

    @cached_property
    def _titles(self) -> dict[str, tuple[str, ...]]:
        held: dict[str, tuple[str, ...]] = {"": (str(self.resume["basics"].get("label") or ""),)}
        for _, entries in sections(self.resume):
            for entry in entries:
                given = (*(entry.get(key) for key in ("position", "title")), *entry.get("roles", ()))
                held[entry["id"]] = tuple(str(one) for one in given if one)
        return held


def _texts(entries: Iterable[Mapping[str, Any]]) -> str:
    values = (value for entry in entries for key, value in entry.items() if key != "id")
    return "\n".join(str(part) for value in values for part in (value if isinstance(value, list) else [value]))
