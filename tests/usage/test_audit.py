"""The audit log keeps a change together with its note, or neither."""

import pytest

from core.store import EVERYONE, Store
from core.usage import audit

NOTE = ("member:1", "budget.set", "budget:pro", "More seats", {"usd": 20}, {"usd": 30})


@pytest.mark.parametrize("kind", ["session", "connection"])
def test_a_note_is_written_in_the_transaction_of_its_change(store: Store, kind: str) -> None:
    with store.writing(EVERYONE) if kind == "session" else store.write() as within:
        audit.note(within, *NOTE)
    (event,) = audit.events(store, "budget")
    assert (event.who, event.action, event.subject, event.reason, event.before, event.after) == NOTE


def test_a_change_that_fails_leaves_no_note(store: Store) -> None:
    with pytest.raises(ValueError), store.write() as connection:
        audit.note(connection, *NOTE)
        raise ValueError
    assert not audit.events(store, "budget")


def test_notes_are_found_by_kind_and_subject_newest_first(store: Store) -> None:
    with store.write() as connection:
        for subject in ("price:1", "price:12", "price:1", "prices:1"):
            audit.note(connection, "cli", "price.add", subject)
    assert [event.subject for event in audit.events(store, "price")] == ["price:1", "price:12", "price:1"]
    assert len(audit.events(store, "price", subject="price:1")) == 2
    assert len(audit.events(store, "price", limit=1)) == 1
    newest = audit.events(store, "price")[0]
    assert (newest.reason, newest.before, newest.after) == ("", None, None)
