"""From old shapes of events to today's, one version at a time.

An upcaster takes the data of version n and gives the data of version n + 1; the chain of a type must reach from
version 1 to today's without a gap, which `check_chain` proves at start-up. Recorded events are never rewritten.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import Defect

Data = Mapping[str, Any]
Upcaster = Callable[[Data], Data]

#: (event type, from version) -> function to the next version.
UPCASTERS: dict[tuple[str, int], Upcaster] = {}


def check_chain(latest: Mapping[str, int], upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> None:
    """Check that every type has an upcaster for each version below its latest, and none beyond it.

    Raises:
        Defect: a step is missing, or an upcaster belongs to no known type or version.
    """
    for name, version in latest.items():
        for step in range(1, version):
            if (name, step) not in upcasters:
                raise Defect(f"No upcaster from {name} v{step} to v{step + 1}: old events could not be read.")
    for name, step in upcasters:
        if step >= latest.get(name, 0):
            raise Defect(f"The upcaster from {name} v{step} leads to a version the catalogue does not know.")


def upcast(
    name: str,
    version: int,
    data: Data,
    latest: int,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Data:
    """Return the data in the shape of the latest version."""
    for step in range(version, latest):
        data = upcasters[name, step](data)
    return data
