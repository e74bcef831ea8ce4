"""The page Generate in use: what a model answers there, a candidate with every feature, a press of the button."""

import json
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.drive import people
from core.llm.scripted import Play
from core.schema import Usage
from core.wiring import Workbench

Opening = Callable[..., Workbench]
Pages = Callable[..., AppTest]

ANSWER = {
    "title": "A good fit",
    "summary": "The work fits.",
    "content": "## What fits\n\nMuch of it.",
    "bullets": ["First strength", "Second strength"],
    "warnings": ["One doubt"],
    "next_actions": ["Ask about it"],
}
GOOD = Play(
    *[json.dumps(ANSWER)[at : at + 9] for at in range(0, 400, 9)], usage=Usage(input_tokens=900, output_tokens=80)
)
LETTER = Play("Cover letter: Acme\n\nA note.\n\n", "Dear Hiring Team,\n\nHere is why.\n\nKind regards")


def on_premium(workbench: Workbench) -> int:
    return next(user.id for user in people.candidates(workbench.store) if user.plan == "premium")


def make(at: AppTest, feature: str = "match") -> AppTest:
    """Pick a feature and press Generate."""
    at.pills(key="generate_feature").set_value(feature).run()
    at.button(key="generate_go").click().run()
    assert not at.exception
    return at
