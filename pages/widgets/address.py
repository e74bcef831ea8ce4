"""What a page writes into its own URL, so that a link, a reload and the way back find the same thing."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st


def name(**what: object) -> None:
    """Let the URL name these, as one step of the browser's history; what is None or empty is left as it is.

    To be called where a page is nearly drawn: until the browser has taken up a new page, what is written
    goes to the address of the one before, and the way back would lead there.
    """
    wanted = {name: str(value) for name, value in what.items() if value not in (None, "")}
    if any(st.query_params.get(name) != value for name, value in wanted.items()):
        st.query_params.update(wanted)


def change(put: Mapping[str, Sequence[str]], drop: Iterable[str] = ()) -> None:
    """Put these into the URL and drop those, as one step of the browser's history; what has no value is dropped."""
    stood = {name: st.query_params.get_all(name) for name in st.query_params}
    kept = {name: values for name, values in stood.items() if name not in {*drop, *put}}
    wanted = kept | {name: list(values) for name, values in put.items() if values}
    if wanted != stood:
        st.query_params.from_dict(wanted)
