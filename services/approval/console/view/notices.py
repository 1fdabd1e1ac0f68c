"""Warnings above the sections: those of the answer, of the plan, and of what is true now. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.approval.console.view.subject import Document, Shown
from services.approval.console.view.wording import sentence
from services.approval.emergency.view import banner
from services.approval.requests.cards import plan_now

#: The first words of a warning, by its code. A code that is not here has none; its sentence says all.
TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CLAIM_DIFFERS": "The answer contradicts the plan.",
        "WORDS_DIFFER": "The text of the answer contradicts its actions.",
        "WORDS_TAKEN_BACK": "The text of the answer may take the actions back.",
        "READ_FROM_WORDS": "Read from words.",
        "SECOND_INSTRUCTION_TODAY": "A second order of its kind.",
        "TRADE_DATE_ROLLED": "The trade date moved.",
        "VALUE_DATE_NOT_STANDARD": "The value date is not the standard one.",
        "CALENDAR_ENDS": "The calendar ends.",
        "RATE_STALE": "A rate is old.",
        "SNAPSHOT_STALE": "A position is old.",
        "POSITION_MISSING": "A position is missing.",
        "HEDGED_UNKNOWN": "The hedged amount is not known.",
        "PARTIAL_CAPACITY": "Not all of it fits.",
        "SHARE_BELOW_DEAL_SIZE": "A share is below the smallest deal.",
        "BOOKED_AMOUNTS_UNKNOWN": "Booked amounts are not known.",
        "PERIOD_CLOSED": "The accounting period is closed.",
        "ENTITY_ALIAS": "The entity was named otherwise.",
        "USD_WARN": "The USD limit is close.",
        "USD_CRITICAL": "The USD limit is very close.",
        "NEXT_OPEN_PERIOD": "It is posted in a later period.",
        "JOURNAL_NOT_POSTED": "The journal was not posted.",
        "ROW_NOT_IN_FORCE": "The row is not in force.",
        "TEXT_SHORTENED": "The text was shortened.",
        "MAKER_UNVERIFIED": "Claimed, not verified.",
        "EMERGENCY": "Emergency.",
    }
)
#: The warning about a person whose name nobody vouches for.
MAKER_UNVERIFIED: Final = "MAKER_UNVERIFIED"
#: What marks a card about which somebody declared an emergency; it comes before all other warnings.
EMERGENCY: Final = "EMERGENCY"


def warnings(of: Shown) -> list[Document]:
    """Return the warnings of the card as it is now, each with its first words, its sentence, its code and its field."""
    found = [_warning(each) for each in plan_now(of.card).get("warnings", [])]
    emergency = banner(of.card.approval, of.viewer.at)
    if emergency is not None:
        found.insert(0, _warning({"code": EMERGENCY, "message": emergency, "path": "emergency"}))
    maker = of.request.maker
    if not maker.verified and not any("MAKER" in each["code"] for each in found):
        text = f"Nobody vouches for {maker.name}, who is said to have asked for this."
        found.append(_warning({"code": MAKER_UNVERIFIED, "message": text, "path": "maker"}))
    return found


def _warning(each: Mapping[str, Any]) -> Document:
    code = str(each.get("code", ""))
    return {
        "code": code,
        "title": TITLES.get(code),
        "text": sentence(str(each.get("message", ""))),
        "path": str(each.get("path", "")),
    }
