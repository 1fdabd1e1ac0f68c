"""Actions to proposals: connected components, each taken whole or refused whole."""

from typing import Any

import pytest

from services.parser.response import ACTIONS_MAX, Reading
from tests.support.parser_answers import codes, instruction, read_actions


def order(name: str | int | None, *needs: str | int, amount: Any = 25_000_000) -> dict[str, Any]:
    return instruction(beside(name, needs), hedge_amount_order=amount)


def claim(name: str | int | None, *needs: str | int, count: int = 6) -> dict[str, Any]:
    return {"action_type": "BOOK_MUREX_DEALS", "data": {"deal_count": count}, **beside(name, needs)}


def beside(name: str | int | None, needs: tuple[str | int, ...]) -> dict[str, Any]:
    return {**({} if name is None else {"id": name}), **({"dependencies": list(needs)} if needs else {})}


def shape(reading: Reading) -> list[tuple[list[str], list[str]]]:
    """For each component the ids of its actions and its codes."""
    return [
        ([action.action_id for action in component.actions], [refusal.code for refusal in component.refusals])
        for component in reading.components
    ]


@pytest.mark.parametrize(
    ("actions", "components"),
    [
        ([order("a")], [(["a"], [])]),
        ([order(None)], [(["#1"], [])]),
        ([order("a"), order("b", amount=1)], [(["a"], []), (["b"], [])]),
        ([order("a"), claim("b", "a"), claim("c", "b")], [(["a", "b", "c"], [])]),
        ([claim("b", "a"), order("a")], [(["b", "a"], [])]),
        ([order("a"), claim(None)], [(["a", "#2"], [])]),
        ([order("a"), claim("c", "b", count=1), claim("b")], [(["a", "c", "b"], [])]),
        ([order(1), claim("2", "1"), claim(3, 2)], [(["1", "2", "3"], [])]),
        (
            [order("a"), order("b", amount=1), claim("x", "b"), claim("y", "a")],
            [(["a", "y"], []), (["b", "x"], [])],
        ),
    ],
)
def test_actions_that_depend_on_each_other_are_one_proposal(
    actions: list[Any], components: list[tuple[list[str], list[str]]]
) -> None:
    reading = read_actions(*actions)
    assert shape(reading) == components
    assert reading.outcome == "PROPOSED"
    assert [component.number for component in reading.components] == list(range(1, len(components) + 1))


@pytest.mark.parametrize(
    ("actions", "components"),
    [
        ([order("a", "z")], [(["a"], ["UNKNOWN_DEPENDENCY"])]),
        ([order("a"), claim("b", "z")], [(["a", "b"], ["UNKNOWN_DEPENDENCY"])]),
        ([order("a", "a")], [(["a"], ["DEPENDENCY_CYCLE"])]),
        ([order("a", "b"), claim("b", "a")], [(["a", "b"], ["DEPENDENCY_CYCLE"])]),
        ([order("a"), claim("b", "c"), claim("c", "b", count=5)], [(["a", "b", "c"], ["DEPENDENCY_CYCLE"])]),
        ([claim("b")], [(["b"], ["NO_INSTRUCTION"])]),
        ([claim("b"), claim("c", "b", count=1)], [(["b", "c"], ["NO_INSTRUCTION"])]),
        ([order("a", amount=-1), claim("b", "a")], [(["a", "b"], ["INVALID_AMOUNT"])]),
        ([order("a"), claim("b", count=-1)], [(["a", "b"], ["SCHEMA_VIOLATION"])]),
        ([order("a"), order("a", amount=1)], [(["a", "a"], ["AMBIGUOUS", "DUPLICATE_ACTION"])]),
        ([order("a"), order("b", "a", amount=1)], [(["a", "b"], ["AMBIGUOUS"])]),
        ([order("a"), order("b")], [(["a"], ["DUPLICATE_ACTION"]), (["b"], ["DUPLICATE_ACTION"])]),
        (
            [order(None, amount=25_000_000), order(None, amount="25000000.00")],
            [(["#1"], ["DUPLICATE_ACTION"]), (["#2"], ["DUPLICATE_ACTION"])],
        ),
        (
            [order("a"), claim("b", "a"), claim("c", "a")],
            [(["a", "b", "c"], ["DUPLICATE_ACTION", "DUPLICATE_ACTION"])],
        ),
    ],
)
def test_proposal_is_refused_as_a_whole(actions: list[Any], components: list[tuple[list[str], list[str]]]) -> None:
    reading = read_actions(*actions)
    assert shape(reading) == components
    assert reading.outcome == "REFUSED"


def test_refused_action_refuses_its_own_proposal_only() -> None:
    reading = read_actions(order("a", amount=-1), claim("x", "a"), order("b"), claim("y", "b"))
    assert shape(reading) == [(["a", "x"], ["INVALID_AMOUNT"]), (["b", "y"], [])]
    assert reading.outcome == "PARTLY_REFUSED"


def test_action_that_cannot_be_read_stands_alone() -> None:
    assert shape(read_actions(3, order("b"))) == [(["#1"], ["SCHEMA_VIOLATION"]), (["b"], [])]


def test_claim_belongs_to_no_proposal_when_there_are_several_to_choose_from() -> None:
    reading = read_actions(order("a"), order("b", amount=1), claim("c"))
    assert shape(reading) == [(["a"], []), (["b"], []), (["c"], ["NO_INSTRUCTION"])]
    assert reading.outcome == "PARTLY_REFUSED"


def test_same_claim_about_two_proposals_is_said_once_about_each() -> None:
    reading = read_actions(order("a"), order("b", amount=1), claim("x", "a"), claim("y", "b"))
    assert reading.outcome == "PROPOSED"


def test_orders_told_apart_by_their_order_ids_are_two() -> None:
    reading = read_actions(instruction(order_id="ORD-1"), instruction(order_id="ORD-2"))
    assert (reading.outcome, len(reading.components)) == ("PROPOSED", 2)


def test_as_many_actions_as_allowed_are_taken_and_one_more_refuses_all() -> None:
    many = [order(f"a{number}", amount=number + 1) for number in range(ACTIONS_MAX)]
    assert len(read_actions(*many).components) == ACTIONS_MAX
    reading = read_actions(*many, order("last"))
    assert (codes(reading), reading.components) == (["TOO_LARGE"], ())
