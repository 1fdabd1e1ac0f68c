"""HAWK goes on with data of its own layout only, and says what to do about others."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.local_stack.layout import LAYOUT, LayoutDiffers, keep_layout
from tools.local_stack.paths import DataDir
from tools.local_stack.shutdown import wipe


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir.at(tmp_path / "data")


def with_data(data: DataDir, mark: str | None) -> DataDir:
    data.create()
    data.ports_file.write_text("{}", encoding="utf-8")
    if mark is not None:
        data.layout_mark.write_text(mark, encoding="utf-8")
    return data


def test_a_new_directory_gets_the_layout_of_this_release(data: DataDir) -> None:
    data.create()
    keep_layout(data)
    assert data.layout_mark.read_text(encoding="utf-8").strip() == str(LAYOUT)
    keep_layout(with_data(data, None))


@pytest.mark.parametrize(
    ("mark", "named", "cure"),
    [
        (None, "layout 1", "hawk down --wipe"),
        ("1\n", "layout 1", "hawk down --wipe"),
        ("2\n", "layout 2", "hawk down --wipe"),
        ("", "an unknown layout", "hawk down --wipe"),
        ("two", "an unknown layout", "hawk down --wipe"),
        ("9" * 5_000, "an unknown layout", "hawk down --wipe"),
        (f"{LAYOUT + 1}\n", f"layout {LAYOUT + 1}", "newer release"),
    ],
)
def test_data_of_another_layout_are_refused_by_name_and_left_alone(
    data: DataDir, mark: str | None, named: str, cure: str
) -> None:
    with_data(data, mark)
    with pytest.raises(LayoutDiffers) as refused:
        keep_layout(data)
    assert str(data.root) in str(refused.value)
    assert f"holds data of {named};" in str(refused.value)
    assert cure in str(refused.value)
    assert data.layout_mark.exists() == (mark is not None)


def test_hawk_up_refuses_an_older_directory_before_it_starts_anything(data: DataDir) -> None:
    with_data(data, None)
    for options in ((), ("--detach",)):
        done = subprocess.run(
            (sys.executable, "-m", "cli", "up", "--data", str(data.root), *options),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "layout 1" in done.stderr
    assert not data.state_file.exists()


def test_wiping_an_older_directory_makes_it_a_new_one(data: DataDir) -> None:
    wipe(with_data(data, "1"))
    assert not data.layout_mark.exists()
    data.create()
    keep_layout(data)
