"""The rule-based engine: every feature without a model, from the resume and the posting alone."""

from collections.abc import Callable, Mapping
from datetime import date

from core.llm.rules import facts, improve, interview, letter, match, naming, recruiter, tailor
from core.llm.rules.facts import Facts
from core.schema import Feature, Written
from core.tools.material import Material

WRITERS: Mapping[Feature, Callable[[Facts], Written]] = {
    "match": match.write,
    "recruiter_lens": recruiter.write,
    "tailor_resume": tailor.write,
    "cover_letter": letter.write,
    "interview_prep": interview.write,
    "improve_text": improve.write,
}


def title(feature: Feature, material: Material) -> str:
    """What the feature's answer is called, cheaply."""
    return naming.title(feature, facts.read(material, date.min))


def write(feature: Feature, material: Material, *, today: date) -> Written:
    """The feature's answer by rules: the same for the same material and day."""
    return write_from(feature, facts.read(material, today))


def write_from(feature: Feature, known: Facts) -> Written:
    """`write`, where the facts are known already; written once."""
    if feature not in known.written:
        known.written[feature] = WRITERS[feature](known)
    return known.written[feature]
