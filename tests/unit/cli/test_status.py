"""What `hawk status` says of the rollout."""

from typing import Any

import pytest
from rich.console import Console

from cli.display import summary
from cli.rollout_in_force import control_read, rollout_in_force

STATE: dict[str, Any] = {
    "kafka": {"bootstrap": "127.0.0.1:9", "pid": 1},
    "postgres": {"dsn": "postgresql://u:secret@127.0.0.1:9/hawk", "pid": 1},
    "approval_url": "http://127.0.0.1:1",
    "monitor_url": "http://127.0.0.1:2",
    "data_dir": "/data",
    "console_url": "http://localhost:1",
    "profile": "demo",
}


def shown(rollout: dict[str, Any] | None) -> str:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(summary(STATE | {"rollout": rollout}))
    return capture.get()


@pytest.mark.parametrize(
    ("rollout", "told"),
    [
        ({"mode": "LIMITED", "stopped": False, "reason": ""}, "LIMITED, not stopped"),
        ({"mode": "FULL", "stopped": True, "reason": "tom (TRADER): [b]odd"}, "FULL, STOPPED by tom (TRADER): [b]odd"),
        (None, "unknown: the database does not respond"),
    ],
)
def test_mode_and_stop_are_shown(rollout: dict[str, Any] | None, told: str) -> None:
    assert told in shown(rollout)
    assert "secret" not in shown(rollout)


def test_console_is_shown_with_the_names_of_the_demo() -> None:
    assert "http://localhost:1" in shown(None)
    assert "sign in as" in shown(None)
    assert "tom (TRADER), mira (SENIOR_TRADER)" in shown(None)
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(summary(STATE | {"profile": "own"}))
    assert "sign in as" not in capture.get()


@pytest.mark.parametrize("by_role", [{}, {"hawk_reader": "postgresql://u@127.0.0.1:9/hawk"}])
async def test_status_goes_on_without_a_database(by_role: dict[str, str]) -> None:
    postgres = {**STATE["postgres"], "dsn_by_role": by_role}
    assert await rollout_in_force(STATE | {"postgres": postgres}) is None
    assert await control_read(STATE | {"postgres": postgres}) is None


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "has never read hawk.control"), (42.0, "last read hawk.control 42 s ago"), (0.4, None)]
)
def test_an_executor_that_cannot_know_of_a_stop_is_shown(seconds: float | None, told: str | None) -> None:
    console = Console(width=150, color_system=None)
    with console.capture() as capture:
        control = {"caught_up": told is None, "seconds": seconds}
        console.print(summary(STATE | {"rollout": None, "control_topic": control}))
    assert ("NOTHING NEW STARTS" in capture.get()) is (told is not None)
    assert told is None or told in capture.get()
