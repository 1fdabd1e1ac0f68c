"""Two executors, two approval services and two monitors on one stack: what one of them does, the others know, and what
any of them shows is whole."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path

import httpx
import pytest

from services.monitor.speed.telling import COMPLETED, FAILED, kind_of
from tests.e2e.test_stale_context import move_rate, rate
from tests.support.crash.control import Control
from tests.support.crowd import approving, seeded, workflows_of
from tests.support.eventually import eventually
from tests.support.hawk import TURN_SECONDS_MAX, Document, Hawk
from tests.support.members import (
    TWO_OF_EACH,
    at_both,
    handled_by_each,
    listening,
    members,
    url_of,
)
from tests.support.orders import order
from tests.support.scratch import scratch_folder
from tests.support.storm.invariants import checked
from tests.support.storm.orders import asked as asked_in_a_storm
from tests.support.storm.report import verdict
from tests.support.storm.storm import Storm
from tests.support.undone import asked_for_reversal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

WORKFLOWS = 30
"""Of a run of all tests; `make soak` has five hundred (`python -m tests.chaos --replicas`)."""
FAULTS = (
    "kill -9 executor", "executor-2 leaves and joins again", "kill -9 approval-2", "approval leaves and joins again",
    "kill -9 monitor", "monitor-2 leaves and joins again",
)  # fmt: skip
SOME = 12
"""Workflows that are enough for every partition to get some."""
SECONDS_MAX = 120.0

PINNED = """
    SELECT data->>'workflow_id' AS workflow_id, pin->>'value' AS value
    FROM es.events, jsonb_array_elements(data::jsonb->'plan'->'pins'->'rates') AS pin
    WHERE type = 'PlanDrawn' AND data->>'workflow_id' = ANY($1::text[])
      AND (pin->>'currency_pair', pin->>'rate_type', pin->>'ledger') = ($2, $3, 'IFRS')
"""
TOLD = "SELECT data FROM es.events WHERE type = 'ProgressReported' ORDER BY id"


KEPT_ENTITY = "ENTITY0035"
"""Nobody else of these tests trades for it: Murex declines a deal, and keeps another that is to be cancelled."""
SCRIPT = [
    {"match": {"entity_id": KEPT_ENTITY, "deal_sequence": 3}, "answer": "NOK", "reason": "Credit line exhausted"},
    {"match": {"entity_id": KEPT_ENTITY, "deal_sequence": 1}, "answer": "ACK", "cancel": "REFUSED"},
]
NEW = 60
"""Bookings that are approved at once: some seconds of work."""
BEGUN_BEFORE = """
    SELECT count(*) AS number FROM es.events AS begun, es.events AS passed
    WHERE begun.type = 'ExecutionPrepared' AND begun.data->>'workflow_id' = ANY($1::text[])
      AND passed.type = $2 AND passed.metadata->>'correlation_id' = $3
      AND (begun.xid, begun.id) < (passed.xid, passed.id)
