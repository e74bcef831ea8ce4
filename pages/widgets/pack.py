"""The job pack on view: what is in it, started, kept in the URL, found after a reload."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import NotFound
from core.llm import history, packs
from core.llm.packs import Started
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import address, press, words
from pages.widgets.press import Press

URL, OPEN = "pack", "open"

Build = Callable[[Sequence[str]], list[AiRequest]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the pack: its run, or the code and the sentence of why there is none."""

    feature: str
    run_id: str | None = None
    code: str = ""
    why: str = ""

    @property
    def address(self) -> str:
        """How the URL names it: by its run, which says all else, or by what refused it."""
        return self.run_id or f"{self.feature}:{self.code}"


def entries(page: str) -> tuple[Entry, ...]:
    """The pack on view; empty where there is none."""
    held: tuple[Entry, ...] = st.session_state.get(f"{page}_pack", ())
    return held


def begin(page: str, workbench: Workbench, build: Build, *, ready: bool) -> None:
    """Start what was asked for. A refusal of all is kept for `press.refusal`, that of one stands on its card."""

    def start(wanted: Press, requests: Sequence[AiRequest]) -> None:
        _hold(page, wanted, workbench.start_pack(requests, st.session_state["caller"], key=wanted.key))

    press.begin(page, f"{page}_pack", lambda wanted: build(wanted.features), start, ready=ready)


def _hold(page: str, wanted: Press, started: Sequence[Started]) -> None:
    new = {one.feature: _entry(one) for one in started}
    before = {one.feature: one for one in entries(page)} if wanted.again else {}
    held = before | new
    st.session_state[f"{page}_pack"] = tuple(held[name] for name in packs.PACK if name in held)
    st.session_state[f"{page}_pack_saved"] = None
    if not wanted.again:
        st.session_state[f"{page}_pack_open"] = None


def _entry(one: Started) -> Entry:
    if one.refused:
        return Entry(one.feature, None, one.refused.code, one.refused.message)
    return Entry(one.feature, one.run_id)


# -- the URL ----------------------------------------------------------------------------------------------


def recall(page: str, workbench: Workbench, remember: Callable[[AiRequest, Sequence[str]], None]) -> str | None:
    """Follow a URL that names a pack other than the one on view: it fills in the form. What to say of it, if anything."""
    given = st.query_params.get_all(URL)
    if not given or given == [one.address for one in entries(page)]:
        return None
    found: dict[str, Entry] = {}
    about: AiRequest | None = None
    lost = 0
    for name in given[: len(packs.PACK)]:
        entry, request = _found(workbench, name)
        if entry is None or entry.feature in found or not _belongs(request, about):
            lost += 1
            continue
        found[entry.feature] = entry
        about = about or request
    if found:
        st.session_state[f"{page}_pack"] = tuple(found[name] for name in packs.PACK if name in found)
        st.session_state[f"{page}_pack_open"] = st.query_params.get(OPEN)
        st.session_state[f"{page}_pack_saved"] = None
        if about:
            remember(about, tuple(found))
    if not lost:
        return None
    many = "A document" if lost == 1 else f"{lost} documents"
    return f"{many} of the pack in this address cannot be found. Make what is missing again, or look under Runs."


def _found(workbench: Workbench, name: str) -> tuple[Entry | None, AiRequest | None]:
    feature, colon, code = name.partition(":")
    if colon:
        known = feature in packs.PACK and code in words.REFUSALS
        return (Entry(feature, None, code, words.REFUSALS[code]) if known else None), None
    try:
        run = history.story(workbench.store, name).run
    except NotFound:
        return None, None
    return (Entry(run.feature, run.id), history.as_asked(run)) if run.feature in packs.PACK else (None, None)


def _belongs(request: AiRequest | None, about: AiRequest | None) -> bool:
    """Whether a run is for the same candidate and job as the first."""
    if request is None or about is None:
        return True
    return (request.user_id, request.job_id) == (about.user_id, about.job_id)


def show_in_url(page: str) -> None:
    """Name the pack, and what of it is open, in the URL."""
    opened = st.session_state.get(f"{page}_pack_open")
    named = {URL: [one.address for one in entries(page)] or None, OPEN: [opened] if opened else None}
    address.change(named, drop=("run",))


def leave_url() -> None:
    """The page is about one document again."""
    address.change({}, drop=(URL, OPEN))
