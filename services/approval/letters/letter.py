"""A dead letter as people see it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.messaging.cures import cure_of
from shared.policy.table import OPERATIONS, RISK_MANAGER
from shared.security.tokens import Person

#: Any of these may ask for a replay. It gives no permission: the message meets all checks again.
REPLAYING_ROLES: Final = (OPERATIONS, RISK_MANAGER)

REFUSED: Final = "REFUSED"
ASKED: Final = "ASKED"
REPLAYED: Final = "REPLAYED"

#: Codes of an answer after which the message was published again: now, or by an earlier request.
_DONE: Final = ("", "ALREADY_REPLAYED")
_UNKNOWN: Final = "An earlier release kept no details here. `hawk deadletters show` has them."


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `asked` and `answer`: the latest request of a person, and the latest answer of the service.

    `answered` above `refused`: the service has answered since it refused the message last. `missing`: code and sentence
    of why the message cannot be published as it was.
    """

    letter: str
    refused_at: datetime
    service: str = ""
    group: str = ""
    topic: str = ""
    partition: int = 0
    offset: int = 0
    last_offset: int = 0
    messages: int = 1
    size_bytes: int = 0
    code: str = ""
    reason: str = ""
    missing: tuple[str, str] | None = None
    refusals: int = 1
    refused: int = 0
    answered: int = 0
    answer: dict[str, Any] | None = None
    asked: dict[str, Any] | None = None

    @property
    def replayed(self) -> bool:
        """True where it was published again and not refused since."""
        return self.answered > self.refused and self.answer is not None and self.answer["code"] in _DONE

    @property
    def state(self) -> str:
        """REFUSED, ASKED (a person wants it published again, and the service has not answered), or REPLAYED."""
        if self.replayed:
            return REPLAYED
        if self.asked is None:
            return REFUSED
        asked_at = datetime.fromisoformat(self.asked["at"])
        answered_at = None if self.answer is None else datetime.fromisoformat(self.answer["asked_at"])
        return ASKED if answered_at is None or asked_at > answered_at else REFUSED


def replaying_role(roles: tuple[str, ...]) -> str | None:
    """Return the role under which a person may ask for a replay; None where none counts."""
    return next((role for role in REPLAYING_ROLES if role in roles), None)


def why_not(roles: tuple[str, ...]) -> str | None:
    """Return why a person may not ask for a replay, as a sentence; None where nothing is in the way."""
    if replaying_role(roles) is not None:
        return None
    held = ", ".join(roles) or "no role"
    return f"A dead letter is published again by {' or '.join(REPLAYING_ROLES)}; you hold {held}."


def letter_document(letter: Letter, viewer: Person) -> dict[str, Any]:
    """Return a dead letter as the page shows it, and whether the viewer may ask for its replay."""
    why = _in_the_way(letter) or why_not(tuple(viewer.roles))
    missing = letter.missing
    return {
        "letter": letter.letter,
        "state": letter.state,
        "refused_at": letter.refused_at.isoformat(),
        "refusals": letter.refusals,
        "service": letter.service,
        "group": letter.group,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "last_offset": letter.last_offset,
        "messages": letter.messages,
        "size_bytes": letter.size_bytes,
        "code": letter.code or None,
        "reason": letter.reason,
        "what_to_do": _cure(letter),
        "not_replayable": None if missing is None else {"code": missing[0], "reason": missing[1]},
        "asked": letter.asked,
        "answer": letter.answer,
        "may_replay": why is None,
        "why": why or "",
    }


def _cure(letter: Letter) -> str:
    if letter.replayed:
        return "Nothing. It was published again and has not been refused since."
    if not letter.code:
        return _UNKNOWN
    return cure_of(letter.code, None if letter.missing is None else letter.missing[1])


def _in_the_way(letter: Letter) -> str | None:
    match letter.state:
        case "REPLAYED":
            return "It was published again and has not been refused since."
        case "ASKED":
            return f"{(letter.asked or {}).get('by', '')} has asked for it; {letter.service or 'the service'} answers."
    return None if letter.missing is None else letter.missing[1]
