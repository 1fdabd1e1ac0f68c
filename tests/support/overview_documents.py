"""Canned documents of the overview, made by the monitor's own code from lines that are invented."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.monitor.overview.document import Overview, overview
from services.monitor.overview.lines import Attention
from services.monitor.overview.wanted import ATTENTION_LINES, Line
from shared.plans.turns import WAITING_FOR_TURN, waiting_sentence
from tests.support.queue_documents import NOW

Document = dict[str, Any]

CONSOLE = "http://localhost:8081"
TURN = f"{WAITING_FOR_TURN}: {waiting_sentence(1, 20)}"
LEDGER = {
    "entries": 8,
    "lines": 4,
    "IFRS": {"dr": "300000.00", "cr": "300000.00"},
    "LOCAL": {"dr": "300000.00", "cr": "300000.00"},
}
#: Operations by stage, with those in effect before Murex has answered.
STAGES = {"1A": 8, "1B": 12, "2": 27, "3": 0}
DONE = {"1A": "COMPLETED", "1B": "COMPLETED", "2": "COMPLETED", "3": "COMPLETED"}
BOOKING = DONE | {"2": "IN_PROGRESS", "3": "PENDING"}
BEFORE = dict.fromkeys(DONE, "PENDING")
GONE = dict.fromkeys(("1A", "1B", "2"), "COMPENSATED") | {"3": "PENDING"}


def line(number: int, state: str, ago: timedelta, message: Mapping[str, Any], **more: Any) -> Line:
    """One workflow. `message`: of its progress; `more`: of its subject, and `acknowledged`, `attention`."""
    order = f"ORD-{number:04X}AE958D3150E0"
    acknowledged, attention = more.pop("acknowledged", 0), more.pop("attention", None)
    subject = {
        "kind": "hedge",
        "instruction_type": "I",
        "nav_type": "COI",
        "model": "A-COI",
        "currency": "HKD",
        "amount": "400000000.00",
        "order_id": order,
        "maker": "mira",
        "entity_ids": ["ENTITY0009"],
        "entity_names": ["Hong Kong Entity Branch1"],
        "operations": 47,
        "stages": STAGES,
        "deals": 6,
        "ledger": LEDGER,
    }
    known = {"state": state, "status": "Now", "order_id": order, "stage": "2", "completed_operations": 0}
    return Line(
        workflow_id=f"{number:08x}-1a1b-5c27-9e00-abcdefabcdef",
        response_id=f"m-{number}",
        state=state,
        sequence=9,
        created_at=NOW - ago,
        changed_at=NOW - ago,
        acknowledged=acknowledged,
        attention=attention,
        subject=subject | more,
        progress={**known, "total_operations": 47, "reason": None, "stages": DONE, **message},
        granted={"approvers": [{"person": "sara <sara@bank.example>", "role": "TRADER"}]},
    )


STUCK = line(
    1, "NEEDS_INTERVENTION", timedelta(minutes=41),
    {"stages": BOOKING, "reason": "MX_BOOKING_ERROR: Deal 4 could not be cancelled: contract MX2064 is frozen."},
    currency="JPY", amount="900000000", attention=Attention.PERSON, acknowledged=6,
)  # fmt: skip
WAITS = line(
    2, "COMPLETED", timedelta(minutes=26),
    {
        "stage": "3", "stages": DONE | {"3": "IN_PROGRESS"}, "completed_operations": 47,
        "reason": "PERIOD_CLOSED: The accounting period 2026-11 is closed for ledger LOCAL.",
    },
    currency="USD", amount="12000000.00", attention=Attention.POSTING, acknowledged=6,
)  # fmt: skip
SILENT = line(
    3, "BOOKING", timedelta(seconds=42), {"stages": BOOKING, "completed_operations": 30},
    currency="KRW", amount="8000000000", model="C-COI", deals=10, attention=Attention.MUREX, acknowledged=9,
)  # fmt: skip
UNDOING = line(
    4, "COMPENSATING", timedelta(seconds=9),
    {"stages": BOOKING, "reason": "MX_DECLINED: Deal 2 was declined: credit line."},
    currency="PHP", attention=Attention.UNDOING, acknowledged=4,
)  # fmt: skip
LINES: Sequence[Line] = (
    line(10, "BOOKING", timedelta(seconds=1), {"stages": BOOKING, "completed_operations": 30}, acknowledged=4,
         entity_ids=["ENTITY0009", "ENTITY0010", "ENTITY0011"], entity_names=["Branch1", "Branch2", "Branch3"]),
    line(11, "AWAITING_APPROVAL", timedelta(minutes=14), {"stage": None, "stages": BEFORE}, currency="USD",
         amount="25000000.00"),
    line(12, "POSTED", timedelta(minutes=4), {"completed_operations": 47, "stage": "3"}, currency="CNY",
         amount="150000000.00", model="B-COI", acknowledged=6),
    line(13, "COMPENSATED", timedelta(minutes=9), {"stages": GONE, "reason": "MX_DECLINED: No."}, currency="PHP",
         maker="tom", acknowledged=4),
    line(14, "REVERSED", timedelta(hours=1), {"stages": dict.fromkeys(DONE, "REVERSED")}, currency="AUD"),
    line(15, "COMPLETED", timedelta(hours=2), {"stage": "1B", "completed_operations": 3}, kind="configuration",
         table="buffer_configuration", deals=0, ledger=None, stages={"1A": 1, "1B": 2}, operations=3, model=None,
         currency=None, amount=None, entity_ids=[], entity_names=[]),
    line(16, "REFUSED", timedelta(hours=3), {"stage": None, "stages": BEFORE, "reason": "CAPACITY_EXHAUSTED: No."},
         currency="VND", amount="900000000000"),
    WAITS, STUCK, SILENT, UNDOING,
    line(17, "APPROVED", timedelta(seconds=3), {"stage": None, "stages": BEFORE, "reason": TURN}, currency="TWD"),
)  # fmt: skip


def document(
    lines: Sequence[Line] = LINES, *, urgent: Sequence[Line] = (STUCK, WAITS, UNDOING, SILENT), console: str = CONSOLE
) -> Document:
    """A page of the overview."""
    counts = Counter(each.state for each in lines)
    return overview(Overview(counts | Counter({"POSTED": 4_700}), urgent, lines, ATTENTION_LINES), NOW, console)
