"""Real files in: each kind read, each refusal said, nothing lost."""

import contextlib
import io
import json
import struct
import sys
import time
import zipfile
from datetime import date

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from core.drive import importing
from core.drive.importing import JobDraft, read_job, read_resume
from core.drive.resume import normalise, to_markdown, years
from core.errors import Invalid, TooLarge, Unreadable

TEXT = """\
Noor van Dijk
Senior Backend Engineer
noor@example.org | +31 20 555 0199 | Utrecht, Netherlands | github.com/noorvd

SUMMARY
Backend engineer who likes quiet systems.

EXPERIENCE

Senior Backend Engineer, Windmill Energy, Utrecht, Netherlands
March 2021 – present
• Moved billing to Go and cut costs by 30%
• Mentored four engineers

Backend Developer at Canal Ltd
06/2017 - 02/2021
- Built the booking API in Python

EDUCATION
2013 – 2017 Delft University of Technology, BSc in Computer Science

SKILLS
Languages: Go, Python, SQL (PostgreSQL, SQLite)
Cloud: AWS, Terraform

LANGUAGES
Dutch (native), English - fluent

HOBBIES
Sailing
"""

MARKDOWN = """\
# Noor van Dijk

**Senior Backend Engineer**

[noor@example.org](mailto:noor@example.org) · Utrecht, Netherlands

## Summary

Backend engineer who likes *quiet* systems.

## Experience

### Senior Backend Engineer — Windmill Energy

Mar 2021 – now · Utrecht, Netherlands

- Moved billing to Go and cut costs by 30%
- Mentored four engineers

### Backend Developer — Canal Ltd

Jun 2017 – Feb 2021

- Built the booking API in Python
"""


def docx_bytes(build):
    document = Document()
    build(document)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def pdf_bytes(lines, pages=1):
    """A PDF of lines (x, y, size, text) on each page, written by hand in Helvetica."""
    drawn = "\n".join(
        f"BT /F1 {size} Tf {x} {y} Td ({text.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj ET"
        for x, y, size, text in lines
    ).encode("cp1252")
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number in range(pages):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return body + start + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))


def whole_docx(document):
    document.sections[0].header.paragraphs[0].text = "noor@example.org"
    document.add_heading("Noor van Dijk", 0)
    document.add_paragraph("Senior Backend Engineer")
    document.add_heading("Experience", 1)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Senior Backend Engineer, Windmill Energy", "03/2021 – present"
    document.add_paragraph("Moved billing to Go and cut costs by 30%", style="List Bullet")
    document.add_paragraph("Mentored four engineers", style="List Bullet")
    document.add_heading("Skills", 1)
    document.add_paragraph("Cloud: AWS, Terraform")
    boxed = parse_xml(
        f"<w:r {nsdecls('w')}><w:pict><w:txbxContent><w:p><w:r><w:t>Kept from a text box</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r>"
    )
    document.add_paragraph("Tools: Git")._p.append(boxed)
    inside = "<w:sdtContent><w:p><w:r><w:t>Kept from a control</w:t></w:r></w:p></w:sdtContent>"
    control = f"<w:sdt {nsdecls('w')}>{inside}</w:sdt>"
    document.element.body.insert(-1, parse_xml(control))


def job(resume, number=0):
    entry = resume["work"][number]
    return tuple(entry.get(key, "") for key in ("position", "name", "startDate", "endDate"))


@pytest.mark.parametrize(
    ("line", "location", "summary"),
    [
        ("bruno@example.com · +44 20 7946 0991 · Leeds", {"city": "Leeds"}, None),
        ("San Sebastián | bruno@example.com", {"city": "San Sebastián"}, None),
        ("bruno@example.com | Aix-en-Provence", {"city": "Aix-en-Provence"}, None),
        ("bruno@example.com | Forklift Driver", None, "Forklift Driver"),  # a title is no town
        ("bruno@example.com | Leeds | Hull", None, "Leeds | Hull"),  # which of the two is not known
        ("Leeds", None, "Leeds"),  # alone it may be anything
    ],
)
def test_a_town_alone_beside_an_address_is_where_the_person_lives(line, location, summary):
    text = (
        f"Bruno Castellan\n\n{line}\n\nEXPERIENCE\nStock Controller, Brackenfold Foods, 2017 - 2021\n- Counted stock\n"
    )
    basics = read_resume(text.encode(), "bruno.txt")["basics"]
    assert (basics.get("location"), basics.get("summary")) == (location, summary)


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Backend engineer with eight years in payments", None),
        ("Backend engineer with 8 years in payments", None),
        ("Data analyst, twenty-one months in retail", None),
        ("Senior Backend Engineer", "Senior Backend Engineer"),
        ("Engineer of the Three Gorges lock", "Engineer of the Three Gorges lock"),
    ],
)
def test_a_line_that_counts_years_tells_of_the_person_and_is_no_headline(line, label):
    text = f"Bruno Castellan\n{line}\n\nEXPERIENCE\nStock Controller, Brackenfold Foods, 2017 - 2021\n- Counted stock\n"
    basics = read_resume(text.encode(), "bruno.txt")["basics"]
    assert basics.get("label") == label
    assert basics.get("summary") == (None if label else line)


