"""What lies beside memory is what was put there, takes no memory, and is gone with who held it."""

from pathlib import Path

import numpy as np
import pytest

from core.usage.aside import SMALL, Aside
from core.usage.columns import Columns

MANY = SMALL // 4


def table(rows: int) -> Columns:
    """Columns of several widths, so that one begins at an odd place."""
    return Columns(
        {
            "small": np.arange(rows).astype(np.uint8),
            "middle": np.arange(rows).astype(np.uint16),
            "large": np.arange(rows) * 10**9,
        }
    )


@pytest.mark.parametrize("rows", [0, 1, 7, MANY, MANY + 1])
def test_what_is_taken_is_what_was_put(tmp_path: Path, rows: int) -> None:
    put = table(rows)
    aside = Aside(put, tmp_path)
    assert (len(aside), aside.nbytes, [*aside.names()]) == (rows, put.nbytes, ["small", "middle", "large"])
    whole = aside.take(("middle", "large"))
    assert [*whole.arrays] == ["middle", "large"]
    assert all((whole[name] == put[name]).all() for name in whole.arrays)
    some = np.arange(0, rows, 3)
    assert all((aside.take(put.arrays.keys(), some)[name] == put[name][some]).all() for name in put.arrays)


def test_what_was_taken_stays_when_it_is_let_go(tmp_path: Path) -> None:
    aside = Aside(table(MANY), tmp_path)
    taken = aside.take(("large",))
    del aside
    assert taken["large"].sum() == 10**9 * (MANY * (MANY - 1) // 2)


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    aside = Aside(table(MANY), tmp_path)
    assert len(aside) == MANY
    assert not list(tmp_path.iterdir())


def test_without_room_it_stays_in_memory(tmp_path: Path) -> None:
    aside = Aside(table(MANY), tmp_path / "nowhere")
    assert aside.take(("middle",))["middle"].tolist() == table(MANY)["middle"].tolist()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="The system does not say what is resident.")
def test_what_lies_beside_takes_no_memory(tmp_path: Path) -> None:
    aside = Aside(Columns({"large": np.arange(4_000_000)}), tmp_path)  # 32 MB
    before = _resident()
    for _ in range(3):
        assert aside.take(("large",), np.arange(0, 4_000_000, 4096))["large"][1] == 4096
    assert _resident() - before < 8_000_000


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmRSS"))
