"""Notices as one plain-text mail, and as a message that no header can be slipped into. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.approval.notifications.notices import WAITING, Kind, Notice
from services.approval.notifications.owners import CHANGED, SENTENCES

#: Requests named in one mail. Who has more to do opens the queue, which has them all.
NAMED_MAX: Final = 25
#: Characters of a name in a line. Longer ones are cut: the card has them whole.
NAME_CHARACTERS_MAX: Final = 80
_SINGAPORE: Final = ZoneInfo("Asia/Singapore")
_INSTRUCTIONS: Final = {
    "I": "inception", "R": "rollover", "T": "termination", "A": "amendment", "U": "check", "Q": "question",
}  # fmt: skip
_FOOT: Final = (
    "Opening a link decides nothing: you sign in at the console, read the card and decide there.\n"
    "HAWK sends this mail to everybody with the role that was asked. Please do not reply to it."
)

_FOOT_OF_KEYS: Final = (
    "Opening a link decides nothing: you sign in at the console and decide there.\n"
    "HAWK sends this mail to the owner of a passkey. Please do not reply to it."
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What mails of an installation say: from whom, where the console is, and whether amounts are told."""

    sender: str
    console: str
    amounts: bool = False


#: What somebody did, after the name.
_ACTS: Final = {
    Kind.DECIDED: " decided.",
    Kind.REJECTED: " rejected it. The card says why.",
    Kind.WITHDRAWN: ", who had asked for it, withdrew it.",
}


