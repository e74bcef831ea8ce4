"""The stored form of a resume: JSON Resume v1 with a stable id on every entry and every bullet."""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import Invalid, TooLarge

PREFIXES = {
    "work": "w",
    "volunteer": "v",
    "projects": "p",
    "education": "e",
    "skills": "s",
    "certificates": "c",
    "awards": "a",
    "publications": "u",
    "languages": "l",
    "interests": "i",
    "references": "r",
    "x_other": "o",
}
_LISTS_OF_TEXT = {"highlights", "keywords", "courses", "roles"}
_NUMBERS_ALLOWED = {"startDate", "endDate", "date", "releaseDate", "score", "phone", "postalCode"}
_TEXTS = {
    "name", "position", "label", "email", "phone", "url", "image", "summary", "description", "location", "organization",
    "institution", "area", "studyType", "score", "title", "awarder", "issuer", "publisher", "level", "language",
    "fluency", "reference", "entity", "type", "startDate", "endDate", "date", "releaseDate", "network", "username",
    "address", "postalCode", "city", "countryCode", "region",
}  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
MAX_TEXT = 60_000
MAX_ITEMS = 1_000
MAX_DEPTH = 8
MAX_BYTES = 500_000


def clean(text: str) -> str:
    """The text without control, direction-override and invisible characters, trimmed, with plain line ends."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")).strip()


def normalise(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A clean copy of a JSON Resume in which every entry and bullet has an id.

    Existing ids are kept as they are; missing ones count on from the highest of their kind. Unknown
    keys are kept, empty values (`null`, a blank bullet) are not. Doing it twice changes nothing.
    Errors: `Invalid` naming the wrong place, `TooLarge`.
    """
    if not isinstance(raw, Mapping):
        raise Invalid("A resume must be a JSON object with `basics`, `work`, and so on. Check the file and try again.")
    resume: dict[str, Any] = {"basics": {}, **_copy(raw, "", 0)}
    if not isinstance(resume["basics"], dict):
        raise Invalid(f"`basics` must be an object, not {_kind(resume['basics'])}. Mend it and try again.")
    for section in PREFIXES:
        if not isinstance(entries := resume.get(section, []), list):
            raise Invalid(f"`{section}` must be a list, not {_kind(entries)}. Mend it and try again.")
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, dict):
                raise Invalid(
                    f"`{section}`, entry {number} must be an object, not {_kind(entry)}. Mend it and try again."
                )
    _add_ids(resume)
    if len(canonical(resume)) > MAX_BYTES:
        raise TooLarge(f"This resume is larger than {MAX_BYTES // 1000} kB of text. Leave out what is not a resume.")
    return resume


def digest(resume: Mapping[str, Any]) -> str:
    """SHA-256 of the resume's canonical JSON, in hexadecimal; the order of keys does not matter."""
    return hashlib.sha256(canonical(resume)).hexdigest()