"""
BEGUN = "SELECT FROM es.events WHERE type = 'ExecutionPrepared' AND data->>'workflow_id' = ANY($1::text[])"
KEPT_DEAL = "SELECT deal_booking_id FROM hawk.deal_bookings WHERE workflow_id = $1 AND deal_sequence = 1"


@pytest.fixture(scope="module")
def several() -> Iterator[Hawk]:
    """The HAWK of these tests."""
    with scratch_folder() as folder:
        made = Hawk(folder / "several")
        script = folder / "murex.json"
        script.write_text(json.dumps(SCRIPT), encoding="utf-8")
        try:
            made.up("--murex-script", str(script), *TWO_OF_EACH)
            yield made
            made.settled()
            made.verified()
        finally:
            made.down()


def orders(number: int, currency: str = "USD", amount: str = "100000", entity: str = "ENTITY0037") -> list[Document]:
    """So many small ones, which fit together."""
    return [order(currency, amount, entity) for _ in range(number)]


def posted(hawk: Hawk, answers: list[Document]) -> list[str]:
    """Published, approved and posted; their workflows."""
    with approving(hawk):
        workflows = workflows_of(hawk, hawk.publish(*answers), SECONDS_MAX)
        hawk.all_in_state(workflows, "POSTED", SECONDS_MAX)
    return workflows


def decide(hawk: Hawk, process: str, workflow_id: str, digest: str, token: str) -> None:
    """A decision given at one of the approval services."""
    decision = httpx.post(
        f"{url_of(hawk, process)}/approvals/{workflow_id}/decisions",
        json={"decision": "APPROVE", "plan_digest": digest},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert decision.status_code == httpx.codes.CREATED, decision.text


def test_rate_moved_through_one_executor_is_in_the_plans_of_the_other(several: Hawk, tmp_path: Path) -> None:
    planning = partial(handled_by_each, several, "executor", "hawk-executor-proposals")
    loading = partial(handled_by_each, several, "executor", "hawk-executor-reference")

    def plan_until(*wanted: str) -> dict[str, Decimal]:
        """Have orders planned until these executors have planned some of them; the rate of each."""
        before, workflows = planning(), list[str]()
        while not all(planning()[each] > before[each] for each in wanted):
            workflows += workflows_of(several, several.publish(*orders(2, "JPY", "4000000", "ENTITY0021")), SECONDS_MAX)
        pinned = several.query(PINNED, workflows, "JPY/SGD", "prevailing")
        return {row["workflow_id"]: Decimal(row["value"]) for row in pinned}

    for basis_points in (200, -300):
        old, before = rate(several, "JPY/SGD", "prevailing"), loading()
        assert set(plan_until(*members("executor")).values()) == {old}
        move_rate(several, tmp_path, "JPY/SGD", "prevailing", basis_points)
        (through,) = [each for each, count in loading().items() if count > before[each]]
        (other,) = set(members("executor")) - {through}
        moved = rate(several, "JPY/SGD", "prevailing")
        assert moved != old
        planned = plan_until(other)
        assert planned
        assert set(planned.values()) == {moved}


def test_both_monitors_show_the_same_pages_streams_and_windows_and_all_of_them(several: Hawk) -> None:
    first, second = members("monitor")
    with listening(several, first, "/events") as here, listening(several, second, "/events") as there:
        workflows = posted(several, orders(SOME))
        several.settled()
        told = [json.loads(row["data"]) for row in several.query(TOLD)]

        def numbered(messages: Iterable[Document]) -> Counter[tuple[str, int]]:
            return Counter(
                (each["workflow_id"], each["sequence"]) for each in messages if each["workflow_id"] in workflows
            )

        wanted = numbered(told)
        assert max(wanted.values()) == 1
        for heard in (here, there):
            eventually(
                lambda heard=heard: numbered(each for _, each in heard.told),
                SECONDS_MAX,
                until=wanted.__eq__,
                what="every message once on every stream",
            )
            for workflow in workflows:
                numbers = [each["sequence"] for _, each in heard.told if each["workflow_id"] == workflow]
                assert numbers == sorted(numbers)
    assert min(handled_by_each(several, "monitor", "hawk-monitor-views").values()) > 0

    listed = at_both(several, "monitor", "/workflows?limit=500", TURN_SECONDS_MAX)["workflows"]
    assert {each["workflow_id"] for each in listed} >= set(workflows)
    for workflow in workflows:
        assert at_both(several, "monitor", f"/workflows/{workflow}", TURN_SECONDS_MAX)["state"] == "POSTED"

    ends = Counter(filter(None, map(kind_of, told)))
    windows = eventually(
        lambda: at_both(several, "monitor", "/windows", TURN_SECONDS_MAX),
        SECONDS_MAX,
        until=lambda shown: sum(each["completed"] for each in shown["windows"]) == ends[COMPLETED],
        what="all ends are counted by each",
    )
    assert windows["running"]
    assert sum(each["failed"] for each in windows["windows"]) == ends[FAILED]


def test_both_approval_services_ask_for_all_and_tell_what_was_decided_at_the_other(several: Hawk) -> None:
    first, second = members("approval")
    mira = several.token("mira", "TRADER")
    workflows = workflows_of(several, several.publish(*orders(SOME)), SECONDS_MAX)
    several.all_in_state(workflows, "AWAITING_APPROVAL", SECONDS_MAX)
    queue = at_both(several, "approval", "/approvals?state=AWAITING_APPROVAL&limit=500", TURN_SECONDS_MAX, mira)
    waiting = {each["workflow_id"]: each["plan_digest"] for each in queue["approvals"]}
    assert waiting.keys() >= set(workflows)
    assert min(handled_by_each(several, "approval", "hawk-approval-requests").values()) > 0

    for here, there, decided in ((first, second, workflows[: SOME // 2]), (second, first, workflows[SOME // 2 :])):
        with listening(several, there, "/approvals/stream", mira) as heard:
            for workflow in decided:
                decide(several, here, workflow, waiting[workflow], mira)
            eventually(
                lambda heard=heard: {
                    each for name, data in heard.told if name == "changed" for each in data["workflow_ids"]
                },
                TURN_SECONDS_MAX,
                until=set(decided).issubset,
                what=f"{there} tells what was decided at {here}",
            )
    several.all_in_state(workflows, "POSTED", SECONDS_MAX)
    for workflow in workflows:
        card = at_both(several, "approval", f"/approvals/{workflow}?detail=false", TURN_SECONDS_MAX, mira)
        assert card["grant"]["used_at"]


def test_stream_of_one_approval_service_tells_all_of_what_was_handed_in_at_the_other(several: Hawk) -> None:
    _, second = members("approval")
    response_id = several.hand_in(order("USD", "150000", "ENTITY0037")["answer"])
    with listening(several, second, f"/hawk-agent/execute-actions?response_id={response_id}") as heard:
        (workflow,) = several.response(response_id)["workflows"]
        several.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")
        several.approve(workflow["workflow_id"])
        told = eventually(
            lambda: [(each["sequence"], each["final"]) for _, each in heard.told],
            TURN_SECONDS_MAX,
            until=lambda each: bool(each) and each[-1][1],
            what="the end of the workflow",
        )
    assert [sequence for sequence, _ in told] == list(range(1, len(told) + 1))


def test_members_die_leave_and_join_and_nothing_is_lost_or_doubled(several: Hawk, tmp_path: Path) -> None:
    rng = seeded()
    wanted = asked_in_a_storm(rng, f"members-{rng.random()}", WORKFLOWS, closing_share=0.0, troubled=False)
    control, faults = Control(tmp_path / "control"), rng.sample(FAULTS, len(FAULTS))
    before = several.pids()
    found = checked(several, Storm(several, control, rng, wanted, faults, patient=False).run())
    assert found.ok, verdict(found)
    now = several.pids()
    changed = {name for name in now if now[name] != before[name]}
    assert changed == {name for service in ("executor", "approval", "monitor") for name in members(service)}


def override_of(deal: str) -> Document:
    """An answer that settles a deal which was cancelled in Murex by hand."""
    data = {"deal_booking_id": deal, "resolution": "CANCELLED", "reason": "Cancelled by the Murex desk, ticket 4711"}
    return {"analysis": "Found out.", "recommended_actions": [{"action_type": "OVERRIDE_DEAL", "data": data}]}


@contextmanager
def piling_up(hawk: Hawk) -> Iterator[None]:
    """Whatever is decided here waits until the executors are back."""
    hawk.processes("stop", members("executor"))
    try:
        yield
    finally:
        hawk.processes("start", members("executor"))


def approved(hawk: Hawk, workflows: Iterable[str]) -> None:
    """All approved by one person, as fast as that goes."""
    token, digests = hawk.token("tess", "TRADER"), {each["workflow_id"]: each["plan_digest"] for each in hawk.listed()}
    with ThreadPoolExecutor(8) as people:
        given = list(people.map(lambda each: hawk.decide(each, token, digest=digests[each]), workflows))
    assert {each.status_code for each in given} == {httpx.codes.CREATED}


def test_reversals_and_overrides_pass_before_new_bookings_that_wait(several: Hawk) -> None:
    mira = several.token("mira", "SENIOR_TRADER")
    (booked,) = posted(several, orders(1))
    kept = several.planned(order("TWD", "600000", KEPT_ENTITY))["workflow_id"]
    several.approve(kept)
    several.in_state(kept, "NEEDS_INTERVENTION", seconds_max=SECONDS_MAX)
    deal = several.query(KEPT_DEAL, kept)[0]["deal_booking_id"]
    several.cancel_in_murex(deal)
    reversal = asked_for_reversal(several, booked, mira)
    (proposed,) = several.response(several.hand_in(override_of(deal), "mira"))["workflows"]
    override = str(proposed["workflow_id"])
    workflows = workflows_of(several, several.publish(*orders(NEW)), SECONDS_MAX)
    several.all_in_state([*workflows, reversal, override], "AWAITING_APPROVAL", SECONDS_MAX)

    with piling_up(several):
        approved(several, workflows)
        several.approve(reversal, role="SENIOR_TRADER")
        several.approve(override, "olga", "OPERATIONS")
        several.approve(override, "tom")
    several.all_in_state([booked], "REVERSED", SECONDS_MAX)
    several.all_in_state([override], "COMPLETED", SECONDS_MAX)
    several.all_in_state(workflows, "POSTED", SECONDS_MAX)
    for passed, workflow in (("ReversalPrepared", reversal), ("OverrideAuthorized", override)):
        (before,) = several.query(BEGUN_BEFORE, workflows, passed, workflow)
        assert before["number"] < NEW // 2, passed


def test_a_stop_passes_before_new_bookings_that_wait(several: Hawk) -> None:
    workflows = workflows_of(several, several.publish(*orders(NEW)), SECONDS_MAX)
    several.all_in_state(workflows, "AWAITING_APPROVAL", SECONDS_MAX)
    with piling_up(several):
        approved(several, workflows)
        stop = several.ask("POST", "/stop", several.token("tom", "TRADER"), {"reason": "rates look odd"})
        assert stop.status_code == httpx.codes.CREATED, stop.text
    ended = eventually(
        lambda: {each["workflow_id"]: each["state"] for each in several.listed() if each["workflow_id"] in workflows},
        SECONDS_MAX,
        until=lambda states: set(states.values()) <= {"POSTED", "REFUSED", "COMPENSATED"},
        what="all have ended",
        every_seconds=0.5,
    )
    assert len(several.query(BEGUN, workflows)) < NEW // 2
    assert Counter(ended.values())["REFUSED"] > NEW // 2
    several.run("resume", "--reason", "checked", "--as", "olga", "--role", "OPERATIONS")
    several.run("resume", "--as", "tom", "--role", "TRADER")
