"""Text of a file as blocks: one line or paragraph each, with what its looks say about it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from core.drive.headings import read_heading
from core.drive.periods import find_period, has_years

Look = Literal["text", "bullet", "heading", "title"]
_BULLET = re.compile(
    r"\s*(?:[•◦▪▫●○∙·‣\u2043■□◆◇❖➢➤►▸✓✔✦★➔→\uf0a7\uf0b7\uf0d8\uf076\uf0fc\uf02d]|o(?=\s{2,}|\t)|[-–—*>+](?=\s)|\(cid:\d+\))\s*"
)
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+(?=\S)")
_LEAF_LABEL = re.compile(r"^[A-Z][\w /&+.'-]{1,40}:(?:\s|$)")
MAX_LINE = 4_000
_SUFFIX = re.compile(
    r"\w{0,4}(?:[st]ions?|ing|ed|ment|ments|ity|ities|ies|ally?|able|ible|ance|ence|ers?|ors?|ly|ness|tive|sive|cal)"
)
_ENDS = re.compile(r"[.!?;:]\W*$")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. `level` ranks headings (1 the largest, 0 none); `gap` says that space precedes it.

    `loose` marks a line that was broken by the page's width and may go on in the next.
    """

    text: str
    look: Look = "text"
    level: int = 0
    gap: bool = False
    loose: bool = False


def from_text(text: str) -> list[Block]:
    """Blocks of a plain text, bullets recognised by their marks, wrapped lines joined again."""
    found: list[Block] = []
    gap = False
    for line in _lines(text):
        if not line.strip():
            gap = True
            continue
        found.append(marked(Block(line.rstrip(), gap=gap, loose=True)))
        gap = False
    return joined(found)


def from_markdown(text: str) -> list[Block]:
    """Blocks of a Markdown page, marks taken off."""
    found: list[Block] = []
    gap, fenced = False, False
    for line in _lines(_without_comments(text)):
        if line.strip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not line.strip() or (
            not fenced and re.fullmatch(r"\s*(?:([-*_])\s*)(?:\1\s*){2,}|\s*[|: -]*-[|: -]*\|?", line)
        ):
            gap = True
        else:
            found.append(replace(_markdown_line(line), gap=gap))
            gap = False
    return joined(found)


def mend(text: str) -> str:
    """The text with plain line ends, and with Windows characters that were read as control characters put right."""
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\x0b", "\n")
        .replace("\x0c", "\n\n")
        .replace("\xa0", " ")
    )
    return re.sub("[\x80-\x9f]", lambda one: one[0].encode("latin-1").decode("cp1252", "ignore"), text)


def _without_comments(text: str) -> str:
    before, *rest = text.split("<!--")
    return before + "".join(part.partition("-->")[2] if "-->" in part else part for part in rest)