def test_a_plain_text_resume_is_read_whole():
    resume = read_resume(TEXT.encode(), "noor.txt")
    basics = resume["basics"]
    assert (basics["name"], basics["label"]) == ("Noor van Dijk", "Senior Backend Engineer")
    assert (basics["email"], basics["phone"]) == ("noor@example.org", "+31 20 555 0199")
    assert basics["location"] == {"city": "Utrecht", "region": "Netherlands"}
    assert basics["profiles"][0]["network"] == "GitHub"
    assert basics["summary"] == "Backend engineer who likes quiet systems."
    assert job(resume) == ("Senior Backend Engineer", "Windmill Energy", "2021-03", "")
    assert job(resume, 1) == ("Backend Developer", "Canal Ltd", "2017-06", "2021-02")
    assert resume["work"][0]["highlights"] == ["Moved billing to Go and cut costs by 30%", "Mentored four engineers"]
    assert resume["work"][0]["location"] == "Utrecht, Netherlands"
    [study] = resume["education"]
    assert (study["institution"], study["studyType"]) == ("Delft University of Technology", "BSc")
    assert (study["area"], study["startDate"], study["endDate"]) == ("Computer Science", "2013", "2017")
    assert resume["skills"][0]["keywords"] == ["Go", "Python", "SQL (PostgreSQL, SQLite)"]
    assert [(one["language"], one["fluency"]) for one in resume["languages"]] == [
        ("Dutch", "native"),
        ("English", "fluent"),
    ]
    assert resume["interests"][0]["name"] == "Sailing"
    assert years(resume, date(2026, 3, 1)) == pytest.approx(8.7, abs=0.1)
    assert normalise(resume) == resume


def test_markdown_is_read_and_its_marks_are_not():
    resume = read_resume(MARKDOWN.encode(), "noor.md")
    assert resume["basics"]["name"] == "Noor van Dijk"
    assert resume["basics"]["email"] == "noor@example.org"
    assert resume["basics"]["summary"] == "Backend engineer who likes quiet systems."
    assert job(resume) == ("Senior Backend Engineer", "Windmill Energy", "2021-03", "")
    assert job(resume, 1) == ("Backend Developer", "Canal Ltd", "2017-06", "2021-02")


def test_our_own_markdown_comes_back_as_it_went():
    first = read_resume(TEXT.encode(), "noor.txt")
    again = read_resume(to_markdown(first).encode(), "noor.md")
    for section in ("work", "skills", "languages"):
        assert again[section] == first[section]
    assert again["basics"]["name"] == first["basics"]["name"]


def test_a_docx_is_read_with_header_table_box_and_control():
    resume = read_resume(docx_bytes(whole_docx), "noor.docx")
    assert resume["basics"]["name"] == "Noor van Dijk"
    assert resume["basics"]["email"] == "noor@example.org"
    assert job(resume) == ("Senior Backend Engineer", "Windmill Energy", "2021-03", "")
    assert len(resume["work"][0]["highlights"]) == 2
    page = to_markdown(resume)
    assert "Kept from a text box" in page
    assert "Kept from a control" in page


def test_a_pdf_is_read_with_dates_set_flush_right():
    resume = read_resume(
        pdf_bytes(
            [
                (50, 740, 22, "Noor van Dijk"),
                (50, 715, 10, "noor@example.org"),
                (50, 680, 14, "Experience"),
                (50, 660, 10, "Senior Backend Engineer"),
                (450, 660, 10, "March 2021 - present"),
                (50, 646, 10, "Windmill Energy"),
                (450, 646, 10, "Utrecht, Netherlands"),
                (50, 632, 10, "• Moved billing to Go and cut costs by 30% over two years, with no hour of down-"),
                (58, 620, 10, "time for customers"),
                (50, 606, 10, "• Mentored four engineers"),
            ]
        ),
        "noor.pdf",
    )
    assert resume["basics"]["name"] == "Noor van Dijk"
    assert job(resume) == ("Senior Backend Engineer", "Windmill Energy", "2021-03", "")
    assert resume["work"][0]["location"] == "Utrecht, Netherlands"
    assert len(resume["work"][0]["highlights"]) == 2
    assert resume["work"][0]["highlights"][0].endswith("time for customers")


