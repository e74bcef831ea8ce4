"""The headings people give the sections of a resume, and the section each stands for."""

import re
from dataclasses import dataclass

_NAMES = {
    "work": """experience|work experience|professional experience|relevant experience|working experience
        |job experience|employment|employment history|work history|career history|career
        |professional background|work|positions held|professional history|career summary
        |industry experience|previous experience|relevant work experience""",
    "volunteer": "volunteering|volunteer experience|volunteer work|volunteer|community service|community involvement",
    "projects": """projects|personal projects|pet projects|side projects|selected projects|implemented projects
        |key projects|open source|open source projects|academic projects|recent projects""",
    "education": """education|academic background|education and training|academic qualifications|academic history
        |studies|education history|educational background|academic education|higher education""",
    "skills": """skills|technical skills|skills and expertise|professional skills|hard skills|soft skills
        |key skills|core skills|skills summary|experience summary|technical skills set
        |technical skill set|skill set|core competencies|competencies|technologies|tech stack
        |skills and awards|tools|qualifications|personal qualities|technical summary|areas of expertise
        |expertise|skills and tools|it skills|computer skills|strengths|key competencies
        |technical expertise|technical proficiencies|tools and technologies|other skills
        |additional skills""",
    "certificates": """certificates|certifications|certification|licenses|licenses and certifications
        |certifications and licenses|certificates and courses|professional certifications|credentials""",
    "awards": """awards|honors|honours|selected honors|honors and awards|awards and honors|achievements
        |key achievements|accomplishments|prizes|scholarships|awards and achievements""",
    "publications": "publications|selected publications|publications and teaching|papers|articles",
    "languages": "languages|language|language skills|spoken languages|languages knowledge|foreign languages",
    "interests": "interests|hobbies|hobbies and interests|interests and hobbies|hobbies and other activity|activities",
    "references": "references|recommendations|referees|recommendation",
    "summary": """summary|profile|about me|about|objective|professional summary|personal statement
        |executive summary|career objective|carrier objective|personal profile|professional profile
        |summary of qualifications|introduction|career profile|who i am""",
    "contact": """contact|contacts|contact information|contact details|contact me|personal information
        |personal details|personal data|details|links|resources|personal info|contact info""",
    "other": """courses|courses and special programs|training|trainings|courses and training|military service
        |patents|invited talks|talks|conferences|speaking|additional information|memberships
        |professional memberships|affiliations|teaching|other|miscellaneous|professional development
        |course papers|extracurricular activities|research|awards and patents|declaration|nationality
        |citizenship|date of birth""",
}
_SECTION = {
    re.sub(r"\s+", " ", name.strip()): section for section, names in _NAMES.items() for name in names.split("|")
}
_INLINE = {"summary", "education", "work", "skills", "languages", "interests", "projects", "certificates"}
_SHOUTED = re.compile(r"((?:[A-Z&]{2,} ?){1,3})(?=\s+\S)")
_SPOKEN = re.compile(
    r"\b(?:english|hebrew|russian|french|german|spanish|ukrainian|polish|italian|portuguese|chinese|mandarin|hindi|arabic"
    r"|dutch|japanese|korean|turkish|czech|greek|swedish|romanian|azerbaijani|belarusian|native|fluent)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's start: its section, the words used, and what follows on the same line."""

    section: str
    words: str
    rest: str = ""


def read_heading(text: str) -> Heading | None:
    """The heading a line is, or starts with: `Work experience:`, `EDUCATION 2017 – 2019 …`, `Languages: English`."""
    words = text.strip()
    if section := _SECTION.get(_plain(words)):
        return Heading(section, words.strip(" :"))
    if words.isupper() and (several := _several(words)):
        return several
    before, colon, rest = words.partition(":")
    if colon and (section := _SECTION.get(_plain(before))) in _INLINE and rest.strip():
        if section == "skills" and _plain(before) in ("technologies", "tools"):
            return None
        if section == "languages" and not _SPOKEN.search(rest):
            return None
        return Heading(section or "", before.strip(), rest.strip())
    return _shouted(words)


def _shouted(words: str) -> Heading | None:
    if not (start := _SHOUTED.match(words)):
        return None
    named = start[1].strip().split(" ")
    for count in range(len(named), 0, -1):
        section = _SECTION.get(_plain(" ".join(named[:count])))
        rest = words[len(" ".join(named[:count])) :].strip()
        if section in _INLINE and not rest.isupper():
            return Heading(section or "", " ".join(named[:count]), rest)
    return None


def _several(words: str) -> Heading | None:
    """Two headings side by side, as a page in columns gives them: the first counts, all words are kept."""
    tokens = words.split()
    for count in range(1, min(4, len(tokens))):
        first, rest = _SECTION.get(_plain(" ".join(tokens[:count]))), " ".join(tokens[count:])
        if first and (_SECTION.get(_plain(rest)) or _several(rest)):
            return Heading(first, words)
    return None


def _plain(text: str) -> str:
    text = re.sub(r"[^a-z& ]+", " ", text.lower().replace("&", " and ").replace("/", " and "))
    return re.sub(r"\s+", " ", text).strip().removeprefix("my ")


def is_spoken(text: str) -> bool:
    """Whether a text names a language that people speak."""
    return _SPOKEN.search(text) is not None