def _lines(text: str) -> Iterator[str]:
    """The text's lines, none longer than MAX_LINE: a longer one is cut, between words where it has any."""
    for line in mend(text).split("\n"):
        while len(line) > MAX_LINE:
            cut = line.rfind(" ", MAX_LINE // 2, MAX_LINE)
            cut = cut if cut > 0 else MAX_LINE
            yield line[:cut]
            line = line[cut:]
        yield line


def split_lines(block: Block) -> Iterator[Block]:
    """A paragraph that holds line breaks as one loose block a line: a page of text somebody pasted."""
    lines = [line for line in _lines(block.text) if line.strip()]
    for at, line in enumerate(lines):
        loose = len(lines) > 3
        yield marked(replace(block, text=line.rstrip(), gap=block.gap and at == 0, loose=loose))


def joined(blocks: Iterable[Block]) -> list[Block]:
    """The blocks with lines put together that only the page's width had parted."""
    blocks = list(blocks)
    widths = sorted(len(block.text) for block in blocks if block.loose)
    wide = widths[len(widths) * 4 // 5] * 0.72 if widths else 0
    words = Counter(word for block in blocks for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", block.text.lower()))
    together: list[Block] = []
    last = ""
    for block in blocks:
        if together and _goes_on(together[-1], last, block, wide):
            together[-1] = replace(together[-1], text=_glued(together[-1].text, block.text.strip(), words))
        else:
            together.append(replace(block, text=re.sub(r"[ \u3000]+", " ", block.text).strip()))
        last = block.text
    return [block for block in together if block.text]


def _goes_on(before: Block, last: str, block: Block, wide: float) -> bool:
    text = block.text.strip()
    if read_heading(text) or read_heading(before.text):
        return False
    if not (before.loose and block.loose) or block.gap or block.look != "text" or before.look in ("heading", "title"):
        return False
    if (dated := find_period(last)) and not dated.before.strip() and text[:1].isupper():
        return False
    if len(before.text) + len(text) > MAX_LINE:
        return False
    if "\t" in text or "\t" in last or _LEAF_LABEL.match(text):
        return False
    if last.endswith(("-", "\u00ad")) and text[:1].islower():
        return True
    lower = (
        text[:1].islower()
        or text[:1] in ",;)&%"
        or last.rstrip().endswith((",", "&", " and", " of", " the", " for", "/"))
    )
    full = len(last) >= max(wide, 30)
    return (
        (lower and len(last) >= 25)
        or (full and not _ENDS.search(last) and not has_years(text))
        or (full and _mid(last, text))
    )


def _mid(last: str, text: str) -> bool:
    """A full line that ends a sentence and a next one that is prose too: one paragraph."""
    return bool(_ENDS.search(last)) and len(text.split()) > 7 and not has_years(text)


def _glued(before: str, text: str, words: Counter[str]) -> str:
    """Two lines as one. A hyphen between them stays where the page uses the second half as a word of its own."""
    if before.endswith("\u00ad"):
        return before[:-1] + text
    parted = re.search(r"([^\W\d_]+)-$", before)
    if not parted:
        return before + ("" if re.search(r"\w-$", before) else " ") + text
    tail = re.match(r"[^\W_]*", text)[0].lower()  # type: ignore[index]
    whole, hyphened = parted[1].lower() + tail, f"{parted[1].lower()}-{tail}"
    kept = words[whole] == 0 and (words[hyphened] > 0 or words[tail] > 1 or not _SUFFIX.fullmatch(tail))
    return (before if kept else before[:-1]) + text


def marked(block: Block) -> Block:
    """A line whose first sign is a bullet, as a bullet without it; numbered lines keep their number."""
    if block.look != "text":
        return block
    if mark := _BULLET.match(block.text):
        return (
            replace(block, text=block.text[mark.end() :], look="bullet") if block.text[mark.end() :].strip() else block
        )
    if mark := _NUMBERED.match(block.text):
        return replace(block, look="bullet")
    return block


def _markdown_line(line: str) -> Block:
    if heading := re.match(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$", line):
        level = len(heading[1])
        return Block(_bare(heading[2]), "title" if level == 1 else "heading", level)
    bullet = re.match(r"\s*(?:[-*+]|\d{1,2}[.)])\s+(.*)", line)
    text = bullet[1] if bullet else line
    if text.count("|") > 1 and text.strip()[:1] == "|":
        text = "\t".join(cell.strip() for cell in text.strip().strip("|").split("|"))
    hard = line.endswith(("  ", "\\"))
    return Block(_bare(text.lstrip("> ").rstrip("\\")), "bullet" if bullet else "text", loose=not hard)


def _bare(text: str) -> str:
    text = re.sub(r"!?\[([^\[\]]{0,300})\]\(([^()\s]{0,500})[^()]{0,200}\)", lambda link: _link(link[1], link[2]), text)
    text = re.sub(r"(?<!\\)(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(
        r"(?<![\\\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?!\w)|(?<![\\\w])_(?=\S)([^_]+?)(?<=\S)_(?!\w)", r"\1\2", text
    )
    text = re.sub(r"`([^`]+)`|<((?:https?://|mailto:)[^>\s]+)>", r"\1\2", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!<>~=-])", r"\1", text).strip()


def _link(shown: str, address: str) -> str:
    plain = address.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").strip("/")
    return shown if plain in shown else f"{shown} {address}"
