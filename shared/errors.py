"""The error tree of HAWK: each branch says what the caller has to do.

HawkError
├── Conflict         somebody else was faster: reload, decide again, a bounded number of times
│   └── VersionConflict
├── Transient        a server or the network is away: wait and retry; a consumer blocks its partition
├── OutcomeUnknown   a call may or may not have taken effect: enquire before any retry
├── InvalidInput     the message can never be handled: dead letter, go on
└── Defect           an invariant broke: stop, a person must look

A business "no" is not an error: it is an event with a refusal code.
Facts are typed attributes given by keyword; the class writes the sentence; nobody parses the sentence.
"""


class HawkError(Exception):
    """Root of every error HAWK raises on purpose."""


class Conflict(HawkError):
    """Somebody else changed what this decision was based on. Reload, decide again, a bounded number of times."""


class VersionConflict(Conflict):
    """A stream is not at the version the append expected. Nothing was written."""

    def __init__(self, *, stream: str, expected: int, actual: int | None = None) -> None:
        self.stream = stream
        self.expected = expected
        self.actual = actual
        found = "another" if actual is None else f"version {actual}"
        wanted = "no events" if expected == 0 else f"version {expected}"
        super().__init__(
            f"Stream {stream}: expected {wanted}, found {found}. Nothing was written; reload and decide again."
        )


class Transient(HawkError):
    """A server or the network is away. Wait and retry; never skip."""


class OutcomeUnknown(HawkError):
    """A call may or may not have taken effect. Enquire before any retry."""


class InvalidInput(HawkError):
    """A message that can never be handled. `code` is stable, `reason` is a sentence for people.

    Args:
        code: machine-readable, for example NOT_A_CLOUDEVENT or GRANT_SIGNATURE_INVALID.
        reason: what is wrong, where, and what to do.
    """

    def __init__(self, *, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


class Defect(HawkError):
    """An invariant broke. The process stops its work on this item and says so; nothing is skipped."""
