"""What a person does about a dead letter, by its code. Pure."""

from collections.abc import Mapping
from typing import Final

from shared.events.deadletters import MessageRefused
from shared.messaging.replays import what_is_missing

_AGAIN: Final = "After the fix: `hawk deadletters replay`."
_NOTHING: Final = "Nothing. This message or another one has had the effect. It is kept as evidence."
_ENDED: Final = "Nothing was executed: the workflow has ended. Submit the response again if it is still wanted."
_CORRECT: Final = f"Nothing was changed. Have the corrected row published, or correct the rows it depends on. {_AGAIN}"
_ASK: Final = (
    "Nothing was executed. Find out who published it; request approval of the current plan if it is still wanted."
)

#: The cure of each code. A code that is missing here has its cure in its reason.
CURES: Final[Mapping[str, str]] = {
    "NOT_RECORDED": "It had no effect. Something other than the relay writes to this topic: find out what, and revoke "
    "its right. Publish it again only if events were missing from the store and have been restored.",
    "NOT_A_CLOUDEVENT": "Find out who publishes here without HAWK's headers, and have the message published with them.",
    "EVENT_TYPE_UNKNOWN": "A newer release may know it: upgrade this service to the publisher's release. " + _AGAIN,
    "EVENT_VERSION_UNKNOWN": f"Upgrade this service to the publisher's release. {_AGAIN}",
    "EVENT_MALFORMED": f"Correct the publisher; or this service, if the message is right. {_AGAIN}",
    "MALFORMED_JSON": "Correct the publisher and have it publish again. This message can never be read.",
    "WORKFLOW_ID_FORGED": "Find out who published it: HAWK's parser does not give such an id.",
    "MUREX_ANSWER_UNKNOWN_WORKFLOW": "Ask Murex which deal it means and whether it holds it; HAWK did not ask for one.",
    "MUREX_ANSWER_TOO_LARGE": "Have the gateway send shorter texts. HAWK enquires about the deal at its deadline.",
    "TEXT_NOT_STORABLE": "Correct the publisher: the text has characters that the database cannot store.",
    "TOO_LARGE": "Have the publisher send smaller messages.",
    "CONFIGURATION_CLOSED": "Nothing was changed. Change configuration by UPDATE_CONFIGURATION.",
    "CONFIGURATION_COMES_WHOLE": "Nothing was changed. Load it with `hawk reference load`.",
    "CONFIGURATION_INVALID": _CORRECT,
    "OPENING_HEDGE_INVALID": _CORRECT,
    "OPENING_HEDGE_KNOWN": _NOTHING,
    "REFERENCE_CONFLICT": _CORRECT,
    "FEED_IMPLAUSIBLE": "Confirm or reject the row of its key that waits: `hawk reference held`. " + _AGAIN,
    "FEED_NOT_ALLOWED": "Find out who published it: the key of a feed names its tables (HAWK_FEED_KEYS_FILE).",
    "HELD_DIGEST_MISMATCH": "Nothing was changed. Show again what waits: `hawk reference held`.",
    "HELD_PERSONS_MISSING": "Nothing was changed. Find out who published it: approval takes more people.",
    "REFERENCE_ID_MISSING": "Have it published with a unique id in the header ce_id.",
    "REFERENCE_ID_REUSED": "Have it published under a unique id.",
    "REFERENCE_MESSAGE_INVALID": _CORRECT,
    "REFERENCE_OUTDATED": _NOTHING,
    "REFERENCE_ROW_INVALID": _CORRECT,
    "REFERENCE_COLUMN_UNKNOWN": _CORRECT,
    "REFERENCE_SET_INVALID": _CORRECT,
    "REFERENCE_TABLE_UNKNOWN": _CORRECT,
    "REFERENCE_VALUE_INVALID": _CORRECT,
    "ROLLOUT_OUT_OF_ORDER": f"Stop HAWK and resume; or, if an earlier decision is a dead letter too: {_AGAIN}",
    "POLICY_BELOW_FLOOR": "Find out who wrote it: HAWK proposes no such policy. The one before goes on.",
    "DELEGATION_NOT_FOLLOWED": "Find out who wrote it: HAWK confirms no such delegation. Nobody decides by it.",
    "PASSKEY_NOT_DECIDED": "Find out who wrote it: HAWK decides no such thing about a passkey. No key was changed.",
    "POLICY_OUT_OF_ORDER": f"Find out who published it. If an earlier policy is a dead letter too: {_AGAIN}",
    "GRANT_FOR_UNKNOWN_PLAN": f"Find out who published it. If the plan has arrived since: {_AGAIN}",
    "GRANT_ALREADY_USED": _NOTHING,
    "GRANT_FOR_CLOSED_PLAN": _ENDED,
    "GRANT_EXPIRED": _ENDED,
    "GRANT_SIGNATURE_INVALID": _ASK,
    "GRANT_MALFORMED": _ASK,
    "GRANT_UNSIGNED": _ASK,
    "GRANT_WORKFLOW_MISMATCH": _ASK,
    "GRANT_DIGEST_MISMATCH": _ASK,
    "GRANT_AMOUNT_MISMATCH": _ASK,
    "GRANT_MAKER_MISMATCH": _ASK,
    "GRANT_INSUFFICIENT": _ASK,
    "GRANT_EMERGENCY_REFUSED": _ASK,
    "GRANT_NOT_SIGNED": "Find out who wrote it: HAWK issues no such grant. If it was asked for rightly, ask again.",
    "RECORD_UNREADABLE": "Find out who publishes records that no reader can decompress. Nothing was changed.",
    "VALUE_NOT_STORABLE": f"Correct the publisher: the store cannot hold one of its values. {_AGAIN}",
    "SET_ASIDE": f"Find out why it could not be handled, and what is missing without it. {_AGAIN}",
    "PLAN_DIGEST_MISMATCH": "Look who published it. The plan as the executor drew it is in the event store.",
    "DEAD_LETTER_UNKNOWN": "Nothing. No dead letter has that id.",
}


def what_to_do(refusal: MessageRefused, *, replayed: bool = False) -> str:
    """Return what a person does about a refusal."""
    if replayed:
        return "Nothing. It was published again and has not been refused since."
    missing = what_is_missing(refusal)
    return cure_of(refusal.code, None if missing is None else missing[1])


def cure_of(code: str, missing: str | None) -> str:
    """Return the cure of a code.

    Args:
        missing: why the message cannot be published again; it stands in the place of the advice to do so.
    """
    cure = CURES.get(code, f"See the reason. {_AGAIN}")
    return cure if missing is None else cure.replace(_AGAIN, missing)
