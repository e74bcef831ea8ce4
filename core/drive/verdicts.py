"""The verdict on a new text: which of its claims its own entry holds, which the rest of the resume, which nothing."""

import re
from collections.abc import Iterator, Sequence

from core.drive import extents, ranks
from core.drive.amounts import Amount
from core.drive.claims import claims, new_words
from core.drive.evidence import Claim, Evidence, Kind, evidence
from core.drive.folding import fold
from core.drive.source import Source
from core.drive.vocabulary import is_plain, listed, stem, words
from core.schema import Verdict

MOST_REASONS = 4
_NOUNS = {"title": "a job title", "degree": "a degree", "certificate": "a certificate", "distinction": "a distinction"}


def judge(text: str, original: str, own: str, entry: str, source: Source) -> tuple[Verdict, str]:
    """(verdict, why in a sentence for each claim that does not stand) of a new text in place of `original`.

    `own` is all that the changed entry says, `entry` its id, empty for the summary on top, which may rest on all.
    """
    trial = _Trial(text, original, own, entry, source)
    trial.weigh_claims()
    trial.weigh_ranks()
    if original and entry:
        trial.compare()
    trial.weigh_words()
    return trial.verdict()


class _Trial:
    """One text under trial: the reasons found against it, those that block it and those that ask for a look."""

    def __init__(self, text: str, original: str, own: str, entry: str, source: Source) -> None:
        self.text, self.original = fold(text), fold(original)
        self.own, self.line, self.entry, self.source = evidence(own), evidence(original), entry, source
        self.where = "this entry" if entry else "the resume"
        self.blocked: list[str] = []
        self.doubtful: list[str] = []
        self.named: list[str] = []

    def verdict(self) -> tuple[Verdict, str]:
        reasons = list(dict.fromkeys([*self.blocked, *self.doubtful]))[:MOST_REASONS]
        return "blocked" if self.blocked else "needs review" if self.doubtful else "verified", " ".join(reasons)

    # -- numbers, dates, names, tools -------------------------------------------------------------------

    def weigh_claims(self) -> None:
        for claim in claims(self.text, self.own, self.source.employers):
            self.named.append(claim.said)
            found, near = self.own.standing(claim)
            if claim.kind == "date":
                self._weigh_date(claim, found == "held")
            elif found != "held" and not self._weigh_tenure(claim):
                self._weigh(claim, near if found == "other" else None, near)

    def _weigh_date(self, claim: Claim, held: bool) -> None:
        """A date belongs to its line: another one than the line's own is changed, however true elsewhere."""
        if not held:
            self.blocked.append(f"“{claim.said}” is a date that {self.where} does not give.")
        elif self.entry and self.line.years and claim.amount and claim.amount.value not in self.line.years:
            self.blocked.append(f"“{claim.said}” is another year than the line gives.")

    def _weigh_tenure(self, claim: Claim) -> bool:
        """Whether a claim is one of years at work, which the dates of the posts decide."""
        standing = (
            self.source.tenure.standing(claim.amount, [self.entry] if self.entry else ()) if claim.amount else None
        )
        if standing == "other":
            self.doubtful.append(f"“{claim.said}”: the posts that tell of this do not add up to so many years.")
        elif standing == "absent":
            had = self.source.tenure.total()
            self.blocked.append(
                f"“{claim.said}” is more than the dates of the resume add up to: {had:g} years of work."
            )
        return standing is not None

    def _weigh(self, claim: Claim, other: Amount | None, near: Amount | None) -> None:
        said = f"“{claim.said}”"
        if other:
            told = f"{said} does not match what is told: “{_told(self.own, other)}”."
            (self.blocked if self._swapped(claim, other) else self.doubtful).append(told)
        elif claim.kind == "name" and any(claim.said in name for name in self.source.employers):
            self.blocked.append(f"{said} names an employer or a school that this entry is not about.")
        elif self.entry and self.source.whole.standing(claim)[0] == "held":
            self.doubtful.append(f"{said} is not in this entry; it stands elsewhere in the resume.")
        elif claim.kind == "name" and not self.source.whole.is_english and not re.search(r"[A-Z0-9]", claim.said[1:]):
            self.doubtful.append(f"{said} is not in the resume. Outside English, code cannot tell a name from a word.")
        elif claim.kind in ("tool", "name") and self.source.only_job_says(claim.said, claim.term):
            self.blocked.append(f"{said} stands only in the job posting: it is a gap, not a skill of this resume.")
        elif claim.term and self._told_in_part(claim.said):
            self.doubtful.append(f"{said} is not in {self.where}, only a part of these words is.")
        else:
            self.blocked.append(self._missing(claim, near))

    def _missing(self, claim: Claim, near: Amount | None) -> str:
        if near and claim.amount and claim.amount.kind != "x":
            said = _told(Evidence(self.text), claim.amount)
            return f"“{said}” stands nowhere in the resume; it has “{_told(self.own, near)}”."
        return f"“{claim.said}” stands nowhere in the resume."

    def _swapped(self, claim: Claim, other: Amount) -> bool:
        """Whether a number went over to another time, or to something that the entry counts with another number."""
        if claim.amount is None:
            return False
        if claim.amount.rate and other.rate and claim.amount.rate != other.rate:
            return True
        counts = claim.amount.counts if other.counts and not other.kind else ()
        return bool(counts) and counts[0] in self.own.stems and counts[0] not in other.counts

    def _told_in_part(self, said: str) -> bool:
        parts = (stem(word[0]) for word in words(said))
        return any(low in self.own.stems for low in parts if not is_plain(low) and low not in listed("number-words"))

    # -- titles, degrees, certificates, distinctions -----------------------------------------------------

    def weigh_ranks(self) -> None:
        given = (*self.source.titles(self.entry), self.original)
        for title in ranks.titles(self.text, profile=not self.entry):
            if not ranks.holds_title(title, given, self.own.stems):
                self._block_rank("title", title, self.doubtful if ranks.is_below(title, given) else self.blocked)
        self._weigh_degrees()
        for said, subject in ranks.certificates(self.text):
            self._weigh_certificate(said, subject)
        for said in ranks.distinctions(self.text):
            claim = Claim("distinction", said)
            if self.own.standing(claim)[0] != "held":
                elsewhere = self.source.whole.standing(claim)[0] == "held"
                self._block_rank("distinction", said, self.doubtful if elsewhere else self.blocked)

    def _weigh_degrees(self) -> None:
        studies = self.own if self.entry else self.source.studies
        for _, said in ranks.degrees(self.text):
            if studies.standing(Claim("degree", said))[0] != "held" and said.lower() not in self.original.lower():
                self._block_rank("degree", said)
        for said, subject in ranks.subjects(self.text):
            if any(low not in studies.stems for low in _content(subject)) and said.lower() not in self.original.lower():
                self._block_rank("degree", said)

    def _weigh_certificate(self, said: str, subject: str) -> None:
        wanted = _content(subject) - {stem(said)}
        known = wanted & self.source.certificates.stems
        if stem(said) in (self.own if self.entry else self.line).stems or (known and not self.entry):
            return
        self._block_rank("certificate", said, self.doubtful if known else self.blocked)

    def _block_rank(self, kind: Kind, said: str, into: list[str] | None = None) -> None:
        self.named.append(said)
        (self.blocked if into is None else into).append(
            f"“{said}” claims {_NOUNS[kind]} that {self.where} does not show."
        )

    # -- what the line said before ---------------------------------------------------------------------------

    def compare(self) -> None:
        """What the new wording makes stronger than the line was."""
        for verb in ranks.raised(self.text, self.original, self.own.text):
            strong = " " in verb and not ranks.holds_leading(self.source.whole.text)
            (self.blocked if strong else self.doubtful).append(f"“{verb}” claims more than the line it replaces says.")
        if ranks.is_reversed(self.text, self.original):
            self.doubtful.append("It tells of a rise or a fall where the line tells of the opposite.")
        if lost := ranks.unhedged(self.text, self.original):
            self.doubtful.append(f"The line says “{lost}”; without it the new wording claims more.")
        if lost := ranks.turned(self.text, self.original):
            self.doubtful.append(f"The line says “{lost}”; the new wording leaves that out.")
        if said := extents.oftener(self.text, self.original):
            self.doubtful.append(f"“{said}” is not how often the line says.")
        if said := extents.widened(self.text, self.original):
            self.doubtful.append(f"“{said}” claims more than the line, which does not say so of all.")
        if said := extents.other_share(self.text, self.own.text):
            self.doubtful.append(f"“{said}” is a share that this entry does not tell.")

    # -- words ---------------------------------------------------------------------------------------------------

    def weigh_words(self) -> None:
        """Words that are new here: told elsewhere in the resume, only by the posting, or nowhere."""
        fresh = list(new_words(self.text, self.own, self.named))
        elsewhere = [one for one in fresh if self.source.whole.says(one.said)]
        only_job = [one for one in fresh if one not in elsewhere and self.source.only_job_says(one.said)]
        nowhere = [one for one in fresh if one not in elsewhere and one not in only_job]
        for found, why in (
            (nowhere, "new: the resume says nothing of it"),
            (only_job, "said by the job posting alone, not by the resume"),
            (elsewhere, "not told in this entry, only elsewhere in the resume"),
        ):
            if found:
                self.doubtful.append(f"{_listed(found)} {'is' if len(found) == 1 else 'are'} {why}.")


def _content(text: str) -> set[str]:
    """The stems of a text's words that say something."""
    return {low for word in words(text) if len(word[0]) > 2 and not is_plain(low := stem(word[0]))}


def _told(held: Evidence, near: Amount) -> str:
    """The evidence from an amount on, at most four words of its clause."""
    said = held.text[near.start : near.start + 48].split("\n")[0]
    cut = said if len(said) < 48 else said.rpartition(" ")[0]
    return " ".join(re.split(r"[,;.:](?:\s|$)", cut)[0].split()[:4])


def _listed(found: Sequence[Claim]) -> str:
    return ", ".join(_quoted(found))


def _quoted(found: Sequence[Claim]) -> Iterator[str]:
    return (f"“{said}”" for said in list(dict.fromkeys(one.said for one in found))[:4])
