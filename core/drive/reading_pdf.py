"""A PDF file as blocks: lines put together from where the letters stand, columns one after the other."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pypdfium2
import pypdfium2.raw as pdfium

from core.drive.blocks import Block, joined, marked
from core.drive.spacing import closed
from core.errors import TooLarge, Unreadable

MAX_PAGES = 30
_FOOTER = re.compile(r"(?:.{0,60}[-–—|]\s*)?(?:page\s*)?\d{1,2}\s*(?:/|of)\s*\d{1,2}|page\s+\d{1,2}", re.I)


@dataclass(slots=True)
class Run:
    """Letters on one line without a wide gap; points, from the bottom left."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def blocks(data: bytes) -> list[Block]:
    """The file's blocks. Errors: `Unreadable`, `TooLarge`."""
    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) > MAX_PAGES:
            raise TooLarge(f"This PDF has {len(document)} pages, more than {MAX_PAGES}. Send the pages that matter.")
        pages = [[run for run in _runs(page) if run.text.strip()] for page in document]
    except pypdfium2.PdfiumError as wrong:
        if "password" in str(wrong).lower():
            raise Unreadable("This PDF is protected by a password. Save it without one and try again.") from None
        raise Unreadable("This PDF is damaged. Export it again, or paste its text.") from None
    if sum(len(run.text.strip()) for page in pages for run in page) < 20:
        raise Unreadable(
            "This PDF holds no text; it is most likely a scan. Run text recognition on it, or paste the text."
        )
    return joined(closed(_blocks(pages)))


# -- letters to runs -------------------------------------------------------------------------------------


def _runs(page: pypdfium2.PdfPage) -> Iterator[Run]:
    text = page.get_textpage()
    run: Run | None = None
    for at in range(text.count_chars()):
        letter = _letter(pdfium.FPDFText_GetUnicode(text, at))
        left, bottom, right, top = text.get_charbox(at, loose=True)
        if letter in "\r\n":
            if run:
                yield run
            run = None
        elif letter == " " and run:
            run.text += " "
        elif run and _same_line(run, left, bottom, top):
            run.text += letter
            run.right, run.bottom, run.top = max(run.right, right), min(run.bottom, bottom), max(run.top, top)
        elif letter != " ":
            if run:
                yield run
            run = Run(letter, left, right, bottom, top)
    if run:
        yield run


def _letter(code: int) -> str:
    if code in (0x2, 0xFFFE):  # pdfium's own mark for a hyphen at a line's end
        return "-"
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""


def _same_line(run: Run, left: float, bottom: float, top: float) -> bool:
    height = max(run.height, 1)
    level = abs((top + bottom) / 2 - run.middle) < height * 0.5
    return level and -height * 2 < left - run.right < height * 1.1


# -- runs to lines ------------------------------------------------------------------------------------------


def _blocks(pages: Sequence[Sequence[Run]]) -> list[Block]:
    sizes = Counter({0: 1})
    for run in (run for page in pages for run in page):
        sizes[round(run.height * 2)] += len(run.text)
    body = sizes.most_common(1)[0][0] / 2 or 1
    prose = {size / 2 for size, letters in sizes.items() if letters > 0.12 * sizes.total()}
    largest = max((run.height for run in pages[0]), default=body)
    found: list[Block] = []
    for number, page in enumerate(pages):
        for column in _columns(page):
            found += _column_blocks(column, _Looks(body, prose, largest if number == 0 else 0))
    return found


@dataclass(frozen=True, slots=True)
class _Looks:
    """Heights of letters: of most of the text, of all that is prose, and of the largest on the first page."""

    body: float
    prose: set[float]
    largest: float

    def rank(self, block: Block, height: float) -> Block:
        size = height / self.body
        if block.look != "text" or size < 1.12 or len(block.text) > 90 or round(height * 2) / 2 in self.prose:
            return block
        if self.largest and height > self.largest * 0.95 and size >= 1.35:
            return replace(block, look="title", level=1)
        return replace(block, look="heading", level=max(2, 8 - round(size * 3)))


