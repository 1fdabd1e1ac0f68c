"""The task of a person at NEEDS_INTERVENTION: the on-call table of docs/execution.md, as data.

`decider.intervention` gives the reasons, `override.checking` and `process` settle them; this table says it in words.
Each row has a scenario with its id that runs that code: the code and the state before have to be the row's, and each
resolution has to lead where the row says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.executor.execution.state import REVERSAL_UNFINISHED
from services.executor.execution.transitions import Status
from shared.events.murex import BOOKING_ERROR, CONTRADICTION, NO_ANSWER, OVERRIDDEN, STOPPED
from shared.hedging.changes.override import Resolution


@dataclass(frozen=True, slots=True)
class OnCall:
    """One reason. `codes`: the beginnings of the workflow's reason; `asked_from`: the execution's status before.

    `ends`: resolution -> the workflow's status once the deals are settled so; any other resolution is refused.
    """

    id: str
    codes: tuple[str, ...]
    asked_from: tuple[Status, ...]
    happened: str
    known: str
    look: str
    do: str
    ends: Mapping[Resolution, Status]


#: Why an execution is undone.
FAILURES: Final = (BOOKING_ERROR, NO_ANSWER, STOPPED, CONTRADICTION, OVERRIDDEN)

_WITHOUT_EFFECT = "Nothing is in the ledger; the capacity is still reserved. The deals named may be in Murex"
_BOTH: Final[Mapping[Resolution, Status]] = MappingProxyType(
    {"CANCELLED": Status.COMPENSATED, "BOOKED_MANUALLY": Status.COMPLETED}
)
_SHOW = "`hawk show WORKFLOW`: the reason names the deals; each in Murex by its external id or contract"
_CANCEL_OR_BOOK = (
    "Cancel in Murex what it holds of the deals named. Or, while no deal of the workflow is cancelled: see that Murex "
    "holds every one, and book there by hand what is missing"
)

ON_CALL: Final[tuple[OnCall, ...]] = (
    OnCall(
        "declined-kept",
        (BOOKING_ERROR,),
        (Status.COMPENSATING,),
        "Murex declined a deal, and refuses to cancel another one or does not answer the cancel messages",
        f"{_WITHOUT_EFFECT}; the declined one does not",
        _SHOW,
        _CANCEL_OR_BOOK,
        _BOTH,
    ),
    OnCall(
        "silent-kept",
        (NO_ANSWER,),
        (Status.COMPENSATING,),
        "Murex never answered a deal or the enquiries about it, and not the cancel messages either",
        f"{_WITHOUT_EFFECT}, the silent one too",
        "`hawk status` and the lag on the monitor's page: is it Murex, its gateway or the topics? "
        "`hawk deadletters --topic hawk.murex.answers`; then `hawk show WORKFLOW` and each deal named in Murex",
        _CANCEL_OR_BOOK,
        _BOTH,
    ),
    OnCall(
        "stopped-kept",
        (STOPPED,),
        (Status.COMPENSATING,),
        "the stop switch was on when a deal would have had to be sent again; a cancel is not confirmed",
        f"{_WITHOUT_EFFECT}, an earlier attempt of the deal that was held back too",
        f"`hawk rollout`: who stopped, and why; {_SHOW}",
        f"{_CANCEL_OR_BOOK}. The stop does not have to end first",
        _BOTH,
    ),
    OnCall(
        "contradicted-kept",
        (CONTRADICTION,),
        (Status.COMPENSATING,),
        "before completion Murex took an acknowledgement back, and then did not confirm the cancellation",
        f"{_WITHOUT_EFFECT}; the reason tells both statements about the one in dispute",
        f"{_SHOW}; Murex's own record decides",
        _CANCEL_OR_BOOK,
        _BOTH,
    ),
    OnCall(
        "found-gone-kept",
        (OVERRIDDEN,),
        (Status.COMPENSATING,),
        "a person settled a silent deal as CANCELLED while others were booked, and Murex keeps one of those",
        f"{_WITHOUT_EFFECT}; the one that was settled does not",
        _SHOW,
        _CANCEL_OR_BOOK,
        _BOTH,
    ),
    OnCall(
        "late-kept",
        FAILURES,
        (Status.COMPENSATED,),
        "everything was undone; then Murex booked a deal after all and does not cancel it. The code is that of the "
        "failure before",
        "Nothing is in the ledger and the capacity is free again, but Murex holds the deal named",
        _SHOW,
        "Cancel the deal in Murex. If the hedge is still wanted, hand the order in again",
        {"CANCELLED": Status.COMPENSATED},
    ),
    OnCall(
        "contradicted-in-ledger",
        (CONTRADICTION,),
        (Status.COMPLETED, Status.POSTED),
        "after completion Murex took an acknowledgement back, and its book does not confirm the contract",
        "All operations are effective: the deals are in the ledger under the contract that was acknowledged. A journal "
        "that was not posted yet waits",
        "`hawk show WORKFLOW`: the reason names the contract; that contract in Murex",
        "Murex has it: nothing. Murex has lost it: book it there by hand under the same external id. If the hedge is "
        "not wanted any more: settle it first, then `hawk reverse WORKFLOW --reason TEXT`",
        {"BOOKED_MANUALLY": Status.COMPLETED},
    ),
    OnCall(
        "reversal-kept",
        (REVERSAL_UNFINISHED,),
        (Status.REVERSING,),
        "the workflow is being reversed, and Murex keeps a deal of it; its reversal waits for the same person",
        "Nothing is taken back yet: rows, ledger and capacity are unchanged. The deals named may be in Murex, "
        "the others are cancelled",
        _SHOW,
        "Cancel the deals named in Murex",
        {"CANCELLED": Status.REVERSED},
    ),
    OnCall(
        "late-kept-reversed",
        (REVERSAL_UNFINISHED,),
        (Status.REVERSED,),
        "everything was taken back; then Murex booked a deal again and does not cancel it",
        "The reversal is done, but Murex holds the deal named",
        _SHOW,
        "Cancel the deal in Murex. If the hedge is still wanted, hand the order in again",
        {"CANCELLED": Status.REVERSED},
    ),
)  # fmt: skip
