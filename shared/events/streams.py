"""The kinds of streams: who writes each, on which topic its events go out, and which event types it may hold.

The one declaration of that. The relay routes by it, and the rights of the database roles (`es.event_rights`) are
written from it: `python -m shared.events.write_rights`.
"""

from dataclasses import dataclass
from functools import lru_cache

from shared.events import (
    access,
    approvals,
    capacity,
    caps,
    configuration,
    deadletters,
    delegations,
    emergency,
    held,
    murex,
    overrides,
    passkeys,
    plans,
    policy,
    previews,
    progress,
    publication,
    reference,
    responses,
    reversals,
    revocations,
    rollout,
    topics,
)
from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.execution import ExecutionEvent


@dataclass(frozen=True, slots=True)
class StreamKind:
    """All streams that start with `prefix`. `topic` None: their events stay in the store."""

    prefix: str
    service: str
    topic: str | None
    events: tuple[type[Event], ...]

    @property
    def role(self) -> str:
        """The login role that appends to these streams."""
        return f"hawk_{self.service}"


_EXECUTION = tuple(event for event in EVENTS.values() if issubclass(event, ExecutionEvent))
_LETTERS = (deadletters.MessageRefused, deadletters.MessageReplayed, deadletters.ReplayDeclined)

#: Of a request for approval: all that becomes of it.
OF_REQUESTS: tuple[type[Event], ...] = (
    *(approvals.ApprovalRequested, approvals.DecisionRecorded, approvals.GrantIssued),
    *(approvals.ApprovalRejected, approvals.ApprovalExpired, approvals.ApprovalWithdrawn),
    *(approvals.ApprovalClosed, approvals.GrantLapsed, reversals.ReversalRequested),
    *(emergency.GlassBroken, emergency.ReviewRecorded),
    *(approvals.RequestEscalated, approvals.QuestionAsked, approvals.QuestionAnswered, approvals.ApprovalAmended),
)

