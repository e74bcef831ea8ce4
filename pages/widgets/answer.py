"""A finished answer: how it ended, the prose, what code found beside it."""

import streamlit as st

from core.drive.answer_text import TEXTS
from core.llm.outcome import STOPPED
from core.schema import Details, Found, RunResult
from pages.widgets import safe, words

NOTHING_ARRIVED = "Stopped before anything had arrived."


def draw(feature: str, result: RunResult) -> None:
    """Title and badge, what happened on the way, prose, bullets, warnings, keywords, next actions."""
    answer = result.answer
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(safe.line(answer.title), anchor=False)
        badge(result.status)
    _handovers(result)
    if feature == "tailor_resume":  # its content is the whole resume; the changes come first
        prose(feature, answer.summary, "")
    else:
        prose(feature, answer.summary, answer.content)
    if answer.bullets:
        st.markdown("**Key points**")
        st.markdown(safe.bullets(answer.bullets))
    if warnings := _warnings(result):
        st.warning(_sentences(warnings), icon=":material/warning:")
    if answer.keywords_added:
        st.caption("Keywords brought in")
        badges(answer.keywords_added, "blue")
    if answer.next_actions:
        st.markdown("**Next actions**")
        st.markdown(safe.bullets(answer.next_actions))


def prose(feature: str, summary: str, content: str) -> None:
    """The two running texts, each in its place even while empty.

    The summary of a letter is a note to the reader and no part of it: it looks so.
    """
    note = st.caption if feature in TEXTS else st.markdown
    note(safe.safe(summary.strip())) if summary.strip() else st.empty()
    st.markdown(safe.safe(content.strip())) if content.strip() else st.empty()


def badge(status: str) -> None:
    label, colour, icon = words.STATUSES.get(status, (status, "gray", ":material/help:"))
    st.badge(label, color=colour, icon=icon)  # type: ignore[arg-type]


def badges(names: tuple[str, ...], colour: str) -> None:
    """A row of words, each in its own badge."""
    with st.container(horizontal=True, gap="xsmall"):
        for name in names:
            st.badge(safe.plain(name), color=colour)  # type: ignore[arg-type]


def score(details: Details) -> None:
    """The score with its parts, and the terms with where each was found; nothing where nothing was compared."""
    if details.score is None and not details.matched and not details.missing:
        return
    with st.container(border=True):
        if details.score is not None:
            st.metric("Match score", f"{details.score} of 100", help="Computed by code from the texts, not by a model.")
        if details.low_confidence:
            st.caption("Low confidence: the job names fewer than five terms.")
        for part in details.parts:
            share = part.points / part.out_of if part.out_of else 0.0
            label = f"{safe.plain(part.name)}: {part.points:g} of {part.out_of:g}"
            st.progress(min(max(share, 0.0), 1.0), text=label)
            st.caption(safe.line(part.why))
        _terms("Matched", details.matched, ":material/check:")
        _terms("Missing", details.missing, ":material/close:")


def _terms(name: str, found: tuple[Found, ...], icon: str) -> None:
    if not found:
        return
    with st.expander(f"{name} terms ({len(found)})", icon=icon):
        said = []
        for one in found:
            said.append(f"- **{safe.plain(one.term)}**")
            said += [f"    - {safe.line(quote)}" for quote in one.evidence]
        st.markdown("\n".join(said))


def _handovers(result: RunResult) -> None:
    """What failed on the way and who went on, told from the attempts."""
    for failed, next_one in zip(result.attempts, result.attempts[1:], strict=False):
        if failed.error:
            handed_over(failed.error, next_one.provider, next_one.model)


def _warnings(result: RunResult) -> tuple[str, ...]:
    """The answer's warnings; of a run stopped before its first word not that something had arrived."""
    answer = result.answer
    if result.status != "cancelled" or any((answer.summary.strip(), answer.content.strip(), answer.bullets)):
        return answer.warnings
    if any(attempt.usage.output_tokens for attempt in result.attempts):
        return answer.warnings
    return tuple(NOTHING_ARRIVED if sentence == STOPPED else sentence for sentence in answer.warnings)


def _sentences(sentences: tuple[str, ...]) -> str:
    return safe.line(sentences[0]) if len(sentences) == 1 else safe.bullets(sentences)


def handed_over(message: str, provider: str, model: str | None) -> None:
    """One leg failed and the next took over."""
    st.warning(
        f"{safe.line(message)} Going on with {safe.plain(words.model(provider, model))}.", icon=":material/alt_route:"
    )
