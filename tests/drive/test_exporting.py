"""Word files: real headings, lists and tables, names any system takes, and a resume that our own reader reads back."""

import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document

from core.drive import exporting, importing
from core.drive.shape import normalise
from core.settings import HOUSE

CANDIDATES = sorted((HOUSE / "core" / "demo" / "candidates").glob("*.json"))
REPORT = """## What fits

**Go** and *PostgreSQL*, see `ledger.py`.

- First
  - Deeper
- Second

1. One
2. Two

Between.

1. Again one

| Term | Found |
|---|---|
| Go | **yes** |

> Quoted
"""


def opened(data: bytes) -> Any:
    return Document(io.BytesIO(data))


def styled(data: bytes) -> list[tuple[str, str]]:
    return [(one.style.name, one.text) for one in opened(data).paragraphs if one.text]


def test_a_report_has_real_headings_lists_and_a_table_below_its_title() -> None:
    data = exporting.document(REPORT, kind="match", title="Match report: Acme", author="Ada Moreno")
    assert styled(data) == [
        ("Title", "Match report: Acme"),
        ("Heading 1", "What fits"),
        ("Normal", "Go and PostgreSQL, see ledger.py."),
        ("List Bullet", "First"),
        ("List Bullet 2", "Deeper"),
        ("List Bullet", "Second"),
        ("List Number", "One"),
        ("List Number", "Two"),
        ("Normal", "Between."),
        ("List Number", "Again one"),
        ("Quote", "Quoted"),
    ]
    page = opened(data)
    assert [[cell.text for cell in row.cells] for row in page.tables[0].rows] == [["Term", "Found"], ["Go", "yes"]]
    bold = [run.text for one in page.paragraphs for run in one.runs if run.bold]
    italic = [run.text for one in page.paragraphs for run in one.runs if run.italic]
    assert (bold, italic) == (["Go"], ["PostgreSQL"])


def test_each_numbered_list_begins_anew() -> None:
    page = opened(exporting.document(REPORT))
    numbers = [one._p.pPr.numPr.numId.val for one in page.paragraphs if one.style.name == "List Number"]
    assert numbers[0] == numbers[1] != numbers[2]


def test_a_letter_is_the_letter_alone_with_its_line_ends() -> None:
    data = exporting.document("Dear team,\n\nKind regards,  \nAda", kind="cover_letter", title="Cover letter: Acme")
    assert styled(data) == [("Normal", "Dear team,"), ("Normal", "Kind regards,\nAda")]


def test_what_a_file_says_of_itself_is_the_papers_own() -> None:
    about = opened(exporting.document("Text", title="Letter", author="Ada Moreno")).core_properties
    assert (about.title, about.author, about.comments, about.last_modified_by) == ("Letter", "Ada Moreno", "", "")
    assert round(opened(exporting.document("x")).sections[0].page_width.mm) == 210


@pytest.mark.parametrize(
    "text", ["", "\x00\x0b\ud800￿", "![x](https://evil.example/p.png)", "<script>x</script>", "*" * 5_000]
)
def test_any_text_makes_a_file_that_loads_nothing(text: str) -> None:
    data = exporting.document(text, title=text[:50], author=text[:50])
    opened(data)
    with ZipFile(io.BytesIO(data)) as file:
        links = b"".join(file.read(name) for name in file.namelist() if name.endswith(".rels"))
    assert b'TargetMode="External"' not in links


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Ada Moreno", "Cover letter", "Acme"), "Ada Moreno - Cover letter - Acme.docx"),
        (("Lucía", None, "", "A/B: <C>?"), "Lucía - A B C.docx"),
        (("../..", "\x00\u202eevil", "."), "evil.docx"),
        (("CON",), "_CON.docx"),
        (("", None), "Paper.docx"),
        (("x" * 500,), "x" * exporting.MOST_NAME + ".docx"),
    ],
)
def test_a_file_name_speaks_and_any_system_takes_it(parts: tuple[str | None, ...], name: str) -> None:
    assert exporting.file_name(*parts, ending="docx") == name


# -- resumes ----------------------------------------------------------------------------------------------


@pytest.fixture(params=CANDIDATES, ids=lambda path: path.stem)
def resume(request: pytest.FixtureRequest) -> dict[str, Any]:
    file: Path = request.param
    return normalise(json.loads(file.read_text(encoding="utf-8"))["resume"])


def test_a_resume_we_wrote_is_read_back_with_the_same_entries(resume: dict[str, Any]) -> None:
    back = importing.read_resume(exporting.resume(resume), "resume.docx")
    for key in ("name", "label", "email", "phone", "summary"):
        assert back["basics"].get(key) == resume["basics"].get(key)
    jobs = ("position", "name", "location", "startDate", "endDate", "summary", "highlights")
    assert told(back, "work", jobs) == told(resume, "work", jobs)
    assert told(back, "skills", ("name", "keywords")) == told(resume, "skills", ("name", "keywords"))
    study = ("institution", "startDate", "endDate")
    assert told(back, "education", study) == told(resume, "education", study)
    project = ("name", "startDate", "endDate", "highlights")
    assert told(back, "projects", project) == told(resume, "projects", project)
    for section in ("certificates", "awards", "publications", "languages", "volunteer", "interests"):
        assert len(back.get(section, ())) == len(resume.get(section, ())), section


def test_software_reads_a_resume_from_lines_alone_and_none_is_lost(resume: dict[str, Any]) -> None:
    page = opened(exporting.resume(resume))
    xml = page.element.xml
    assert not page.tables and "w:txbxContent" not in xml and "w:drawing" not in xml
    text = "\n".join(one.text for one in page.paragraphs)
    for said in every_text({key: value for key, value in resume.items() if key != "meta"}):
        assert " ".join(said.split()) in " ".join(text.split()), said
    assert [one.style.name for one in page.paragraphs[:1]] == ["Title"]


def told(resume: dict[str, Any], section: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{key: entry[key] for key in keys if entry.get(key)} for entry in resume.get(section, ())]


def every_text(value: Any, key: str = "") -> list[str]:
    """Every text of a resume that a page shows as it stands: not ids, dates in numbers, or network names in addresses."""
    if isinstance(value, dict):
        return [text for name, one in value.items() for text in every_text(one, name)]
    if isinstance(value, list):
        return [text for one in value for text in every_text(one, key)]
    hidden = ("id", "highlight_ids", "network", "username", "image")
    return [] if key in hidden or key.lower().endswith("date") or not isinstance(value, str) else [value]