STREAMS: tuple[StreamKind, ...] = (
    StreamKind(
        "response-",
        "parser",
        topics.PROPOSALS,
        (
            *(responses.ResponseReceived, responses.ResponseRepeated, responses.ResponseContradicted),
            *(responses.ProposalMade, responses.ProposalRefused),
            *(configuration.ConfigurationProposed, overrides.OverrideProposed),
        ),
    ),
    StreamKind(
        "plan-",
        "executor",
        topics.PLANS,
        (
            *(plans.PlanDrawn, plans.PlanRefused, plans.TurnAwaited, plans.PlanClosed),
            *(configuration.ConfigurationPlanned, configuration.ConfigurationRefused),
            *(overrides.OverridePlanned, overrides.OverrideRefused),
            *(reversals.ReversalPlanned, reversals.ReversalRefused),
        ),
    ),
    StreamKind("preview-", "parser", topics.PROPOSALS, (previews.PreviewRead, previews.ProposalPreviewed)),
    StreamKind("previewplan-", "executor", topics.PLANS, (previews.PlanPreviewed,)),
    StreamKind(
        "execution-",
        "executor",
        topics.EXECUTIONS,
        (*_EXECUTION, murex.DealSent, murex.DealStatusEnquired, murex.DealCancelSent),
    ),
    StreamKind(
        "exposure-",
        "executor",
        topics.EXECUTIONS,
        (capacity.CapacityReserved, capacity.CapacityHedged, capacity.CapacityReleased),
    ),
    StreamKind(
        "usdpb-",
        "executor",
        topics.EXECUTIONS,
        (capacity.UsdLimitReserved, capacity.UsdLimitHedged, capacity.UsdLimitReleased),
    ),
    StreamKind("progress-", "executor", topics.PROGRESS, (progress.ProgressReported,)),
    StreamKind(
        "reference-",
        "executor",
        None,
        (
            *(reference.ReferenceRowSet, reference.ReferenceRowRemoved),
            *(reference.ReferenceSetLoaded, reference.ReferenceSetHeld, reference.ReferenceSetRefused),
            reference.ConfigurationBootstrapped,
            configuration.ConfigurationAdvanced,
        ),
    ),
    StreamKind(
        "held-",
        "executor",
        topics.EXECUTIONS,
        (held.ReferenceHeld, held.HeldReferenceApplied, held.HeldReferenceDropped),
    ),
    StreamKind(
        "control-",
        "executor",
        topics.EXECUTIONS,
        (
            *(rollout.RolloutTakenIn, policy.PolicyTakenIn, passkeys.PasskeyTakenIn),
            *(rollout.ControlFellBehind, rollout.ControlCaughtUp),
            delegations.DelegationTakenIn,
        ),
    ),
    StreamKind("daylimit-", "executor", topics.EXECUTIONS, (rollout.DayLimitUsed,)),
    StreamKind(
        "approval-",
        "approval",
        topics.APPROVALS,
        OF_REQUESTS,
    ),
    StreamKind("submission-", "approval", topics.AI_RESPONSES, (approvals.AnswerSubmitted,)),
    StreamKind(
        "policy",
        "approval",
        topics.CONTROL,
        (
            *(policy.PolicySet, policy.PolicyChangeProposed),
            *(policy.PolicyChangeApproved, policy.PolicyChangeRejected),
        ),
    ),
    StreamKind(
        "delegations",
        "approval",
        topics.CONTROL,
        (delegations.DelegationProposed, delegations.DelegationConfirmed, delegations.DelegationEnded),
    ),
    # Who is away is shown and has no force: no other service needs it.
    StreamKind("absences", "approval", None, (delegations.AbsenceNoted, delegations.AbsenceEnded)),
    StreamKind("revocation-", "approval", topics.CONTROL, (revocations.RevocationRequested,)),
    # What was used of the policy's caps concerns this service alone.
    StreamKind("cap-", "approval", None, (caps.CapReserved, caps.CapReleased)),
    StreamKind(
        "rollout",
        "approval",
        topics.CONTROL,
        (
            *(rollout.RolloutOpened, rollout.RolloutChangeProposed, rollout.RolloutTermsSet, rollout.ExecutionStopped),
            *(rollout.ResumptionProposed, rollout.ExecutionResumed),
        ),
    ),
    StreamKind(
        "passkeys-",
        "approval",
        topics.CONTROL,
        (
            *(passkeys.PasskeyProposed, passkeys.PasskeyAdded, passkeys.PasskeyUsed),
            *(passkeys.PasskeyRemovalProposed, passkeys.PasskeyRemoved, passkeys.PasskeyProposalRejected),
        ),
    ),
    StreamKind(
        "confirmation-",
        "approval",
        topics.CONTROL,
        (held.HeldReferenceConfirmed, held.HeldReferenceReleased, held.HeldReferenceRejected),
    ),
    StreamKind("replay-", "approval", topics.CONTROL, (deadletters.ReplayRequested,)),
    StreamKind(
        "publication-",
        "approval",
        topics.CONTROL,
        (publication.PublicationProposed, publication.PublicationConfirmed),
    ),
    # The consumer that is held up looks for it in the store: the message may lie on hawk.control itself.
    StreamKind("setaside-", "approval", None, (deadletters.SetAsideProposed, deadletters.SetAsideConfirmed)),
    StreamKind("security-approval-", "approval", None, (access.AccessRefused,)),
    StreamKind("security-monitor-", "monitor", None, (access.AccessRefused,)),
    StreamKind("deadletter-parser-", "parser", topics.DEAD_LETTERS, _LETTERS),
    StreamKind("deadletter-approval-", "approval", topics.DEAD_LETTERS, _LETTERS),
    StreamKind("deadletter-executor-", "executor", topics.DEAD_LETTERS, _LETTERS),
    StreamKind("deadletter-monitor-", "monitor", topics.DEAD_LETTERS, _LETTERS),
)

#: Streams whose kind is remembered: those of the workflows that are under way, since each event asks for its kind.
REMEMBERED_MAX = 1024

#: Facts that other systems send HAWK on their own topics; no stream holds them.
NEVER_STORED: tuple[type[Event], ...] = (
    *(murex.MurexReceipted, murex.MurexAnswered, murex.MurexStatusReported, murex.MurexCancelled),
)


@lru_cache(maxsize=REMEMBERED_MAX)
def kind_of(stream: str) -> StreamKind | None:
    """Return the kind of a stream; None where no prefix is known."""
    return next((kind for kind in STREAMS if stream.startswith(kind.prefix)), None)
