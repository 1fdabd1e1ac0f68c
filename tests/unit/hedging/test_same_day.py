"""What is said of the same order a second time."""

import pytest

from shared.hedging.plan import PlanWarning
from shared.hedging.planning.same_day import NAMED_MAX, SECOND_INSTRUCTION, second_instruction
from shared.plans.digests import effects_digest
from tests.support.hedges import facts, plan


def test_both_kinds_of_others_are_told_in_one_warning() -> None:
    assert second_instruction("I", "HKD", received=["ORD-1"], waiting=["ORD-2", "ORD-3"]) == PlanWarning(
        "SECOND_INSTRUCTION_TODAY",
        "Another I for HKD was received today: ORD-1. Another I for HKD waits to be applied: ORD-2, ORD-3. "
        "Check that both are meant.",
        "instruction_type",
    )
    assert second_instruction("I", "HKD") is None


@pytest.mark.parametrize("kind", ["R", "T", "A", "Q", ""])
def test_other_types_may_come_as_often_as_they_like(kind: str) -> None:
    assert second_instruction(kind, "HKD", received=["ORD-1"], waiting=["ORD-2"]) is None


def test_a_burst_is_named_in_short() -> None:
    told = second_instruction("U", "USD", waiting=[f"ORD-{number}" for number in range(1_500)])
    assert told is not None
    assert told.message.count("ORD-") == NAMED_MAX
    assert "and more" in told.message


def test_of_many_that_were_received_a_few_are_named_and_all_are_counted() -> None:
    first = [f"ORD-{number}" for number in range(NAMED_MAX)]
    told = second_instruction("I", "USD", received=first, received_number=1_500)
    assert told is not None
    assert f": {', '.join(first)} and {1_500 - NAMED_MAX} more." in told.message
    few = second_instruction("I", "USD", received=first, received_number=NAMED_MAX)
    assert few is not None
    assert "more" not in few.message


def test_an_order_that_waits_changes_the_card_and_no_effect() -> None:
    alone = plan("USD", "25000000", entity_id="ENTITY0037")
    beside = plan("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", waiting=["ORD-1"]))
    assert [each.code for each in beside.warnings] == [SECOND_INSTRUCTION]
    assert effects_digest(beside, "TRADER") == effects_digest(alone, "TRADER")
    assert beside.risk == alone.risk
