"""Attacks on what HAWK may do: the stop switch, the mode, the policy."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import structlog

from services.approval.app import KeySigner
from services.approval.handlers import Dependencies, Handlers
from services.approval.opening import Opening
from services.approval.projection import read_taken_in
from services.approval.rollout.handlers import read as read_rollout
from services.approval.rollout.view import TAKING_IN_MAX, rollout_document
from services.approval.settings import ApprovalSettings
from services.executor.handlers.rollout.reading import HasToWait, policy_in_force
from services.executor.settings import ExecutorSettings
from shared.events import identity
from shared.events.decisions import DecisionName
from shared.events.plans import PlanClosed
from shared.events.rollout import RolloutTakenIn
from shared.messaging.database import open_pool
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from shared.policy.table import DEFAULT_POLICY
from shared.security.keys import ensure_grant_keys, read_pem
from shared.security.tokens import Person
from tests.attacks.attack import Attacker, attack
from tests.integration.executor import conftest as executors
from tests.support import hedges
from tests.support.approvals import DAY
from tests.support.desk import Desk
from tests.support.rollout import FULL, OBSERVE, named, policy_set, resumed, stopped, terms_set
from tests.support.stack import Databases
from tests.support.units import CAUSE, WHEN, message_for

pytestmark = pytest.mark.integration

reference_database, desk_database, desk = executors.reference_database, executors.desk_database, executors.desk

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
EXECUTED = "the order was prepared and six deals were sent to Murex"
AT_THE_DOOR = "Who gets a forged decision past the check of the door can stop HAWK, not start it."


async def outcome(desk: Desk, workflow_id: str) -> tuple[str, int]:
    """Grant a plan; how it ended, and how many deals were sent."""
    assert await desk.grant(await desk.plan(workflow_id)) is None
    last = (await desk.events(identity.plan_stream(workflow_id)))[-1]
    return (last.code if isinstance(last, PlanClosed) else "APPLIED"), len(await desk.sent(workflow_id))


async def letters(desk: Desk) -> list[str]:
    """Codes of the dead letters that were recorded."""
    rows = await desk.rows("SELECT data ->> 'code' AS code FROM es.events WHERE type = 'MessageRefused' ORDER BY id")
    return [row["code"] for row in rows]


@pytest.fixture
async def approvals(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    """The approval service's way into a database of an installation that was never started."""
    made = await databases.create()
    pool = await open_pool(made.dsn("hawk_approval"), application="approvals", min_size=1, max_size=2)
    yield pool
    await pool.close()
    await databases.drop(made.name)


def opening(pool: asyncpg.Pool, folder: Path, mode: str, policy: str = "plan") -> Opening:
    """A start of the approval service with these words in its environment."""
    said = {"rollout_mode": mode, "policy": policy, "grant_private_key_file": folder / "unused.pem"}
    return Opening(
        ApprovalSettings.model_validate(said), lambda work: run_unit(pool, CAUSE, work, projector=None), lambda: WHEN
    )


async def told(pool: asyncpg.Pool, event: RolloutTakenIn, folder: Path, version: int) -> None:
    """The executor's word comes to the approval service."""
    private = read_pem(ensure_grant_keys(folder).private)
    dependencies = Dependencies(KeySigner(private), lambda: DEFAULT_POLICY, DAY, DAY, lambda: WHEN, lambda: None)
    message = message_for(event, stream=identity.EXECUTOR_CONTROL_STREAM, version=version)
    await run_unit(pool, CAUSE, lambda unit: Handlers(dependencies).on_rollout_taken_in(unit, message), projector=None)


async def held(desk: Desk, workflow_id: str) -> str:
    """Grant a plan; why it waits."""
    with pytest.raises(HasToWait) as waits:
        await desk.grant(await desk.plan(workflow_id))
    assert await desk.sent(workflow_id) == []
    return str(waits.value)


