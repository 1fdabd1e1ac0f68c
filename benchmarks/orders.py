"""The answers of a run: A-COI inceptions over all entities of the four matched currencies, each a small one.

Small amounts keep every exposure far below its capacity and every currency far below its USD limit, so that what is
measured is the work and the contention for exposures, never a refusal.
"""

import json
import random
from dataclasses import dataclass
from itertools import islice

from benchmarks.sizes import SEED

AMOUNTS = {"AUD": "100000", "HKD": "200000", "JPY": "10000000", "USD": "100000"}
"""Per currency, in its own units: above the smallest deal, on the dealing step, USD 25,000 to 100,000. The smallest
exposure has room for 142 of them, so a run may have 2,272 orders; the next one would be refused."""

ENTITIES = {
    "AUD": ("ENTITY0001", "ENTITY0002", "ENTITY0003", "ENTITY0004"),
    "HKD": ("ENTITY0009", "ENTITY0010", "ENTITY0011", "ENTITY0012"),
    "JPY": ("ENTITY0021", "ENTITY0022", "ENTITY0023", "ENTITY0024"),
    "USD": ("ENTITY0037", "ENTITY0038", "ENTITY0039", "ENTITY0040"),
}
"""Of the demo reference data: Branch, Associate, Subsidiary, TMU of each matched currency."""

EXPOSURES = sum(len(entities) for entities in ENTITIES.values())
"""Exposure streams that workflows of a run compete for; and one stream per currency for its USD limit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the AI, ready to be published under its own response id."""

    response_id: str
    value: bytes


class Answers:
    """Makes answers, in an order that the seed fixes."""

    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)  # noqa: S311 - spreads load, guards nothing
        self._seed = seed
        self._made = 0
        self._round: list[tuple[str, str]] = []

    def take(self, count: int) -> list[Answer]:
        """The next answers: every exposure once in a random order, then all again."""
        return list(islice(iter(self._next, None), count))

    def _next(self) -> Answer:
        if not self._round:
            self._round = [(currency, entity) for currency, entities in ENTITIES.items() for entity in entities]
            self._random.shuffle(self._round)
        currency, entity = self._round.pop()
        self._made += 1
        action = {
            "id": "a1",
            "action_type": "CREATE_HEDGE_INSTRUCTION",
            "data": {
                "instruction_type": "INCEPTION",
                "exposure_currency": currency,
                "hedge_amount_order": AMOUNTS[currency],
                "entity_id": entity,
                "nav_type": "COI",
            },
        }
        document = {"analysis": f"Hedge {currency} at {entity}.", "recommended_actions": [action]}
        return Answer(f"bench-{self._seed}-{self._made:05d}", json.dumps(document).encode())