def test_the_columns_of_a_pdf_are_read_one_after_the_other():
    left = [(50, 660 - 14 * at, 10, f"Left line number {at} about the work that was done") for at in range(12)]
    right = [(400, 667 - 15 * at, 10, f"Right side {at}") for at in range(12)]
    both = [line for pair in zip(left, right, strict=True) for line in pair]
    page = to_markdown(read_resume(pdf_bytes([(50, 740, 22, "Noor van Dijk"), *both]), "noor.pdf"))
    assert page.index("Left line number 11") < page.index("Right side 0")


def test_a_json_resume_is_kept_as_it_is():
    given = {"basics": {"name": "Noor"}, "work": [{"id": "x7", "name": "Windmill", "x_unit": "Billing"}]}
    assert read_resume(json.dumps(given).encode(), "noor.json") == given
    assert read_resume(json.dumps(given).encode("utf-16"), "noor.json") == given


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("Jan 2020 – Mar 2021", "2020-01", "2021-03"),
        ("January 2020 to present", "2020-01", ""),
        ("Sept. 2018 — Current", "2018-09", ""),
        ("09/2019 - 10/2020", "2019-09", "2020-10"),
        ("03.09.2019 – 01.10.2020", "2019-09", "2020-10"),
        ("2019-05 – 2020-06", "2019-05", "2020-06"),
        ("2015–2017", "2015", "2017"),
        ("20152017", "2015", "2017"),
        ("2015  2017", "2015", "2017"),
        ("MAR 2022 TO PRESENT", "2022-03", ""),
        ("Summer 2019 - Fall 2020", "2019", "2020"),
        ("Jun '18 – Aug '19", "2018-06", "2019-08"),
        ("2021 - current time", "2021", ""),
    ],
)
def test_dates_are_read_in_many_spellings(written, start, end):
    text = f"Noor van Dijk\n\nEMPLOYMENT HISTORY\n\nAccountant | Canal Ltd | {written}\n- Kept the books\n"
    assert job(read_resume(text.encode(), "a.txt")) == ("Accountant", "Canal Ltd", start, end)


@pytest.mark.parametrize(
    "head",
    [
        "Accountant, Canal Ltd\n2019 – 2021",
        "2019 – 2021: Accountant, Canal Ltd",
        "2019 – 2021\nAccountant\nCanal Ltd",
        "Canal Ltd — Accountant\t2019 – 2021",
        "Accountant at Canal Ltd (2019 – 2021)",
        "Canal Ltd | 2019 – 2021\nAccountant",
    ],
)
def test_title_employer_and_dates_are_found_in_any_order(head):
    text = (
        f"Noor van Dijk\n\nWork experience:\n\n{head}\n- Kept the books of forty clients\n- Closed each month on time\n"
    )
    resume = read_resume(text.encode(), "a.txt")
    assert job(resume) == ("Accountant", "Canal Ltd", "2019", "2021")
    assert len(resume["work"][0]["highlights"]) == 2


def test_what_cannot_be_placed_is_kept():
    text = "Noor van Dijk\nA line of no kind\n\nPATENTS\nA better sluice\n\nEXPERIENCE\nMuch of it, none dated.\n"
    page = to_markdown(read_resume(text.encode(), "a.txt"))
    for words in ("A line of no kind", "A better sluice", "Much of it, none dated.", "Patents"):
        assert words in page


def test_wrapped_lines_become_one_bullet():
    text = (
        "EXPERIENCE\nAccountant, Canal Ltd, 2019 – 2021\n"
        "- Kept the books of forty clients in three countries and closed every\n  month within two days\n"
        "- Trained two\n"
    )
    highlights = read_resume(text.encode(), "a.txt")["work"][0]["highlights"]
    assert highlights[0].endswith("closed every month within two days")
    assert len(highlights) == 2


# -- refusals --------------------------------------------------------------------------------------------------


