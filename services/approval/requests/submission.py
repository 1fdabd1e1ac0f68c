"""An answer that a person hands in over HTTP, to be published like any other, with its maker proven."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from shared.events.approvals import AnswerSubmitted
from shared.people.identity import person_key, same_person

_NAMESPACE = UUID("4b3b7c46-6a0d-5a53-8f0a-0d6f2b0f9a51")


@dataclass(frozen=True, slots=True)
class Submission:
    """`answer` is the text of what was handed in, character for character."""

    response_id: str
    maker: str
    answer: str
    prompt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of it. `same` False: another answer came under this id before; nothing happened."""

    response_id: str
    same: bool


def response_id(maker: str, idempotency_key: str | None) -> str:
    """Return the id of the response: with a key, one maker always gets one id, so that a repeat is one response."""
    if idempotency_key is None:
        return str(uuid4())
    return str(uuid5(_NAMESPACE, f"{person_key(maker)}\n{idempotency_key}"))


def submission_stream(response: str) -> str:
    """Return the stream of a submitted answer: it has one event."""
    return f"submission-{response}"


def submitted_event(submission: Submission, maker_proof: str) -> AnswerSubmitted:
    """Return the event that the relay publishes on hawk.ai.responses."""
    return AnswerSubmitted(
        response_id=submission.response_id,
        maker=submission.maker,
        maker_proof=maker_proof,
        prompt=submission.prompt,
        answer=submission.answer,
        submitted_at=submission.at,
    )


def same_submission(before: AnswerSubmitted, submission: Submission) -> bool:
    """Return whether an earlier submission has this person and content."""
    same_content = (before.answer, before.prompt) == (submission.answer, submission.prompt)
    return same_content and same_person(before.maker, submission.maker)
