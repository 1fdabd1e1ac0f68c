"""How a run's tests are shared out to its processes."""

import pytest

from tests.support.sharing_out import first_to_last, group_of, may_take


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("tests/e2e/test_booking.py", "hawk"),
        ("tests/e2e/test_demo.py", "tests/e2e/test_demo.py"),
        ("tests/chaos/test_kills.py", "chaos"),
        ("tests/integration/executor/test_apply.py", "database"),
        ("tests/integration/messaging/test_batches.py", "broker"),
        ("tests/integration/local_stack/test_supervisor.py", "tests/integration/local_stack/test_supervisor.py"),
        ("tests/unit/money/test_amounts.py", "tests/unit/money/test_amounts.py"),
    ],
)
def test_files_that_share_servers_are_one_group(path: str, group: str) -> None:
    assert group_of(path) == group


def test_long_groups_come_first_and_small_files_last() -> None:
    small, large, demo = "tests/unit/test_small.py", "tests/unit/test_large.py", "tests/e2e/test_demo.py"
    order = first_to_last([small, large, large, demo, "tests/contract/test_it.py", "tests/e2e/test_booking.py"])
    assert sorted(order, key=order.__getitem__) == ["hawk", "database", demo, large, small]


def test_two_processes_at_a_time_have_groups_that_need_servers() -> None:
    unit, apart = "tests/unit/test_small.py", "tests/integration/local_stack/test_supervisor.py"
    assert may_take("database", [{"hawk"}, {unit}])
    assert may_take(unit, [{"hawk"}, {"chaos"}])
    assert not may_take("database", [{"hawk"}, {"chaos", unit}])
    assert not may_take(apart, [{apart}, {"broker"}])
