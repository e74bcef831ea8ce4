"""Real files in: a resume as JSON Resume, a posting as a job draft, from DOCX, PDF, Markdown, text or JSON."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.drive.blocks import Block, from_markdown, from_text
from core.drive.shape import PREFIXES, clean, normalise
from core.drive.structure import structure
from core.errors import Invalid, TooLarge, Unreadable
from core.settings import HOUSE

MAX_BYTES = 10_000_000
DEADLINE_S = 20
_PASTE = "Save it as .docx, PDF or plain text, or paste its text."
_JOB_LISTS = ("responsibilities", "qualifications", "requirements", "benefits", "skills")


@dataclass(frozen=True, slots=True)
class JobDraft:
    """A posting as read. `description` is Markdown; `company` may be empty when the file does not name one."""

    title: str
    company: str
    description: str


def read_resume(source: Path | bytes, filename: str = "") -> dict[str, Any]:
    """The resume in a file, normalised; all of its text is kept. Errors: `Unreadable`, `TooLarge`, `Invalid`.

    Blocks for as long as the file takes, 20 s at most: call it from a worker thread.
    """
    data, filename = _open(source, filename)
    kind = _kind(data, filename)
    if kind == "json":
        raw = _json(data)
        if not any(section in raw for section in ("basics", *PREFIXES)):
            raise Unreadable(
                "This JSON is not a JSON Resume: it has no `basics`, `work` or other section. Check the file."
            )
        return normalise(raw)
    return normalise(structure(_blocks(data, kind)))


def read_job(source: Path | bytes, filename: str = "") -> JobDraft:
    """The posting in a file; JSON holds `title`, `company` and `description` or `text`. Errors as `read_resume`."""
    data, filename = _open(source, filename)
    kind = _kind(data, filename)
    return _job_of_json(_json(data), filename) if kind == "json" else _job_of_text(_blocks(data, kind), filename)


def job_title(text: str) -> str:
    """The title that a pasted posting begins with; empty where its first line is too long to be one."""
    first = next((line for line in text.splitlines() if any(char.isalnum() for char in line)), "")
    title = " ".join(re.sub(r"^[\s#>*\-•]+|[*_\s]+$", "", first).split())
    return title if len(title) <= 100 else ""


# -- the file -------------------------------------------------------------------------------------------------


def _open(source: Path | bytes, filename: str) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        data = source
    else:
        filename = filename or source.name
        try:
            with source.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as wrong:
            raise Unreadable(f"{filename} cannot be opened: {wrong.strerror}. Check the path.") from None
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"This file is larger than {MAX_BYTES // 1_000_000} MB. Leave out its pictures, or paste its text."
        )
    if not data.strip():
        raise Unreadable("This file is empty. Choose another one, or paste the text.")
    return data, filename


def _kind(data: bytes, filename: str) -> str:
    """What a file is, by its first bytes; its name decides only between kinds of text."""
    head, suffix = data[:1024].lstrip(), Path(filename).suffix.lower()
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data[:4] == b"PK\x03\x04":
        return "docx"
    if data[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
        if suffix in (".docx", ".docm"):
            raise Unreadable("This file is protected by a password. Save it without one and try again.")
        raise Unreadable(f"This is a file of an old Word. {_PASTE}")
    if head[:5] == b"{\\rtf":
        raise Unreadable(f"RTF files cannot be read. {_PASTE}")
    if re.match(rb"<!doctype html|<html", head, re.I):
        raise Unreadable(f"This is a web page. {_PASTE}")
    if data[:4] in (b"\x89PNG", b"GIF8") or data[:3] == b"\xff\xd8\xff":
        raise Unreadable("This is a picture. Run text recognition on it, or paste the text.")
    if suffix == ".json" or head[:1] == b"{":
        return "json"
    if suffix in (".docx", ".docm", ".pdf"):
        raise Unreadable(f"This {suffix} file is damaged or of another kind. {_PASTE}")
    return "markdown" if suffix in (".md", ".markdown") else "text"


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\x00" in data:
        raise Unreadable(f"This file is of an unknown kind. {_PASTE}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        raw = json.loads(_text(data))
    except (ValueError, RecursionError) as wrong:
        where = f" at line {wrong.lineno}" if isinstance(wrong, json.JSONDecodeError) else ""
        raise Unreadable(f"This file is not valid JSON{where}. Mend it there and try again.") from None
    if isinstance(raw, list):
        raise Unreadable("This JSON is a list. Save the one you mean as an object in a file of its own.")
    if not isinstance(raw, Mapping):
        raise Unreadable("This JSON holds no object. Check that it is the right file.")
    return raw


def _blocks(data: bytes, kind: str) -> list[Block]:
    if kind in ("docx", "pdf"):
        blocks = _blocks_of_child(data, kind)
    else:
        text = _text(data)
        if len(text) > 400_000:
            raise TooLarge("This file holds more than 400,000 characters. Leave out what is not needed.")
        blocks = from_markdown(text) if kind == "markdown" else from_text(text)
    if not any(char.isalnum() for block in blocks for char in block.text):
        raise Unreadable("This file holds no text. If it is a scan, run text recognition on it, or paste the text.")
    return blocks


def _blocks_of_child(data: bytes, kind: str) -> list[Block]:
    """Read in a process of its own, without our environment, so that a hostile file can only harm that one."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "core.drive.reading", kind],
            input=data,
            capture_output=True,
            timeout=DEADLINE_S,
            cwd=HOUSE,
            env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        answer = json.loads(child.stdout) if child.returncode == 0 else None
    except subprocess.TimeoutExpired:
        raise Unreadable(f"This file took longer than {DEADLINE_S} seconds to read. {_PASTE}") from None
    except ValueError:
        answer = None
    if answer is None:
        raise Unreadable(f"This file could not be read: it is damaged, or needs too much memory. {_PASTE}")
    if "error" in answer:
        raise (TooLarge if answer["error"] == TooLarge.code else Unreadable)(answer["message"])
    return [Block(**block) for block in answer["blocks"]]


