"""A candidate with an empty Drive, and the page that shows it."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from core.drive import papers, people
from core.wiring import Workbench

Pages = Callable[..., AppTest]

RESUME = """# Ada Moreno

ada@example.com

## Experience

### Backend engineer, Norrsken Freight

2020 - 2024

- Wrote Python services for 40 depots
"""


def with_ada(house: Workbench) -> Workbench:
    """The workbench with one candidate more, whose Drive is empty."""
    people.add_candidate(house.store, name="Ada Moreno", plan="pro", profile={})
    return house


def ada(house: Workbench) -> int:
    return next(user.id for user in people.candidates(house.store) if user.name == "Ada Moreno")


def letter(house: Workbench, **given: Any) -> papers.DriveDocument:
    wanted = {"title": "Letter", "body": "Dear *team*", "kind": "cover_letter", "by": "member:1"} | given
    return papers.save_document(house.store, ada(house), **wanted)


def drive(page: Pages, house: Workbench, **query: object) -> AppTest:
    at = page("drive.py", **({"user": str(ada(house))} | {name: str(value) for name, value in query.items()}))
    assert not at.exception
    return at


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]