def _column_blocks(column: Sequence[Run], looks: _Looks) -> list[Block]:
    found: list[Block] = []
    head, before = 0, None
    for line in _lines(column):
        apart = before is None or before[0].middle - line[0].middle > 1.75 * max(before[0].height, looks.body)
        before = line
        if _FOOTER.fullmatch(_row(line)) and line[0].middle < 60:
            continue
        block = marked(Block(_row(line), gap=apart, loose=True))
        if found and not apart and (block.look == "bullet" or found[-1].look == "bullet") and _is_aside(line):
            found[head] = replace(found[head], text=found[head].text + "\t" + _row(line[1:]))
            block = marked(Block(_row(line[:1]), loose=True))
        if block.look != "bullet" and (not found or found[-1].look != "bullet" or apart):
            head = len(found)
        found.append(looks.rank(block, max(run.height for run in line)))
    return found


def _row(line: Sequence[Run]) -> str:
    return "\t".join(run.text.strip() for run in line)


def _is_aside(line: Sequence[Run]) -> bool:
    """A bullet's line with a date or a place set flush at its right: that belongs to the entry's heading."""
    return len(line) == 2 and len(line[1].text) < 32 and len(line[1].text) < len(line[0].text) + 25


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that stand on one line, top to bottom, each line left to right."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -run.middle):
        if lines and abs(lines[-1][0].middle - run.middle) < 0.45 * max(lines[-1][0].height, run.height):
            lines[-1].append(run)
        else:
            lines.append([run])
    for line in lines:
        line.sort(key=lambda run: run.left)
    return [_closed(line) for line in lines]


def _closed(line: Sequence[Run]) -> list[Run]:
    """A line with runs that stand close put together, so that only wide gaps remain."""
    closed = [replace(line[0])]
    for run in line[1:]:
        last = closed[-1]
        if run.left - last.right < last.height * 1.6:
            last.text, last.right = f"{last.text.rstrip()} {run.text.lstrip()}", run.right
        else:
            closed.append(replace(run))
    return closed


# -- columns ---------------------------------------------------------------------------------------------------


def _columns(page: Sequence[Run]) -> list[list[Run]]:
    """The page's runs in reading order of its parts: what spans the page, then the left column, then the right."""
    gutter = _gutter(page)
    if gutter is None:
        return [list(page)]
    parts: list[list[Run]] = []
    left: list[Run] = []
    right: list[Run] = []
    for run in sorted(page, key=lambda run: -run.middle):
        if run.left < gutter < run.right:  # spans both: the columns above it end here
            parts += [left, right, [run]]
            left, right = [], []
        else:
            (left if run.right <= gutter else right).append(run)
    return _merged([*parts, left, right])


def _merged(parts: Sequence[list[Run]]) -> list[list[Run]]:
    """Neighbouring lines that span the page as one part, so that they can be one paragraph."""
    merged: list[list[Run]] = []
    for part in (part for part in parts if part):
        if merged and len(part) == 1 and len(merged[-1]) < 4 and part[0].left < merged[-1][-1].right:
            merged[-1].extend(part)
        else:
            merged.append(part)
    return merged


def _gutter(page: Sequence[Run]) -> float | None:
    """Where an empty strip parts two columns; None when the right side is only dates and places set flush."""
    if len(page) < 12:
        return None
    low, high = min(run.left for run in page), max(run.right for run in page)
    best: tuple[int, float] | None = None
    for step in range(20, 81):
        at = low + (high - low) * step / 100
        crossing = sum(run.left < at < run.right for run in page)
        right = [run for run in page if run.left >= at]
        left = [run for run in page if run.right <= at]
        if crossing > len(page) * 0.15 or min(len(left), len(right)) < 6 or not _is_column(right, left):
            continue
        if best is None or crossing < best[0]:
            best = (crossing, at)
    return best[1] if best else None


def _is_column(right: Sequence[Run], left: Sequence[Run]) -> bool:
    rows = [line[0] for line in _lines(right)]
    edges = Counter(round(run.left / 4) for run in rows)
    flush = sum(count for _, count in edges.most_common(2)) / len(rows)
    alone = sum(not any(abs(run.middle - other.middle) < 1.5 for other in left) for run in rows) / len(rows)
    letters = sum(len(run.text) for run in right) / sum(len(run.text) for run in (*left, *right))
    return flush >= 0.55 and (alone >= 0.35 or letters >= 0.3) and letters >= 0.08
