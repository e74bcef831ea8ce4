"""Jobs out of the lines of an experience section: where each begins, its title, employer, dates and texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.drive.blocks import Block
from core.drive.employers import is_tool, labelled, may_employ, share_employers
from core.drive.periods import MONTH, Period, find_date, find_period
from core.drive.unpacking import stacked
from core.drive.wordlists import DURATION, EMPLOYER, TITLE, URL, is_place

_STRONG = re.compile(r"\s*(?:\t|\n|\||•|·|\s[–—-]+\s|\s/\s|\sat\s|\s@\s|;)\s*|^[–—-]+\s+|\s+--?\s*$")
_COMMA = re.compile(r",(?![^()]*\))\s*")
MAX_NAME = 110
MOST_TITLE_WORDS = 5
_LABEL = re.compile(r"^[\w &/,-]{2,40}:(?:\s|$)")
_MONTH_FIRST = re.compile(rf"^{MONTH}\s+", re.IGNORECASE)


@dataclass(slots=True)
class Draft:
    """One entry being put together: heading lines without their dates, the period, the lines under it."""

    heads: list[str] = field(default_factory=list)
    period: Period | None = None
    body: list[Block] = field(default_factory=list)


def read_jobs(blocks: Sequence[Block], *, employer: str = "name") -> tuple[list[dict[str, Any]], list[Block]]:
    """(entries, lines before the first one). `employer` is the key of the employer: `organization` for volunteering."""
    drafts, before = split(stacked(blocks))
    jobs = [_job(draft, employer) for draft in drafts]
    share_employers(jobs, employer)
    return jobs, before


def split(blocks: Sequence[Block]) -> tuple[list[Draft], list[Block]]:
    """The section's lines as entries, each found by its dates, or by its heading or title where there are none."""
    periods = {at: period for at, block in enumerate(blocks) if (period := _anchor(block))}
    anchors = sorted(periods) or _undated(blocks)
    if not anchors:
        return [], list(blocks)
    before = _lines_before(blocks, anchors[0])
    spans = []
    floor = 0
    for number, at in enumerate(anchors):
        following = anchors[number + 1] if number + 1 < len(anchors) else len(blocks)
        start = _look_back(blocks, at, max(at - before, floor), periods.get(at))
        end = at + 1
        if start == at:
            end = _look_ahead(blocks, at, following - before, periods.get(at))
        spans.append((start, at, end))
        floor = end
    drafts = []
    for number, (start, at, end) in enumerate(spans):
        stop = spans[number + 1][0] if number + 1 < len(spans) else len(blocks)
        drafts.append(_draft(blocks, (start, at, end), stop, periods.get(at)))
    return drafts, list(blocks[: spans[0][0]])


# -- where entries begin ------------------------------------------------------------------------------------


def _anchor(block: Block) -> Period | None:
    """The dates of a line that starts an entry, not of a sentence that mentions some."""
    text = block.text
    found = find_period(text)
    if found is None:
        found = find_date(text)
        if found is None or not _lone_date(block, found):
            return None
        return found
    before, after = found.before.strip(" .,:;|–—-\t("), found.after.strip(" .,:;|–—-\t)")
    if block.look == "bullet":
        return found if not before or (len(before) < 60 and TITLE.search(before) and len(after) < 40) else None
    if not before:
        return found if len(after) < 400 else None
    return found if len(before) <= 110 and len(after) <= 160 and not _LABEL.match(text.replace(before, "", 1)) else None


def _lone_date(block: Block, found: Period) -> bool:
    before, after = found.before.strip(" .,|–—-\t("), found.after.strip(" .|–—-\t)")
    if not before:
        starts = re.match(r"\s*(?:[:|\t–—-]|$)", found.after)
        titled = bool(TITLE.search(after)) and len(after.split()) <= 8
        return titled or (bool(starts) and len(after) < 100 and block.look != "bullet")
    return block.look != "bullet" and not after and len(before.split()) <= 9 and bool(TITLE.search(before))


