"""The topics HAWK speaks on, their partitions and retention (interfaces section 3)."""

from dataclasses import dataclass

_DAY_MS = 24 * 60 * 60 * 1000

#: The parser, not the broker, refuses what is too large: topics take messages well above its limit.
MESSAGE_BYTES_MAX = 8 * 1024 * 1024

#: A signed head has about 500 bytes; what others put on its topic for `hawk verify` to read is small, too.
HEAD_MESSAGE_BYTES_MAX = 16 * 1024

#: Workflows are spread over this many partitions; all messages of one workflow share one.
WORKFLOW_PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """`retention_ms` None keeps messages for ever. A compacted topic keeps the last message of each key."""

    name: str
    partitions: int
    retention_ms: int | None
    compacted: bool = False
    max_message_bytes: int = MESSAGE_BYTES_MAX


AI_RESPONSES = "hawk.ai.responses"
PROPOSALS = "hawk.proposals"
PLANS = "hawk.plans"
APPROVALS = "hawk.approvals"
CONTROL = "hawk.control"
MUREX_REQUESTS = "hawk.murex.requests"
MUREX_ANSWERS = "hawk.murex.answers"
EXECUTIONS = "hawk.executions"
PROGRESS = "hawk.progress"
REFERENCE = "hawk.reference"
DEAD_LETTERS = "hawk.deadletters"
AUDIT_HEADS = "hawk.audit.heads"

# The event store is the truth; topics keep long enough to catch up after a week-end and a holiday, and the
# progress contract long enough for a dashboard to be rebuilt from it.
TOPICS: tuple[Topic, ...] = (
    Topic(AI_RESPONSES, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(PROPOSALS, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(PLANS, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(APPROVALS, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(CONTROL, 1, None),
    Topic(MUREX_REQUESTS, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(MUREX_ANSWERS, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(EXECUTIONS, WORKFLOW_PARTITIONS, 30 * _DAY_MS),
    Topic(PROGRESS, WORKFLOW_PARTITIONS, 90 * _DAY_MS),
    Topic(REFERENCE, 1, 30 * _DAY_MS),
    Topic(DEAD_LETTERS, 1, 90 * _DAY_MS),
    Topic(AUDIT_HEADS, 1, None, max_message_bytes=HEAD_MESSAGE_BYTES_MAX),
)
