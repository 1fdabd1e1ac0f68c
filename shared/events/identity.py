"""Deterministic ids: the same input gives the same workflow, however often it is delivered."""

from datetime import date
from uuid import UUID, uuid5

#: Holds one event once the configuration is in.
REFERENCE_BOOTSTRAP_STREAM = "reference-bootstrap"

#: One event for each change of the configuration that is in force: its version is that of the configuration as a whole.
CONFIGURATION_STREAM = "reference-configuration"

#: What HAWK may do: one stream of the approval service.
ROLLOUT_STREAM = "rollout"

#: By which table plans are judged: one stream of the approval service.
POLICY_STREAM = "policy"

#: Who has given roles to whom, and who says to be away: two streams of the approval service.
DELEGATIONS_STREAM = "delegations"
ABSENCES_STREAM = "absences"
#: The delegations that the executor knows.
EXECUTOR_DELEGATIONS_STREAM = "control-delegations"

#: The decisions on rollout and policy that the executor follows, since when, and whether it reads them to their end.
EXECUTOR_CONTROL_STREAM = "control-executor"


def passkeys_stream(key: str) -> str:
    """Name the stream of one person's passkeys, by a key of the person."""
    return f"passkeys-{key}"


def passkeys_taken_in_stream(key: str) -> str:
    """Name the stream of what the executor has taken in of one person's passkeys."""
    return f"control-passkeys-{key}"


WORKFLOW_NAMESPACE = UUID("0d7f2f0e-5a0b-5c7e-8a43-7b1f0c9c2f11")


#: An answer under an id that starts so is planned and shown, and never becomes a workflow. The id decides, and nothing
#: beside it, as the proof of a maker covers the id: nobody can turn the preview of a person into that person's order.
PREVIEW_PREFIX = "hawk-preview-"


def is_preview(response_id: str) -> bool:
    """Return True if an answer with this id is only to be previewed."""
    return response_id.startswith(PREVIEW_PREFIX)


def preview_stream(response_id: str) -> str:
    """Name the stream of what was read in an answer for its preview, which the parser writes."""
    return f"preview-{response_id}"


def preview_plan_stream(response_id: str, component: int) -> str:
    """Name the stream of one plan of a preview, which the executor writes."""
    return f"previewplan-{response_id}-{component}"


def workflow_id(response_id: str, component: int, attempt: int) -> str:
    """Return the UUIDv5 of response, component and attempt (design section 3). A re-plan is the next attempt."""
    return str(uuid5(WORKFLOW_NAMESPACE, f"{response_id}\n{component}\n{attempt}"))


def reversal_id(workflow: str, attempt: int = 1) -> str:
    """Return the id of the workflow that undoes another.

    The next attempt, once one has ended without effect, has an id of its own; at most one of them is executed.
    """
    name = "reversal" if attempt == 1 else f"reversal\n{attempt}"
    return str(uuid5(WORKFLOW_NAMESPACE, f"{workflow}\n{name}"))


def response_stream(response_id: str) -> str:
    """Name the stream of one answer of the AI, which the parser writes."""
    return f"response-{response_id}"


def plan_stream(workflow: str) -> str:
    """Name the stream of a workflow's plan and of how it closes, which the executor writes."""
    return f"plan-{workflow}"


def execution_stream(workflow: str) -> str:
    """Name the stream of what the executor does for a workflow: operations, deals, journal, undoing."""
    return f"execution-{workflow}"


def approval_stream(workflow: str) -> str:
    """Name the stream of a workflow's approval request, its decisions and its grant."""
    return f"approval-{workflow}"


def revocation_stream(workflow: str) -> str:
    """Name the stream of what people ask to take back of a workflow's grant."""
    return f"revocation-{workflow}"


def progress_stream(workflow: str) -> str:
    """Return the stream whose versions are the `sequence` of hawk.progress: dense because stream versions are."""
    return f"progress-{workflow}"


def exposure_stream(entity_id: str, currency: str, nav_type: str) -> str:
    """Name the stream of the capacity that is reserved and hedged on one exposure."""
    return f"exposure-{entity_id}-{currency}-{nav_type}"


def usd_limit_stream(currency: str) -> str:
    """Name the stream of the USD that is reserved and hedged under a currency's prime-brokerage limit."""
    return f"usdpb-{currency}"


def day_limit_stream(day: date) -> str:
    """Return what was applied under a day's cap; its version is the one to expect."""
    return f"daylimit-{day.isoformat()}"


def reference_stream(table: str, key: str) -> str:
    """Name the stream of one reference row, by its table and its key."""
    return f"reference-{table}-{key}"


def held_stream(name: str) -> str:
    """Return where rows of a key wait for people: `<table>-<key>`, or `load-<load id>` for a set."""
    return f"held-{name}"


def held_id(stream: str, version: int) -> str:
    """Return the id of what began to wait at a version of such a stream."""
    return str(uuid5(WORKFLOW_NAMESPACE, f"{stream}\n{version}"))


def confirmation_stream(held: str) -> str:
    """Return what people said to a row that waits."""
    return f"confirmation-{held}"


def reference_load_stream(load_id: str) -> str:
    """Return what became of a set of reference rows."""
    return f"reference-load-{load_id}"
