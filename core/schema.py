"""The words of the workbench: what comes in, what goes out, what passes between."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Feature = Literal["match", "recruiter_lens", "tailor_resume", "cover_letter", "interview_prep", "improve_text"]
Role = Literal["support", "engineer", "analyst", "admin"]
RunStatus = Literal["running", "ok", "fallback", "cancelled", "refused", "abandoned"]
AttemptStatus = Literal["running", "ok", "failed", "cancelled", "abandoned"]
CostStatus = Literal["exact", "estimated", "unknown"]
Output = Literal["json", "text"]
AnswerField = Literal["title", "summary", "content", "bullets", "warnings", "keywords_added", "next_actions"]
Verdict = Literal["verified", "needs review", "blocked"]
EventKind = Literal["started", "delta", "notice", "done"]

# What each feature is called on screen and in the names of files.
CALLED: dict[str, str] = {
    "match": "Match report",
    "recruiter_lens": "Recruiter's view",
    "tailor_resume": "Tailored resume",
    "cover_letter": "Cover letter",
    "interview_prep": "Interview pack",
    "improve_text": "Improve a text",
}
FEATURES: tuple[Feature, ...] = get_args(Feature)


def _clean(text: str) -> str:
    """Refuse what UTF-8 cannot carry or a database will not store."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    text.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, a ValueError
    return text


Text = Annotated[str, AfterValidator(_clean)]


class Word(BaseModel):
    """A shape of this module: immutable, and no key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# -- in --------------------------------------------------------------------------------------------


class Parameters(Word):
    """What a prompt engineer may turn: None means the prompt's own value."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=16_000)


class AiRequest(Word):
    """One request for an answer, the same from every door.

    The last three are for pages and the CLI: `draft` is the whole text of an edited prompt file,
    `switched_off` names chips to leave out of the context (`profile`, `job`, `resume`,
    `keywords`, `memory`, `document:3`) without changing what the run is for.
    """

    feature: Feature
    user_id: int = Field(ge=1, le=2**53)
    job_id: int | None = Field(default=None, ge=1, le=2**53)
    resume_version_id: int | None = Field(default=None, ge=1, le=2**53)
    document_ids: tuple[Annotated[int, Field(ge=1, le=2**53)], ...] = Field(default=(), max_length=20)
    memory: bool = True
    instructions: Text = Field(default="", max_length=4_000)
    inputs: dict[Annotated[Text, Field(max_length=64)], Annotated[Text, Field(max_length=40_000)]] = Field(
        default_factory=dict, max_length=16
    )
    prompt: Text | None = Field(default=None, max_length=128)
    model: Text | None = Field(default=None, max_length=200)
    draft: Text | None = Field(default=None, max_length=60_000)
    parameters: Parameters = Parameters()
    switched_off: frozenset[Annotated[Text, Field(max_length=64)]] = frozenset()


class Caller(Word):
    """Who asks. `name` is `token:NAME`, `member:ID` or `cli`; `user_id` limits a token to one candidate."""

    name: str
    role: Role = "support"
    scopes: frozenset[str] = frozenset({"run", "read-runs"})
    user_id: int | None = None

    def may(self, scope: str) -> bool:
        return "admin" in self.scopes or scope in self.scopes


# -- the answer --------------------------------------------------------------------------------------


class AiAnswer(Word):
    """The one answer of every feature, from any model or from the rules. `content` is Markdown."""

    title: str
    summary: str
    content: str
    bullets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    keywords_added: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()


class Change(Word):
    """One proposed edit of a resume.

    `path` points at a text of the resume by stable ids, e.g. `work/w1/highlights/w1b2`,
    `work/w1/summary`, `basics/summary`, or at a list for `reorder`, e.g. `skills`.
    `value` is the new text; for `reorder`, the ids in their new order, one a line. `evidence` names
    ids of the source resume's entries and bullets. `verdict` and `why`, a sentence for each claim that does not
    stand, are computed by code, never read from a model; None before that.
    """

    op: Literal["replace", "remove", "reorder"]
    path: str
    original: str = ""
    value: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()
    verdict: Verdict | None = None
    why: str = ""


class RejectedChange(Word):
    """A change that code refused, and the sentence why."""

    change: Change
    why: str


class Found(Word):
    """A term of the job and where it stands: `evidence` are short quotes of the resume with their place."""

    term: str
    evidence: tuple[str, ...] = ()


class ScorePart(Word):
    """One part of a score: `points` of `out_of`, and the sentence that explains it."""

    name: str
    points: float
    out_of: float
    why: str


class Doubt(Word):
    """A sentence of a letter, a rewritten text or a report with the claims in it that the context does not hold."""

    sentence: str
    claims: tuple[str, ...]


class Details(Word):
    """What stands beside an answer, all of it computed by code. `score` is 0–100, None without a job.

    `rejected` are changes of a resume that code refused, `doubts` what a letter or a report claims without evidence.
    """

    score: int | None = None
    parts: tuple[ScorePart, ...] = ()
    matched: tuple[Found, ...] = ()
    missing: tuple[Found, ...] = ()
    low_confidence: bool = False
    rejected: tuple[RejectedChange, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """An answer with its companions, as a leg or the rules hand it over."""

    answer: AiAnswer
    changes: tuple[Change, ...] = ()
    details: Details = Details()


# -- what it used and cost -------------------------------------------------------------------------


class Usage(Word):
    """Tokens of one leg or one run. Input includes cached, output includes reasoning."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class Cost(Word):
    """Nano-dollars and how sure they are; `nanousd` is None exactly when `status` is `unknown`.

    `price` is the id of the price row: `own:17`, `genai-prices 0.2.3/openai/gpt-6-luna`, `local 0`.
    """

    nanousd: int | None
    status: CostStatus
    price: str | None = None


class AttemptView(Word):
    """One leg of a run as people and clients see it. `error` is our sentence, never the server's."""

    number: int
    provider: str
    model: str | None
    status: AttemptStatus
    finish_reason: str | None = None
    error_code: str | None = None
    error: str | None = None
    usage: Usage
    cost_usd: str | None
    cost_status: CostStatus
    latency_ms: int | None
    ttft_ms: int | None


class RunResult(Word):
    """What `/run` answers and what the last event, `done`, carries.

    Tokens and cost are sums over the attempts; `cost_usd` is a decimal string, None when unknown.
    """

    run_id: str
    status: RunStatus
    answer: AiAnswer
    changes: tuple[Change, ...]
    details: Details
    provider: str
    model: str | None
    prompt: str
    usage: Usage
    cost_usd: str | None
    cost_status: CostStatus
    latency_ms: int
    ttft_ms: int | None
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a run. `id` counts up by one from 1; `data` is a dict that JSON can hold, of `done` the result itself.

    started {run_id, feature, prompt, provider, model, route} · delta {field, text} ·
    notice {code, message, provider, model}: the text starts afresh · done: a RunResult.
    """

    id: int
    kind: EventKind
    data: Any


def usd(nanousd: int | None) -> str | None:
    """Nano-dollars as an exact decimal string of dollars, e.g. 780000 -> '0.00078'."""
    if nanousd is None:
        return None
    whole, rest = divmod(nanousd, 1_000_000_000)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")
