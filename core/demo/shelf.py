"""The demo data as it ships: six candidates, each with a resume, three postings and a few documents.

Everything here was written for this project. People, schools, employers and postings are fictional;
addresses are under example.com and example.org, telephone numbers are 555 numbers. The six differ in
field, level and plan (two free, two pro, two premium); of a candidate's three postings the first
is a strong match, the second a stretch, the third has clear gaps. One posting carries an odd
instruction to applicants, as real ones do.

One JSON file a candidate, in `candidates/`, read in the order of the file names. Resumes are JSON
Resume v1 as a person would hand it in: without ids, which the import adds. Descriptions and
documents are Markdown. Nothing here touches a database.
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured
from core.schema import Text

CANDIDATES = Path(__file__).parent / "candidates"


class _Card(BaseModel):
    """A shape of this module: immutable, and no key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoProfile(_Card):
    """What `User` stores of a candidate. `headline` is one line, `goals` two or three sentences."""

    name: Text
    plan: Literal["free", "pro", "premium"]
    headline: Text
    location: Text
    email: Text
    years_experience: int = Field(ge=0, le=60)
    goals: Text


class DemoJob(_Card):
    """One posting; `description` is Markdown."""

    title: Text
    company: Text
    description: Text


class DemoDocument(_Card):
    """One Drive document; `job` is an index into the candidate's `jobs`, None when it is about none."""

    title: Text
    kind: Literal["cover_letter", "notes", "interview_prep"]
    job: int | None = Field(default=None, ge=0)
    body: Text


class DemoCandidate(_Card):
    """One file of the shelf. `resume` is JSON Resume v1 without ids; it is fresh on each reading."""

    profile: DemoProfile
    resume_label: Text
    resume: dict[str, Any]
    jobs: tuple[DemoJob, ...]
    documents: tuple[DemoDocument, ...] = ()

    @model_validator(mode="after")
    def _jobs_exist(self) -> Self:
        for document in self.documents:
            if document.job is not None and document.job >= len(self.jobs):
                raise ValueError(f"document {document.title!r} names job {document.job} of {len(self.jobs)}")
        return self


def candidates(folder: Path = CANDIDATES) -> tuple[DemoCandidate, ...]:
    """All demo candidates, in the order of their file names.

    Errors: `Misconfigured`, naming the file, the field and the cure.
    """
    return tuple(_read(file) for file in sorted(folder.glob("*.json")))


def _read(file: Path) -> DemoCandidate:
    try:
        return DemoCandidate.model_validate_json(file.read_bytes())
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        cure = "Mend the file, or start with WORKBENCH_DEMO_DATA=off."
        raise Misconfigured(f"Demo candidate {file.name}: {where}: {first['msg']}. {cure}") from None
