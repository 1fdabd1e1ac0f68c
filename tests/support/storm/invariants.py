"""What must hold after a storm, checked from outside: events, read tables and Murex's own book against each other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.hawk import Document, Hawk
from tests.support.storm.storm import Outcome

RECEIVED = "SELECT data->>'response_id' AS response_id FROM es.events WHERE type = 'ResponseReceived'"
FINALS = """
    SELECT data->>'workflow_id' AS workflow_id, count(*) AS finals FROM es.events
    WHERE type = 'ProgressReported' AND (data->>'final')::boolean GROUP BY 1
"""
PLANNED = """
    SELECT data->>'workflow_id' AS workflow_id, data->>'response_id' AS response_id FROM es.events
    WHERE type IN ('PlanDrawn', 'PlanRefused')
"""
DEALS = "SELECT workflow_id, deal_booking_id, deal_status, mx_deal_id FROM public.deal_bookings"
VERIFY_SECONDS_MAX = 1_200
"""All events are read again: half a million after six thousand orders, some thousand a second beside other work."""
UNBALANCED = """
    SELECT journal_id, ledger FROM public.gl_journal_lines GROUP BY 1, 2 HAVING sum(dr_amt) <> sum(cr_amt)
"""
GRANTS = """
    SELECT data->'grant'->>'jti' AS jti, count(*) AS used FROM es.events WHERE type = 'ExecutionPrepared'
    GROUP BY 1 HAVING count(*) > 1
"""
DUE = "SELECT workflow_id, task FROM executor.todo"
EFFECTIVE = ("hedge_instructions", "hedge_business_events", "deal_bookings", "gl_entries", "gl_journal_lines")


@dataclass
class Findings:
    """`lost` and `doubled` name responses, workflows or deals; `wrong` are sentences; empty is good."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    expired: int = 0
    """Workflows that expired when the clock of deadlines ran ahead, besides those that were to."""

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def checked(hawk: Hawk, outcome: Outcome) -> Findings:
    """Everything that is not as it must be."""
    found = Findings()
    _responses(hawk, outcome, found)
    _ends(hawk, outcome, found)
    _deals(hawk, outcome, found)
    _effects(hawk, outcome, found)
    _whole(hawk, found)
    return found


def _responses(hawk: Hawk, outcome: Outcome, found: Findings) -> None:
    """Each answer was taken once and became one workflow (or a successor of it)."""
    asked = {each.response_id: each.workflow_id for each in outcome.asked}
    received = Counter(row["response_id"] for row in hawk.query(RECEIVED))
    planned: dict[str, set[str]] = {}
    for row in hawk.query(PLANNED):
        planned.setdefault(row["response_id"], set()).add(row["workflow_id"])
    for response, workflow in asked.items():
        if not received[response] or workflow not in planned.get(response, set()):
            found.lost.append(f"response {response}")
        if received[response] > 1:
            found.doubled.append(f"response {response}")


def _ends(hawk: Hawk, outcome: Outcome, found: Findings) -> None:
    """Each workflow ended once, as Murex made it end; only a clock that ran ahead may have ended it before."""
    finals = {row["workflow_id"]: row["finals"] for row in hawk.query(FINALS)}
    for one in outcome.asked:
        state = outcome.ended.get(one.workflow_id, ("nothing",))[0]
        if state == "nothing":
            found.lost.append(f"workflow {one.workflow_id}")
        elif finals[one.workflow_id] > 1:
            found.doubled.append(f"end of workflow {one.workflow_id}")
        elif state == "EXPIRED":
            found.expired += 1
        elif state not in one.ends:
            found.wrong.append(f"{one.workflow_id} ({one.model}, {one.trouble}) ended {state}, not {sorted(one.ends)}")
    for workflow in outcome.undecided:
        state = outcome.ended.get(workflow, ("nothing",))[0]
        if (state, finals.get(workflow)) != ("EXPIRED", 1):
            found.wrong.append(f"{workflow}, which nobody decided, ended {state}, {finals.get(workflow)} times")


def _deals(hawk: Hawk, outcome: Outcome, found: Findings) -> None:
    """What the ledger calls Booked is in Murex's book, and the reverse; each contract stands for one deal."""
    booked = [row for row in hawk.query(DEALS) if row["deal_status"] == "Booked"]
    held = [row for row in hawk.json("murex", "book") if row["status"] == "BOOKED"]
    ledger = {(row["deal_booking_id"], row["mx_deal_id"]) for row in booked}
    book = {(row["deal_booking_id"], row["contract_id"]) for row in held}
    found.wrong += [f"deal {deal} is Booked and not in the book as {contract}" for deal, contract in ledger - book]
    found.wrong += [f"deal {deal} is in the book as {contract} and not Booked" for deal, contract in book - ledger]
    found.doubled += _twice(f"contract {row['mx_deal_id']}" for row in booked)
    found.doubled += _twice(f"deal {row['deal_booking_id']} in the book" for row in held)
    by_workflow = Counter(row["workflow_id"] for row in booked)
    found.lost += [
        f"deals of {one.workflow_id}"
        for one in outcome.asked
        if outcome.ended.get(one.workflow_id, ("",))[0] == "POSTED" and not by_workflow[one.workflow_id]
    ]


def _effects(hawk: Hawk, outcome: Outcome, found: Findings) -> None:
    """A workflow that was not posted left nothing that counts."""
    without = [one.workflow_id for one in outcome.asked if outcome.ended.get(one.workflow_id, ("",))[0] != "POSTED"]
    for table in EFFECTIVE:
        statement = f"SELECT DISTINCT workflow_id FROM public.{table} WHERE workflow_id = ANY($1::text[])"  # noqa: S608
        found.wrong += [f"{row['workflow_id']} has rows in {table}" for row in hawk.query(statement, without)]


def _whole(hawk: Hawk, found: Findings) -> None:
    """Chain, tables, ledgers, capacity; single use of grants; nothing left to do."""
    verified: Document = hawk.json("verify", expect=None, seconds_max=VERIFY_SECONDS_MAX)
    found.wrong += [f"hawk verify: {finding}" for finding in verified["findings"]]
    found.wrong += [f"unfinished: {one['workflow_id']} is {one['state']}" for one in verified["unfinished"]]
    found.wrong += [f"journal {row['journal_id']} of {row['ledger']} is unbalanced" for row in hawk.query(UNBALANCED)]
    found.doubled += [f"grant {row['jti']}" for row in hawk.query(GRANTS)]
    found.wrong += [
        f"{row['task']} of {row['workflow_id']} is still to do" for row in hawk.query(DUE, role="hawk_executor")
    ]


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
