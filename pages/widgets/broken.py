"""A page that broke in a way nobody foresaw: our own sentence on it, and a line for whoever mends it."""

import logging
import secrets
import traceback
from pathlib import Path

import streamlit as st

LOG = logging.getLogger("workbench.pages")


def told(mistake: BaseException) -> str:
    """Log where it happened under a fresh number, and return what to say.

    The log gets types, files and lines alone: a message may quote a resume.
    """
    number = secrets.token_hex(4)
    LOG.error("page broke, reference %s: %s", number, " < caused by < ".join(_where(one) for one in _causes(mistake)))
    return (
        f"Something went wrong here. It is logged under the number {number}: tell it to an admin. "
        "What was saved is safe; try again, or go on with another page."
    )


def show(mistake: Exception) -> bool:
    """For `st.App`: the same for what breaks outside a page's own script, such as a button's callback."""
    st.error(told(mistake), icon=":material/error:")
    return True


def _causes(mistake: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while mistake is not None and mistake not in found:
        found.append(mistake)
        mistake = mistake.__cause__ or mistake.__context__
    return found


def _where(mistake: BaseException) -> str:
    frames = traceback.extract_tb(mistake.__traceback__)
    return " ".join(
        [type(mistake).__name__, *(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))]
    )
