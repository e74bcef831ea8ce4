"""What a small model wrote, sentence by sentence: kept where the context holds it, else dropped with the reason.

Rather too strict than too kind: a dropped true sentence costs a line, a kept false one a reader's trust.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property, lru_cache

from core.drive.amounts import Standing
from core.drive.claims import claims, figures, of_rank, unsupported
from core.drive.evidence import Claim, Evidence, evidence
from core.drive.tenure import Tenure
from core.drive.vocabulary import is_plain, stem, words
from core.llm import speech
from core.llm.deeds import Entry, entries, untold, without_employer
from core.llm.fields import unknown_fields
from core.llm.own_texts import CLAIMED_INPUTS, STEM, WORDS, own_texts, row, stems
from core.llm.statements import Statement
from core.tools import career, posting
from core.tools.material import Material, Told, told

_JUNK = re.compile(
    r"\[[^\]]*\]|[{}<>|#]|https?://|```|as an ai\b|language model|^(?:sure|certainly|of course|here (?:is|are)|note)\b"
    r"|^(?:write|use|make sure|remember|please|include|do not|don't|answer|summary|title|opening|the answer)\b[^.]{0,40}:?"
    r"|\b(?:cover letter|opening paragraph|first paragraph|this summary)\b",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?][\"”’)]*$")
_DANGLING = re.compile(r"\b(?:a|an|the|and|or|of|from|as|than|while|into|its|their|his|that|which)[.!?]", re.IGNORECASE)
_BEEN = re.compile(
    r"\b(?:i am an?|i['’]m an?|is an?|worked as|working as|experience as|served as|background as)\b", re.IGNORECASE
)
_WORKED_AT = (
    r"\b(?:work(?:ed|ing)?|employed|experience|years|time|tenure|role|position|served)\b[^.]{0,40}\b(?:at|for|with)\s+"
)
_RUN_TOGETHER = re.compile(
    r"(?:of|in|to|for|and|with|on|at|by|from)the(?:$|[a-z]{3})|^the(?!re|or|ra|me|at|ol|rm|si|sa|ft|ir|se|mse)[a-z]{6,}"
)


class Ground:
    """The texts a sentence may rest on: `own` is the candidate's, `job` the posting's."""

    def __init__(self, material: Material, years: float | None = None, today: date | None = None) -> None:
        """`years` of work, as the resume's dates add up to them; without `today` nothing is counted from its dates."""
        counted = [f"{round(years)} years of work", f"{int(years)} years of work"] if years else []
        self.own = "\n".join([*own_texts(material), *counted])
        job = material.job
        self.title, self.company = (job.title.strip(), job.company.strip()) if job else ("", "")
        self._bare_title = re.split(r"[,(:/|–—]| - | at ", self.title)[0].strip()
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

    def why_not(self, sentence: str) -> str:
        """Why a sentence must go; empty when it may stay."""
        if not _ENDED.search(sentence) or _DANGLING.search(sentence[-12:]):
            return "It is not finished."
        if _JUNK.search(sentence) or len(sentence.split()) < 4:
            return "It speaks of the task, or says nothing."
        if strange := unsupported(sentence, self.all):
            return f"“{strange[0]}” is not in the context."
        first = re.match(r"[^\w]*([^\W\d_][\w'’+#-]*)", sentence)
        if first and first[1][0].isupper() and not self._may_begin(first[1]):
            return f"“{first[1]}” is not in the context."
        return self._why_no_claim(sentence) or self._why_babble(sentence)

    def _why_babble(self, sentence: str) -> str:
        """Why a sentence is no sentence, or is made of words that the context does not hold."""
        words = [word.casefold() for word in WORDS.findall(sentence)]
        triples = list(zip(words, words[1:], words[2:], strict=False))
        if len(set(triples)) < len(triples):
            return "It goes round in circles."
        if strange := next((word for word in words if word not in self.words and _RUN_TOGETHER.search(word)), ""):
            return f"“{strange}” is no word."
        if speech.DENIED.search(sentence):
            return ""
        said = stems(sentence)
        if told := sorted(said & self.told):
            return f"“{told[0]}…” stands only in the instructions or the notes."
        about = self.is_of_candidate(sentence) or re.search(r"\byou\b", sentence) is not None
        of_candidate = about and not speech.OF_THE_JOB.search(sentence) and not speech.WISHES.search(sentence)
        if of_candidate and (deed := self._told_otherwise(sentence)):
            return f"“{deed}” is not how the context tells it."
        strange = said - (self.own_stems if of_candidate else self.stems)
        if len(strange) > 1 or (strange and 2 * len(strange) >= len(said)):
            return f"“{min(strange)}…” is not in the context."
        return ""

    def _told_otherwise(self, sentence: str) -> str:
        """A verb with another object than the context gives it: `rebuilt HubSpot` for `rebuilt scoring in HubSpot`."""
        who = "|".join(map(re.escape, self.names)) or "I"
        found = re.search(rf"\b(?:I|[Yy]ou|{who}) (?:also )?([a-z]{{3,}})\s(.+)", sentence)
        if not found:
            return ""
        verb, said = found[1][:STEM], row(found[2])
        rows = [row[row.index(verb) + 1 :] for row in self.deeds if verb in row]
        if not rows or not said or any(said[0] in row[:2] for row in rows):
            return ""
        return f"{found[1]} {found[2].split(' ')[0]}"

    def unfounded(self, sentence: str) -> list[str]:
        """What a sentence claims that the context does not hold: of the candidate, that their own papers do not."""
        strange = [said for said in unsupported(sentence, self.all) if not self._dates_hold(sentence, said)]
        if not self.is_claim(sentence) or speech.OF_THE_JOB.search(sentence):
            return strange
        said = self._without_job(sentence) if speech.WISHES.search(sentence) else sentence
        said = without_employer(speech.ASKED.sub(" ", speech.QUOTED.sub(" ", said)), self.company)
        for claim in self._own_claims(said):
            if claim.said not in strange:
                strange.append(claim.said)
        if not strange:
            strange.extend(unknown_fields(said, self.record))
        if not strange:
            strange.extend(untold(speech.QUOTED.sub(" ", sentence), self.held, self.entries, self.company))
        return strange

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
        return bool(theirs) and not speech.DID.search(clause) and evidence(self.job).standing(claim)[0] == "held"

    def tenure_of(self, claim: Claim, employer: str = "") -> Standing | None:
        """What the dates of the posts, or of those at one employer, say to a length of time; None where it is none."""
        return self._tenure.standing(claim.amount, employer) if self._tenure and claim.amount else None

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

    def _may_begin(self, word: str) -> bool:
        low = word.casefold()
        return low in speech.STARTERS or low in self.words or (len(low) > 4 and low.endswith("ly"))

    def _why_no_claim(self, sentence: str) -> str:
        if not self.is_claim(sentence):
            return ""
        if not speech.WISHES.search(sentence) and self._works_at(sentence):
            return f"The candidate has not worked at {self.company}."
        wishes = speech.WISHES.search(sentence) and not _BEEN.search(sentence)
        title = self._bare_title.casefold()
        if not wishes and title and title in sentence.casefold() and title not in self.own.casefold():
            return "The candidate's title is not the posting's."
        said = self._without_job(sentence) if wishes else sentence
        standing = self.held.standing
        lacking = [claim for claim in claims(said, self.held) if claim.kind != "name" and standing(claim)[0] != "held"]
        only_job = [claim.said for claim in lacking if claim.amount or claim.term]
        return f"“{only_job[0]}” stands only in the posting." if only_job else ""

    def _without_job(self, sentence: str) -> str:
        for phrase in filter(None, (self.title, self._bare_title, self.company)):
            sentence = re.sub(re.escape(phrase), " ", sentence, flags=re.IGNORECASE)
        return sentence

    def _works_at(self, sentence: str) -> bool:
        """Whether a sentence has the candidate work for the company that only the posting names."""
        if not self.company or self.company in self.own:
            return False
        return re.search(_WORKED_AT + re.escape(self.company), sentence, re.IGNORECASE) is not None


