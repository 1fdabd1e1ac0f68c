"""The steps of the demo: what each does, shows and must find. Every figure printed comes from the system."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.rule import Rule
from rich.text import Text

from cli.approvals import decide
from cli.bars import watch_all
from cli.cards import workflow_card
from cli.clients import Monitor
from cli.following import ended_well
from cli.output import RunningHawk, print_page, tell
from cli.people import demo_token
from cli.responses import publish_response, settled
from cli.wording import Document, amount, count, seconds_between
from murex.simulator.book import read_book
from services.monitor.chat.outcomes import done_text, ready_text
from shared.exact_json import parse_json
from tools.local_stack.paths import DataDir
from tools.local_stack.state import running_state

ANSWER: Final = Path(__file__).parent / "answers" / "01-usd-25m-coi.json"
PROMPT: Final = "Create USD 25M COI hedge"
TRADER: Final = "mira"
ROLE: Final = "TRADER"

PLAN_SECONDS_MAX: Final = 120.0
"""Reading and planning take a second; a busy machine gets two minutes."""

VERIFY_SECONDS_MAX: Final = 300.0


class Failed(Exception):
    """A promise of the demo that is not kept."""


@dataclass(frozen=True, slots=True)
class Demo:
    """The HAWK of the demo, and its monitor."""

    hawk: RunningHawk
    monitor: Monitor


def tell_story(place: DataDir) -> str | None:
    """Play the demo from prompt to booked hedge on a HAWK in `place`, which is started here; the caller stops it.

    Return the address of its console.

    Raises:
        Failed, HawkError: a step did not give what it promises.
    """
    began = time.monotonic()
    _heading("Starting Kafka, PostgreSQL, the services and the Murex simulator")
    _start(place)
    hawk = RunningHawk(place, running_state(place))
    with Monitor(hawk.monitor_url) as monitor:
        demo = Demo(hawk, monitor)
        workflow = _ask(demo)
        _show(workflow)
        _approve(demo, workflow)
        _watch(demo, workflow)
        _outcome(demo, workflow["workflow_id"])
    _verify(place)
    tell(f"\nFrom nothing to a verified hedge in {time.monotonic() - began:.0f} s.")
    console: str | None = hawk.state.get("console_url")
    return console


def _start(place: DataDir) -> None:
    command = (sys.executable, "-m", "cli", "up", "--detach", "--json", "--data", str(place.root))
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:  # noqa: S603 - ourselves
        raise Failed("HAWK did not start. See the reason above.")


def _ask(demo: Demo) -> Document:
    """Publish the AI's response to the prompt, and return the planned workflow."""
    _heading(f"{TRADER} asks the AI: “{PROMPT}”")
    response_id = asyncio.run(publish_response(demo.hawk, ANSWER.read_bytes(), user=TRADER, prompt=PROMPT))
    tell(f"The AI's response is on hawk.ai.responses: {ANSWER.name}, id {response_id[:16]}…")
    response = settled(demo.monitor, response_id, None, PLAN_SECONDS_MAX)
    if response["outcome"] != "PROPOSED" or len(response["workflows"]) != 1:
        reasons = "; ".join(f"{each['code']}: {each['message']}" for each in response["refusals"])
        raise Failed(f"Expected one proposed workflow, found outcome {response['outcome']}. {reasons}")
    workflow: Document = response["workflows"][0]
    if workflow["state"] != "AWAITING_APPROVAL":
        raise Failed(f"Expected a plan that waits for approval, found {workflow['state']}.")
    return workflow


def _show(workflow: Document) -> None:
    tell(f"\n{ready_text(workflow)}")
    tell()
    print_page(workflow_card(workflow))


def _approve(demo: Demo, workflow: Document) -> None:
    _heading(f"{TRADER} approves as {ROLE}")
    bearer = demo_token(demo.hawk, TRADER, (ROLE,))
    shown, after = decide(demo.hawk, bearer, workflow["workflow_id"], "APPROVE", comment="As asked.")
    if shown["plan_digest"] != workflow["plan_digest"]:
        raise Failed("The plan that waits for approval is not the one that was shown.")
    tell(f"{_outcome_of(after)} Plan {shown['plan_digest']}.")


