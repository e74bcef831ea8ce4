"""The top of a resume: the name, what the person calls themselves, how to reach them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.drive.blocks import Block
from core.drive.headings import read_heading
from core.drive.numerals import amounts
from core.drive.wordlists import TITLE, URL, is_place

_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_PHONE = re.compile(r"(?<![\w.])(?:\+|00)?\(?\d[\d ()./\-–]{6,18}\d(?![\w])")
_LABEL = re.compile(
    r"^\W*(?:e-?mail|phone|tel(?:ephone)?|mobile(?:\s+phone)?|cell|contact|linked\s?in|git\s?hub|git|website|web\s?site|site|portfolio"
    r"|whatsapp|telegram|skype|blog|url)\b\s*(?:number)?\s*[:\uff1a]?\s*$",
    re.I,
)
_LIVES = re.compile(
    r"^\W*(?:residence|location|address|city(?:\s+of\s+residence)?|lives?\s+in|based\s+in)\s*[:\uff1a]\s*(.+)$", re.I
)
_ICON = re.compile("[\ue000-\uf8ff☎✉🎁⌂📞📧📍🏠🔗✆]+\\s*:?")
_NAME = re.compile(r"[^\W\d_][^\d,;:|/@()]*")
_TOWN = re.compile(r"[^\W\d_a-z][^\W\d_]+(?:[ '’-][^\W\d_]+){0,2}")  # Leeds, New York, Aix-en-Provence
_NETWORKS = {
    "linkedin.com": "LinkedIn", "github.com": "GitHub", "gitlab.com": "GitLab", "twitter.com": "Twitter", "x.com": "X",
    "t.me": "Telegram", "stackoverflow.com": "Stack Overflow", "medium.com": "Medium", "facebook.com": "Facebook",
    "bitbucket.org": "Bitbucket", "behance.net": "Behance",
}  # fmt: skip
_PARTS = re.compile(r"\s*(?:\t|\||•|·|\s,\s|\s{2,}|;)\s*")


@dataclass(slots=True)
class Top:
    """The `basics` found, and the paragraphs that are none of it."""

    basics: dict[str, Any] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


def read_top(header: Iterable[Block], contact: Iterable[Block] = ()) -> Top:
    """What the lines above the first section and those under "Contact" say."""
    top, header = Top(), list(header)
    named = _name(header)
    if named is not None:
        words = named.text.split()
        top.basics["name"] = " ".join(word for word in words if not (word.isupper() and read_heading(word)))
    for at, block in enumerate(header):
        if block is not named:
            _line(top, block, near_top=at < 6)
    for block in contact:
        _line(top, block, near_top=False)
    return top


def _name(header: list[Block]) -> Block | None:
    """The largest text of the page if it may be a name, else the first of the top lines that may be one."""
    for block in sorted(header[:8], key=lambda block: block.look != "title"):
        words = [word for word in block.text.split() if not (word.isupper() and read_heading(word))]
        spoken = " ".join(words)
        upright = all(word[0].isupper() or word in ("de", "van", "von", "der", "la", "bin", "al") for word in words)
        shaped = 2 <= len(words) <= 5 and upright and _NAME.fullmatch(spoken) and len(spoken) <= 60
        if shaped and not TITLE.search(block.text) and not is_place(block.text):
            return block
    return None


def _line(top: Top, block: Block, *, near_top: bool) -> None:
    text = block.text.strip()
    if near_top and "label" not in top.basics and _is_label(text):
        top.basics["label"] = text
        return
    found = len(top.basics) + len(top.basics.get("profiles", ()))
    ways_before = _ways(top.basics)
    left: list[str] = []
    for part in _PARTS.split(_ICON.sub("\t", re.sub(r"[⌂🏠📍]\s*:?", "\tResidence: ", text)).strip()):
        remaining = _part(top.basics, part.strip())
        if remaining:
            left.append(remaining)
    if len(top.basics) + len(top.basics.get("profiles", ())) == found and len(left) > 1:
        left = [" ".join(_ICON.sub(" ", text).split())]
    if ways_before < _ways(top.basics):
        left = _without_town(top.basics, left)
    if left:
        top.rest.append(" | ".join(left))


def _ways(basics: dict[str, Any]) -> int:
    return ("email" in basics) + ("phone" in basics)


def _without_town(basics: dict[str, Any], left: list[str]) -> list[str]:
    """What is left of a line with an address or a number, less the one town that stands bare in it."""
    towns = [part for part in left if _TOWN.fullmatch(part) and not TITLE.search(part) and not read_heading(part)]
    if "location" in basics or len(towns) != 1 or towns[0] == basics.get("name"):
        return left
    basics["location"] = {"city": towns[0]}
    return [part for part in left if part != towns[0]]


def _is_label(text: str) -> bool:
    """Whether a line says only what somebody is; `developer with eight years in trade` begins to tell of them."""
    tells = re.search(r"[.:;@]|\d\s*years", text.rstrip(".")) or any(
        one.unit and one.unit[0] == "months" and not one.written[0].isdigit() for one in amounts(text)
    )
    return bool(TITLE.search(text)) and len(text.split()) <= 9 and not tells


def _part(basics: dict[str, Any], part: str) -> str:
    """Take what one part of a contact line says; give back what it was not."""
    if lives := _LIVES.match(part):
        if "location" not in basics and len(lives[1]) < 80:
            basics["location"] = _location(lives[1])
            return ""
        return part
    if "email" not in basics and (found := _EMAIL.search(part)):
        basics["email"] = found[0]
        part = part.replace(found[0], " ")
    if "phone" not in basics and (found := _phone(part)):
        basics["phone"] = found[0].strip()
        part = part.replace(found[0], " ")
    for found in list(URL.finditer(part)):
        _address(basics, found[0])
        part = part.replace(found[0], " ")
    if "location" not in basics and is_place(part):
        basics["location"] = _location(part)
        return ""
    part = " ".join(part.split()).strip(" ,;")
    return "" if _LABEL.match(part) or not re.search(r"\w", part) else part


def _phone(part: str) -> re.Match[str] | None:
    found = _PHONE.search(part)
    digits = re.sub(r"\D", "", found[0]) if found else ""
    years = found and re.fullmatch(r"\D*(?:19|20)\d\d\s*[-–/ ]\s*(?:19|20)\d\d\D*", found[0])
    return (
        found if 7 <= len(digits) <= 15 and not years and not re.fullmatch(r"\d\d/\d\d/\d{4}", part.strip()) else None
    )


def _address(basics: dict[str, Any], address: str) -> None:
    host = re.sub(r"^https?://|^www\.", "", address.lower()).split("/")[0].removeprefix("www.")
    network = next((name for site, name in _NETWORKS.items() if host == site or host.endswith("." + site)), None)
    if network or "url" in basics:
        user = address.rstrip("/").rsplit("/", 1)[-1] if "/" in address.split("//")[-1] else ""
        profile = {"network": network or "Web", "username": user, "url": address}
        basics.setdefault("profiles", []).append({key: value for key, value in profile.items() if value})
    else:
        basics["url"] = address


def _location(text: str) -> dict[str, str]:
    pieces = [piece.strip() for piece in text.strip(" .()").split(",") if piece.strip()]
    return dict(zip(("city", "region"), pieces, strict=True)) if len(pieces) == 2 else {"address": ", ".join(pieces)}