# -- postings -----------------------------------------------------------------------------------------------------


def _job_of_json(raw: Mapping[str, Any], filename: str) -> JobDraft:
    parts = [_words(raw.get("description") or raw.get("text"))]
    for key in _JOB_LISTS:
        if isinstance(raw.get(key), list) and raw[key]:
            parts.append(f"## {key.capitalize()}\n\n" + "\n".join(f"- {_words(item)}" for item in raw[key]))
    return _job(
        _words(raw.get("title")) or _named_by(filename), _words(raw.get("company")), "\n\n".join(filter(None, parts))
    )


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        rest = ", ".join(_words(item) for item in value.get("keywords", ()) if item)
        return ": ".join(part for part in (_words(value.get("name")), rest) if part)
    return clean(value) if isinstance(value, str) else ""


def _job_of_text(blocks: list[Block], filename: str) -> JobDraft:
    first = next((block for block in blocks if block.look == "title"), blocks[0])
    titled = len(first.text) <= 100 and first.look != "bullet" and not first.text.endswith(".")
    labelled = {
        found[1].lower(): found[2].strip()
        for block in blocks[:15]
        if (
            found := re.match(
                r"(company|employer|organi[sz]ation|job title|title|position|role)\s*:\s*(\S.{0,98})$", block.text, re.I
            )
        )
    }
    title = next((labelled[key] for key in ("job title", "title", "position", "role") if key in labelled), "")
    company = next(
        (labelled[key] for key in ("company", "employer", "organization", "organisation") if key in labelled), ""
    )
    body = [block for block in blocks if not (block is first and titled and not title)]
    title = title or (job_title(first.text) if titled else _named_by(filename))
    if not company and (at := re.search(r"^(.{3,80}?)\s+(?:at|@)\s+([A-Z].{1,60})$", title)):
        title, company = at[1], at[2]
    return _job(" ".join(title.split()), company, _as_markdown(body))


def _as_markdown(blocks: list[Block]) -> str:
    marks = {"bullet": "- ", "heading": "## ", "title": "## ", "text": ""}
    lines = [(block.look == "bullet", marks[block.look] + " ".join(block.text.split())) for block in blocks]
    text = ""
    for at, (bullet, line) in enumerate(lines):
        text += ("\n" if at and bullet and lines[at - 1][0] else "\n\n") + line
    return text.strip()


def _named_by(filename: str) -> str:
    words = re.sub(r"[_\-\s]+", " ", Path(filename).stem).strip()
    return words[:1].upper() + words[1:] if words else "Untitled job"


def _job(title: str, company: str, description: str) -> JobDraft:
    if not description.strip():
        raise Invalid("This posting has no description. Add the text of the posting and try again.")
    if len(description) > 100_000:
        raise TooLarge("This posting is longer than 100,000 characters. Leave out what is not the posting.")
    return JobDraft(title[:200], company[:200], description)
