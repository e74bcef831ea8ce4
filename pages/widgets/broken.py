"""A page that broke in a way nobody foresaw: our own sentence on it, and a line for whoever mends it."""

import logging
import secrets

import streamlit as st

from core import traces

LOG = logging.getLogger("workbench.pages")


def told(mistake: BaseException) -> str:
    """Log where it happened under a fresh number, and return what to say.

    The log gets types, files and lines alone: a message may quote a resume.
    """
    number = secrets.token_hex(4)
    LOG.error("page broke, reference %s: %s", number, traces.where(mistake))
    return (
        f"Something went wrong here. It is logged under the number {number}: tell it to an admin. "
        "What was saved is safe; try again, or go on with another page."
    )


def show(mistake: Exception) -> bool:
    """For `st.App`: the sentence in the stead of the page, or beside it where a button's callback broke."""
    st.error(told(mistake), icon=":material/error:")
    return True