def canonical(resume: Mapping[str, Any]) -> bytes:
    """The one JSON spelling of a resume: sorted keys, no spaces, UTF-8."""
    return json.dumps(resume, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sections(resume: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every section that is a list of entries: the known ones in reading order, then unknown ones as they come."""
    for name in (*PREFIXES, *(key for key in resume if key not in PREFIXES)):
        entries = resume.get(name)
        if isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries):
            yield name, entries


# -- copying with a look at every value --------------------------------------------------------------


def _copy(value: Any, place: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise Invalid(f"{_at(place)} is nested more than {MAX_DEPTH} levels deep. Flatten it and try again.")
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, Mapping):
        return _mapping(value, place, depth)
    if isinstance(value, list | tuple):
        if len(value) > MAX_ITEMS:
            raise TooLarge(f"{_at(place)} has more than {MAX_ITEMS:,} items. Shorten the list and try again.")
        return [_copy(item, f"{place}, entry {at}", depth + 1) for at, item in enumerate(value, 1) if item is not None]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise Invalid(f"{_at(place)} holds {_kind(value)}, which JSON cannot carry. Write it as text.")


def _text(value: str, place: str) -> str:
    if len(value) > MAX_TEXT:
        raise TooLarge(f"{_at(place)} is longer than {MAX_TEXT:,} characters. Shorten it and try again.")
    return clean(value)


def _mapping(value: Mapping[Any, Any], place: str, depth: int) -> dict[str, Any]:
    copied: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise Invalid(f"{_at(place)} has a key that is not text. Mend it and try again.")
        if item is not None:
            where = f"{place}: {key}" if place else key
            copied[clean(key)] = _field(key, item, where, depth)
    return _without_blank_highlights(copied, place)


def _field(key: str, item: Any, place: str, depth: int) -> Any:
    if key in _LISTS_OF_TEXT and depth > 0:
        if not isinstance(item, list | tuple) or not all(isinstance(one, str) for one in item if one is not None):
            raise Invalid(f"{_at(place)} must be a list of texts. Mend it and try again.")
    elif key == "highlight_ids":
        if not isinstance(item, list | tuple):
            raise Invalid(f"{_at(place)} must be a list of ids, one for each highlight. Mend it or leave it out.")
        return [_text(one, place) if isinstance(one, str) else one for one in item]  # None: an id still to be given
    elif key in _TEXTS and depth > 0 and not (key == "location" and isinstance(item, Mapping)):
        if key in _NUMBERS_ALLOWED and type(item) in (int, float) and math.isfinite(item):
            item = str(item)
        if not isinstance(item, str):
            raise Invalid(f"{_at(place)} must be text, not {_kind(item)}. Mend it and try again.")
    return _copy(item, place, depth + 1)


def _without_blank_highlights(entry: dict[str, Any], place: str) -> dict[str, Any]:
    if "highlights" not in entry or not isinstance(entry["highlights"], list):
        return entry
    texts, ids = entry["highlights"], entry.get("highlight_ids")
    if ids is not None and len(ids) != len(texts):
        raise Invalid(
            f"{_at(place)} has {len(texts)} highlights but {len(ids)} highlight ids. "
            "Give one id for each, or leave `highlight_ids` out."
        )
    kept = [at for at, text in enumerate(texts) if text]
    entry["highlights"] = [texts[at] for at in kept]
    if ids is not None:
        entry["highlight_ids"] = [ids[at] for at in kept]
    return entry


def _at(place: str) -> str:
    return f"`{place}`" if place else "The resume"


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")


# -- ids ------------------------------------------------------------------------------------------------


def _add_ids(resume: dict[str, Any]) -> None:
    taken: set[str] = {"basics"}
    for section, entries in sections(resume):
        for entry in entries:
            _take(entry.get("id"), section, taken)
            for one in entry.get("highlight_ids", ()):
                _take(one, section, taken)
    for section, entries in sections(resume):
        _number(section, entries, taken)


def _take(given: Any, section: str, taken: set[str]) -> None:
    if given is None or given == "":
        return
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise Invalid(
            f"`{section}` has the id {given!r:.80}. Ids are short texts of letters, digits, dots and dashes; "
            "mend it or leave it out."
        )
    if given in taken:
        raise Invalid(f"`{section}` uses the id `{given}` a second time. Give each entry and bullet its own, or none.")
    taken.add(given)


def _number(section: str, entries: list[dict[str, Any]], taken: set[str]) -> None:
    prefix = PREFIXES.get(section) or re.sub(r"[^A-Za-z0-9]", "", section)[:20] + "_"
    prefix = prefix if prefix[0].isalnum() else "x_"
    for at, entry in enumerate(entries):
        if not entry.get("id"):
            entries[at] = entry = {"id": _next(prefix, taken), **{k: v for k, v in entry.items() if k != "id"}}
        if isinstance(entry.get("highlights"), list):
            given = entry.get("highlight_ids") or [None] * len(entry["highlights"])
            entry["highlight_ids"] = [one or _next(f"{entry['id']}h", taken) for one in given]


def _next(prefix: str, taken: set[str]) -> str:
    """The prefix with the number after the highest in use, so that an id between two others never comes back."""
    form = re.compile(re.escape(prefix) + r"(\d{1,9})")
    highest = max((int(found[1]) for one in taken if (found := form.fullmatch(one))), default=0)
    chosen = f"{prefix}{highest + 1}"
    taken.add(chosen)
    return chosen
