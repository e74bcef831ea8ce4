"""A DOCX file as blocks: body, tables, text boxes, headers and footers, in reading order."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.opc.exceptions import OpcError
from docx.oxml.exceptions import InvalidXmlError
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]

from core.drive.blocks import Block, joined, split_lines
from core.drive.spacing import closed
from core.errors import TooLarge, Unreadable

MAX_UNPACKED_BYTES = 50_000_000
MAX_ENTRIES = 2_000
MAX_RATIO = 200
_SAVE_AGAIN = "Open it in a word processor, save it as .docx again, or paste its text."
_SKIPPED = {qn("w:del"), qn("w:moveFrom"), qn("w:txbxContent"), qn("w:pPr"), qn("w:rPr"), qn("w:sdtPr")}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def blocks(data: bytes) -> list[Block]:
    """The file's blocks. Errors: `Unreadable`, `TooLarge`."""
    _look_into(data)
    try:
        document = Document(io.BytesIO(data))
        found = list(_document(document))
    except (KeyError, ValueError, OpcError, InvalidXmlError, XMLSyntaxError, zipfile.BadZipFile, AttributeError):
        raise Unreadable(f"This .docx file is damaged. {_SAVE_AGAIN}") from None
    return joined(closed(found))


def _look_into(data: bytes) -> None:
    """Refuse by the zip's directory, before anything is unpacked."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Unreadable(f"This .docx file is damaged. {_SAVE_AGAIN}") from None
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("This file is protected by a password. Save it without one and try again.")
    if "word/document.xml" not in names:
        raise Unreadable("This is not a Word document. Save it as .docx or PDF and try again.")
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise TooLarge(f"This file unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB. {_SAVE_AGAIN}")
    if any(
        entry.file_size > 1_000_000 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1) for entry in entries
    ):
        raise TooLarge(f"A part of this file is packed more than {MAX_RATIO} times. {_SAVE_AGAIN}")


def _document(document: Any) -> Iterator[Block]:
    styles = {style.style_id: (style.name or "").lower() for style in document.styles}
    headers: list[Any] = []
    footers: list[Any] = []
    for section in document.sections:
        for part, kept in (
            (section.first_page_header, headers),
            (section.header, headers),
            (section.first_page_footer, footers),
            (section.footer, footers),
        ):
            if not part.is_linked_to_previous:
                kept.append(part._element)
    seen: set[str] = set()
    for element in (*headers, document.element.body, *footers):
        for block in _container(element, styles):
            if element is document.element.body or block.text not in seen:
                seen.add(block.text)
                yield block


def _container(element: Any, styles: dict[str, str]) -> Iterator[Block]:
    for child in element:
        if child.tag == qn("w:p"):
            yield from _paragraph(child, styles)
        elif child.tag == qn("w:tbl"):
            for row in child.iter(qn("w:tr")):
                if next(row.iterancestors(qn("w:tbl"))) is child:
                    yield from _row(row, styles)
        elif child.tag not in _SKIPPED and child.tag != _FALLBACK:  # content controls, custom XML, insertions
            yield from _container(child, styles)


def _row(row: Any, styles: dict[str, str]) -> Iterator[Block]:
    """A row of short cells is one line with tabs; a row of long ones is a layout, read cell by cell."""
    cells = [
        list(_container(cell, styles)) for cell in row.iter(qn("w:tc")) if next(cell.iterancestors(qn("w:tr"))) is row
    ]
    cells = [cell for cell in cells if cell]
    if 1 < len(cells) <= 4 and all(len(cell) == 1 and len(cell[0].text) <= 80 for cell in cells):
        yield Block("\t".join(cell[0].text for cell in cells), gap=True)
        return
    for cell in cells:
        for at, block in enumerate(cell):
            yield block if at else Block(block.text, block.look, block.level, True, block.loose)


def _paragraph(paragraph: Any, styles: dict[str, str]) -> Iterator[Block]:
    text = "".join(_pieces(paragraph))
    style = styles.get(paragraph.style or "", "normal")
    if text.strip():
        yield from split_lines(_looked(paragraph, style, text))
    for box in paragraph.iter(qn("w:txbxContent")):
        in_fallback = any(up.tag == _FALLBACK for up in box.iterancestors())
        inner = next(box.iterancestors(qn("w:p"))) is not paragraph
        if not in_fallback and not inner:
            yield from _container(box, styles)


def _looked(paragraph: Any, style: str, text: str) -> Block:
    if style.startswith("title"):
        return Block(text, "title", 1)
    if style.startswith("heading"):
        return Block(text, "heading", int(style[-1]) + 1 if style[-1].isdigit() else 2)
    properties = paragraph.pPr
    numbered = properties is not None and properties.numPr is not None
    listed = numbered or style.startswith(("list bullet", "list number"))
    return Block(text, "bullet" if listed else "text")


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in (qn("w:tab"), qn("w:ptab")):
            yield "\t"
        elif child.tag in (qn("w:br"), qn("w:cr")):
            yield "\n"
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in _SKIPPED and child.tag != _FALLBACK:
            yield from _pieces(child)
