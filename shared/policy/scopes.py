"""Roles that a person holds for some entities only: `TRADER@ENTITY0009`, `TRADER@ENTITY0009+ENTITY0010`. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

_AT: Final = "@"
_AND: Final = "+"


def base_of(role: str) -> str:
    """Return the role without the entities it is given for."""
    return role.partition(_AT)[0]


def entities_of(role: str) -> frozenset[str]:
    """Return the entities that a role is given for; empty for a role that is given for all."""
    return frozenset(role.partition(_AT)[2].split(_AND)) - {""}


def is_scoped(role: str) -> bool:
    """Return whether a role is given for some entities only."""
    return _AT in role


def counts_for(role: str, entities: Iterable[str]) -> bool:
    """Return whether a role counts for an order of these entities: all of them, not one of them.

    What is of no entity (a change of the configuration, a resumption) is decided by roles that are given for all.
    """
    if not is_scoped(role):
        return True
    wanted = frozenset(entities)
    return bool(wanted) and wanted <= entities_of(role)


def held_for(roles: Iterable[str], base: str, entities: Sequence[str]) -> str | None:
    """Return how a person holds a role for an order of these entities, as it is recorded; None where they do not.

    A role that is given twice, each time for another entity, counts for an order of both.
    """
    found = [role for role in roles if base_of(role) == base]
    if base in found:
        return base
    given = frozenset[str]().union(*map(entities_of, found))
    wanted = frozenset(entities)
    return f"{base}{_AT}{_AND.join(sorted(wanted))}" if wanted and wanted <= given else None


def held_anywhere(roles: Iterable[str], base: str) -> str | None:
    """Return how a person holds a role for any entity at all, as it was given; None where they do not."""
    found = [role for role in roles if base_of(role) == base]
    return base if base in found else next(iter(found), None)
