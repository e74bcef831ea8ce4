"""A prompt edited in place: which one, its source, its model and parameters. Edits outlive a change of page."""

import re
from dataclasses import dataclass

import streamlit as st

from core.errors import Invalid
from core.llm.prompt import LONGEST, Prompt, parse
from core.schema import FEATURES, AiRequest, Parameters
from core.wiring import Workbench
from pages.widgets import edits, safe

AUTO = "auto"
VERSION = re.compile(r"^version:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edited:
    """A prompt on the desk: the shipped one, its source as it stands now, and that parsed, None while it is wrong."""

    shipped: Prompt
    source: str
    prompt: Prompt | None

    @property
    def changed(self) -> bool:
        return self.source != self.shipped.text


def draw(workbench: Workbench) -> Edited:
    """The picker and the editor; a mistake is said at once, with its line and the cure."""
    references = [
        f"{name}@{version}"
        for name in workbench.prompts.names()
        for version in reversed(workbench.prompts.versions(name))
    ]
    st.session_state.setdefault("playground_prompt", workbench.prompts.for_feature(FEATURES[0]).label)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Prompt",
            references,
            format_func=_file,
            key="playground_prompt",
            persist_state="session",
        )
        shipped = workbench.prompts.get(chosen)
        source = _source(shipped)
        edited = Edited(shipped, source, _parsed(source))
        st.button(
            "Reset to shipped",
            icon=":material/restart_alt:",
            key="playground_reset",
            on_click=_reset,
            args=(shipped,),
            disabled=not edited.changed,
        )
        _download(workbench, edited)
    st.text_area(
        "Source",
        height=420,
        max_chars=LONGEST,
        key=_key(shipped),
        on_change=_keep,
        args=(shipped,),
        help="The whole prompt file: front matter, `# system`, `# user`. The shipped file stays as it is.",
    )
    _judge(edited)
    return edited


def settings(workbench: Workbench, prompt: Prompt) -> tuple[str | None, Parameters]:
    """The model, None for the routed one, and what is turned away from the prompt's own parameters."""
    ready = {name for name, provider in workbench.providers.items() if provider.configured}
    models = [name for name in workbench.policy.models() if name.partition("/")[0] in ready]
    which, warm, long = st.columns([2, 1, 1])
    chosen = which.selectbox(
        "Model",
        [AUTO, *models, "rules"],
        format_func=lambda name: "auto (routed by plan)" if name == AUTO else name,
        accept_new_options=True,
        key="playground_model",
        persist_state="session",
        help="Pick one, or type any model as provider/name, for example openai/gpt-6-luna.",
    )
    temperature = warm.number_input(
        "Temperature",
        min_value=0.0,
        max_value=2.0,
        value=None,
        step=0.1,
        placeholder=f"{prompt.temperature:g}",
        key="playground_temperature",
        persist_state="session",
    )
    max_tokens = long.number_input(
        "Max tokens",
        min_value=1,
        max_value=16_000,
        value=None,
        step=100,
        placeholder=f"{prompt.max_tokens}",
        key="playground_max_tokens",
        persist_state="session",
    )
    model = None if chosen in (None, AUTO) else str(chosen).strip()
    return model or None, Parameters(temperature=temperature, max_tokens=max_tokens)


def remember(workbench: Workbench, request: AiRequest) -> None:
    """Put the prompt, its draft and the parameters of a request back on the desk; where a prompt is gone, say so."""
    gone = ""
    try:
        shipped = _meant(workbench, request)
    except Invalid:
        shipped = workbench.prompts.for_feature(request.feature)
        if request.draft is None:
            gone = (
                f"This run was made with {request.prompt}, which is no longer among the prompts. {shipped.label} is open "
                "in its stead: running it again may answer otherwise. What was sent is under Runs, in the run's attempts."
            )
    st.session_state["playground_gone"] = (st.query_params.get("run"), gone)
    st.session_state["playground_prompt"] = shipped.label
    if request.draft is not None:
        st.session_state[f"{_key(shipped)}_kept"] = request.draft
    st.session_state["playground_model"] = request.model or AUTO
    st.session_state["playground_temperature"] = request.parameters.temperature
    st.session_state["playground_max_tokens"] = request.parameters.max_tokens


def _meant(workbench: Workbench, request: AiRequest) -> Prompt:
    """The prompt asked for, or the shipped one a draft was made from.

    Errors: `Invalid` where there is no such prompt, or the draft is none.
    """
    if request.prompt:
        return workbench.prompts.get(request.prompt)
    if request.draft is not None and (origin := workbench.prompts.origin(parse(request.draft, draft=True))):
        return origin
    return workbench.prompts.for_feature(request.feature)


def _file(label: str) -> str:
    return f"{label.replace('@', '_v')}.md"


def _key(shipped: Prompt) -> str:
    return f"playground_source_{shipped.label}"


def _source(shipped: Prompt) -> str:
    """The text in the editor, which outlives the editor itself."""
    key = _key(shipped)
    st.session_state[key] = source = st.session_state.get(f"{key}_kept", shipped.text)
    return str(source)


def _keep(shipped: Prompt) -> None:
    st.session_state[f"{_key(shipped)}_kept"] = st.session_state[_key(shipped)]


def _reset(shipped: Prompt) -> None:
    st.session_state.pop(f"{_key(shipped)}_kept", None)


def _parsed(source: str) -> Prompt | None:
    try:
        return parse(source, draft=True)
    except Invalid:
        return None


def say_what_is_gone() -> None:
    """While the run whose prompt is gone stands on the page: call it when it is known which run does."""
    run_id, sentence = st.session_state.get("playground_gone", (None, ""))
    if sentence and run_id == st.session_state.get("playground_run"):
        st.warning(safe.line(sentence), icon=":material/history_toggle_off:")


def _judge(edited: Edited) -> None:
    try:
        parse(edited.source, draft=True)
    except Invalid as wrong:
        st.error(safe.safe(wrong.message), icon=":material/edit_off:")
        return
    if edited.changed:
        st.caption(
            f"Edited: a run records it as {edited.prompt.label if edited.prompt else 'a draft'} and keeps the text."
        )
        edits.draw(edited.shipped.text, edited.source, _file(edited.shipped.label))


def following(workbench: Workbench, edited: Edited) -> tuple[str, str]:
    """The name and the text of the file that would ship next: the source with the version after the newest."""
    name = (edited.prompt or edited.shipped).name
    newest = max(workbench.prompts.versions(name)) if name in workbench.prompts.names() else 0
    return f"{name}_v{newest + 1}.md", VERSION.sub(f"version: {newest + 1}", edited.source, count=1)


def _download(workbench: Workbench, edited: Edited) -> None:
    name, text = following(workbench, edited)
    st.download_button(
        "Download",
        data=lambda: text,
        file_name=name,
        mime="text/markdown",
        icon=":material/download:",
        on_click="ignore",
        key="playground_download_prompt",
        disabled=edited.prompt is None,
        help=f"As {name}: put it into the prompts folder to ship it.",
    )
