"""Text that others wrote (models, postings, resumes), made safe to show in a page that renders Markdown.

Nothing in it loads by itself: images and links become plain text with their address, HTML is shown as it
was written, `$` stays a dollar sign. Emphasis, lists, tables and headings stay.
"""

import re

_SYNTAX = re.compile(
    r"""
      (?P<escaped>\\[!-/:-@\[-`{-~])                       # escaped by its writer: leave it so
    | (?P<code>`[\w .,:;+\#/@"'{}()=*%&?-]{1,80}`)           # a few words of code, without anything that could act
    | !?\[(?P<label>[^\[\]\n]{0,300})\]\(\s*<?(?P<target>[^()<>\s]*)>?(?:\s+["'(][^"'()\n]*["')])?\s*\)
    | (?P<mark>[\\`\[\]<$~])                                # the rest of what opens links, images, HTML, math
    """,
    re.VERBOSE,
)
_HEADING = re.compile(r"^( {0,3})(#{1,4})(?=\s)", re.MULTILINE)
_LINE_END = re.compile(r"^([^|\n]*[^|\s])\n(?=[^|\n]*\S)", re.MULTILINE)  # not in tables
_LABEL = re.compile(r"([\\`*_\[\]<$~])")


def safe(markdown: str) -> str:
    """Markdown for `st.markdown`. Headings go two levels down, below the page's own; line ends stay line ends."""
    tamed = _HEADING.sub(r"\1##\2", _SYNTAX.sub(_tamed, markdown))
    return _LINE_END.sub(r"\1  \n", tamed)


def line(text: str) -> str:
    """The same on one line, for a bullet, a warning, a caption."""
    return safe(" ".join(text.split())).lstrip("# ")


def plain(text: str) -> str:
    """Text for a label, where no Markdown is meant at all."""
    return _LABEL.sub(r"\\\1", " ".join(text.split()))


def bullets(sentences: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- {line(sentence)}" for sentence in sentences)


def _tamed(found: re.Match[str]) -> str:
    if found["escaped"] or found["code"]:
        return found[0]
    if found["mark"]:
        return "\\" + found["mark"]
    label, target = safe(found["label"] or "").strip(), safe(found["target"] or "")
    if not target or target == label:
        return label
    return f"{label} ({target})" if label else target
