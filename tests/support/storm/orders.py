"""What is asked of a HAWK in a storm: small inceptions of all six models, and what Murex does to some of them.

Amounts are twice the smallest deal, so that a thousand of them fit below every position and every limit in USD.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.events.identity import workflow_id
from tests.support.hawk import Document
from tests.support.orders import order

AMOUNTS = {
    "AUD": "20000", "CNY": "100000", "HKD": "100000", "IDR": "200000000", "INR": "1000000", "JPY": "2000000",
    "KRW": "20000000", "PHP": "800000", "TWD": "600000", "USD": "20000", "VND": "400000000",
}  # fmt: skip
FAMILIES = {"A": ("AUD", "HKD", "JPY", "USD"), "B": ("CNY",), "C": ("IDR", "INR", "KRW", "PHP", "TWD", "VND")}
FIRST_ENTITY = {currency: 4 * place + 1 for place, currency in enumerate(AMOUNTS)}
MODELS = tuple(f"{family}-{nav}" for family in FAMILIES for nav in ("COI", "RE"))
CLOSINGS = {"R": "ROLLOVER", "T": "TERMINATION"}
OPENED_FIRST = 8
"""Inceptions before anything can be closed."""

SMALLEST_DEALS = 3
"""Every model has at least three deals."""

LATE_SECONDS = 18
"""Beyond the fifteen after which HAWK asks."""

TROUBLE_SHARE = 0.35
"""Of all workflows: Murex does not simply acknowledge their deals."""

POSTED = frozenset({"POSTED"})
Rules = tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """How Murex answers one deal of a workflow, and how the workflow may end."""

    rules: Rules
    ends: frozenset[str] = POSTED


TROUBLES: Mapping[str, Trouble] = {
    "NOK": Trouble(({"answer": "NOK", "reason": "Credit line exhausted"},), frozenset({"COMPENSATED"})),
    "NOK of the exchange": Trouble(({"answer": "NOK", "technical": True, "match": {"attempt": 1}},)),
    "SILENT": Trouble(({"answer": "SILENT", "match": {"attempt": 1}},)),
    "SILENT, yet booked": Trouble(({"answer": "SILENT", "booked": True, "match": {"attempt": 1}},)),
    "LATE": Trouble(({"answer": "LATE", "after_seconds": LATE_SECONDS},)),
    "DUPLICATE": Trouble(({"answer": "DUPLICATE"},)),
    "CONTRADICT": Trouble(({"answer": "CONTRADICT"},)),
    "UNKNOWN_DEAL": Trouble(({"answer": "UNKNOWN_DEAL"},)),
    "REORDER": Trouble(({"answer": "REORDER"},)),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One order. `model` is R or T for one that closes a hedge; `trouble`: the name of what Murex does to it."""

    response_id: str
    workflow_id: str
    model: str
    trouble: str | None = None
    rules: tuple[Document, ...] = ()
    ends: frozenset[str] = POSTED
    currency: str = ""
    entity: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def closes(self) -> bool:
        """Whether it needs a hedge that is open."""
        return self.model in CLOSINGS

    def answer(self) -> Document:
        """As the AI would say it."""
        said = order(self.currency, AMOUNTS[self.currency], self.entity, **self.fields)
        return {**said, "response_id": self.response_id}


def asked(rng: random.Random, name: str, number: int, *, closing_share: float, troubled: bool = True) -> list[Asked]:
    """Orders under response ids of their own. Those that close a hedge are only named here: which hedge shows later."""
    return [
        _one(rng, f"{name}-{count:04d}", closing_share if count >= OPENED_FIRST else 0.0, troubled)
        for count in range(number)
    ]


def script(orders: list[Asked]) -> list[Document]:
    """The rules of the Murex simulator for all of them."""
    return [rule for each in orders for rule in each.rules]


def closing(one: Asked, hedge: Mapping[str, Any]) -> Document:
    """The answer that rolls a hedge over or ends it."""
    said = order(
        hedge["exposure_currency"],
        AMOUNTS[hedge["exposure_currency"]],
        instruction_type=CLOSINGS[one.model],
        nav_type=hedge["nav_type"],
        previous_order_id=hedge["order_id"],
        reference_event_ids=[hedge["event_id"]],
        hedge_method=hedge["hedge_method"],
        value_date=hedge["value_date"].isoformat(),
        **({"tenor_or_maturity": "3M"} if one.model == "R" else {}),
    )
    return {**said, "response_id": one.response_id}


def _one(rng: random.Random, response_id: str, closing_share: float, troubled: bool) -> Asked:
    workflow = workflow_id(response_id, 1, 1)
    kind = rng.choice(sorted(CLOSINGS)) if rng.random() < closing_share else rng.choice(MODELS)
    trouble = rng.choice(sorted(TROUBLES)) if troubled and rng.random() < TROUBLE_SHARE else None
    rules = tuple(_rules(rng, workflow, trouble)) if trouble else ()
    ends = TROUBLES[trouble].ends if trouble else POSTED
    currency = rng.choice(FAMILIES.get(kind[0], ("USD",)))
    entity = f"ENTITY{FIRST_ENTITY[currency] + rng.randrange(2):04d}"
    fields = {"nav_type": kind[2:]} if kind in MODELS else {}
    return Asked(response_id, workflow, kind, trouble, rules, ends, currency, entity, fields)


def _rules(rng: random.Random, workflow: str, trouble: str) -> Iterator[Document]:
    sequence = rng.randint(1, SMALLEST_DEALS)
    for rule in TROUBLES[trouble].rules:
        match = {"workflow_id": workflow, "deal_sequence": sequence, **rule.get("match", {})}
        yield {**rule, "match": match}
