"""HAWK goes on with data of its own layout only, and says what to do about others."""

from pathlib import Path

import pytest

from cli import stack
from tools.local_stack.layout import LAYOUT, LayoutDiffers, check_layout, keep_layout
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
    check_layout(data)
    data.create()
    keep_layout(data)
    assert data.layout_mark.read_text(encoding="utf-8").strip() == str(LAYOUT)
    keep_layout(with_data(data, None))


@pytest.mark.parametrize(
    ("mark", "cure"),
    [
        (None, "hawk down --wipe"),
        ("1\n", "hawk down --wipe"),
        ("", "hawk down --wipe"),
        ("two", "hawk down --wipe"),
        (f"{LAYOUT + 1}\n", "newer release"),
    ],
)
def test_data_of_another_layout_are_refused_by_name_and_left_alone(data: DataDir, mark: str | None, cure: str) -> None:
    with_data(data, mark)
    for refuse in (check_layout, keep_layout):
        with pytest.raises(LayoutDiffers) as refused:
            refuse(data)
        assert str(data.root) in str(refused.value)
        assert cure in str(refused.value)
    assert data.layout_mark.exists() == (mark is not None)


def test_hawk_up_refuses_an_older_directory_before_it_starts_anything(data: DataDir) -> None:
    with_data(data, None)
    with pytest.raises(LayoutDiffers, match="layout 1"):
        stack.up(data=data.root)
    assert not data.state_file.exists()


def test_wiping_an_older_directory_makes_it_a_new_one(data: DataDir) -> None:
    wipe(with_data(data, "1"))
    check_layout(data)
    assert not data.layout_mark.exists()
