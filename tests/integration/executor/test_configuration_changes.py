"""A change of the configuration on a real database: planned, granted, in force, stale, waiting for its day."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import asyncpg
import pytest

from services.executor.handlers.configuration.kind import make_due_change
from shared.events import identity
from shared.events.approvals import ApprovalRejected, Approver
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.events.plans import PlanClosed, PlanDrawn
from shared.events.progress import ProgressReported
from shared.events.responses import Maker, Origin
from shared.hedging.changes.configuration import ConfigurationChange
from tests.support import hedges
from tests.support.desk import Desk
from tests.support.history import seal
from tests.support.rollout import OBSERVE, terms_set
from tests.support.stack import TestDatabase
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

RULE = "BUF_AUD_001"
ORDER = hedges.order("AUD", "20000000", entity_id="ENTITY0001", nav_type="RE")
"""At a branch, whose buffer the rule sets: RE 60M less 5 %, 57M available."""
_numbers = count(1)


def buffer(percentage: str, *, key: str = RULE, **fields: Any) -> ConfigurationChange:
    operation = fields.pop("operation", "UPDATE")
    effective = fields.pop("effective_date", None)
    return ConfigurationChange(
        "buffer_configuration", operation, key, None, {"buffer_percentage": percentage, **fields}, effective
    )


async def propose(desk: Desk, change: ConfigurationChange) -> str:
    response = f"configuration-{next(_numbers)}"
    workflow_id = identity.workflow_id(response, 1, 1)
    await desk.take(
        ConfigurationProposed(
            workflow_id=workflow_id,
            response_id=response,
            origin=Origin(component=1, attempt=1, maker=desk.proved(response)),
            change=change,
        ),
        stream=identity.response_stream(response),
        topic="hawk.proposals",
    )
    return workflow_id


async def planned(desk: Desk, workflow_id: str) -> ConfigurationPlanned:
    (event, *_) = await desk.events(identity.plan_stream(workflow_id))
    assert isinstance(event, ConfigurationPlanned), event
    return event


async def approve(desk: Desk, plan: ConfigurationPlanned, **claims: Any) -> str | None:
    approvers = (
        Approver(person="rosa", role="RISK_MANAGER", at=desk.now),
        Approver(person="tom", role="TRADER", at=desk.now),
    )
    return await desk.grant(plan, **{"approvers": approvers, **claims})


async def changed(desk: Desk, change: ConfigurationChange) -> str:
    """A change from proposal to in force; gives the workflow id."""
    workflow_id = await propose(desk, change)
    assert await approve(desk, await planned(desk, workflow_id)) is None
    return workflow_id


async def percentage(desk: Desk, key: str = RULE) -> Decimal:
    (row,) = await desk.rows("SELECT buffer_percentage FROM public.buffer_configuration WHERE buffer_rule_id = $1", key)
    return Decimal(row["buffer_percentage"])


async def progress(desk: Desk, workflow_id: str) -> list[ProgressReported]:
    events = await desk.events(identity.progress_stream(workflow_id))
    return [event for event in events if isinstance(event, ProgressReported)]


async def closed(desk: Desk, workflow_id: str) -> PlanClosed:
    event = (await desk.events(identity.plan_stream(workflow_id)))[-1]
    assert isinstance(event, PlanClosed)
    return event


async def test_an_approved_change_is_four_operations_and_then_in_force(desk: Desk) -> None:
    workflow_id = await propose(desk, buffer("10"))
    plan = await planned(desk, workflow_id)
    assert (plan.policy.tier, plan.policy.required, plan.policy.four_eyes) == (
        "RISK_MANAGER", ("RISK_MANAGER", "ANY_APPROVER"), True,
    )  # fmt: skip
    assert [(each.kind, each.table) for each in plan.plan.operations] == [
        ("READ", "buffer_configuration"), ("READ", "entity_master"), ("UPDATE", "buffer_configuration"),
        ("INSERT", "audit_trail"),
    ]  # fmt: skip
    assert plan.plan.references.keys == ("ENTITY0001",)
    assert await percentage(desk) == Decimal(5)
    assert await approve(desk, plan) is None
    assert await desk.state(workflow_id) == "COMPLETED"
    assert await percentage(desk) == Decimal(10)
    (row,) = await desk.rows("SELECT * FROM hawk.buffer_configuration WHERE buffer_rule_id = $1", RULE)
    assert (row["reference_version"], row["modified_by"], row["entity_type"]) == (2, "HAWK_AGENT", "Branch")
    assert row["workflow_id"] == workflow_id
    told = await progress(desk, workflow_id)
    assert [(each.completed, each.final) for each in told][-1] == (True, True)
    assert [each.completed for each in told].count(True) == 1
    assert (told[-1].completed_operations, told[-1].total_operations, told[-1].progress) == (4, 4, 100)


async def test_the_audit_trail_says_who_approved_what_was_and_what_is(desk: Desk) -> None:
    workflow_id = await changed(desk, buffer("10"))
    rows = await desk.rows("SELECT * FROM public.audit_trail WHERE workflow_id = $1 ORDER BY action", workflow_id)
    assert [row["action"] for row in rows] == ["APPROVE", "APPROVE", "CHANGE_CONFIGURATION"]
    change = rows[-1]
    assert (change["table_name"], change["record_id"], change["user_id"]) == ("buffer_configuration", RULE, "mira")
    assert (change["approved_by"], change["authorization_level"]) == ("rosa, tom", "RISK_MANAGER, TRADER")
    assert json.loads(change["old_value"]) == {"buffer_percentage": "5"}
    assert json.loads(change["new_value"]) == {"buffer_percentage": "10"}


async def test_the_next_plan_uses_the_row_and_an_earlier_one_becomes_stale(desk: Desk) -> None:
    earlier = await desk.propose(ORDER)
    before = await desk.plan(earlier)
    await changed(desk, buffer("10"))
    later = await desk.plan(await desk.propose(ORDER))
    assert before.plan.capacity.available == Decimal(57_000_000)
    assert later.plan.capacity.available == Decimal(54_000_000)
    assert later.plan.children[0].assessment.buffer_percentage == Decimal(10)
    big = hedges.order("AUD", "46000000", entity_id="ENTITY0001", nav_type="RE")
    partial = await desk.plan(await desk.propose(big))
    await changed(desk, buffer("40"))
    # 60M less 40 % is 36M: the order of 46M gets another amount, the one of 20M the same effects as before.
    assert await desk.grant(partial) is None
    assert await desk.state(partial.workflow_id) == "STALE_CONTEXT"
    successor = await desk.plan(str((await closed(desk, partial.workflow_id)).successor))
    assert (successor.origin.predecessor, successor.plan.capacity.allocated) == (
        partial.workflow_id,
        Decimal(36_000_000),
    )
    assert await desk.grant(before) is None
    assert await desk.state(earlier) == "PREPARED"


async def test_two_changes_of_one_row_at_once_make_one_stale_with_a_successor(desk: Desk) -> None:
    plans = [await planned(desk, await propose(desk, buffer(percent))) for percent in ("10", "20")]
    await asyncio.gather(*(approve(desk, plan) for plan in plans))
    states = {plan.workflow_id: await desk.state(plan.workflow_id) for plan in plans}
    assert sorted(states.values()) == ["COMPLETED", "STALE_CONTEXT"]
    stale = next(plan for plan in plans if states[plan.workflow_id] == "STALE_CONTEXT")
    successor = await planned(desk, str((await closed(desk, stale.workflow_id)).successor))
    assert successor.origin.predecessor == stale.workflow_id
    assert successor.plan.version == 2
    assert await approve(desk, successor) is None
    assert await percentage(desk) == Decimal(stale.change.changes["buffer_percentage"])


async def test_two_changes_that_are_good_alone_and_bad_together_are_never_both_made(desk: Desk) -> None:
    steps = ("WF_OPENING_COI_BRANCH", "WF_OPENING_COI_TMU")
    wanted = [
        ConfigurationChange("waterfall_logic_configuration", "UPDATE", step, None, {"priority_level": "77"})
        for step in steps
    ]
    plans = [await planned(desk, await propose(desk, change)) for change in wanted]
    await asyncio.gather(*(approve(desk, plan) for plan in plans))
    states = {plan.workflow_id: await desk.state(plan.workflow_id) for plan in plans}
    assert sorted(states.values()) == ["COMPLETED", "STALE_CONTEXT"]
    stale = next(name for name, state in states.items() if state == "STALE_CONTEXT")
    (successor, *_) = await desk.events(identity.plan_stream(str((await closed(desk, stale)).successor)))
    assert isinstance(successor, ConfigurationRefused)
    assert {refusal.code for refusal in successor.refusals} == {"CONFIGURATION_INVALID"}


async def test_a_row_that_is_inserted_is_there_and_its_repetition_is_refused(desk: Desk) -> None:
    fields = {"currency_code": "AUD", "entity_type": "Branch", "rule_priority": "2", "car_exemption_flag": "N"}
    insert = buffer("8", key="BUF_AUD_NEW", operation="INSERT", **fields)
    workflow_id = await propose(desk, insert)
    plan = await planned(desk, workflow_id)
    assert [each.kind for each in plan.plan.operations] == ["READ", "READ", "INSERT", "INSERT"]
    assert plan.plan.reversal[-1].action == "remove the row"
    assert await approve(desk, plan) is None
    assert await percentage(desk, "BUF_AUD_NEW") == Decimal(8)
    (refused,) = await desk.events(identity.plan_stream(await propose(desk, insert)))
    assert isinstance(refused, ConfigurationRefused)
    assert [each.code for each in refused.refusals] == ["KEY_EXISTS"]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("one approver", "GRANT_INSUFFICIENT"),
        ("one person twice", "GRANT_INSUFFICIENT"),
        ("the maker among them", "GRANT_INSUFFICIENT"),
        ("no risk manager", "GRANT_INSUFFICIENT"),
        ("a lower tier", "GRANT_INSUFFICIENT"),
        ("another plan", "GRANT_DIGEST_MISMATCH"),
    ],
)
async def test_a_grant_that_is_not_enough_changes_nothing(desk: Desk, case: str, code: str) -> None:
    plan = await planned(desk, await propose(desk, buffer("10")))

    def people(*named: tuple[str, str]) -> tuple[Approver, ...]:
        return tuple(Approver(person=name, role=role, at=desk.now) for name, role in named)

    cases: dict[str, dict[str, Any]] = {
        "one approver": {"approvers": people(("rosa", "RISK_MANAGER"))},
        "one person twice": {"approvers": people(("rosa", "RISK_MANAGER"), ("Rosa", "TRADER"))},
        "the maker among them": {"approvers": people(("rosa", "RISK_MANAGER"), ("mira", "TRADER"))},
        "no risk manager": {"approvers": people(("sam", "SENIOR_TRADER"), ("tom", "TRADER"))},
        "a lower tier": {"tier": "SENIOR_TRADER"},
        "another plan": {"plan_digest": "sha256:" + "0" * 64},
    }
    assert await approve(desk, plan, **cases[case]) == code
    assert await percentage(desk) == Decimal(5)
    assert await approve(desk, plan) is None
    assert await approve(desk, plan) == "GRANT_ALREADY_USED"


async def test_nothing_is_changed_while_the_rollout_mode_is_observe(desk: Desk) -> None:
    await desk.control(terms_set(OBSERVE))
    workflow_id = await changed(desk, buffer("10"))
    assert await desk.state(workflow_id) == "REFUSED"
    assert await percentage(desk) == Decimal(5)


async def test_a_rejected_change_ends_its_workflow_and_changes_nothing(desk: Desk) -> None:
    plan = await planned(desk, await propose(desk, buffer("10")))
    stream = identity.approval_stream(plan.workflow_id)
    rejected = ApprovalRejected(workflow_id=plan.workflow_id, person="rosa", reason="too wide")
    await desk.take(rejected, stream=stream, topic="hawk.approvals")
    assert await desk.state(plan.workflow_id) == "REJECTED"
    assert await approve(desk, plan) == "GRANT_FOR_CLOSED_PLAN"
    assert await percentage(desk) == Decimal(5)


async def test_an_expired_grant_changes_nothing_and_ends_the_workflow(desk: Desk) -> None:
    plan = await planned(desk, await propose(desk, buffer("10")))
    issued = desk.now - timedelta(hours=25)
    assert await approve(desk, plan, iat=issued, exp=issued + timedelta(hours=24)) is None
    assert await desk.state(plan.workflow_id) == "EXPIRED"
    assert await percentage(desk) == Decimal(5)


async def test_a_change_waits_for_its_effective_date_and_is_then_in_force(desk: Desk) -> None:
    day = hedges.TODAY + timedelta(days=3)
    workflow_id = await changed(desk, buffer("10", effective_date=day))
    assert await desk.state(workflow_id) == "APPROVED"
    assert await percentage(desk) == Decimal(5)
    (due,) = await desk.rows("SELECT task, due_at FROM executor.todo")
    assert (due["task"], due["due_at"].isoformat()) == ("CONFIGURE", f"{day - timedelta(days=1)}T16:00:00+00:00")
    desk.now = due["due_at"]
    for _ in range(2):
        await desk.unit(lambda uow: make_due_change(desk.ports, uow, workflow_id))
    assert await desk.state(workflow_id) == "COMPLETED"
    assert await percentage(desk) == Decimal(10)
    (row,) = await desk.rows("SELECT effective_date FROM hawk.buffer_configuration WHERE buffer_rule_id = $1", RULE)
    assert row["effective_date"] == day
    assert await desk.rows("SELECT FROM executor.todo") == []


async def test_a_waiting_change_is_stale_when_its_row_was_changed_meanwhile(desk: Desk) -> None:
    workflow_id = await changed(desk, buffer("10", effective_date=hedges.TODAY + timedelta(days=3)))
    await changed(desk, buffer("7"))
    desk.now += timedelta(days=4)
    await desk.unit(lambda uow: make_due_change(desk.ports, uow, workflow_id))
    assert await desk.state(workflow_id) == "STALE_CONTEXT"
    assert await percentage(desk) == Decimal(7)
    successor = await planned(desk, str((await closed(desk, workflow_id)).successor))
    # Its day has come while people thought: it is in force as soon as it is approved.
    assert await approve(desk, successor) is None
    assert await percentage(desk) == Decimal(10)


async def test_a_change_that_would_break_the_configuration_is_refused_with_every_finding(desk: Desk) -> None:
    change = ConfigurationChange("gl_coa", "UPDATE", "21001000", None, {"active_flag": False})
    (refused,) = await desk.events(identity.plan_stream(await propose(desk, change)))
    assert isinstance(refused, ConfigurationRefused)
    assert {each.code for each in refused.refusals} == {"CONFIGURATION_INVALID"}
    assert len(refused.refusals) > 1
    assert all(each.path for each in refused.refusals)
    (row,) = await desk.rows("SELECT * FROM hawk.audit_trail WHERE action = 'REFUSE'")
    assert (row["error_code"], row["table_name"], row["record_id"]) == ("CONFIGURATION_INVALID", "gl_coa", "21001000")
    (row,) = await desk.rows("SELECT active_flag FROM hawk.gl_coa WHERE account_code = '21001000'")
    assert row["active_flag"] is True


async def test_a_maker_whom_only_the_parser_calls_verified_needs_a_third_person(desk: Desk) -> None:
    response = "configuration-claimed"
    workflow_id = identity.workflow_id(response, 1, 1)
    proposed = ConfigurationProposed(
        workflow_id=workflow_id,
        response_id=response,
        origin=Origin(component=1, attempt=1, maker=Maker(name="mira", verified=True)),
        change=buffer("10"),
    )
    await desk.take(proposed, stream=identity.response_stream(response), topic="hawk.proposals")
    plan = await planned(desk, workflow_id)
    assert (plan.origin.maker.verified, plan.policy.required) == (
        False,
        ("RISK_MANAGER", "ANY_APPROVER", "ANY_APPROVER"),
    )
    assert await approve(desk, plan) == "GRANT_INSUFFICIENT"
    assert await percentage(desk) == Decimal(5)
    assert await desk.grant(plan, jti="three") is None
    assert await percentage(desk) == Decimal(10)


async def test_a_forged_workflow_id_is_a_dead_letter(desk: Desk) -> None:
    event = ConfigurationProposed(
        workflow_id="another",
        response_id="response",
        origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
        change=buffer("10"),
    )
    assert await desk.take(event, stream="response-response", topic="hawk.proposals") == "WORKFLOW_ID_FORGED"


async def test_the_same_proposal_and_grant_again_change_nothing(desk: Desk) -> None:
    workflow_id = await propose(desk, buffer("10"))
    plan = await planned(desk, workflow_id)
    for _ in range(2):
        assert await approve(desk, plan, message_id="the-grant") is None
    assert len(await desk.events(identity.reference_stream("buffer_configuration", RULE))) == 2
    assert isinstance(await desk.plan(await desk.propose(ORDER)), PlanDrawn)


async def test_what_was_changed_verifies_and_what_waits_is_unfinished(desk: Desk, desk_database: TestDatabase) -> None:
    await changed(desk, buffer("10"))
    later = await changed(desk, buffer("12", key="BUF_AUD_004", effective_date=hedges.TODAY + timedelta(days=3)))
    await propose(desk, buffer("130"))
    admin = await asyncpg.connect(desk_database.admin_dsn)
    try:
        await seal(admin)
    finally:
        await admin.close()
    report = await verify(desk_database.dsn("hawk_reader"), None)
    assert report.ok, report.findings
    assert [(one.workflow_id, one.state) for one in report.unfinished] == [(later, "APPROVED")]
