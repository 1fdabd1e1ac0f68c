"""The undo plan: what would be taken back, last step first, and what cannot be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReversalStep:
    """One step of the undo. `reversible` False: people or the market must act, `note` says what remains."""

    number: int
    undoes: int
    table: str
    action: str
    entity_id: str | None
    reversible: bool
    note: str