def _undated(blocks: Sequence[Block]) -> list[int]:
    """Where no line has dates: deeper headings, else short lines that hold a title."""
    headings = [at for at, block in enumerate(blocks) if block.look == "heading"]
    if headings:
        return headings
    return [
        at
        for at, block in enumerate(blocks)
        if _headish(block) and TITLE.search(block.text) and len(block.text.split()) <= 9
    ]


def _headish(block: Block) -> bool:
    text = block.text.strip()
    if block.look in ("heading", "title"):
        return True
    if block.look == "bullet" or len(text) > 90 or len(text.split()) > 11 or _LABEL.match(text):
        return False
    return not re.search(r"[.;!?]$", text) or bool(EMPLOYER.search(text[-6:]))


def _lines_before(blocks: Sequence[Block], first: int) -> int:
    """How many heading lines stand above an entry's dates, judged by the first entry."""
    count = 0
    while count < min(first, 2) and _headish(blocks[first - count - 1]):
        count += 1
    return count


def _look_back(blocks: Sequence[Block], at: int, lowest: int, period: Period | None) -> int:
    start = at
    said = f"{period.before}\n{period.after}" if period else blocks[at].text
    while start > lowest and _headish(blocks[start - 1]) and not _complete(said):
        start -= 1
        said = f"{blocks[start].text}\n{said}"
        if blocks[start].gap and start < at - 1:
            break
    return start


def _look_ahead(blocks: Sequence[Block], at: int, limit: int, period: Period | None) -> int:
    end = at + 1
    said = f"{period.before}\n{period.after}" if period else blocks[at].text
    if len(said) > 120:
        return end
    while end < min(limit, at + 3) and end < len(blocks) and _headish(blocks[end]) and not _complete(said):
        said = f"{said}\n{blocks[end].text}"
        end += 1
    return end


def _complete(said: str) -> bool:
    """Whether heading lines already hold a title and an employer."""
    pieces = _pieces(said)
    titled = [piece for piece in pieces if TITLE.search(piece)]
    others = [piece for piece in pieces if piece not in titled and not is_place(piece)]
    return bool(titled) and bool(others or len(titled) > 1 or any(_goes_beyond_titles(piece) for piece in titled))


def _goes_beyond_titles(piece: str) -> bool:
    """Whether commas part a title from something else, not from another title."""
    parts = _COMMA.split(piece)
    return len(parts) > 1 and not all(TITLE.search(part) for part in parts)


# -- what an entry says ---------------------------------------------------------------------------------------


def _draft(blocks: Sequence[Block], span: tuple[int, int, int], stop: int, period: Period | None) -> Draft:
    start, at, end = span
    draft = Draft(period=period)
    for index in range(start, end):
        if index != at or period is None:
            draft.heads.append(blocks[index].text)
        else:
            draft.heads += [part for part in (period.before, period.after) if part.strip(" .,:;|–—-\t()")]
    draft.body = list(blocks[end:stop])
    return draft


def _job(draft: Draft, employer: str) -> dict[str, Any]:
    said, told = _prose_apart("\n".join(draft.heads))
    entry: dict[str, Any] = {}
    if url := URL.search(said):
        entry["url"] = url[0]
        said = said.replace(url[0], " ")
    if lasted := DURATION.search(said):
        entry["duration"] = lasted[0].strip("() ")
        said = said.replace(lasted[0], " ")
    title, name, location, left = _sorted_out(said)
    title = _MONTH_FIRST.sub("", title)
    if name and not (may_employ(name) and sum(map(is_tool, [name, *left])) < 2):
        left, name = [name, *left], ""
    title, name, body = labelled(title, name, draft.body)
    entry |= {"position": title, employer: name, "location": location}
    if draft.period:
        entry |= {"startDate": draft.period.start, "endDate": draft.period.end}
    entry |= texts(body, [*left, *told])
    return {key: value for key, value in entry.items() if value}


def _prose_apart(said: str) -> tuple[str, list[str]]:
    """A heading line that runs on into a sentence, cut before the sentence."""
    if len(said) <= 110:
        return said, []
    cut = re.search(r"(?<=[\w)][.:])\s+(?=[A-Z«\"“])", said[15:])
    return (said[: 15 + cut.start()], [said[15 + cut.end() :].strip()]) if cut else (said, [])


