"""Plans whose maker is proved, as if the answer had been handed in over HTTP."""

from typing import Any

from shared.events.responses import Maker
from shared.plans.digests import effects_digest, plan_of, sealed
from shared.plans.subjects import subject_of
from shared.policy.evaluation import evaluate
from shared.policy.table import DEFAULT_POLICY, Policy
from shared.security.maker_proof import content_sha256, sign_maker_proof

#: What was handed in, and the words it answers.
ANSWER, PROMPT = "{}", ""


def proved(response_id: str, private_pem: str, *, maker: str = "mira", verified: bool = True) -> Maker:
    """A maker with the approval service's signature."""
    proof = sign_maker_proof(
        response_id=response_id, maker=maker, answer=ANSWER, prompt=PROMPT, private_pem=private_pem
    )
    return Maker(name=maker, verified=verified, proof=proof, content_sha256=content_sha256(ANSWER, PROMPT))


def by(event: Any, maker: Maker, policy: Policy = DEFAULT_POLICY) -> Any:
    """The planned event as the executor would write it for this maker."""
    plan = plan_of(event)
    if plan is None:
        raise AssertionError("this refusal keeps no record")
    outcome = evaluate(policy, subject_of(plan, maker_verified=maker.verified))
    origin = event.origin.model_copy(update={"maker": maker})
    changes = {"origin": origin, "policy": outcome, "effects_digest": effects_digest(plan, outcome.tier)}
    return sealed(event.model_copy(update=changes))
