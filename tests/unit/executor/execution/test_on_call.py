"""The on-call table says what the code does: every reason that it can give, and where each resolution leads."""

from typing import get_args

import pytest

from services.executor.execution.on_call import FAILURES, ON_CALL, OnCall
from services.executor.execution.state import REVERSAL_UNFINISHED, Status, fold
from services.executor.execution.transitions import EXECUTION
from shared.events import murex
from shared.events.undoing import InterventionRequired
from shared.hedging.changes.override import Resolution
from tests.support.executions import ZERO, Execution
from tests.support.needing_a_person import SCENARIOS, Scenario
from tests.support.overriding import asked, settle

ROWS = {row.id: row for row in ON_CALL}
CASES = [(row, scenario) for row in ON_CALL for scenario in SCENARIOS[row.id]]


def asked_for(execution: Execution) -> tuple[Status, InterventionRequired]:
    """Where it stood when a person was asked, and the question."""
    (place,) = [n for n, event in enumerate(execution.events) if isinstance(event, InterventionRequired)]
    required = execution.events[place]
    assert isinstance(required, InterventionRequired)
    return fold(execution.events[:place]).status, required


def test_every_row_has_a_scenario_and_every_scenario_a_row() -> None:
    assert ROWS.keys() == SCENARIOS.keys()
    assert len(ROWS) == len(ON_CALL)


def test_rows_have_every_code_and_every_state_from_which_the_code_asks_a_person() -> None:
    declared = {value for name, value in vars(murex).items() if name.isupper() and isinstance(value, str)}
    assert set(FAILURES) == declared
    assert {code for row in ON_CALL for code in row.codes} == declared | {REVERSAL_UNFINISHED}
    assert {status for row in ON_CALL for status in row.asked_from} == EXECUTION[InterventionRequired].keys()


def test_every_failure_has_a_row_before_it_is_undone_and_one_after() -> None:
    for status in (Status.COMPENSATING, Status.COMPENSATED):
        assert sorted(code for row in ON_CALL for code in row.codes if status in row.asked_from) == sorted(FAILURES)


@pytest.mark.parametrize("row", ON_CALL, ids=lambda row: row.id)
def test_reason_and_state_before_are_those_of_the_row(row: OnCall) -> None:
    found = [asked_for(scenario()) for scenario in SCENARIOS[row.id]]
    assert {required.code for _, required in found} == set(row.codes)
    assert {status for status, _ in found} == set(row.asked_from)
    for _, required in found:
        assert required.deal_booking_ids
        assert all(deal in required.reason for deal in required.deal_booking_ids)


@pytest.mark.parametrize("resolution", get_args(Resolution))
@pytest.mark.parametrize(("row", "scenario"), CASES, ids=lambda value: getattr(value, "id", ""))
def test_resolution_leads_where_the_row_says_or_is_refused(
    row: OnCall, scenario: Scenario, resolution: Resolution
) -> None:
    execution = scenario()
    state, (_, required) = execution.state, asked_for(execution)
    deals = required.deal_booking_ids if resolution == "CANCELLED" else tuple(state.deals)
    answers = [settle(execution, asked(deal, resolution)) for deal in deals]
    after = execution.state
    if resolution not in row.ends:
        assert set(answers) <= {"CONTRADICTING_RESOLUTION", "DEAL_SETTLED"}
        assert after == state
        return
    assert after.status is (Status.POSTED if after.posted and not after.reversal else row.ends[resolution])
    assert execution.reserved == ZERO
    assert (execution.hedged > ZERO) == (after.status in {Status.COMPLETED, Status.POSTED})
