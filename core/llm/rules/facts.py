"""What the rules know of one run: the candidate's career, the posting's asking and how the two meet."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

from core.drive.numerals import numbers
from core.drive.source import Source
from core.llm.rules.phrases import listed
from core.schema import Details, Feature, Found, Written
from core.tools import career, demands, posting, scoring
from core.tools.career import Bullet, Career, Post
from core.tools.material import JobFacts, Line, Material, Told, told
from core.tools.posting import Sentence
from core.tools.scoring import Asked, Assessment, quote

MADE = "Made without AI: put together by rules from the resume and the posting. Read it before anyone else does."
NOT_FOLLOWED = "The instructions were not followed: rules cannot read them. Run it again on a model for that."
MOST_POSTS, MOST_BULLETS = 10, 15  # what a reader would still read
MOST_NAMED, LONGEST_NAMED = 500, 1_000  # texts whose terms are kept, and how long each
HAS_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|half|twice"
    r"|doubled|tripled|halved)\b",
    re.IGNORECASE,
)
_COMMON = {
    "about", "above", "across", "after", "again", "against", "among", "another", "around", "because", "before", "being", "between",
    "could", "during", "every", "first", "other", "others", "people", "their", "there", "these", "thing", "things", "those",
    "through", "under", "until", "using", "where", "which", "while", "whose", "within", "without", "would", "years", "months",
    "weeks", "including", "three", "seven", "eight", "should", "various", "company", "different", "together",
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """Everything below is computed once; nothing in it can be missing, only empty."""

    material: Material
    today: date

    @cached_property
    def career(self) -> Career:
        return career.read(self.material.resume)

    @cached_property
    def source(self) -> Source:
        """The resume as evidence for what a change of it says."""
        job = self.job
        posting = f"{job.title}\n{job.company}\n{job.description}" if job else ""
        return Source(self.career.resume, posting, self.today)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return scoring.readable(self.source.lines)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return posting.read(self.job.description) if self.job else ()

    @cached_property
    def wanted_years(self) -> demands.Years | None:
        """The years of work that the posting asks."""
        return demands.years(self.sentences)

    @cached_property
    def _assessed(self) -> Assessment:
        return scoring.assess(self.material, self.today, self.career) if self.has_resume else Assessment()

    @property
    def details(self) -> Details:
        return self._assessed.details

    @property
    def asked(self) -> Mapping[str, Asked]:
        return self._assessed.asked

    @property
    def job(self) -> JobFacts | None:
        return self.material.job

    @property
    def has_resume(self) -> bool:
        return self.material.resume is not None and not self.career.is_empty

    # -- names ---------------------------------------------------------------------------------

    @cached_property
    def name(self) -> str:
        """The candidate's name, empty when nobody gave it."""
        return quote(self.career.name or career.text(self.material.profile.get("name")), 80)

    @property
    def who(self) -> str:
        return self.name or "The candidate"

    @cached_property
    def job_title(self) -> str:
        return quote(self.job.title, 120) if self.job else ""

    @cached_property
    def company(self) -> str:
        return quote(self.job.company, 80) if self.job else ""

    @property
    def job_name(self) -> str:
        """`Data Analyst at Acme`, as much of it as is known; empty without a job."""
        if not self.job:
            return ""
        return " at ".join(filter(None, [self.job_title or "the position", self.company]))

    @cached_property
    def years(self) -> float | None:
        return scoring.years_held(self.career, self.material.profile, self.today)

    # -- how resume and posting meet -----------------------------------------------------------

    @cached_property
    def matched(self) -> tuple[str, ...]:
        """Terms of the posting that the resume has, the hardest asked first."""
        return tuple(found.term for found in self.details.matched)

    @cached_property
    def missing(self) -> tuple[Found, ...]:
        return self.details.missing

    @cached_property
    def required_missing(self) -> tuple[str, ...]:
        return tuple(term for term in self.firm_missing if self.asked[term].kind == "must")

    @cached_property
    def firm_matched(self) -> tuple[str, ...]:
        """Matched terms worth naming in prose; all of them where none is firm."""
        return tuple(term for term in self.matched if self.asked[term].is_firm) or self.matched

    @cached_property
    def firm_missing(self) -> tuple[str, ...]:
        return tuple(found.term for found in self.missing if self.asked[found.term].is_firm)

    def worded(self, term: str) -> str:
        """A term as it stands inside a sentence of the posting."""
        return posting.worded(term, self.job.description if self.job else "")

    def named_in(self, text: str) -> tuple[str, ...]:
        """The matched terms of a text that are worth naming."""
        return tuple(term for term in self.terms_in(text) if self.asked[term].is_firm)

    def terms_in(self, text: str) -> tuple[str, ...]:
        """The matched terms that a text names, the hardest asked first."""
        known = self._terms_in
        if (terms := known.get(text)) is None:
            terms = self._named(text)
            if len(known) < MOST_NAMED and len(text) <= LONGEST_NAMED:
                known[text] = terms
        return terms

    def relevance(self, text: str) -> float:
        """How much of what the posting asks a text shows: the weights of its terms, each next one counting less."""
        weights = sorted((self.asked[term].weight for term in self.terms_in(text)), reverse=True)
        return sum(weight / (1 + at / 2) for at, weight in enumerate(weights))

    def proof(self, term: str) -> Line | None:
        """The line that shows a term best: an achievement before a list, one with a number before one without."""
        return self._proofs.get(term)

    def closest(self, text: str) -> Line | None:
        """The achievement that shares the rarest words with a text, two at least; None when none does."""
        wanted = _stems(text)
        shared = [(line, wanted & stems) for line, stems in self._deeds]
        worth = [(sum(1 / self._spread[stem] for stem in stems), line) for line, stems in shared if len(stems) > 1]
        return max(worth, key=lambda pair: pair[0])[1] if worth else None

    @cached_property
    def _deeds(self) -> list[tuple[Line, set[str]]]:
        return [(line, _stems(line.text)) for line in self.lines if "/highlights/" in line.path]

    @cached_property
    def _spread(self) -> Counter[str]:
        return Counter(stem for _, stems in self._deeds for stem in stems)

    @cached_property
    def _proofs(self) -> dict[str, Line]:
        ranked = sorted(self.lines, key=_proves)
        found: dict[str, Line] = {}
        for line in ranked:
            for term in self.terms_in(line.text):
                found.setdefault(term, line)
        return found

    @cached_property
    def _named(self) -> Callable[[str], tuple[str, ...]]:
        return scoring.naming(self.matched)

    @cached_property
    def _terms_in(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def best_bullets(self) -> tuple[tuple[Post, Bullet], ...]:
        """Bullets of all posts, best first: what the posting asks, then a number, then the newer post."""
        ranked = [
            (
                -self.relevance(bullet.text) - (1.5 if HAS_NUMBER.search(bullet.text) else 0) + age * 1.0,
                age,
                at,
                post,
                bullet,
            )
            for age, post in enumerate(self.career.posts[:MOST_POSTS])
            for at, bullet in enumerate(post.bullets[:MOST_BULLETS])
        ]
        ranked.sort(key=lambda each: each[:3])
        return tuple((post, bullet) for *_, post, bullet in ranked)

    @cached_property
    def numbered_bullets(self) -> tuple[tuple[Post, Bullet, frozenset[str]], ...]:
        """`best_bullets`, each with its numbers of more than one digit."""
        return tuple(
            (post, bullet, frozenset(claim for claim, _ in numbers(bullet.text) if len(claim) > 1))
            for post, bullet in self.best_bullets
        )

    @cached_property
    def written(self) -> dict[Feature, Written]:
        """What the rules made of these facts so far."""
        return {}

    def pick(self, *things: str) -> str:
        """What to add before the next run."""
        return f"Pick a {listed(filter(None, things), 'and a')} with the chips, or import what is not there, and run it again."

    def warnings(self, *more: str) -> tuple[str, ...]:
        """The mark of the rules, what they could not do, then `more`; empty ones fall away."""
        said = [MADE]
        if self.material.instructions.strip():
            said.append(NOT_FOLLOWED)
        return tuple(dict.fromkeys([*said, *filter(None, more)]))


def read(material: Material, today: date) -> Facts:
    """The facts of a run; of a material that says the same as one of late, the ones worked out then."""
    return _known(told(material), today)


@lru_cache(maxsize=32)
def _known(of: Told, today: date) -> Facts:
    material = of.material
    job = material.job
    if job and not (job.title.strip() or job.company.strip() or job.description.strip()):
        job = None
    return Facts(replace(material, job=job), today)


def _stems(text: str) -> set[str]:
    """The first letters of a text's longer words: enough to know `migrated` and `migration` as one."""
    words = re.findall(r"[^\W\d_]{5,}", text.casefold())
    return {word[:6] for word in words if word not in _COMMON}


def _proves(line: Line) -> tuple[int, bool]:
    if "/highlights/" in line.path:
        rank = 0
    elif line.path.endswith(("/summary", "/description")):
        rank = 1
    elif line.path.startswith(("skills", "certificates", "languages", "education")):
        rank = 2
    else:
        rank = 3
    return rank, not HAS_NUMBER.search(line.text)
