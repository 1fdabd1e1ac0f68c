"""How a run's tests are shared out to its processes."""

import pytest

from tests.support.sharing_out import BROKER, CHAOS, DATABASE, WHOLE, first_to_last, group_of


@pytest.mark.parametrize(
    ("fixtures", "group"),
    [
        (("hawk", "tmp_path"), WHOLE),
        (("chaos", "battered"), CHAOS),
        (("desk", "database", "databases", "stack"), DATABASE),
        (("bench", "kafka_bootstrap", "databases", "stack"), BROKER),
        (("tmp_path",), "tests/unit/test_it.py"),
        ((), "tests/unit/test_it.py"),
    ],
)
def test_tests_that_share_servers_are_one_group(fixtures: tuple[str, ...], group: str) -> None:
    assert group_of("tests/unit/test_it.py", fixtures) == group


def test_long_groups_come_first_and_small_files_last() -> None:
    small, large, end_to_end = "tests/unit/test_small.py", "tests/unit/test_large.py", "tests/e2e/test_demo.py"
    found = [(small, small), (large, large), (large, large), ("tests/unit/x.py", DATABASE), (end_to_end, end_to_end)]
    found.append(("tests/e2e/test_booking.py", WHOLE))
    order = first_to_last(found)
    assert sorted(order, key=order.__getitem__) == [WHOLE, DATABASE, end_to_end, large, small]
