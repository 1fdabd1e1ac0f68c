"""The approval service and its people: grants for plans, at times twice, too late, or for something else; some are
taken back."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from shared.events.approvals import Approver as Person
from shared.events.approvals import GrantIssued
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.revocations import AskedToRevoke, RevocationRequested
from shared.money.amounts import ZERO
from shared.policy.table import ANY_APPROVER, TRADER
from shared.security.grants import GrantClaims
from tools.simulation.deputies import rightly, wrongly
from tools.simulation.world import APPROVALS, CONTROL, Message, World

#: What else is issued before or after the right grant.
WRONG = ("expired", "other plan", "other workflow", "low tier", "used twice")
#: In turn, what a grant that is for another plan says otherwise.
OTHERWISE = ("plan", "amount", "maker", "people")


@dataclass
class Approver:
    """Sees each plan once and grants it in the end.

    Args:
        grants: filled with the claims of every grant, by its text.
        permitted: filled with the ids of grants that permit what they name.
        regrets: decides which grants are taken back: by a hand of its own, so that other chances stay as they were.
        deputies: decides likewise who stands in for whom.
    """

    world: World
    random: Random
    grants: dict[str, GrantClaims]
    permitted: set[str]
    regrets: Random
    deputies: Random
    calm: bool = False
    waiting: list[PlanDrawn | PlanRefused] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _issued: int = 0
    _regretted: list[GrantIssued] = field(default_factory=list)

    def receive(self, plan: PlanDrawn | PlanRefused) -> None:
        """Receive a plan; one that was received already, or that needs no grant, changes nothing."""
        if plan.workflow_id not in self._seen and (isinstance(plan, PlanDrawn) or plan.recorded):
            self._seen.add(plan.workflow_id)
            self.waiting.append(plan)

    def act(self) -> str | None:
        """Grant one plan."""
        if not self.world.broker:
            return None
        if self._regretted and self.regrets.random() < 0.3:
            return self._take_back(self._regretted.pop(0))
        if not self.waiting:
            return self._take_back(self._regretted.pop(0)) if self._regretted else None
        plan = self.waiting.pop(self.random.randrange(len(self.waiting)))
        wrong = None if self.calm or self.random.random() < 0.7 else self.random.choice(WRONG)
        if wrong is not None and wrong != "used twice":
            self._issue(plan, wrong)
        if wrong != "expired":
            message = self._issue(plan, None)
            if wrong == "used twice":
                self.world.publish(APPROVALS, Message(f"{message.id}-again", message.event))
            if not self.calm and self.random.random() < 0.2:
                self.world.publish(APPROVALS, message)
        return f"approver  grants {plan.workflow_id[:8]}" + (f", and sends one that is wrong: {wrong}" if wrong else "")

    def _issue(self, plan: PlanDrawn | PlanRefused, wrong: str | None) -> Message:
        self._issued += 1
        now, jti = self.world.now, f"grant-{self._issued}"
        otherwise = OTHERWISE[self._issued % len(OTHERWISE)] if wrong == "other plan" else ""
        policy = plan.policy
        places = policy.required if policy is not None else ()
        roles = [TRADER if place == ANY_APPROVER else place for place in places]
        people = [Person(person=f"approver {number}", role=role, at=now) for number, role in enumerate(roles)]
        record = plan.plan if isinstance(plan, PlanDrawn) else plan.refusal.record
        amount = record.usd_equivalent if record is not None else ZERO
        hours = 0.001 if wrong == "expired" else self.random.choice((0.1, 24, 24, 24))
        claims = GrantClaims.model_validate(
            {
                "jti": jti,
                "workflow_id": "0" * 36 if wrong == "other workflow" else plan.workflow_id,
                "plan_digest": "f" * 64 if otherwise == "plan" else plan.plan_digest,
                "effects_digest": plan.effects_digest,
                "amount_usd": amount + 1 if otherwise == "amount" else amount,
                "tier": policy.tier if policy is not None and wrong != "low tier" else "NONE",
                "policy_version": policy.version if policy is not None else "",
                "maker": "tom" if otherwise == "maker" else plan.origin.maker.name,
                "maker_verified": False,
                "approvers": tuple((wrongly if otherwise == "people" else rightly)(self.deputies, people)),
                "iat": now,
                "exp": now + timedelta(hours=hours),
            }
        )
        self.grants[jti] = claims
        # A grant that needs no approver cannot lack one.
        if wrong is None or wrong == "expired" or (otherwise == "people" and not people):
            self.permitted.add(jti)
        event = GrantIssued(
            workflow_id=plan.workflow_id, jti=jti, grant=jti, tier=claims.tier, plan_digest=claims.plan_digest,
            approvers=claims.approvers, issued_at=now, expires_at=claims.exp,
        )  # fmt: skip
        message = Message(jti, event)
        if wrong is None and not self.calm and self.regrets.random() < 0.2:
            self._regretted.append(event)
        if self._regretted and self._regretted[-1] is event and self.regrets.random() < 0.5:
            self._take_back(self._regretted.pop())  # its word overtakes the grant
        self.world.publish(APPROVALS, message)
        return message

    def _take_back(self, grant: GrantIssued) -> str:
        """Ask for a grant back, at times twice; the executor says whether it was in time."""
        by = AskedToRevoke(person="approver 0", role=TRADER, reason="wrong", at=self.world.now)
        asked = RevocationRequested(workflow_id=grant.workflow_id, jti=grant.jti, plan_digest=grant.plan_digest, by=by)
        for _ in range(self.regrets.choice((1, 1, 2))):
            self.world.publish(CONTROL, Message(f"revocation-{grant.jti}", asked))
        return f"approver  takes {grant.jti} of {grant.workflow_id[:8]} back"
