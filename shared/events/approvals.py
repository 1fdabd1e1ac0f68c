"""Facts of the approval service. Streams `approval-<workflow>` and `submission-<response>`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.events.assertions import Assertion
from shared.events.base import Amount, Event, Value, datetime
from shared.events.responses import Maker

#: Whose role it was that a person used; empty, and then not written at all, where it was the own one.
OnBehalfOf = Annotated[str, Field(exclude_if=lambda value: not value)]


class Approver(Value):
    """A person who approved, with the role that counted, from a verified token.

    `on_behalf_of`: the person who had given that role for some days.
    """

    person: str
    role: str
    at: datetime
    on_behalf_of: OnBehalfOf = ""


class Emergency(Value):
    """An emergency that a person declared: who, under which role, why, and for which time."""

    person: str
    role: str
    reason: str
    opened_at: datetime
    until: datetime


class PolicyOutcome(Value):
    """The policy's requirement: `required` people by role, and the rules that fired with their reasons.

    `entities` are those of the order: a role that is given for some entities counts where it covers them all. `jointly`
    names the persons and roles that do not decide about this alone. `signed`: each who approves signs with a passkey.
    """

    tier: str
    required: tuple[str, ...]
    rules: tuple[str, ...]
    version: str
    four_eyes: bool
    entities: tuple[str, ...] = ()
    jointly: tuple[str, ...] = ()
    signed: bool = False


class PolicyEarlier(Value):
    """Orders of the same person and day for one entity in one currency, that the policy added up with this one."""

    entity: str
    usd: Amount
    own: Amount
    orders: tuple[str, ...]


class PolicyFacts(Value):
    """The facts of a plan that the policy judged, so that another policy can be run over them later."""

    kind: str
    amount_usd: Amount
    amount_own: Amount
    currency: str
    largest_deal_usd: Amount
    instruction_type: str
    maker_verified: bool
    entities: tuple[str, ...]
    earlier: Annotated[tuple[PolicyEarlier, ...], Field(exclude_if=lambda value: not value)] = ()


class UsedGrant(Value):
    """A grant that was verified and used: for which plan, by whom it was asked for, and who approved it.

    `emergency`: it was approved in one, without a role that the policy names.
    """

    jti: str
    plan_digest: str
    effects_digest: str
    tier: str
    policy_version: str
    maker: str
    approvers: tuple[Approver, ...]
    emergency: Emergency | None = None


class ApprovalRequested(Event):
    """A plan waits for people (or needs none: tier AUTO). `judged`: what the policy was asked about.

    `escalates_at`: from then on people with `escalates_to` are asked too; None: never.
    """

    workflow_id: str
    response_id: str
    plan_digest: str
    effects_digest: str
    maker: Maker
    amount_usd: Amount
    policy: PolicyOutcome
    expires_at: datetime
    requested_at: datetime
    judged: PolicyFacts | None = None
    escalates_at: datetime | None = None
    escalates_to: str = ""


class RequestEscalated(Event):
    """Not enough people have decided in time, so those with a fallback role are asked too.

    Nothing is loosened: who has to approve stays as it was, and the request still expires.
    """

    workflow_id: str
    role: str
    escalated_at: datetime


class QuestionAsked(Event):
    """A person who may reject the request asks who asked for it. `number` counts from 1 within the request.

    The deadline goes on, and others may decide.
    """

    workflow_id: str
    plan_digest: str
    number: int
    person: str
    role: str
    question: str
    asked_at: datetime


class QuestionAnswered(Event):
    """The person who asked for the request answers question `number`."""

    workflow_id: str
    number: int
    person: str
    answer: str
    answered_at: datetime


class DecisionRecorded(Event):
    """A person decided on the plan with this digest.

    `viewed`: the sections of the card that the person ticked as read; `shown_at`: when that person was shown the card
    first, as far as known. Kept for the trail, without force. `assertion`: what
    the person's passkey signed about this decision.
    """

    workflow_id: str
    plan_digest: str
    decision: Literal["APPROVE", "REJECT"]
    person: str
    role: str
    comment: str
    decided_at: datetime
    viewed: tuple[str, ...] = ()
    shown_at: Annotated[datetime | None, Field(exclude_if=lambda value: value is None)] = None
    on_behalf_of: OnBehalfOf = ""
    assertion: Assertion | None = None


class GrantIssued(Event):
    """The signed, single-use permission to apply exactly one plan. `grant` is a compact JWS.

    `emergency`: it was approved in one; two others review it afterwards.
    """

    workflow_id: str
    jti: str
    grant: str
    tier: str
    plan_digest: str
    approvers: tuple[Approver, ...]
    issued_at: datetime
    expires_at: datetime
    emergency: Emergency | None = None


class ApprovalRejected(Event):
    """Enough people said no: one is enough. Ends the workflow REJECTED."""

    workflow_id: str
    person: str
    reason: str


class ApprovalExpired(Event):
    """No decision came in time; silence is refusal. Ends the workflow EXPIRED."""

    workflow_id: str
    expired_at: datetime


class ApprovalWithdrawn(Event):
    """The maker took the request back. Ends the workflow WITHDRAWN."""

    workflow_id: str
    person: str
    reason: str


class ApprovalAmended(Event):
    """The maker changed the amount while the request waited: what people decided on this plan is void.

    The changed order is answer `response_id`, handed in by that person; `successor` is its workflow. Ends this workflow
    SUPERSEDED.
    """

    workflow_id: str
    person: str
    amount: Amount
    reason: str
    response_id: str
    successor: str
    amended_at: datetime


class ApprovalClosed(Event):
    """The executor ended the workflow for a reason of its own (stale, superseded): nothing to decide any more.

    `state`: in which it ended; empty in events of before.
    """

    workflow_id: str
    reason: str
    state: str = ""


class GrantLapsed(Event):
    """A grant was not used within its lifetime. Ends the workflow EXPIRED unless it was applied."""

    workflow_id: str
    jti: str
    lapsed_at: datetime


class AnswerSubmitted(Event):
    """A person submitted an answer of the AI over HTTP; published on hawk.ai.responses with that person as maker.

    `maker_proof` is a compact JWS of the approval service over response id, maker and content digest.
    """

    response_id: str
    maker: str
    maker_proof: str
    prompt: str
    answer: Any
    submitted_at: datetime