def plain_line(text: str) -> str:
    """Return a text of somebody else as part of one line: no control characters, no line breaks, not long."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    short = " ".join(kept.split())
    return short if len(short) <= NAME_CHARACTERS_MAX else f"{short[: NAME_CHARACTERS_MAX - 1]}…"


def headline(plan: Any, *, amounts: bool) -> str:
    """Return what a request is about, such as "USD COI inception, order ORD-1"."""
    if "reversal" in plan:
        return f"reversal of {plain_line(str(plan.get('order_id', 'a workflow')))}"
    if "configuration" in plan:
        return f"change of {plain_line(str(plan['configuration'].get('table', 'the configuration')))}"
    if "override" in plan:
        return "deal settled by hand"
    if not plan.get("exposure_currency"):
        return "request"
    parts = [str(plan["exposure_currency"])]
    if amounts and plan.get("amount"):
        parts.append(_grouped(str(plan["amount"])))
    parts += [str(plan.get("nav_type") or ""), _INSTRUCTIONS.get(str(plan.get("instruction_type")), "order")]
    order = f", order {plan['order_id']}" if plan.get("order_id") else ""
    return plain_line(" ".join(filter(None, parts)) + order)


def subject_of(notices: Sequence[Notice]) -> str:
    """Return the subject: how many requests wait, and of how many there is news."""
    asked, ended = len(_asked(notices)), len(_ended(notices))
    waits = f"{_count(asked, 'request waits', 'requests wait')} for approval" if asked else ""
    over = f"news of {_count(ended, 'request', 'requests')}" if ended else ""
    keys = "news of a passkey of yours" if _of_keys(notices) else ""
    return f"HAWK: {', '.join(filter(None, (waits, over, keys)))}"


def text_of(notices: Sequence[Notice], wording: Wording) -> str:
    """Return the text of a mail about some notices, what waits for people first."""
    asked = _asked(notices)
    ended, keys = _ended(notices), _of_keys(notices)
    parts = []
    if asked:
        parts += [_asked_heading(len(asked)), *_named(asked, wording)]
    if ended:
        parts += [f"There is news of {_count(len(ended), 'request', 'requests')}.", *_named(ended, wording)]
    if keys:
        said = [_of_key(each) for each in keys[:NAMED_MAX]]
        parts += ["There is news of your passkeys.", *said, f"My passkeys: {wording.console}/console/passkeys"]
    if len(keys) == len(notices):
        return "\n\n".join([*parts, _FOOT_OF_KEYS]) + "\n"
    return "\n\n".join([*parts, f"All requests: {wording.console}/console", _FOOT]) + "\n"


def message_of(notices: Sequence[Notice], recipient: str, wording: Wording, message_id: str) -> EmailMessage:
    """Return the mail, in British English.

    Raises:
        ValueError: an address is none; a header with a line break cannot be made.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("HAWK", addr_spec=wording.sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject_of(notices)
    message["Date"] = max(each.at for each in notices)
    message["Message-ID"] = f"<{message_id}@{wording.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(notices, wording))
    message["Content-Language"] = "en-GB"
    return message


def _asked(notices: Sequence[Notice]) -> list[Notice]:
    """Return what waits for people, each request once: of a request and its reminder the later one."""
    return list({each.told.workflow_id: each for each in notices if each.told.kind in WAITING}.values())


def _ended(notices: Sequence[Notice]) -> list[Notice]:
    """Return the news of requests that wait no more."""
    return [each for each in notices if each.told.kind not in {*WAITING, Kind.PASSKEY}]


def _of_keys(notices: Sequence[Notice]) -> list[Notice]:
    """Return what the owner of a passkey is told."""
    return [each for each in notices if each.told.kind is Kind.PASSKEY]


def _of_key(notice: Notice) -> str:
    return SENTENCES.get(notice.told.state, CHANGED).format(who=plain_line(notice.told.person))


def _asked_heading(asked: int) -> str:
    return f"{_count(asked, 'request waits', 'requests wait')} for approval."


def _named(notices: Sequence[Notice], wording: Wording) -> list[str]:
    lines = [_entry(number, each, wording) for number, each in enumerate(notices[:NAMED_MAX], start=1)]
    more = len(notices) - len(lines)
    return (
        [*lines, f"{_count(more, 'further request', 'further requests')} can be found in the queue."] if more else lines
    )


def _entry(number: int, notice: Notice, wording: Wording) -> str:
    what = headline(notice.order, amounts=wording.amounts)
    lines = [f"{number}. {what[:1].upper()}{what[1:]}.", f"   {_sentence(notice)}"]
    return "\n".join([*lines, f"   The card: {wording.console}/console/approvals/{notice.told.workflow_id}"])


#: What is told of each kind that needs no more than who acted, and until when to decide.
_SENTENCES: Final[Mapping[Kind, str]] = {
    Kind.ESCALATED: "Not enough people have decided on it yet, so you are asked too.{until}",
    Kind.REMINDED: "It still waits.{until}",
    Kind.DECIDED: "{who} decided.",
    Kind.GRANTED: "It was approved; HAWK carries it out.",
    Kind.REJECTED: "{who} rejected it. The card says why.",
    Kind.WITHDRAWN: "{who}, who had asked for it, withdrew it.",
    Kind.AMENDED: "{who}, who had asked for it, changed it; the changed order asks on its own.",
    Kind.EXPIRED: "Nobody decided in time, so it has expired.",
    Kind.REVOKED: "It was approved, and the approval was taken back before it was carried out.",
    Kind.LAPSED: "It was approved, but the approval was not used in time and has lapsed.",
    Kind.CLOSED: "HAWK closed it: there is nothing left to decide. The card says why.",
    Kind.EMERGENCY: "{who} declared an emergency: for half an hour other roles may approve it. The card says why.",
    Kind.REVIEWED: "{who} reviewed what was approved in an emergency.",
}


def _sentence(notice: Notice) -> str:
    told, who, until = notice.told, plain_line(notice.told.person), _until(notice)
    if told.kind is Kind.REQUESTED:
        return f"{plain_line(notice.maker) or 'Somebody'} asked for it.{until}"
    return _SENTENCES[told.kind].format(who=who, until=until)


def _until(notice: Notice) -> str:
    return f" Please decide before {_moment(notice.expires_at)}." if notice.expires_at else ""


def _moment(at: datetime) -> str:
    local = at.astimezone(_SINGAPORE)
    return f"{local.day} {local:%B %Y, %H:%M} Singapore time"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _grouped(amount: str) -> str:
    whole, point, fraction = amount.partition(".")
    groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
    return ",".join(reversed(groups)) + point + fraction
