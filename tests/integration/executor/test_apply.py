"""From a granted plan to the ledger on a real database, and every reason not to."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.events import identity
from shared.events.approvals import Approver
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused
from shared.security.grants import sign_grant
from shared.security.keys import ensure_grant_keys, read_pem
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.rollout import OBSERVE, terms_set

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
EFFECTIVE = """
    SELECT (SELECT count(*) FROM public.hedge_instructions) + (SELECT count(*) FROM public.hedge_business_events)
         + (SELECT count(*) FROM public.allocation_engine) + (SELECT count(*) FROM public.deal_bookings)
         + (SELECT count(*) FROM public.gl_entries) + (SELECT count(*) FROM public.gl_journal_lines)
         + (SELECT count(*) FROM public.stage_bundles) + (SELECT count(*) FROM public.stage2_queue) AS n
"""


async def available(desk: Desk, entity: str = "ENTITY0037") -> Decimal:
    (row,) = await desk.rows(
        "SELECT available_amount FROM public.v_entity_capacity_complete WHERE entity_id = $1 AND nav_type = 'COI'",
        entity,
    )
    return Decimal(row["available_amount"])


async def test_an_approved_order_is_booked_and_posted(desk: Desk) -> None:
    before = await available(desk)
    workflow_id = await desk.run(USD_25M)
    assert await desk.state(workflow_id) == "POSTED"
    deals = await desk.rows("SELECT deal_status, external_reference FROM hawk.deal_bookings")
    assert [deal["deal_status"] for deal in deals] == ["Booked"] * 6
    assert all(deal["external_reference"] for deal in deals)
    assert await desk.rows("SELECT FROM public.v_hstg_outbound_queue") == []
    assert len(await desk.rows("SELECT FROM hawk.gl_entries")) == 8
    lines = await desk.rows("SELECT ledger, sum(dr_amt) AS dr, sum(cr_amt) AS cr FROM hawk.gl_journal_lines GROUP BY 1")
    assert {line["ledger"]: (line["dr"], line["cr"]) for line in lines} == {
        "IFRS": (Decimal("375000.00"), Decimal("375000.00")),
        "LOCAL": (Decimal("375000.00"), Decimal("375000.00")),
    }
    (allocation,) = await desk.rows("SELECT allocation_status FROM hawk.allocation_engine")
    assert allocation["allocation_status"] == "Finalized"
    assert await available(desk) == before - Decimal(25_000_000)


async def test_the_same_messages_again_change_nothing(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M, "response-x")
    drawn = await desk.plan(workflow_id)
    assert await desk.grant(drawn, message_id="grant-message") is None
    assert await desk.grant(drawn, message_id="grant-message") is None
    for sent in await desk.sent(workflow_id):
        for _ in range(2):
            await desk.answer(executions.answer_of(sent, "ACK"), f"answer-{sent.deal_sequence}")
    await desk.propose(USD_25M, "response-x")
    await desk.post(workflow_id)
    await desk.post(workflow_id)
    assert len(await desk.rows("SELECT FROM hawk.deal_bookings")) == 6
    assert len(await desk.rows("SELECT FROM hawk.gl_journal_lines")) == 4
    assert desk.refused == []


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("unsigned", "GRANT_UNSIGNED"),
        ("another key", "GRANT_SIGNATURE_INVALID"),
        ("another digest", "GRANT_DIGEST_MISMATCH"),
        ("too low a tier", "GRANT_INSUFFICIENT"),
        ("nobody approved", "GRANT_INSUFFICIENT"),
    ],
)
async def test_a_grant_that_gives_no_permission_executes_nothing(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, case: str, code: str
) -> None:
    drawn = await desk.plan(await desk.propose(USD_25M))
    claims = desk.claims(drawn)
    other = ensure_grant_keys(tmp_path_factory.mktemp("other"))
    answer = {
        "unsigned": lambda: desk.grant(drawn, token="no.signature"),  # noqa: S106
        "another key": lambda: desk.grant(drawn, token=sign_grant(claims, read_pem(other.private))),
        "another digest": lambda: desk.grant(drawn, plan_digest="sha256:" + "0" * 64),
        "too low a tier": lambda: desk.grant(drawn, tier="AUTO"),
        "nobody approved": lambda: desk.grant(drawn, approvers=()),
    }[case]
    refused = await answer()
    assert refused == code or (case == "unsigned" and refused in {"GRANT_UNSIGNED", "GRANT_MALFORMED"})
    assert (await desk.rows(EFFECTIVE))[0]["n"] == 0
    assert await desk.grant(drawn) is None


async def test_a_grant_used_before_is_refused_in_another_message(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    assert await desk.grant(drawn) is None
    assert await desk.grant(drawn) == "GRANT_ALREADY_USED"
    assert len(await desk.sent(workflow_id)) == 6


async def test_an_expired_grant_ends_the_workflow_and_is_kept_as_evidence(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    issued = desk.now - timedelta(hours=25)
    assert await desk.grant(drawn, iat=issued, exp=issued + timedelta(hours=24)) is None
    assert await desk.state(workflow_id) == "EXPIRED"
    (letter,) = await desk.rows("SELECT data->>'code' AS code FROM es.events WHERE type = 'MessageRefused'")
    assert letter["code"] == "GRANT_EXPIRED"
    assert (await desk.rows(EFFECTIVE))[0]["n"] == 0


def rate(pair: str, kind: str, value: str) -> dict[str, str]:
    return {"currency_pair": pair, "rate_type": kind, "rate_value": value, "effective_date": hedges.TODAY.isoformat()}


async def test_a_rate_that_moved_two_percent_makes_the_plan_stale(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    await desk.set_row("currency_rates", rate("USD/SGD", "prevailing", "1.3770"))
    assert await desk.grant(drawn) is None
    assert await desk.state(workflow_id) == "STALE_CONTEXT"
    assert (await desk.rows(EFFECTIVE))[0]["n"] == 0
    closed = (await desk.events(identity.plan_stream(workflow_id)))[-1]
    assert isinstance(closed, PlanClosed)
    assert "200" in closed.reason
    successor = await desk.plan(str(closed.successor))
    assert successor.origin.predecessor == workflow_id
    assert successor.plan.children[0].amount_keys["diff_base"] == "1050000.00"
    assert await desk.state(str(closed.successor)) == "PLANNED"


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("currency_rates", rate("USD/SGD", "prevailing", "1.35135")),
        ("currency_rates", rate("HKD/SGD", "prevailing", "0.2500")),
    ],
    ids=["ten basis points", "another currency"],
)
async def test_a_small_or_foreign_move_is_executed_at_the_pinned_rate(
    desk: Desk, table: str, row: dict[str, str]
) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    await desk.set_row(table, row)
    assert await desk.grant(drawn) is None
    assert await desk.state(workflow_id) == "PREPARED"
    (deal, *_) = await desk.rows("SELECT fx_rate FROM hawk.deal_bookings ORDER BY deal_sequence")
    assert deal["fx_rate"] == Decimal("1.35")


async def test_another_entitys_position_disturbs_nobody(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    (row,) = [
        dict(each.row)
        for each in hedges.demo_rows(hedges.TODAY)
        if each.table == "position_nav_master"
        and (each.row["entity_id"], each.row["nav_type"], each.row["position_type"]) == ("ENTITY0039", "COI", "NET")
    ]
    await desk.set_row("position_nav_master", row | {"current_position": "1000000"})
    assert await desk.grant(drawn) is None
    assert await desk.state(workflow_id) == "PREPARED"


async def test_rates_pinned_longer_ago_than_their_validity_are_stale(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    desk.now += timedelta(hours=25)
    assert await desk.grant(drawn) is None
    assert await desk.state(workflow_id) == "STALE_CONTEXT"


async def test_a_declined_deal_leaves_no_effective_row_and_gives_capacity_back(desk: Desk) -> None:
    before = await available(desk)
    workflow_id = await desk.propose(USD_25M)
    assert await desk.grant(await desk.plan(workflow_id)) is None
    assert await available(desk) == before - Decimal(25_000_000)
    sent = await desk.sent(workflow_id)
    for one in sent[:2]:
        await desk.answer(executions.answer_of(one, "ACK"))
    await desk.answer(executions.answer_of(sent[2], "NOK"))
    assert await desk.state(workflow_id) == "COMPENSATING"
    for event in await desk.events(identity.execution_stream(workflow_id)):
        if type(event).__name__ == "DealCancelSent":
            await desk.answer(executions.cancelled(event))
    assert await desk.state(workflow_id) == "COMPENSATED"
    assert (await desk.rows(EFFECTIVE))[0]["n"] == 0
    assert await available(desk) == before
    kept = await desk.rows("SELECT deal_status, reversed_by_event FROM hawk.deal_bookings")
    assert [row["deal_status"] for row in kept] == ["Cancelled"] * 6
    assert all(row["reversed_by_event"] for row in kept)


async def test_two_orders_that_together_exceed_capacity_are_never_both_executed(desk: Desk) -> None:
    order = hedges.order("AUD", "45000000", entity_id="ENTITY0002", nav_type="COI")
    one, two = await desk.propose(order), await desk.propose(order)
    plans = [await desk.plan(one), await desk.plan(two)]
    await asyncio.gather(*(desk.grant(drawn) for drawn in plans))
    states = sorted([await desk.state(one), await desk.state(two)])
    assert states == ["PREPARED", "STALE_CONTEXT"]
    (use,) = await desk.rows("SELECT reserved FROM hawk.exposure_capacity WHERE entity_id = 'ENTITY0002'")
    assert use["reserved"] == Decimal(45_000_000)


async def test_a_refused_check_keeps_its_record_under_an_automatic_grant(desk: Desk) -> None:
    workflow_id = await desk.propose(hedges.order("VND", "900000000000", entity_id="ENTITY0041", nav_type="COI"))
    (refused,) = await desk.events(identity.plan_stream(workflow_id))
    assert isinstance(refused, PlanRefused)
    assert (refused.refusal.code, refused.policy.tier) == ("USD_PB_LIMIT_EXCEEDED", "AUTO")
    assert await desk.grant(refused, approvers=()) is None
    assert await desk.state(workflow_id) == "REFUSED"
    (row,) = await desk.rows("SELECT check_status, usd_pb_check_status, failure_reason FROM hawk.hedge_instructions")
    assert (row["check_status"], row["usd_pb_check_status"]) == ("Fail", "BREACH")
    assert row["failure_reason"].startswith("USD_PB_LIMIT_EXCEEDED")
    assert await desk.rows("SELECT FROM hawk.exposure_capacity") == []


async def test_nothing_is_applied_while_the_rollout_mode_is_observe(desk: Desk) -> None:
    await desk.control(terms_set(OBSERVE))
    workflow_id = await desk.propose(USD_25M)
    assert isinstance(await desk.plan(workflow_id), PlanDrawn)
    assert await desk.grant(await desk.plan(workflow_id)) is None
    assert await desk.state(workflow_id) == "REFUSED"
    assert (await desk.rows(EFFECTIVE))[0]["n"] == 0


async def test_posting_waits_for_an_open_period_and_goes_on_when_it_opens(desk: Desk) -> None:
    (period,) = [
        dict(each.row)
        for each in hedges.demo_rows(hedges.TODAY)
        if each.table == "gl_periods" and each.row["period_id"] == "2026-11"
    ]
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await desk.acknowledge(workflow_id)
    await desk.set_row("gl_periods", period | {"is_open": False})
    await desk.post(workflow_id)
    assert await desk.state(workflow_id) == "COMPLETED"
    (waiting,) = await desk.rows("SELECT stage_3_error_code FROM hawk.hedge_business_events")
    assert waiting["stage_3_error_code"] == "PERIOD_CLOSED"
    told = await desk.events(identity.progress_stream(workflow_id))
    # A period may stay closed for days: the same reason is tried again, and told once.
    await desk.post(workflow_id)
    assert await desk.events(identity.progress_stream(workflow_id)) == told
    assert len(await desk.rows("SELECT FROM hawk.stage3_error_log")) == 1
    assert len(await desk.rows("SELECT FROM executor.todo WHERE task = 'POST'")) == 1
    await desk.set_row("gl_periods", period)
    await desk.post(workflow_id)
    assert await desk.state(workflow_id) == "POSTED"


async def test_silence_of_murex_is_enquired_about_through_the_to_do_list(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await desk.acknowledge(workflow_id, (1, 2, 3, 4, 5))
    await desk.time_passes(workflow_id, 15)
    events = await desk.events(identity.execution_stream(workflow_id))
    assert [type(event).__name__ for event in events][-1] == "DealStatusEnquired"
    (entry,) = await desk.rows("SELECT task, due_at FROM executor.todo WHERE workflow_id = $1", workflow_id)
    assert (entry["task"], entry["due_at"]) == ("MUREX", desk.now + timedelta(seconds=15))


async def test_an_answer_of_murex_for_an_unknown_workflow_is_a_dead_letter(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    (sent, *_) = await desk.sent(workflow_id)
    foreign = executions.answer_of(sent, "ACK", workflow_id="another")
    assert await desk.answer(foreign) == "MUREX_ANSWER_UNKNOWN_WORKFLOW"


async def test_approvers_are_rows_of_the_audit_trail(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(USD_25M))
    await desk.grant(drawn, approvers=(Approver(person="tessa", role="TRADER", at=desk.now),))
    (row,) = await desk.rows("SELECT approved_by, user_role FROM hawk.audit_trail WHERE action = 'APPROVE'")
    assert (row["approved_by"], row["user_role"]) == ("tessa", "TRADER")


async def test_a_msg_uid_is_executed_once(desk: Desk) -> None:
    order = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI", msg_uid="FPM-1")
    one, two = await desk.propose(order), await desk.propose(order)
    plans = [await desk.plan(one), await desk.plan(two)]
    for drawn in plans:
        assert await desk.grant(drawn) is None
    assert [await desk.state(one), await desk.state(two)] == ["PREPARED", "STALE_CONTEXT"]
    third = await desk.propose(order)
    (refused,) = await desk.events(identity.plan_stream(third))
    assert isinstance(refused, PlanRefused)
    assert refused.refusal.code == "DUPLICATE_MSG_UID"


async def test_a_msg_uid_is_executed_once_when_both_grants_come_at_the_same_moment(desk: Desk) -> None:
    order = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI", msg_uid="FPM-2")
    plans = [await desk.plan(await desk.propose(order)) for _ in range(2)]
    await asyncio.gather(*(desk.grant(drawn) for drawn in plans))
    assert sorted([await desk.state(drawn.workflow_id) for drawn in plans]) == ["PREPARED", "STALE_CONTEXT"]


@pytest.mark.parametrize("stated", [{"order_id": "ORD-DESK-1"}, {"sub_order_id": "SUB-DESK-1"}], ids=str)
async def test_orders_that_state_the_same_order_are_executed_each(desk: Desk, stated: dict[str, str]) -> None:
    order = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI", **stated)
    plans = [await desk.plan(await desk.propose(order)) for _ in range(2)]
    for drawn in plans:
        assert await desk.grant(drawn) is None
    assert [await desk.state(drawn.workflow_id) for drawn in plans] == ["PREPARED", "PREPARED"]


async def test_an_issued_msg_uid_that_another_order_states_makes_the_plan_stale(desk: Desk) -> None:
    one = await desk.plan(await desk.propose(USD_25M))
    copied = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI", msg_uid=one.plan.order.msg_uid)
    assert await desk.grant(await desk.plan(await desk.propose(copied))) is None
    assert await desk.grant(one) is None
    assert await desk.state(one.workflow_id) == "STALE_CONTEXT"
    closed = (await desk.events(identity.plan_stream(one.workflow_id)))[-1]
    assert isinstance(closed, PlanClosed)
    assert await desk.state(str(closed.successor)) == "PLANNED"


async def test_a_cancel_sent_after_everything_was_undone_is_looked_after(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    sent = await desk.sent(workflow_id)
    await desk.answer(executions.answer_of(sent[2], "NOK"))
    for event in await desk.events(identity.execution_stream(workflow_id)):
        if type(event).__name__ == "DealCancelSent":
            await desk.answer(executions.cancelled(event))
    assert await desk.state(workflow_id) == "COMPENSATED"
    await desk.answer(executions.answer_of(sent[2], "ACK"))
    assert len(await desk.rows("SELECT FROM executor.todo WHERE task = 'MUREX'")) == 1
    for _ in range(3):
        await desk.time_passes(workflow_id, 15)
    assert await desk.state(workflow_id) == "NEEDS_INTERVENTION"
    assert await desk.rows("SELECT FROM executor.todo") == []