def _pieces(said: str) -> list[str]:
    said = "\n".join(" ".join(part.split()) for part in re.split(r"[\t\n]", said))
    pieces = [re.sub(r"^-{2,}\s*", "", piece.strip(" .,:;|–—\t\n")) for piece in _STRONG.split(said)]
    return [piece[1:] if piece.startswith(")") else piece for piece in pieces if re.search(r"\w", piece)]


def _sorted_out(said: str) -> tuple[str, str, str, list[str]]:
    """(title, employer, place, what is none of them) of an entry's heading."""
    said = re.sub(r"\(([^()]*)\)", lambda found: f"\n{found[1]}\n" if is_place(found[1]) else found[0], said)
    pieces = [re.sub(r"^(?:at|in|for|as)\s+", "", piece) for piece in _pieces(said)]
    titled = [piece for piece in pieces if TITLE.search(piece) and len(piece) <= MAX_NAME]
    title = next((piece for piece in titled if not _employs(piece)), titled[0] if titled else "")
    long = [piece for piece in pieces if len(piece) > MAX_NAME]
    others = [piece for piece in pieces if piece != title and piece not in long]
    places = [piece for piece in others if is_place(piece)]
    others = [piece for piece in others if piece not in places]
    if not others and "," in title:
        parts = _commas(title, hollow=re.search(r",\s*,", said) is not None)
        if all(TITLE.search(part) and not EMPLOYER.search(part) for part in parts):
            return title, "", ", ".join(places), long
        title = next((part for part in parts if TITLE.search(part) and not _employs(part)), parts[0])
        places = [*[part for part in parts if is_place(part)], *places]
        others = [part for part in parts if part != title and part not in places]
    if not others and places and places[0].count(",") > 1:  # `Acme, Ashdod, Israel`
        first, _, rest = places[0].partition(",")
        others, places = [first], [rest.strip(), *places[1:]]
    name = next((piece for piece in others if not TITLE.search(piece) or _employs(piece)), others[0] if others else "")
    beside = [piece for piece in others if piece != name and piece in titled and len(piece.split()) <= MOST_TITLE_WORDS]
    title = " / ".join([title, *beside]) if title else ""
    left = [piece for piece in others if piece != name and piece not in (beside if title else ())]
    if "," in name and not title:
        name, *more = _commas(name)
        title = next((piece for piece in more if TITLE.search(piece)), "")
        left = [piece for piece in more if piece != title] + left
    elif "," in name:
        name, *more = _commas(name)
        left = more + left
    places += [piece for piece in left if is_place(piece)]
    left = [*[piece for piece in left if piece not in places], *long]
    if not title and name and len(left) == 1 and len(left[0].split()) <= 8:
        title, left = left[0], []
    return title, name, ", ".join(dict.fromkeys(places)), left


def _commas(text: str, *, hollow: bool = False) -> list[str]:
    """Parts between commas, a town and its country as one; `hollow` where two commas stand for no employer."""
    parts = [part.strip() for part in _COMMA.split(text) if re.search(r"\w", part)]
    if len(parts) > (2 if hollow or not TITLE.search(text) else 3) and is_place(", ".join(parts[-2:])):
        return [*parts[:-2], ", ".join(parts[-2:])]
    return parts


def _employs(piece: str) -> bool:
    return bool(re.search(r"\b(?:ltd|llc|inc|gmbh|corp|bank|university)\b", piece, re.I))


def texts(body: Sequence[Block], first: Sequence[str] = ()) -> dict[str, Any]:
    """`summary` and `highlights` of the lines under a heading: prose first, then bullets and what follows them."""
    lines = [(block.look == "bullet", " ".join(block.text.split())) for block in body]
    bulleted = any(bullet for bullet, _ in lines)
    summary, highlights = list(first), list[str]()
    for bullet, text in lines:
        if bullet or highlights or (not bulleted and len(lines) > 1):
            highlights.append(text)
        else:
            summary.append(text)
    found: dict[str, Any] = {"summary": "\n".join(summary), "highlights": highlights}
    return {key: value for key, value in found.items() if value}
