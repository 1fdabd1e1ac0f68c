"""Hostile and broken answers: of each comes what its table says, and of none any other order."""

import json
import re
from typing import Any

import pytest

from services.parser.decider import decide, state_of
from services.parser.response import Reading, read_response
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.configuration import ConfigurationProposed
from shared.events.parsing_codes import ParsingCode
from shared.events.responses import ProposalMade
from tests.corpus.all_traps import TRAPS
from tests.corpus.known import KNOWN
from tests.corpus.page import PAGE, page
from tests.corpus.trap import BAD, GOOD, Trap, envelope, plan

ENTRIES_MIN = 200
#: As JSON writes the character that PostgreSQL cannot hold; behind another backslash it is text.
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def read(trap: Trap) -> Reading:
    return read_response(trap.answer, trap.headers, None)


def orders_of(events: tuple[Event, ...]) -> tuple[str, ...]:
    """What would be executed: of the events that start workflows, as the tables write it."""
    found = []
    for event in events:
        if isinstance(event, ProposalMade):
            order = event.order
            found.append(
                f"{order.instruction_type.value} {order.exposure_currency} {order.amount} {order.entity_id or '-'}"
            )
        elif isinstance(event, ConfigurationProposed):
            change = event.change
            changes = json.dumps(dict(change.changes), ensure_ascii=False)
            found.append(f"{change.operation} {change.table} {change.key} {changes}")
    return tuple(found)


def told(trap: Trap) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Outcome, codes and orders that the parser's own pipeline gives."""
    reading = read(trap)
    events = decide(state_of(()), reading)
    return reading.outcome, tuple(refusal.code for refusal in reading.all_refusals), orders_of(events)


def expectations() -> list[Any]:
    """Every trap; those that still catch the parser are expected to fail, so that a repaired one is noticed."""
    return [
        pytest.param(
            trap,
            id=f"{trap.trap}: {trap.name}",
            marks=[pytest.mark.xfail(strict=True, reason=f"{why}; once repaired, take it out of tests/corpus/known.py")]
            if (why := KNOWN.get((trap.trap, trap.name)))
            else [],
        )
        for trap in TRAPS
    ]


@pytest.mark.parametrize("trap", expectations())
def test_trap_gives_exactly_what_its_table_says(trap: Trap) -> None:
    assert told(trap) == (trap.outcome, trap.codes, trap.orders)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.trap}: {trap.name}")
def test_refusals_name_a_place_and_events_can_be_stored_whatever_the_trap(trap: Trap) -> None:
    reading = read(trap)
    assert all(refusal.path and refusal.message for refusal in reading.all_refusals)
    for event in decide(state_of(()), reading):
        stored = json.dumps(encode(event).data, ensure_ascii=False)
        stored.encode("utf-8")
        assert ESCAPED_NUL.search(stored) is None
    assert read(trap) == reading


def test_corpus_is_large_and_no_answer_stands_in_it_twice() -> None:
    assert len(TRAPS) >= ENTRIES_MIN
    assert len({(trap.trap, trap.name) for trap in TRAPS}) == len(TRAPS)
    answers = [(trap.answer, tuple(trap.headers.items())) for trap in TRAPS]
    twice = [trap.name for trap, answer in zip(TRAPS, answers, strict=True) if answers.count(answer) > 1]
    assert twice == []


def test_corpus_has_every_code_but_the_one_that_needs_two_answers() -> None:
    found = {code for trap in TRAPS for code in trap.codes}
    assert {code.value for code in ParsingCode} - found == {"DUPLICATE_RESPONSE"}


def test_every_trap_known_to_catch_the_parser_is_in_the_corpus() -> None:
    assert KNOWN.keys() <= {(trap.trap, trap.name) for trap in TRAPS}


def test_corpus_notices_a_wrong_amount_when_one_came_out() -> None:
    good = next(trap for trap in TRAPS if trap.outcome == "PROPOSED")
    wrong = Trap(good.trap, good.name, plan(BAD).encode(), good.outcome, good.codes, good.orders)
    assert told(wrong) != (good.outcome, good.codes, good.orders)


#: Answers under one response id, one after the other, and the events each leads to.
REUSE = [
    ("the same answer again", (GOOD, GOOD), [("ResponseReceived", "ProposalMade"), ("ResponseRepeated",)]),
    ("another amount", (GOOD, BAD), [("ResponseReceived", "ProposalMade"), ("ResponseContradicted",)]),
    (
        "another amount, twice",
        (GOOD, BAD, BAD),
        [("ResponseReceived", "ProposalMade"), ("ResponseContradicted",), ("ResponseContradicted",)],
    ),
    (
        "the first again after another",
        (GOOD, BAD, GOOD),
        [("ResponseReceived", "ProposalMade"), ("ResponseContradicted",), ("ResponseRepeated",)],
    ),
    ("a good one after a bad", ("0", GOOD), [("ResponseReceived", "ProposalRefused"), ("ResponseContradicted",)]),
    ("one more blank", (GOOD, f" {GOOD}"), [("ResponseReceived", "ProposalMade"), ("ResponseContradicted",)]),
]  # fmt: skip


@pytest.mark.parametrize(("actions", "expected"), [each[1:] for each in REUSE], ids=[each[0] for each in REUSE])
def test_response_id_that_is_used_again_proposes_nothing_more(
    actions: tuple[str, ...], expected: list[tuple[str, ...]]
) -> None:
    before: tuple[Event, ...] = ()
    for action, names in zip(actions, expected, strict=True):
        reading = read_response(envelope(plan(action)).encode(), {}, None)
        events = decide(state_of(before), reading)
        assert tuple(type(event).__name__ for event in events) == names
        before = (*before, *events)
    made = orders_of(before)
    assert made == orders_of(before[:2])


def test_page_of_traps_is_that_of_the_corpus() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/ai/traps.md is stale: run `make docs`"