def bomb(entries=1, size=60_000_000, name="word/document.xml"):
    """A small zip whose directory declares a lot; unpacking it would take what it declares."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(entries):
            packed.writestr(name if number == 0 else f"x{number}", b"0" * size)
    return held.getvalue()


def without(data, part):
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, b"<broken" if entry.filename == part else old.read(entry.filename))
    return held.getvalue()


def locked_zip():
    data = bytearray(docx_bytes(lambda document: document.add_paragraph("secret")))
    at = data.find(b"PK\x01\x02")
    while at >= 0:  # the flag that says "encrypted" in each entry of the directory
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def locked_pdf():
    data = pdf_bytes([(50, 700, 12, "secret")])
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00> <00>] " % (
        b"41" * 32,
        b"42" * 32,
    )
    return data.replace(b"trailer << ", b"trailer << " + lock)


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
GOOD_DOCX = docx_bytes(lambda document: document.add_paragraph("Noor van Dijk"))


@pytest.mark.parametrize(
    ("data", "filename", "says"),
    [
        (b"", "a.txt", "empty"),
        (b" \n\t ", "a.md", "empty"),
        (b"...\n---", "a.txt", "no text"),
        (docx_bytes(lambda document: None), "a.docx", "no text"),
        (pdf_bytes([]), "a.pdf", "most likely a scan"),
        (locked_pdf(), "a.pdf", "password"),
        (b"%PDF-1.7 and then nothing", "a.pdf", "damaged"),
        (b"not a pdf", "a.pdf", "damaged or of another kind"),
        (locked_zip(), "a.docx", "password"),
        (OLE, "a.docx", "password"),
        (OLE, "a.doc", "old Word"),
        (b"PK\x03\x04 broken", "a.docx", "damaged"),
        (GOOD_DOCX[: len(GOOD_DOCX) // 2], "a.docx", "damaged"),
        (without(GOOD_DOCX, "word/document.xml"), "a.docx", "damaged"),
        (bomb(size=10, name="xl/workbook.xml"), "a.xlsx", "not a Word document"),
        (b"{\\rtf1 hello}", "a.rtf", "RTF"),
        (b"<!DOCTYPE html><p>hi", "a.html", "web page"),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13), "a.png", "picture"),
        (b"ab\x00cd", "a.bin", "unknown kind"),
        (b'{"basics": ', "a.json", "not valid JSON at line 1"),
        (b'{"name": "package"}', "a.json", "not a JSON Resume"),
        (b"[1]", "a.json", "is a list"),
        (b"12", "a.json", "no object"),
        (b"[" * 100_000, "a.json", "not valid JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(data, filename, says):
    with pytest.raises(Unreadable) as refused:
        read_resume(data, filename)
    assert says in refused.value.message
    assert refused.value.message.count(".") >= 2


@pytest.mark.parametrize(
    ("data", "filename", "says"),
    [
        (b"x" * 10_000_001, "a.txt", "larger than 10 MB"),
        (b"word " * 90_000, "a.txt", "400,000 characters"),
        (bomb(), "a.docx", "unpacks to more than 50 MB"),
        (bomb(size=2_000_000), "a.docx", "packed more than 200 times"),
        (bomb(entries=2_100, size=10), "a.docx", "unpacks to more"),
        (pdf_bytes([(50, 700, 12, "Page")], pages=31), "a.pdf", "31 pages"),
    ],
)
def test_a_file_that_is_too_much_is_refused(data, filename, says):
    with pytest.raises(TooLarge) as refused:
        read_resume(data, filename)
    assert says in refused.value.message


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    from core.drive import reading_docx

    def opened(*_):
        raise AssertionError("the document was opened")

    monkeypatch.setattr(reading_docx, "Document", opened)
    with pytest.raises(TooLarge):
        reading_docx.blocks(bomb())


def test_a_child_that_dies_is_a_sentence(monkeypatch):
    monkeypatch.setattr(importing.sys, "executable", "/bin/false")
    with pytest.raises(Unreadable, match="could not be read"):
        read_resume(GOOD_DOCX, "a.docx")


def test_a_child_that_hangs_is_stopped_and_is_a_sentence(monkeypatch, tmp_path):
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(importing.sys, "executable", str(slow))
    monkeypatch.setattr(importing, "DEADLINE_S", 0.3)
    with pytest.raises(Unreadable, match="took longer"):
        read_resume(GOOD_DOCX, "a.docx")


def test_the_child_sees_none_of_our_environment(monkeypatch, tmp_path):
    spy = tmp_path / "spy"
    spy.write_text('#!/bin/sh\nprintf \'{"blocks": [{"text": "key:%s"}]}\' "$OPENAI_API_KEY"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setattr(importing.sys, "executable", str(spy))
    assert "sk-secret" not in to_markdown(read_resume(GOOD_DOCX, "a.docx"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory limit")
def test_the_child_is_held_to_its_memory():
    import subprocess

    from core.drive import reading
    from core.settings import HOUSE

    greedy = f"from core.drive import reading; reading._limit(); b = bytearray({reading.MEMORY_BYTES})"
    child = subprocess.run([sys.executable, "-c", greedy], cwd=HOUSE, capture_output=True, check=False)
    assert child.returncode != 0
    assert b"MemoryError" in child.stderr


def test_a_path_is_read_and_a_missing_one_is_a_sentence(tmp_path):
    file = tmp_path / "noor.txt"
    file.write_text(TEXT)
    assert read_resume(file)["basics"]["name"] == "Noor van Dijk"
    with pytest.raises(Unreadable, match="cannot be opened"):
        read_resume(tmp_path / "gone.txt")
    with pytest.raises(Unreadable, match="cannot be opened"):
        read_resume(tmp_path)


def test_old_windows_text_keeps_its_dashes_and_bullets():
    text = "EXPERIENCE\nAccountant, Canal Ltd, 2019 – 2021\n• Kept the café’s books\n"
    resume = read_resume(text.encode("cp1252"), "a.txt")
    assert job(resume) == ("Accountant", "Canal Ltd", "2019", "2021")
    assert resume["work"][0]["highlights"] == ["Kept the café’s books"]


# -- postings ---------------------------------------------------------------------------------------------------


PROSE = b"We look for somebody who bakes bread and likes the quiet of the morning.\n"
LISTED = b"# Baker\n\nCompany: Crumb\n\n## You will\n\n- Bake\n- Sell\n"


@pytest.mark.parametrize(
    ("data", "filename", "title", "company", "holds"),
    [
        (b'{"title": "Baker", "company": "Crumb", "description": "Bake it."}', "a.json", "Baker", "Crumb", "Bake it."),
        (b'{"title": "Baker", "text": "Bake bread."}', "a.json", "Baker", "", "Bake bread."),
        (b'{"title": "Baker", "responsibilities": ["Bake", "Sell"]}', "a.json", "Baker", "", "- Bake\n- Sell"),
        (b"# Baker\n\nBake bread.\n", "a.txt", "Baker", "", "Bake bread."),
        (LISTED, "a.md", "Baker", "Crumb", "## You will\n\n- Bake\n- Sell"),
        (b"Baker at Crumb\n\nBake bread.\n", "a.txt", "Baker", "Crumb", "Bake bread."),
        (b"Title: Baker\nEmployer: Crumb\n\nBake bread.\n", "a.txt", "Baker", "Crumb", "Bake bread."),
        (PROSE, "night_baker.txt", "Night baker", "", "We look"),
    ],
)
def test_a_posting_is_read_with_title_company_and_description(data, filename, title, company, holds):
    draft = read_job(data, filename)
    assert (draft.title, draft.company) == (title, company)
    assert holds in draft.description


def test_a_posting_is_read_from_docx_and_pdf():
    def build(document):
        document.add_heading("Baker", 0)
        document.add_paragraph("Bake bread.")

    assert read_job(docx_bytes(build), "a.docx") == JobDraft("Baker", "", "Bake bread.")
    drawn = [(50, 740, 24, "Baker"), (50, 700, 10, "Bake bread every day of the week.")]
    assert read_job(pdf_bytes(drawn), "a.pdf") == JobDraft("Baker", "", "Bake bread every day of the week.")


@pytest.mark.parametrize("data", [b'{"title": "Baker"}', b'{"title": "Baker", "description": " "}', b"Baker\n"])
def test_a_posting_without_a_description_is_refused(data):
    with pytest.raises(Invalid, match="no description"):
        read_job(data, "a.json" if data[:1] == b"{" else "a.txt")


@pytest.mark.parametrize(
    "piece", ["a", "1", " x", "-", "a.", "A, ", "2019 ", "((", "*a", "a@", "Jan ", "[a](", "\t", "<!--"]
)
@pytest.mark.parametrize("filename", ["a.txt", "a.md"])
def test_hostile_text_takes_no_longer_than_other_text(piece, filename):
    before = time.process_time()
    with contextlib.suppress(Unreadable, TooLarge):
        read_resume((piece * (20_000 // len(piece))).encode(), filename)
    assert time.process_time() - before < 2