def _outcome_of(card: Document) -> str:
    if card["grant"] is None:
        raise Failed(f"The approval gave no grant; still needed: {card['who_may_approve']}")
    decision = card["decisions"][-1]
    return f"{decision['person']} ({decision['role']}) approved; the signed grant is out."


def _watch(demo: Demo, workflow: Document) -> None:
    ends = watch_all(demo.hawk.monitor_url, [workflow], lambda: running_state(demo.hawk.data), as_json=False)
    if not all(ended_well(end) for end in ends):
        raise Failed(f"The workflow ended {ends[0]['state']}: {ends[0]['reason'] or ends[0]['status']}")


def _outcome(demo: Demo, workflow_id: str) -> None:
    workflow = demo.monitor.workflow(workflow_id)
    if workflow is None or workflow["state"] != "POSTED":
        raise Failed(f"Expected state POSTED, found {workflow and workflow['state']}.")
    operations, booked = workflow["operations"], _booked(demo, workflow)
    if operations["completed"] != operations["total"]:
        raise Failed(f"Expected {operations['total']} completed operations, found {operations['completed']}.")
    _heading("Done")
    tell((done_text(workflow), "bold green"))
    approved = max(decision["decided_at"] for decision in workflow["decisions"])
    done, posted = (seconds_between(approved, workflow["times"][state]) for state in ("COMPLETED", "POSTED"))
    tell(f"{count(booked, 'deal')} booked in Murex, {workflow['gl']['entries']} ledger entries.")
    tell(f"From approval to done: {done:.2f} s; the journal was posted after {posted:.2f} s.")


def _booked(demo: Demo, workflow: Document) -> int:
    """Return the number of deals, which must be equal in HAWK and in Murex's own book, each with a contract."""
    planned = {(deal["event_id"], deal["deal_sequence"]) for deal in workflow["deals"]}
    held = {
        (row.event_id, row.deal_sequence)
        for row in read_book(demo.hawk.data.murex_book)
        if row.workflow_id == workflow["workflow_id"] and row.status == "BOOKED" and row.contract_id
    }
    if not planned or planned != held or any(deal["status"] != "Booked" for deal in workflow["deals"]):
        raise Failed(f"HAWK planned {len(planned)} deals, Murex has booked {len(held)} of them.")
    return len(planned)


def _verify(place: DataDir) -> None:
    """Verify HAWK as an auditor would: everything derived again from the events alone."""
    tell("\nVerifying from the events alone …")
    done = subprocess.run(  # noqa: S603 - ourselves
        (sys.executable, "-m", "cli", "verify", "--json", "--data", str(place.root)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=VERIFY_SECONDS_MAX,
        check=False,
    )
    with _readable():
        found = parse_json(done.stdout, fraction=str)
        lines = list(_verified(found))
    for line in lines:
        tell(f"  {line}")
    if done.returncode or not found["ok"]:
        raise Failed("`hawk verify` found a difference.")
    if found["unfinished"]:
        raise Failed(f"{count(len(found['unfinished']), 'workflow')} did not finish.")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError) as error:
        raise Failed("`hawk verify` printed no readable result. See its output above.") from error


def _verified(found: dict[str, Any]) -> Iterator[str]:
    tables = found["projections"]["tables"].values()
    rows, differences = (sum(table[name] for table in tables) for name in ("rows", "differences"))
    chain, ledgers = found["chain"], found["ledgers"]
    yield f"{_word(chain)}  chain of {count(chain['length'], 'event')}, head {chain['head'][:16]}…"
    yield f"{_word(found['projections'])}  {count(rows, 'row')} in {len(tables)} tables, {differences} differ"
    sums = ", ".join(
        f"{name} {amount(ledgers[name]['dr'])} = {amount(ledgers[name]['cr'])}" for name in ("IFRS", "LOCAL")
    )
    yield f"{_word(ledgers)}  ledgers, debit = credit: {sums} SGD"
    yield f"{_word(found['capacity'])}  capacity"


def _word(part: dict[str, Any]) -> str:
    return "ok    " if part["ok"] else "NOT OK"


def _heading(text: str) -> None:
    tell()
    print_page(Rule(Text(text), align="left", style="dim"))
