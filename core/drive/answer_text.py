"""An answer as the text of a document."""

from collections.abc import Sequence

from core.schema import AiAnswer

# Features whose content stands alone; their summary is a note to the person who asked, not a part of the text.
TEXTS = ("cover_letter", "improve_text")


def to_markdown(feature: str, answer: AiAnswer, *, title: bool = False) -> str:
    """An answer as a Markdown document: of a letter or a resume that alone, of a report all but its warnings.

    Warnings are told to the person who asked and belong in no document. `title` puts that on top of
    what does not begin with one of its own, as a resume does with the candidate's name.
    """
    if feature == "tailor_resume":
        return answer.content.strip() + "\n"
    heading = [f"# {answer.title}"] if title else []
    if feature in TEXTS:
        return "\n\n".join([*heading, answer.content.strip()]) + "\n"
    parts = [*heading, answer.summary.strip(), answer.content.strip()]
    lists = {"Key points": answer.bullets, "Next actions": answer.next_actions}
    for name, sentences in lists.items():
        if sentences:
            parts += [f"## {name}", _listed(sentences)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {' '.join(sentence.split())}" for sentence in sentences)
