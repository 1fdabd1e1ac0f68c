"""What people approve, who approves it, and what a grant is taken for."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.monitor.handlers import on_event
from shared.errors import InvalidInput
from shared.events.approvals import Approver
from shared.events.responses import Maker
from shared.plans.digests import sealed
from shared.security.grants import GrantClaims
from tests.attacks.attack import Attacker, attack
from tests.support import configuration
from tests.support.approving import Approving
from tests.support.plans_of_each_kind import hedge, override, refused_check, reversal
from tests.support.proofs import by, proved
from tests.support.spellings import NAME, SPELLINGS
from tests.support.units import WHEN, message_for, run_handler

LOOKED_AT = "The approval service computes both digests over what it shows and refuses a difference."
ONE_MORE = "Where the maker is not proved, approval and executor ask for one person more."
COMPARED = "The executor compares amount and maker of the grant with the plan it holds and the proof it checked."
OPENED = "A request was opened under the digest of the true plan."
HONEST = "Three people who collude."


@pytest.fixture
def bench(tmp_path: Path) -> Approving:
    return Approving(tmp_path)


def claimed_by(event: Any, name: str = "nobody") -> Any:
    """The plan as it is drawn for an answer that somebody published under this name."""
    return by(event, Maker(name=name))


def replace_approver(claims: GrantClaims, person: str) -> GrantClaims:
    """The same grant, as if this person had approved it."""
    return claims.model_copy(update={"approvers": (claims.approvers[0].model_copy(update={"person": person}),)})


def from_elsewhere(event: Any, **origin: Any) -> Any:
    """A planned event whose origin says something else."""
    return event.model_copy(update={"origin": event.origin.model_copy(update=origin)})


async def refused(bench: Approving, event: Any) -> None:
    with pytest.raises(InvalidInput, match="PLAN_DIGEST_MISMATCH"):
        await bench.deliver(event)
    assert (await bench.approval(event.workflow_id)).request is None
    assert bench.cards == []


# Four eyes with a maker who is only claimed.


@attack(
    by=Attacker.PUBLISHER,
    does="publishes an order of USD 61M under another name and approves it himself as SENIOR_TRADER",
    before="One approval was enough; the executor took the grant.",
    cure=ONE_MORE,
    remains=HONEST.replace("Three", "Two"),
)
async def test_a_publisher_does_not_approve_his_own_large_order_alone(bench: Approving) -> None:
    event = claimed_by(hedge("61000000"))
    await bench.deliver(event)
    assert await bench.approve(event.workflow_id, ("tom", "SENIOR_TRADER")) == "AWAITING_APPROVAL"
    assert await bench.approve(event.workflow_id, ("TOM", "SENIOR_TRADER")) == "SAME_PERSON"
    assert await bench.approve(event.workflow_id, ("sam", "TRADER")) == "APPROVED"
    bench.executor_takes(await bench.claims(event.workflow_id), event)


@attack(
    by=Attacker.PUBLISHER,
    does="publishes a change of the configuration under another name and is one of the two who approve it",
    before="Two approvals were enough, one of them the asker's; the executor took the grant.",
    cure=ONE_MORE,
    remains=HONEST,
)
async def test_an_asker_who_is_not_known_is_not_one_of_two(bench: Approving) -> None:
    event = claimed_by(configuration.planned())
    await bench.deliver(event)
    people = ("tom", "RISK_MANAGER"), ("sam", "TRADER")
    assert await bench.approve(event.workflow_id, *people) == "AWAITING_APPROVAL"
    assert await bench.approve(event.workflow_id, ("sue", "TRADER")) == "APPROVED"
    bench.executor_takes(await bench.claims(event.workflow_id), event)


@attack(
    by=Attacker.PUBLISHER,
    does="publishes an override under another name and is one of the two who approve it",
    before="Two approvals were enough, one of them the asker's.",
    cure=ONE_MORE,
    remains=HONEST,
)
async def test_an_asker_who_is_not_known_does_not_settle_a_deal_with_one_other(bench: Approving) -> None:
    event = claimed_by(override())
    await bench.deliver(event)
    people = ("olga", "OPERATIONS"), ("sam", "TRADER")
    assert await bench.approve(event.workflow_id, *people) == "AWAITING_APPROVAL"
    assert await bench.approve(event.workflow_id, ("SAM", "RISK_MANAGER")) == "SAME_PERSON"


@attack(
    by=Attacker.PERSON,
    does="approves a change of the configuration twice, as tom and as TOM, while its maker is only claimed",
    before="Refused (SAME_PERSON).",
    cure="All spellings of a name are one person (`shared/people`).",
    remains="Two accounts of one person at the issuer of tokens.",
)
async def test_one_person_in_two_spellings_does_not_count_twice(bench: Approving) -> None:
    event = claimed_by(configuration.planned())
    await bench.deliver(event)
    people = ("tom", "RISK_MANAGER"), ("sam", "TRADER"), ("TOM", "TRADER")
    assert await bench.approve(event.workflow_id, *people) == "SAME_PERSON"
    assert (await bench.approval(event.workflow_id)).grant is None


@attack(
    by=Attacker.PERSON,
    does="approves his own order of USD 61M under a second spelling of his name: composed, invisible, look-alike",
    before="Approved: only case made no difference.",
    cure="All spellings of a name are one person, for approval service and executor (`shared/people`).",
    remains="Two accounts of one person at the issuer of tokens, under two names.",
)
async def test_nobody_approves_his_own_order_under_a_second_spelling(bench: Approving) -> None:
    event = by(hedge("61000000"), Maker(name=NAME))
    event = by(event, proved(event.response_id, bench.private, maker=NAME))
    await bench.deliver(event)
    for spelled in SPELLINGS.values():
        assert await bench.approve(event.workflow_id, (spelled, "SENIOR_TRADER")) == "MAKER_IS_CHECKER"
    assert await bench.approve(event.workflow_id, ("sam", "SENIOR_TRADER")) == "APPROVED"
    claims = await bench.claims(event.workflow_id)
    bench.executor_takes(claims, event)
    for spelled in SPELLINGS.values():
        alone = replace_approver(claims, spelled)
        with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
            bench.executor_takes(alone, event)


@attack(
    by=Attacker.PERSON,
    does="gives both approvals of a change of the configuration, under two spellings of his name",
    before="Granted: composed and decomposed were two persons.",
    cure="All spellings of a name are one person, for approval service and executor (`shared/people`).",
    remains="Two accounts of one person at the issuer of tokens, under two names.",
)
async def test_nobody_gives_both_approvals_under_two_spellings(bench: Approving) -> None:
    event = configuration.planned()
    event = by(event, proved(event.response_id, bench.private, maker="mira"))
    await bench.deliver(event)
    assert await bench.approve(event.workflow_id, (NAME, "RISK_MANAGER")) == "AWAITING_APPROVAL"
    for spelled in SPELLINGS.values():
        assert await bench.approve(event.workflow_id, (spelled, "TRADER")) == "SAME_PERSON"
    assert (await bench.approval(event.workflow_id)).grant is None


@attack(
    by=Attacker.ROLE,
    does="as the approval service, signs a grant for USD 61M of an unproved maker with one approver",
    before="The executor took it: one SENIOR_TRADER was all that the policy asked for, whoever the maker was.",
    cure="The executor checks the proof and asks the policy again before it takes a grant.",
    remains="An approval service that invents people who approved.",
)
async def test_a_grant_with_one_approver_too_few_is_refused_by_the_executor_too(bench: Approving) -> None:
    event = by(hedge("61000000"), Maker(name="nobody", verified=True))
    claims = await granted(bench, claimed_by(hedge("61000000")))
    short = claims.model_copy(
        update={
            "plan_digest": event.plan_digest,
            "effects_digest": event.effects_digest,
            "approvers": claims.approvers[:1],
        }
    )
    with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
        bench.executor_takes(short, event)


# A plan that is not the one its digests name.


@attack(
    by=Attacker.BROKER,
    does="sends a plan of USD 1M to the approval service under the digests of the true one of USD 49M",
    before="The card said USD 1M; its grant named the true digests, and the executor took it for USD 49M.",
    cure=LOOKED_AT,
)
async def test_a_card_over_one_million_does_not_approve_forty_nine(bench: Approving) -> None:
    true, small = hedge("49000000"), hedge("1000000")
    forged = small.model_copy(update={"plan_digest": true.plan_digest, "effects_digest": true.effects_digest})
    await refused(bench, forged)
    await bench.deliver(true)
    assert (await bench.approval(true.workflow_id)).request is not None


@attack(
    by=Attacker.BROKER,
    does="sends a true plan under the digest of another plan",
    before="A request was opened and approved in vain: the executor refused its grant for either plan.",
    cure=LOOKED_AT,
)
async def test_the_digest_of_another_plan_is_refused(bench: Approving) -> None:
    await refused(bench, hedge("49000000").model_copy(update={"plan_digest": hedge("1000000").plan_digest}))


@attack(
    by=Attacker.BROKER,
    does="sends a plan with a digest of its own making, but with the effects of another",
    before="A request was opened.",
    cure=LOOKED_AT,
)
async def test_the_effects_of_another_plan_are_refused(bench: Approving) -> None:
    await refused(bench, sealed(hedge().model_copy(update={"effects_digest": hedge("1000000").effects_digest})))


@attack(
    by=Attacker.BROKER,
    does="sends a plan with a digest that fits what it forged",
    before="A request was opened under the forged digest; the executor refused its grant.",
    cure="The executor takes a grant for the digest of the plan in its own store alone.",
    remains="None where each message is looked up in the store; else people are asked in vain.",
)
async def test_a_forged_plan_with_a_fitting_digest_is_approved_for_nothing(bench: Approving) -> None:
    true, small = claimed_by(hedge("49000000"), "mira"), claimed_by(hedge("1000000"), "mira")
    claims = await granted(bench, small)
    with pytest.raises(InvalidInput, match="GRANT_DIGEST_MISMATCH"):
        bench.executor_takes(claims, true)


@attack(
    by=Attacker.BROKER,
    does="leaves the warnings of a plan out and writes an analysis of his own",
    before=OPENED,
    cure=LOOKED_AT,
)
async def test_other_words_around_a_plan_are_refused(bench: Approving) -> None:
    await refused(bench, from_elsewhere(hedge(), warnings=(), analysis="All is well, approve it."))


@attack(
    by=Attacker.BROKER,
    does="names somebody else as the maker, so that the asker is not barred",
    before=OPENED,
    cure=LOOKED_AT,
)
async def test_another_maker_under_the_same_digest_is_refused(bench: Approving) -> None:
    await refused(bench, from_elsewhere(hedge("61000000"), maker=Maker(name="nobody", verified=True)))


@attack(
    by=Attacker.BROKER,
    does="shows a change of the configuration without the column that it changes",
    before=OPENED,
    cure=LOOKED_AT,
)
async def test_a_change_of_the_configuration_that_shows_no_column_is_refused(bench: Approving) -> None:
    event = configuration.planned()
    await refused(bench, event.model_copy(update={"plan": replace(event.plan, columns=())}))


@attack(
    by=Attacker.BROKER,
    does="shows another resolution of an override than the one that would be applied",
    before=OPENED,
    cure=LOOKED_AT,
)
async def test_an_override_that_shows_another_resolution_is_refused(bench: Approving) -> None:
    plan = override().plan
    asked = replace(plan.override, resolution="BOOKED_MANUALLY", external_reference="MX-FORGED")
    await refused(bench, override().model_copy(update={"plan": replace(plan, override=asked, outcome="COMPLETED")}))


@attack(
    by=Attacker.BROKER,
    does="shows a reversal of one deal and USD 1 where six deals and USD 25M are taken back",
    before=OPENED + " Its amount was USD 1.",
    cure=LOOKED_AT,
)
async def test_a_reversal_that_shows_less_is_refused(bench: Approving) -> None:
    plan = replace(reversal().plan, cancels=reversal().plan.cancels[:1], amount_usd=Decimal(1))
    await refused(bench, reversal().model_copy(update={"plan": plan}))


@attack(
    by=Attacker.BROKER,
    does="changes the record of a refused check, which the policy grants by itself",
    before="A request was opened and granted at once.",
    cure=LOOKED_AT,
)
async def test_the_changed_record_of_a_check_is_granted_by_nobody(bench: Approving) -> None:
    refusal = refused_check().refusal
    record = replace(refusal.record, usd_equivalent=Decimal(1))
    await refused(bench, refused_check().model_copy(update={"refusal": replace(refusal, record=record)}))


@attack(
    by=Attacker.BROKER,
    does="sends the monitor a plan of USD 1M under the digests of the true one of USD 49M",
    before="The dashboard and hawk show said USD 1M beside the digest that approves USD 49M.",
    cure="The monitor computes the digests of every plan it shows and refuses a difference.",
)
async def test_the_monitor_shows_no_other_plan_beside_a_digest() -> None:
    true = hedge("49000000")
    digests = {"plan_digest": true.plan_digest, "effects_digest": true.effects_digest}
    message = message_for(hedge("1000000").model_copy(update=digests))
    with pytest.raises(InvalidInput, match="PLAN_DIGEST_MISMATCH"):
        await run_handler(lambda unit, message: on_event(unit, message, kept=lambda _: None), message)


# A grant that is signed with the right key.


async def granted(bench: Approving, event: Any) -> Any:
    """The claims of a grant that enough people gave."""
    await bench.deliver(event)
    await bench.approve(event.workflow_id, ("sam", "RISK_MANAGER"), ("tess", "TRADER"))
    return await bench.claims(event.workflow_id)


@attack(
    by=Attacker.ROLE,
    does="as the approval service, signs a grant over USD 1 for the plan of USD 49M",
    before="The executor took it.",
    cure=COMPARED,
)
@pytest.mark.parametrize("amount", ["1", "48999999.99", "0", "490000000"])
async def test_a_grant_over_another_amount_is_refused(bench: Approving, amount: str) -> None:
    event = claimed_by(hedge("49000000"), "mira")
    claims = await granted(bench, event)
    bench.executor_takes(claims, event)
    with pytest.raises(InvalidInput, match="GRANT_AMOUNT_MISMATCH"):
        bench.executor_takes(claims.model_copy(update={"amount_usd": Decimal(amount)}), event)


@attack(
    by=Attacker.ROLE,
    does="as the approval service, signs a grant that names another maker, or calls a claimed one proved",
    before="The executor took it.",
    cure=COMPARED,
)
@pytest.mark.parametrize("said", [{"maker": "nobody"}, {"maker": "MIRA"}, {"maker_verified": True}])
async def test_a_grant_that_names_another_maker_is_refused(bench: Approving, said: dict[str, Any]) -> None:
    event = claimed_by(hedge("49000000"), "mira")
    claims = await granted(bench, event)
    with pytest.raises(InvalidInput, match="GRANT_MAKER_MISMATCH"):
        bench.executor_takes(claims.model_copy(update=said), event)


@attack(
    by=Attacker.ROLE,
    does="as the approval service, signs a grant over USD 61M for a change of the configuration, which has no amount",
    before="The executor took it: no amount was compared.",
    cure="A change of the configuration and an override are for USD 0; a grant over anything else is refused.",
)
async def test_a_grant_over_an_amount_is_refused_where_there_is_none(bench: Approving) -> None:
    event = by(configuration.planned(), proved(configuration.RESPONSE, bench.private))
    claims = await granted(bench, event)
    assert (claims.amount_usd, claims.maker_verified) == (0, True)
    with pytest.raises(InvalidInput, match="GRANT_AMOUNT_MISMATCH"):
        bench.executor_takes(claims.model_copy(update={"amount_usd": Decimal(61_000_000)}), event)


@attack(
    by=Attacker.SUPERUSER,
    does="gives the plan of USD 61M in the store the policy of a small order, and one TRADER approves",
    before="The executor took the grant and closed the plan as stale; with its effects digest changed as "
    "well, one TRADER's grant sent six deals over USD 61M.",
    cure="The executor and hawk verify ask the policy again, for the plan's own amount.",
    remains="A superuser who also changes the executor's policy.",
)
async def test_a_plan_with_the_policy_of_a_small_order_needs_its_own_people(bench: Approving) -> None:
    true = claimed_by(hedge("61000000"), "mira")
    lowered = true.model_copy(update={"policy": claimed_by(hedge("1000000"), "mira").policy})
    claims = await granted(bench, true)
    trader = (Approver(person="tom", role="TRADER", at=WHEN),)
    with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
        bench.executor_takes(claims.model_copy(update={"tier": "TRADER", "approvers": trader}), lowered)
