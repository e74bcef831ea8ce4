"""How close two job titles are: the same field, and about the same level."""

import re

_LEVELS = {
    "intern": 0, "trainee": 0, "apprentice": 0, "student": 0, "junior": 1, "jr": 1, "graduate": 1, "entry": 1,
    "assistant": 1, "associate": 1, "senior": 3, "sr": 3, "lead": 4, "staff": 4, "manager": 4, "supervisor": 4,
    "principal": 5, "head": 5, "director": 6, "vp": 7, "chief": 7, "president": 7,
}  # fmt: skip
_SAME = {
    "developer": "engineer", "programmer": "engineer", "coder": "engineer", "engineering": "engineer",
    "dev": "engineer", "swe": "engineer", "sre": "reliability", "analytics": "analyst", "analysis": "analyst", "nursing": "nurse",
    "rn": "nurse", "accounting": "accountant", "teaching": "teacher", "design": "designer", "ux": "designer",
    "ui": "designer", "sales": "seller", "recruiting": "recruiter", "marketer": "marketing", "frontend": "front",
    "backend": "back", "fullstack": "full", "sysadmin": "administrator", "admin": "administrator", "mgr": "manager",
    "management": "manager", "managing": "manager", "product": "product",
}  # fmt: skip
_SMALL = {
    "of", "the", "and", "for", "in", "at", "to", "a", "an", "i", "ii", "iii", "iv", "m", "f", "d", "w", "x", "mid",
    "level", "remote", "contract", "part", "time", "full", "freelance", "temporary", "former", "gs", "gs14", "gs15", "end", "stack",
}  # fmt: skip
_BESIDE = re.compile(r"(?<=\w)(?:,| [-–—|] )\s*")
_LEADS = {"manager", "head", "director", "supervisor", "lead", "chief", "vp", "president"}


def level(title: str) -> int | None:
    """0 intern, 1 junior, 2 unsaid, 3 senior, 4 lead or manager, 5 principal, 6 director, 7 chief; None if empty."""
    words = _words(title)
    if not words:
        return None
    return max((_LEVELS[word] for word in words if word in _LEVELS), default=2)


def closeness(wanted: str, held: str) -> float:
    """0 to 1: how much of the wanted title's field the held one covers, less a little for another level."""
    asked, have = _field(wanted), _field(held)
    if not asked or not have:
        return 0.0
    aside = asked - _field(_BESIDE.split(wanted, maxsplit=1)[0])  # `Nurse Manager, Primary Care`: where, not what
    shared = _weight(asked & have, aside)
    field = shared / _weight(asked, aside) * 0.7 + shared / _weight(have, aside) * 0.3
    apart = abs((level(wanted) or 2) - (level(held) or 2))
    return field * (1.0, 0.9, 0.75, 0.6)[min(apart, 3)]


def _weight(words: set[str], aside: set[str]) -> float:
    return len(words) - len(words & aside) / 2


def _words(title: str) -> list[str]:
    return re.findall(r"[a-z0-9+#.]*[a-z0-9+#]", title.lower()[:200])


def _field(title: str) -> set[str]:
    """What a title is about: its words without the level, save where leading people is the job itself."""
    words = {_SAME.get(word, word) for word in _words(title) if word not in _SMALL}
    leads = {"lead"} if words & _LEADS else set()
    return {word for word in words if word not in _LEVELS} | leads
