"""Papers that leave the house: a document or a resume as a Word file, and a name for the file."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from docx import Document
from docx.document import Document as Page
from docx.enum.text import WD_BREAK, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from core.drive import resume_page, richtext
from core.drive.answer_text import TEXTS
from core.drive.richtext import Part, Span, Spans
from core.schema import CALLED

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_NAME = 120  # characters of a file's name, its ending apart
MARGIN = Mm(22)
WIDTH = Mm(210) - 2 * MARGIN  # of the text
FONT, CODE_FONT = "Calibri", "Consolas"
ACCENT, INK, MUTED = RGBColor(0x2B, 0x4A, 0x9B), RGBColor(0x1F, 0x29, 0x37), RGBColor(0x4B, 0x55, 0x63)
# Style: size in points, space before and after, colour, bold. A page's `#` is its title, so `##` is the first heading.
LOOKS = {
    "Normal": (10.5, 0, 6, INK, False),
    "Title": (22, 0, 4, INK, True),
    "Heading 1": (13, 14, 4, ACCENT, True),
    "Heading 2": (11.5, 10, 2, INK, True),
    "Heading 3": (10.5, 8, 2, MUTED, True),
    "Quote": (10.5, 4, 6, MUTED, False),
}
LISTS = tuple(f"List {kind}{level}" for kind in ("Bullet", "Number") for level in ("", " 2", " 3"))
# What a paper is called in the name of its file, by its kind; any other goes by its title.
KINDS = CALLED | {"tailor_resume": "Resume", "improve_text": ""}
ALONE = (*TEXTS, "tailor_resume")  # kinds whose text is the paper itself, without a title above it
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+')
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)


def file_name(*parts: str | None, ending: str) -> str:
    """A speaking name any system takes, e.g. `Ada Moreno - Cover letter - Acme.docx`; parts that are empty are left out."""
    said = [" ".join(_FORBIDDEN.sub(" ", part or "").split()).strip(". ") for part in parts]
    name = " - ".join(part for part in said if part)[:MOST_NAME].rstrip(". -") or "Paper"
    return f"{'_' if _RESERVED.match(name) else ''}{name}.{ending}"


def paper_name(candidate: str, kind: str, title: str, company: str | None, *, ending: str) -> str:
    """The file name of a paper of this kind: whose it is, what it is, for whom."""
    return file_name(candidate, KINDS.get(kind) or title, company, ending=ending)


def document(markdown: str, *, kind: str = "", title: str = "", author: str = "") -> bytes:
    """A Markdown document as a Word file: a letter or a resume as it is sent, anything else below its title.

    Takes tens of milliseconds, for the longest a second: call it from a worker thread.
    """
    parts = richtext.parts(markdown)
    titled = bool(parts) and parts[0].kind == "heading" and parts[0].level == 1
    if title and not titled and kind not in ALONE:
        parts.insert(0, Part("heading", (Span(" ".join(title.split())),), 1))
    return _file(parts, title, author)


def resume(content: Mapping[str, Any], *, title: str = "") -> bytes:
    """A normalised resume as a Word file that software reads too: headings, lines and bullets, no tables, no boxes."""
    name = str(content.get("basics", {}).get("name") or "")
    return _file(resume_page.parts(content), title or name or "Resume", name)


def _file(parts: Sequence[Part], title: str, author: str) -> bytes:
    page = Document(io.BytesIO(_template()))
    about = page.core_properties
    about.title, about.author = _printable(title)[:200], _printable(author)[:200]
    about.created = about.modified = datetime.now(UTC)
    writing = _Writing(page)
    for part in parts:
        writing.add(part)
    packed = io.BytesIO()
    page.save(packed)
    return packed.getvalue()


class _Writing:
    """A page being written. Numbered lists each begin anew, so it knows the one it is in."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lists: dict[int, int] = {}  # level -> the numbering of the list that is open there

    def add(self, part: Part) -> None:
        if part.kind not in ("number", "bullet"):
            self.lists.clear()
        if part.kind == "table":
            self._table(part)
        elif part.kind == "rule":
            _rule(self.page.add_paragraph())
        elif part.kind == "code":
            _write(self.page.add_paragraph(), part.spans)
        elif part.kind == "number":
            self._numbered(part)
        else:
            paragraph = self.page.add_paragraph(style=_style(part))
            if any("\t" in span.text for span in part.spans):
                paragraph.paragraph_format.tab_stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT)
            _write(paragraph, part.spans)

    def _numbered(self, part: Part) -> None:
        paragraph = self.page.add_paragraph(style=_style(part))
        for deeper in [level for level in self.lists if level > part.level]:
            del self.lists[deeper]
        if part.level not in self.lists:
            self.lists[part.level] = self._numbering(_style(part), part.number)
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = self.lists[part.level]
        _write(paragraph, part.spans)

    def _numbering(self, style: str, first: int) -> int:
        """A numbering of its own for one list, in the look of its style."""
        numbering = self.page.part.numbering_part.element
        of_style = self.page.styles[style].element.pPr.numPr.numId.val
        shared = next(one for one in numbering.num_lst if one.numId == of_style)
        mine = numbering.add_num(shared.abstractNumId.val)
        mine.add_lvlOverride(ilvl=0).add_startOverride(first)
        return int(mine.numId)

    def _table(self, part: Part) -> None:
        table = self.page.add_table(rows=len(part.rows), cols=len(part.rows[0]), style="Table Grid")
        for at, (row, cells) in enumerate(zip(table.rows, part.rows, strict=True)):
            for cell, told in zip(row.cells, cells, strict=True):
                _write(cell.paragraphs[0], told, bold=at == 0)
                cell.paragraphs[0].paragraph_format.space_after = Pt(2)
        _repeat_head(table.rows[0])
        self.page.add_paragraph().paragraph_format.space_after = Pt(0)