@attack(
    by=Attacker.BROKER,
    does="Publishes terms under a version far above the next one, so that the real stop that follows is older.",
    before=f"The real stop was passed over without a word; {EXECUTED}.",
    cure="A stop takes effect whatever the executor keeps to; only terms and resumptions need to follow it.",
    remains=AT_THE_DOOR,
)
async def test_a_forged_later_version_does_not_make_the_real_stop_an_old_one(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.control(terms_set(FULL), version=99)
    await desk.control(stopped(), version=2, follow=False)
    assert await outcome(desk, workflow_id) == ("STOPPED", 0)
    assert await desk.control(resumed(named(stopped(), 2)), version=3, follow=False) == "ROLLOUT_OUT_OF_ORDER"


@attack(
    by=Attacker.BROKER,
    does="Publishes other terms under the version that the next stop will have.",
    before=f"The real stop had a version that was known and was passed over; {EXECUTED}.",
    cure="A decision is known by its version and the digest of what it says; another content is another decision.",
    remains=AT_THE_DOOR,
)
async def test_another_decision_under_the_version_of_a_stop_does_not_use_it_up(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.control(terms_set(FULL), version=2)
    await desk.control(stopped(), version=2, follow=False)
    assert await outcome(desk, workflow_id) == ("STOPPED", 0)


@attack(
    by=Attacker.BROKER,
    does="Copies the resumption of an earlier stop behind the stop that holds, under the next version.",
    before=f"HAWK went on without the two persons who have to resume; {EXECUTED}.",
    cure="A resumption names the decision before it, by version and digest, and that one has to be what is kept.",
    remains="A forged resumption that names the right stop is refused at the door, not here.",
)
async def test_the_resumption_of_another_stop_does_not_let_hawk_go_on(desk: Desk) -> None:
    first = stopped()
    await desk.control(first, version=2, follow=False)
    again = resumed(named(first, 2))
    await desk.control(again, version=3, follow=False)
    workflow_id = await desk.propose(USD_25M)
    await desk.control(stopped("a second time"), version=4)
    assert await desk.control(again, version=5, follow=False) is None, "set aside, and remembered"
    assert await letters(desk) == ["ROLLOUT_OUT_OF_ORDER"]
    kept = await desk.kept()
    assert kept is not None
    assert kept.stopped
    assert "decision 5 of the rollout came without the one before it" in await held(desk, workflow_id)


@attack(
    by=Attacker.BROKER,
    does="Lets a narrowing of the terms become a dead letter; then people stop HAWK and resume.",
    before=f"HAWK went on in FULL although two persons had set OBSERVE; {EXECUTED}.",
    cure="A stop says which terms stand beside it, so that a resumption never brings back what people took away.",
)
async def test_a_lost_narrowing_is_in_force_after_a_stop_and_a_resumption(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    narrowing = terms_set(OBSERVE)
    stop = stopped(follows=named(narrowing, 3), terms=OBSERVE)
    await desk.control(stop, version=4, follow=False)
    assert await desk.control(resumed(named(stop, 4)), version=6, follow=False) is None
    assert await outcome(desk, workflow_id) == ("ROLLOUT_NOT_ALLOWED", 0)


@attack(
    by=Attacker.BROKER,
    does="Lets a narrowing of the terms become a dead letter; then another change of the terms comes.",
    before="The later terms were taken in and nobody learned that a decision was missing.",
    cure="What does not follow is a dead letter; the executor then begins nothing until the missing decision, or a "
    "stop and a resumption, have come.",
)
async def test_a_gap_in_the_decisions_lets_nothing_begin_until_it_is_closed(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    narrowing = terms_set(OBSERVE)
    await desk.control(terms_set(FULL, named(narrowing, 2)), version=3, follow=False)
    assert "decision 3 of the rollout came without the one before it" in await held(desk, workflow_id)
    assert await letters(desk) == ["ROLLOUT_OUT_OF_ORDER"]
    await desk.control(narrowing, version=2, follow=False)
    assert "decision 3" in await held(desk, workflow_id), "the later one is still missing"
    stop = stopped(follows=named(terms_set(FULL, named(narrowing, 2)), 3))
    await desk.control(stop, version=4, follow=False)
    await desk.control(resumed(named(stop, 4)), version=5, follow=False)
    assert await outcome(desk, workflow_id) == ("APPLIED", 6)


@attack(
    by=Attacker.BROKER,
    does="Tells the approval service in the executor's name that it has taken in a later version than the stop.",
    before="GET /rollout and the command line said of a stop that never reached the executor: in force.",
    cure="in_force compares version, digest and stop of the last decision with what the executor has taken in; the "
    "page says in words when that is not so after five seconds.",
    remains="A forged message with the right digest is refused at the door, not here.",
)
async def test_a_stop_that_the_executor_never_got_is_not_shown_in_force(
    approvals: asyncpg.Pool, tmp_path: Path
) -> None:
    await opening(approvals, tmp_path, "FULL").open()
    stop = stopped()

    async def throw(unit: UnitOfWork) -> None:
        unit.append(identity.ROLLOUT_STREAM, 1, stop)

    await run_unit(approvals, CAUSE, throw, projector=None)
    for version, name in ((7, named(stop, 7)), (2, DecisionName(version=2, digest="sha256:" + "0" * 64))):
        said = RolloutTakenIn(decision=name, terms=FULL, stopped=True, reason="", doubted=None, taken_in_at=WHEN)
        await told(approvals, said, tmp_path, version)
    rollout = await run_unit(approvals, CAUSE, read_rollout, projector=None)
    person = Person("tom", ("TRADER",))
    later = rollout.decided_at + 2 * TAKING_IN_MAX
    document = rollout_document(rollout, await read_taken_in(approvals), person, DEFAULT_POLICY, later)
    assert (document["stopped"], document["in_force"]) == (True, False)
    assert "THE STOP of 2026-11-23 09:00:00 UTC IS NOT IN FORCE" in document["notice"]
    assert "for 10 s" in document["notice"]


@attack(
    by=Attacker.ROLE,
    does="Sets HAWK_ROLLOUT_MODE=FULL and HAWK_POLICY=plan in the environment of the executor and starts it anew.",
    before=f"The executor worked in FULL while the approval service showed OBSERVE; {EXECUTED}.",
    cure="The executor has no such settings: it takes mode and policy in from hawk.control, and neither plans nor "
    "begins anything before they have come.",
)
async def test_the_environment_of_the_executor_says_nothing_about_what_it_may_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.control(terms_set(OBSERVE))
    monkeypatch.setenv("HAWK_ROLLOUT_MODE", "FULL")
    monkeypatch.setenv("HAWK_POLICY", "plan")
    assert not {"policy", "rollout_mode", "profile"} & set(ExecutorSettings.model_fields)
    assert await outcome(desk, await desk.propose(USD_25M)) == ("ROLLOUT_NOT_ALLOWED", 0)


@attack(
    by=Attacker.ROLE,
    does="Sets HAWK_ROLLOUT_MODE=FULL and HAWK_POLICY=plan in the environment of the approval service later on.",
    before="It showed FULL as in force and asked for the approvals of the weaker policy from the next start on.",
    cure="Both are version 1 of their streams, written at the first start alone; a setting that says otherwise has no "
    "effect and is a warning in the log.",
)
async def test_the_environment_of_the_approval_service_counts_at_the_first_start_alone(
    approvals: asyncpg.Pool, tmp_path: Path
) -> None:
    await opening(approvals, tmp_path, "OBSERVE", "strict").open()
    again = opening(approvals, tmp_path, "FULL", "plan")
    with structlog.testing.capture_logs() as logs:
        await again.open()
    assert again.policy().version == "strict-1"
    rollout = await run_unit(approvals, CAUSE, read_rollout, projector=None)
    assert (rollout.terms, rollout.version) == (OBSERVE, 1)
    said = {entry["setting"] for entry in logs if entry["event"] == "setting_without_effect"}
    assert said == {"HAWK_ROLLOUT_MODE", "HAWK_POLICY"}


@attack(
    by=Attacker.BROKER,
    does="Keeps the executor from reading hawk.control while grants go on arriving, for example by a record it cannot "
    "handle.",
    before=f"Whatever was thrown meanwhile did not count: {EXECUTED}, for as long as hawk.control stood unread.",
    cure="Ten seconds after hawk.control was last read to its end nothing begins and no deal is sent; grants wait and "
    "are used once it is read again.",
    remains="Up to ten seconds of what people decide may be missed; who keeps hawk.control unread stops HAWK.",
)
async def test_grants_wait_while_hawk_control_is_not_read(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.pool.execute("UPDATE executor.control_watermark SET caught_up_at = now() - interval '11 seconds'")
    assert "a stop may stand there" in await held(desk, workflow_id)
    await desk.control(stopped())
    await desk.read_control("now")
    assert await outcome(desk, workflow_id) == ("STOPPED", 0)


@attack(
    by=Attacker.BROKER,
    does="Publishes a policy of its own, without limits, as the next version of the policy.",
    before="Nothing: there was no policy on hawk.control, the environment of each process said which one holds.",
    cure="A policy names the one before it; one that follows another is a dead letter, and plans go on by the old.",
    remains="One that names the right policy is refused at the door, not here.",
)
async def test_a_policy_that_follows_no_other_is_not_planned_by(desk: Desk) -> None:
    forged = policy_set().model_copy(update={"follows": DecisionName(version=1, digest="sha256:" + "0" * 64)})
    code = await desk.take(forged, stream=identity.POLICY_STREAM, topic="hawk.control", version=2)
    assert code == "POLICY_OUT_OF_ORDER"

    async def look(unit: UnitOfWork) -> str:
        return (await policy_in_force(unit)).version

    assert await run_unit(desk.pool, CAUSE, look, projector=None) == DEFAULT_POLICY.version
