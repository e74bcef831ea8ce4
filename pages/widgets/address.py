"""The URL of a page, read and written, so that a link, a reload and the way back find the same thing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import streamlit as st


def name(**what: object) -> None:
    """Let the URL name these, as one step of the browser's history; what is None or empty is left as it is.

    Call it when a page is nearly drawn: until the browser has switched pages, what is written goes to the URL of the
    page before, and the back button would lead there.
    """
    wanted = {name: str(value) for name, value in what.items() if value not in (None, "")}
    if any(st.query_params.get(name) != value for name, value in wanted.items()):
        st.query_params.update(wanted)


@contextmanager
def held(page: str) -> Iterator[None]:
    """Round the drawing of a page: after another page, tell the browser once more what the URL says.

    What the page before wrote while the browser was already leaving it ends up in the URL of this page, which would
    then filter by it. Where the URL is right, the browser does nothing.
    """
    if st.session_state.get("address_page") != page:
        st.session_state["address_moved"] = "address_page" in st.session_state
        st.session_state["address_page"] = page
    yield
    if st.session_state.pop("address_moved", False):
        st.query_params.from_dict({name: st.query_params.get_all(name) for name in st.query_params})


def number(name: str) -> int | None:
    """The id that the URL gives under this name; 0, which nothing has, where it is none, None where the URL has no such name."""
    given = st.query_params.get(name)
    if given is None:
        return None
    return int(given) if given.isdecimal() and len(given) < 16 else 0


def change(put: Mapping[str, Sequence[str] | None], drop: Iterable[str] = ()) -> None:
    """Put these into the URL and drop those, as one step of the browser's history; what has no value is dropped."""
    stood, changed = {name: st.query_params.get_all(name) for name in st.query_params}, {*drop, *put}
    kept = {name: values for name, values in stood.items() if name not in changed}
    wanted = kept | {
        name: [values] if isinstance(values, str) else list(values) for name, values in put.items() if values
    }
    if wanted != stood:
        st.query_params.from_dict(wanted)
