"""Actions to proposals: the connected components of the graph of dependencies. Pure.

One refused action refuses its component, and only it: an action block is never half taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from services.parser.catalogue import CLAIMS, ActionType
from services.parser.codes import by_precedence, refusal, shown
from services.parser.validation import Action
from shared.events.base import Notice, Refusal
from shared.events.parsing_codes import ParsingCode
from shared.hedging.changes.configuration import ConfigurationChange
from shared.hedging.changes.override import DealOverride
from shared.hedging.order import Order

#: Actions that are a proposal each, and what they are called.
ALONE: Final[Mapping[str, str]] = MappingProxyType(
    {ActionType.UPDATE_CONFIGURATION: "A configuration change", ActionType.OVERRIDE_DEAL: "An override of a deal"}
)


@dataclass(frozen=True, slots=True)
class Component:
    """One proposal, or with refusals what could have become one. `number` counts from 1 by first action."""

    number: int
    actions: tuple[Action, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Notice, ...] = ()

    @property
    def order(self) -> Order | None:
        """The instruction of the proposal; None when it is refused or changes the configuration."""
        return next((action.order for action in self.actions if action.order is not None), None)

    @property
    def change(self) -> ConfigurationChange | None:
        """The configuration change the proposal is; None when it is an instruction, or refused."""
        return next((action.change for action in self.actions if action.change is not None), None)

    @property
    def override(self) -> DealOverride | None:
        """The deal that the proposal settles by hand; None when it is anything else, or refused."""
        return next((action.override for action in self.actions if action.override is not None), None)


@dataclass(slots=True)
class _Graph:
    actions: Sequence[Action]
    parent: list[int] = field(default_factory=list)
    by_id: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parent = list(range(len(self.actions)))
        for action in self.actions:
            self.by_id.setdefault(action.action_id, []).append(action.index)

    def root(self, index: int) -> int:
        while self.parent[index] != index:
            self.parent[index] = self.parent[self.parent[index]]
            index = self.parent[index]
        return index

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self.parent[second] = first

    def members(self) -> list[list[Action]]:
        found: dict[int, list[Action]] = {}
        for action in self.actions:
            found.setdefault(self.root(action.index), []).append(action)
        return list(found.values())


def group(actions: Sequence[Action]) -> tuple[Component, ...]:
    """Return the proposals of a response, in order of their first actions.

    A claim that depends on nothing belongs to the response's only instruction.

    Args:
        actions: in the order of the response, `index` counting from 0 without gaps.
    """
    graph = _Graph(actions)
    for same in graph.by_id.values():
        for other in same[1:]:
            graph.join(same[0], other)
    for action in actions:
        for target in _targets(graph, action):
            graph.join(action.index, target)
    _attach_claims(graph)
    twice = _said_twice(actions)
    return tuple(_component(number, members, graph, twice) for number, members in enumerate(graph.members(), 1))


def _targets(graph: _Graph, action: Action) -> Iterable[int]:
    return (index for needed in action.dependencies for index in graph.by_id.get(needed, ()))


def _attach_claims(graph: _Graph) -> None:
    instructions = [action.index for action in graph.actions if _is_instruction(action)]
    if len(instructions) != 1:
        return
    for members in graph.members():
        if all(action.action_type in CLAIMS for action in members):
            graph.join(instructions[0], members[0].index)


def _is_instruction(action: Action) -> bool:
    return action.action_type is ActionType.CREATE_HEDGE_INSTRUCTION


def _component(number: int, members: list[Action], graph: _Graph, twice: frozenset[int]) -> Component:
    refusals = [each for action in members for each in action.refusals]
    refusals += [each for action in members for each in _refused_ids(graph, action)]
    refusals += [
        refusal(
            ParsingCode.DUPLICATE_ACTION,
            "This action is in the response twice. State it once, or give each its own order_id.",
            action.path,
        )
        for action in members
        if action.index in twice
    ]
    refusals += _refused_as_a_whole(members, graph)
    return Component(number, tuple(members), by_precedence(refusals))


def _refused_ids(graph: _Graph, action: Action) -> Iterable[Refusal]:
    if graph.by_id[action.action_id][0] != action.index:
        yield refusal(
            ParsingCode.DUPLICATE_ACTION,
            f"Id {shown(action.action_id)} belongs to an earlier action. Give each action its own id.",
            f"{action.path}.id",
        )
    for needed in action.dependencies:
        if needed not in graph.by_id:
            yield refusal(
                ParsingCode.UNKNOWN_DEPENDENCY,
                f"No action of this response has the id {shown(needed)}. Name one that it has.",
                f"{action.path}.dependencies",
            )


def _refused_as_a_whole(members: list[Action], graph: _Graph) -> Iterable[Refusal]:
    instructions = [action for action in members if _is_instruction(action)]
    if len(instructions) > 1:
        yield refusal(
            ParsingCode.AMBIGUOUS,
            f"{len(instructions)} instructions depend on each other, but a proposal is one instruction. "
            "Remove the dependency between them.",
            instructions[1].path,
        )
    changes = [action for action in members if action.action_type in ALONE]
    if changes and len(members) > 1:
        yield refusal(
            ParsingCode.AMBIGUOUS,
            f"{ALONE[changes[0].action_type or '']} is a separate proposal with its own approval. "
            "Remove the dependencies between it and other actions.",
            changes[0].path,
        )
    if not instructions and not changes and any(action.action_type in CLAIMS for action in members):
        claim = next(action for action in members if action.action_type in CLAIMS)
        yield refusal(
            ParsingCode.NO_INSTRUCTION,
            f"{claim.action_type} belongs to no instruction. Name the instruction's id in its dependencies.",
            claim.path,
        )
    circle = _in_a_circle(members, graph)
    if circle is not None:
        yield refusal(
            ParsingCode.DEPENDENCY_CYCLE,
            f"Action {shown(circle.action_id)} depends on itself through its dependencies. Remove one.",
            f"{circle.path}.dependencies",
        )


def _in_a_circle(members: list[Action], graph: _Graph) -> Action | None:
    """Return an action in or behind a circle: take away, again and again, what depends on nothing that is left."""
    left = {action.index: set(_targets(graph, action)) for action in members}
    while free := [index for index, needed in left.items() if not needed & left.keys()]:
        for index in free:
            del left[index]
    return next((action for action in members if action.index in left), None)


def _said_twice(actions: Sequence[Action]) -> frozenset[int]:
    """Return the actions that say word for word, or value for value, what another one says."""
    first: dict[Any, int] = {}
    twice: set[int] = set()
    for action in actions:
        key = _meaning(action)
        if key is None:
            continue
        before = first.setdefault(key, action.index)
        if before != action.index:
            twice |= {before, action.index}
    return frozenset(twice)


def _meaning(action: Action) -> Any:
    if action.order is not None:
        return repr(replace(action.order, amount=_normal(action.order), provenance={}))
    if action.claim is not None:
        return (action.action_type, repr(action.claim.data), action.dependencies)
    if action.change is not None:
        return repr(action.change)
    if action.override is not None:
        return repr(action.override)
    return None


def _normal(order: Order) -> Any:
    return None if order.amount is None else order.amount.normalize()