def ground(material: Material, years: float | None = None, today: date | None = None) -> Ground:
    """The ground that a material gives; one that says the same as one of late is read once."""
    return _known(told(material), years, today)


@lru_cache(maxsize=32)
def _known(of: Told, years: float | None, today: date | None) -> Ground:
    return Ground(of.material, years, today)


def sift(text: str, ground: Ground) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """(the sentences that may stay, by paragraph; those dropped with the reason). A repeated one is dropped.

    A paragraph of which nothing stays is an empty list.
    """
    seen: set[str] = set()
    kept: list[list[str]] = []
    dropped: list[tuple[str, str]] = []
    for paragraph in re.split(r"\n\s*\n", text):
        kept.append([])
        for sentence in _sentences(paragraph):
            same = re.sub(r"\W+", " ", sentence).casefold().strip()
            why = "It was said before." if same in seen else ground.why_not(sentence)
            seen.add(same)
            if why:
                dropped.append((sentence, why))
            else:
                kept[-1].append(sentence)
    return kept, dropped


def _sentences(paragraph: str) -> Iterable[str]:
    joined = ""
    for line in paragraph.splitlines():
        plain = posting.plain(line)
        glue = " " if joined and not _ENDED.search(joined) else "\n"
        joined = glue.join(filter(None, [joined, plain]))
    return [sentence for line in joined.split("\n") for sentence in posting.split(line)]
