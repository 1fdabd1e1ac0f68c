"""What an attack test says of itself; the list of docs/security.md is made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])


class Attacker(StrEnum):
    """Who attacks: what the attacker already has. In the order of docs/security.md."""

    ANYBODY = "anybody who reaches HTTP"
    PERSON = "a signed-in person"
    PUBLISHER = "a publisher of answers or reference data"
    BROKER = "a client of the broker"
    ROLE = "one service's database role"
    SUPERUSER = "a database superuser"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. All texts are sentences that docs/security.md prints.

    Args:
        before: what it did without the cure.
        cure: what stops it now.
        remains: what an attacker of this kind can still do; empty: nothing known.
    """

    test: str
    by: Attacker
    does: str
    before: str
    cure: str
    remains: str = ""


ATTACKS: list[Attack] = []


def attack(*, by: Attacker, does: str, before: str, cure: str, remains: str = "") -> Callable[[Test], Test]:
    """Enter a test into the list of attacks."""

    def enter(test: Test) -> Test:
        ATTACKS.append(Attack(f"{test.__module__}.{test.__name__}", by, does, before, cure, remains))
        return test

    return enter