def _style(part: Part) -> str:
    if part.kind == "heading":
        return "Title" if part.level == 1 else f"Heading {min(part.level - 1, 3)}"
    if part.kind in ("bullet", "number"):
        return f"List {part.kind.capitalize()}{f' {part.level + 1}' if part.level else ''}"
    return "Quote" if part.kind == "quote" else "Normal"


def _write(paragraph: Any, spans: Spans, *, bold: bool = False) -> None:
    for span in spans:
        lines = _printable(span.text).split("\n")
        run = paragraph.add_run(lines[0])
        run.bold, run.italic = (span.bold or bold) or None, span.italic or None
        if span.code:
            _set_font(run.font, CODE_FONT)
        for line in lines[1:]:
            run.add_break(WD_BREAK.LINE)
            run.add_text(line)


def _rule(paragraph: Any) -> None:
    edge = _element("w:pBdr", _element("w:bottom", val="single", sz="6", space="1", color="C5CAD6"))
    paragraph._p.get_or_add_pPr().append(edge)


def _repeat_head(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _element(name: str, *inner: Any, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    element.extend(inner)
    return element


def _printable(text: str) -> str:
    """What XML may hold."""
    return _UNPRINTABLE.sub("", text)


# -- how it looks -----------------------------------------------------------------------------------------


@cache
def _template() -> bytes:
    """The empty page in our look: A4, one typeface, one accent."""
    page = Document()
    section = page.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = MARGIN
    section.top_margin = section.bottom_margin = Mm(20)
    about = page.core_properties
    about.comments = about.keywords = about.subject = about.last_modified_by = ""
    for name, look in LOOKS.items():
        _look(page.styles[name], *look)
    page.styles["Normal"].paragraph_format.line_spacing = 1.12
    page.styles["Quote"].paragraph_format.left_indent = Mm(6)
    for name in LISTS:
        page.styles[name].paragraph_format.space_after = Pt(2)
    packed = io.BytesIO()
    page.save(packed)
    return packed.getvalue()


def _look(style: Any, size: float, before: float, after: float, colour: RGBColor, bold: bool) -> None:
    style.font.size, style.font.color.rgb, style.font.bold = Pt(size), colour, bold
    style.font.italic = False
    _set_font(style.font, FONT)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    if style.name.startswith(("Title", "Heading")):
        style.paragraph_format.keep_with_next = True
    if (edge := style.element.get_or_add_pPr().find(qn("w:pBdr"))) is not None:
        style.element.pPr.remove(edge)
    if (spacing := style.element.get_or_add_rPr().find(qn("w:spacing"))) is not None:
        style.element.rPr.remove(spacing)


def _set_font(font: Any, name: str) -> None:
    """One typeface for every script; a theme's would win over it, so what names one goes."""
    font.name = name
    fonts = font.element.rPr.rFonts
    for key in list(fonts.attrib):
        if key.lower().endswith("theme"):
            del fonts.attrib[key]
    for script in ("eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)
