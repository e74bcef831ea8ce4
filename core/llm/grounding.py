"""The texts that a model's sentences may rest on, and what a sentence in the first person claims without them."""

import re
from collections.abc import Collection, Iterator
from datetime import date
from functools import cached_property, lru_cache

from core.drive.agreement import Standing
from core.drive.claims import claims, figures, of_rank, unsupported
from core.drive.evidence import Claim, Evidence, evidence
from core.drive.resume import plain_text
from core.drive.tenure import Tenure
from core.drive.vocabulary import is_plain, stem, words
from core.llm import speech, whereabouts
from core.llm.asking import unasked
from core.llm.deeds import Entry, entries, untold, without_employer
from core.llm.fields import unknown_fields
from core.llm.own_texts import CLAIMED_INPUTS, own_texts, row, stems
from core.llm.statements import Statement
from core.tools import career, posting, terms
from core.tools.material import Material, Told, told


class Ground:
    """The texts a sentence may rest on: `own` is the candidate's, `job` the posting's."""

    def __init__(self, material: Material, years: float | None = None, today: date | None = None) -> None:
        """`years` of work, as the resume's dates add up to them; without `today` nothing is counted from its dates."""
        counted = [f"{round(years)} years of work", f"{int(years)} years of work"] if years else []
        self.own = "\n".join([*own_texts(material), *counted])
        job = material.job
        self.title, self.company = (job.title.strip(), job.company.strip()) if job else ("", "")
        self.bare_title = re.split(r"[,(:/|–—]| - | at ", self.title)[0].strip()
        self.short = self.company.split()[0] if self.company else ""
        self.job = "\n".join([job.title, job.company, job.description[: posting.READ_CHARS]]) if job else ""
        self.all = f"{self.own}\n{self.job}"
        self._besides = "\n".join([material.instructions, *material.memory])
        self._material = material
        self._tenure = (
            Tenure(career.tidy(material.resume).get("work", ()), today) if today and material.resume else None
        )
        self.heard: dict[Statement, tuple[str, ...]] = {}  # what statements of reports claim without evidence
        name = career.text(material.profile.get("name")) or career.read(material.resume).name
        self.names = [part for part in name.split() if len(part) > 2]

    @cached_property
    def named(self) -> re.Pattern[str]:
        """The candidate's name, whole or in part, before a space; only of somebody who has one."""
        names = "|".join(map(re.escape, self.names))
        return re.compile(rf"\b(?:{names})(?: (?:{names}))*(?= )")

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(word.casefold() for word in re.findall(r"[^\W\d_][\w'’+#-]*", self.all))

    @cached_property
    def stems(self) -> set[str]:
        return stems(self.all)

    @cached_property
    def own_stems(self) -> set[str]:
        return stems(self.own)

    @cached_property
    def deeds(self) -> list[list[str]]:
        return [row(line) for line in self.own.splitlines() if line.strip()]

    @cached_property
    def told(self) -> set[str]:
        """What only the instructions and the notes say."""
        return stems(self._besides) - self.stems

    @cached_property
    def held(self) -> Evidence:
        return evidence(self.own)

    @cached_property
    def asked(self) -> Evidence:
        """The posting alone."""
        return evidence(self.job)

    @cached_property
    def papers(self) -> Evidence:
        """The resume alone."""
        return evidence(plain_text(career.tidy(self._material.resume)) if self._material.resume else "")

    @cached_property
    def places(self) -> Evidence:
        """The candidate's texts without the names of tools, of which an employer may be a part."""
        text = self.held.text
        for hit in reversed(terms.find(text)):
            if " " in text[hit.start : hit.end]:
                text = f"{text[: hit.start]} {text[hit.end :]}"
        return evidence(text)

    @cached_property
    def every(self) -> Evidence:
        """The candidate's texts and the posting."""
        return evidence(self.all)

    @cached_property
    def record(self) -> Evidence:
        """The same without what the candidate only aims at."""
        goals = career.text(self._material.profile.get("goals"))
        return evidence(self.own.replace(goals, "")) if goals else self.held

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        given = self._material
        others = [body[: posting.READ_CHARS] for _, body in given.documents]
        return entries(given.resume, [*others, *(given.inputs.get(name, "") for name in CLAIMED_INPUTS)])

    def unfounded(self, sentence: str) -> list[str]:
        """What a sentence claims that the context does not hold: of the candidate, that their own papers do not."""
        strange = [said for said in unsupported(sentence, self.all) if not self._dates_hold(sentence, said)]
        if not strange and not speech.DENIED.search(sentence) and not speech.WOULD.search(sentence):
            strange.extend(unasked(sentence, self.asked, self.every))
        if not self.is_claim(sentence) or speech.OF_THE_JOB.search(sentence):
            return strange
        said = self.without_job(sentence) if speech.WISHES.search(sentence) else sentence
        said = without_employer(speech.ASKED.sub(" ", speech.QUOTED.sub(" ", said)), self.company)
        for claim in self._own_claims(said):
            if claim.said not in strange:
                strange.append(claim.said)
        if not strange:
            strange.extend(unknown_fields(said, self.record))
        if not strange:
            strange.extend(untold(speech.QUOTED.sub(" ", sentence), self.held, self.entries, self.company))
        if not strange and self.is_of_candidate(sentence):
            strange.extend(self.strangers(said))
            strange.extend(self._placed(said))
        return strange

    def strangers(self, said: str) -> Iterator[str]:
        """The employers that a sentence gives the candidate and that their papers do not name as one."""
        return whereabouts.strangers(said, lambda: self.places, self.entries)

    def _placed(self, said: str) -> Iterator[str]:
        """What is said of one employer, and stands of another in the papers."""
        where = whereabouts.named(said, self.entries)
        if not where or not whereabouts.one(where):
            return
        for claim in figures(said):
            by_dates = self.tenure_of(claim, [each.name for each in where])
            if by_dates is None:
                told = self.lasted(claim) or whereabouts.is_told(claim, where, self.held)
            else:
                told = by_dates == "held" or any(each.whole.standing(claim)[0] == "held" for each in where)
            if not told:
                yield claim.said
        if whereabouts.elsewhere(said, where, self.entries):
            yield said.strip(" .")

    def _own_claims(self, said: str) -> Iterator[Claim]:
        """What is said of the candidate that their own papers lack."""
        for claim in figures(said):
            standing = self.held.standing(claim)[0]
            by_dates = None if self.record.standing(claim)[0] == "held" else self.tenure_of(claim)
            if by_dates in ("other", "absent") or (
                by_dates is None
                and (standing == "absent" or (standing == "other" and self.held.counts_otherwise(claim)))
                and not self._is_employers(claim, said)
            ):
                yield claim
        yield from (claim for claim in of_rank(said) if not self.holds_rank(claim, said))
        if speech.HAS.search(said) and not speech.WOULD.search(said):
            names = (claim for claim in claims(said, self.held) if claim.kind == "name" and claim.start)
            yield from (claim for claim in names if self.held.standing(claim)[0] == "absent")

    def _is_employers(self, claim: Claim, said: str) -> bool:
        """Whether a figure is one that the posting tells of the employer: `your team of 80`."""
        clause = next((part for part in speech.CLAUSE.split(said) if claim.said in part), "")
        short = self.company.partition(" ")[0]
        theirs = re.search(r"\byour?\b", clause, re.IGNORECASE) or (len(short) > 2 and short in clause)
        return bool(theirs) and not speech.DID.search(clause) and self.asked.standing(claim)[0] == "held"

    def tenure_of(self, claim: Claim, employers: Collection[str] = ()) -> Standing | None:
        """What the dates of the posts, or of those of one employer, say to a length of time; None where it is none."""
        return self._tenure.standing(claim.amount, employers) if self._tenure and claim.amount else None

    def holds_rank(self, claim: Claim, said: str) -> bool:
        """Whether the papers hold a title, degree, certificate or distinction; a certificate by what it is called."""
        if claim.kind == "certificate":
            named = {low for word in words(said) if len(word[0]) > 3 and not is_plain(low := stem(word[0]))}
            if named & evidence("\n".join(career.read(self._material.resume).certificates)).stems:
                return True
        return self.record.standing(claim)[0] != "absent"

    def lasted(self, claim: Claim) -> bool:
        """Whether it is the length of one of the posts, in months."""
        amount = claim.amount
        if self._tenure is None or amount is None or amount.unit is None or amount.unit[0] != "months":
            return False
        return self._tenure.lasted(int(amount.value * amount.unit[1]))

    def _dates_hold(self, sentence: str, said: str) -> bool:
        """Whether what no text says follows from the dates of the posts."""
        return any(claim.said == said and self.tenure_of(claim) == "held" for claim in figures(sentence))

    def is_claim(self, sentence: str) -> bool:
        """Whether a sentence says something of the candidate, and not that it is lacking."""
        if speech.DENIED.search(sentence) or (speech.WOULD.search(sentence) and not speech.OFFERS.search(sentence)):
            return False
        return self.is_of_candidate(sentence) or not speech.OF_THE_JOB.search(sentence)

    def is_of_candidate(self, sentence: str) -> bool:
        """Whether a sentence names the candidate or speaks as them."""
        return bool(speech.SELF.search(sentence)) or any(name in sentence for name in self.names)

    def without_job(self, sentence: str) -> str:
        for phrase in filter(None, (self.title, self.bare_title, self.company)):
            sentence = re.sub(re.escape(phrase), " ", sentence, flags=re.IGNORECASE)
        return sentence


def ground(material: Material, years: float | None = None, today: date | None = None) -> Ground:
    """The ground that a material gives; one that says the same as one of late is read once."""
    return _known(told(material), years, today)


@lru_cache(maxsize=32)
def _known(of: Told, years: float | None, today: date | None) -> Ground:
    return Ground(of.material, years, today)
