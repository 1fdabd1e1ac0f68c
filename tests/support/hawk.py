"""A thin driver of a whole HAWK for end-to-end and chaos tests: the `hawk` command, its HTTP routes, its topics, and
SQL as the reader. Every method is what a user could do."""

import asyncio
import json
import os
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from services.executor.execution.transitions import unlisted
from shared.events.states import FINAL
from tests.support.eventually import eventually
from tests.support.wire import Wire
from tools.local_stack.paths import DataDir

UP_SECONDS_MAX = 300
COMMAND_SECONDS_MAX = 120

#: Age of a token that decides; HAWK takes 15 minutes.
TOKEN_SECONDS = 600

HTTP_SECONDS_MAX = 30
"""A card is read in milliseconds; a loaded machine gets a thousand times that."""

TURN_SECONDS_MAX = 60
"""For one turn of a workflow that nothing holds up; it takes a second."""

LIST_SECONDS = 0.5
"""Between two looks at everything there is."""

SERVER_VARIABLES = ("HAWK_KAFKA_BOOTSTRAP", "HAWK_POSTGRES_DSN")
"""A whole HAWK of a test brings its own servers, whatever the fixtures for parts use."""

DECLINING_ENTITY = "ENTITY0003"
SECOND_OF_THREE = "ENTITY0011"
KEEPING_ENTITY = "ENTITY0033"
SHARED_SCRIPT: list[dict[str, Any]] = [
    {"match": {"entity_id": entity, "deal_sequence": 3}, "answer": "NOK", "reason": "Credit line exhausted"}
    for entity in (DECLINING_ENTITY, SECOND_OF_THREE, KEEPING_ENTITY)
]
"""How Murex answers the shared HAWK of a test run: all is booked, but the third deal of three entities never is. The
second of them is the second to take a share of an order that is spread over the three entities of HKD; of the last one
Murex keeps two deals when they are to be cancelled."""
SHARED_SCRIPT += [
    {"match": {"entity_id": KEEPING_ENTITY, "deal_sequence": kept}, "answer": "ACK", "cancel": "REFUSED"}
    for kept in (1, 2)
]

PUBLISHED = """
    SELECT count(*) AS events,
           count(*) - coalesce((SELECT position FROM es.checkpoints WHERE name = 'publish'), 0) AS waiting
    FROM es.events
"""
REPORTED = """
    SELECT stream, array_agg(data->>'state' ORDER BY version) AS states
    FROM es.events WHERE type = 'ProgressReported' GROUP BY stream
"""

Document = dict[str, Any]


class Hawk:
    """One running HAWK in `data`."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        inherited = {key: value for key, value in os.environ.items() if key not in SERVER_VARIABLES}
        self._environment = {**inherited, "HAWK_DATA_DIR": str(data), **(environment or {})}
        self._options: tuple[str, ...] = ()
        self._known: Document = {}
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}

    # --- the command

    def up(self, *options: str) -> None:
        """`hawk up --detach`; returns when all is ready. Without options: with those of the time before."""
        self._options = options or self._options
        self.run("up", "--detach", *self._options, seconds_max=UP_SECONDS_MAX)

    def down(self, *options: str) -> None:
        """`hawk down`."""
        self.run("down", *options)

    def run(
        self,
        *arguments: str,
        expect: int | None = 0,
        stdin: str | None = None,
        seconds_max: float = COMMAND_SECONDS_MAX,
    ) -> subprocess.CompletedProcess[str]:
        """One `hawk` command. `expect`: its exit status (None: any); another one fails the test, with its
        output."""
        done = subprocess.run(
            (sys.executable, "-m", "cli", *arguments),
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds_max,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"hawk {' '.join(arguments)}: exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def json(self, *arguments: str, expect: int | None = 0, **options: Any) -> Any:
        """The same with --json: what it printed, as a value. Numbers with a point become text, never a
        float."""
        return json.loads(self.run(*arguments, "--json", expect=expect, **options).stdout, parse_float=str)

    def processes(self, verb: str, names: Iterable[str]) -> None:
        """`hawk process VERB NAME` for several at once, which takes no longer than the slowest."""
        with ThreadPoolExecutor() as people:
            list(people.map(lambda name: self.run("process", verb, name), names))

    def status(self) -> Document:
        """`hawk status --json`."""
        state = self.json("status")
        if not isinstance(state, dict):
            raise AssertionError(f"hawk status --json printed {state!r}")
        self._known = state
        return state

    def pids(self) -> dict[str, int]:
        """The process id of everything that runs, by name."""
        return {name: process["pid"] for name, process in self.status()["processes"].items() if process["pid"]}

    @property
    def known(self) -> Document:
        """Addresses and connection strings: asked for once, they stay the same over restarts."""
        return self._known or self.status()

    # --- SQL

    def query(self, sql: str, *values: object, role: str = "hawk_reader") -> list[Document]:
        """Rows of a SELECT, as the reader."""
        return asyncio.run(_fetch(self.known["postgres"]["dsn_by_role"][role], sql, values))

    # --- HTTP

    def get(self, path: str) -> Document | None:
        """What the monitor shows at a path (`hawk show` prints the same); None while it knows nothing of it."""
        try:
            answer = _http().get(self.known["monitor_url"] + path)
        except httpx.TransportError as error:
            raise AssertionError(f"The monitor does not answer: {error!r}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code != httpx.codes.OK:
            raise AssertionError(f"GET {path}: {answer.status_code} {answer.text}")
        document = json.loads(answer.text, parse_float=str)
        return document if isinstance(document, dict) else None

    def token(self, user: str, *roles: str) -> str:
        """`hawk token`; asked for once for each person and role, and again before it is too old to decide with."""
        known, since = self._tokens.get((user, *roles), ("", 0.0))
        if not known or time.monotonic() - since > TOKEN_SECONDS:
            options = [option for role in roles for option in ("--role", role)]
            known, since = self.json("token", user, *options)["token"], time.monotonic()
            self._tokens[(user, *roles)] = known, since
        return known

    def ask(self, method: str, path: str, token: str | None, body: object = None, **headers: str) -> httpx.Response:
        """One request to the approval service, with a bearer token or none."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return _http().request(method, self.known["approval_url"] + path, json=body, headers=headers)

    def decide(
        self, workflow_id: str, token: str | None, decision: str = "APPROVE", *, digest: str | None = None
    ) -> httpx.Response:
        """POST a decision on the plan that is shown, or on the one with another digest."""
        if digest is None:
            workflow = self.get(f"/workflows/{workflow_id}")
            if workflow is None:
                raise AssertionError(f"The monitor knows no workflow {workflow_id}.")
            digest = workflow["plan_digest"]
        body = {"decision": decision, "plan_digest": digest}
        return self.ask("POST", f"/approvals/{workflow_id}/decisions", token, body)

    def approve(self, workflow_id: str, user: str = "mira", role: str = "TRADER") -> None:
        """Approve what is shown; the test fails when that is refused."""
        answer = self.decide(workflow_id, self.token(user, role))
        if answer.status_code != httpx.codes.CREATED:
            raise AssertionError(f"{user} as {role}: {answer.status_code} {answer.text}")

    def hand_in(self, answer: object, user: str = "mira", role: str = "TRADER") -> str:
        """An answer over HTTP, whose maker is thereby proved; gives the response id."""
        body = {"ai_response": json.dumps(answer), "prompt": "A test asks"}
        taken = self.ask("POST", "/hawk-agent/execute-actions", self.token(user, role), body)
        if taken.status_code != httpx.codes.ACCEPTED:
            raise AssertionError(f"{user} hands an answer in: {taken.status_code} {taken.text}")
        return str(taken.json()["response_id"])

    # --- topics

    @property
    def wire(self) -> Wire:
        """Its Kafka."""
        return Wire(self.known["kafka"]["bootstrap"])

    def publish(self, *answers: Document) -> list[str]:
        """Put answers on hawk.ai.responses, each in an envelope; gives their response ids."""
        values = [(answer["response_id"], json.dumps(answer).encode()) for answer in answers]
        self.wire.send("hawk.ai.responses", *values)
        return [answer["response_id"] for answer in answers]

    # --- a person at Murex

    def cancel_in_murex(self, deal_booking_id: str) -> None:
        """Somebody cancels a deal in Murex itself: HAWK learns nothing of it."""
        with closing(sqlite3.connect(DataDir(self.data).murex_book, timeout=HTTP_SECONDS_MAX)) as book, book:
            done = book.execute("UPDATE deals SET status = 'CANCELLED' WHERE deal_booking_id = ?", (deal_booking_id,))
            if done.rowcount != 1:
                raise AssertionError(f"Murex knows no deal {deal_booking_id}.")

    # --- waiting

    def response(self, response_id: str, seconds_max: float = TURN_SECONDS_MAX) -> Document:
        """A response once it was read and planned."""
        return eventually(
            lambda: self.get(f"/responses/{response_id}") or {},
            seconds_max,
            until=lambda response: bool(response.get("planned")),
            what=f"response {response_id} planned",
        )

    def in_state(self, workflow_id: str, *states: str, seconds_max: float = TURN_SECONDS_MAX) -> Document:
        """A workflow once it is in one of these states. One that ends otherwise fails the test at once.

        State and plan come by two topics: both are waited for.
        """
        workflow = eventually(
            lambda: self.get(f"/workflows/{workflow_id}") or {},
            seconds_max,
            until=lambda workflow: (
                workflow.get("state") in {*states, *FINAL}
                and bool(workflow["plan_digest"] or workflow["refusals"] or workflow["state"] == "PROPOSED")
            ),
            what=f"workflow {workflow_id} {' or '.join(states)}",
        )
        if workflow["state"] not in states:
            raise AssertionError(f"{workflow_id} is {workflow['state']} ({workflow['reason_text']}), not {states}")
        return workflow

    def all_in_state(self, workflow_ids: Iterable[str], state: str, seconds_max: float) -> None:
        """All of these workflows are in a state. Reads the list, not each of them."""
        wanted = frozenset(workflow_ids)

        def others() -> dict[str, str]:
            states = {row["workflow_id"]: row["state"] for row in self.listed()}
            return {each: states.get(each, "unknown") for each in wanted if states.get(each) != state}

        what = f"{len(wanted)} workflows {state}"
        eventually(others, seconds_max, until=lambda left: not left, what=what, every_seconds=LIST_SECONDS)

    def listed(self) -> list[Document]:
        """Every workflow of the monitor's list, page by page."""
        found: list[Document] = []
        before: str | None = ""
        while before is not None:
            page = self.get(f"/workflows?limit=500{before and f'&before={before}'}") or {}
            found += page["workflows"]
            before = page["next"]
        return found

    def planned(self, answer: Document, seconds_max: float = TURN_SECONDS_MAX) -> Document:
        """Publish an answer with one order; its workflow once it waits for approval."""
        (response_id,) = self.publish(answer)
        (workflow,) = self.response(response_id, seconds_max)["workflows"]
        return self.in_state(workflow["workflow_id"], "AWAITING_APPROVAL", seconds_max=seconds_max)

    def settled(self, seconds_max: float = TURN_SECONDS_MAX) -> None:
        """Nothing is under way: every event is published, every message handled, and no event came meanwhile."""

        def is_quiet() -> bool:
            before = self.query(PUBLISHED)
            return before[0]["waiting"] == 0 == self.wire.waiting() and before == self.query(PUBLISHED)

        eventually(is_quiet, seconds_max, what="HAWK settled", every_seconds=LIST_SECONDS)

    def verified(self) -> Document:
        """`hawk verify --json`; the test fails, with the findings, when anything differs."""
        done = self.run("verify", "--json", expect=None)
        found = json.loads(done.stdout, parse_float=str)
        if done.returncode or not found["ok"]:
            raise AssertionError(f"hawk verify: exit {done.returncode}, {found['findings']}")
        self._moved_as_listed()
        return dict(found)

    def _moved_as_listed(self) -> None:
        """Every workflow was reported from state to state as docs/execution.md draws it."""
        states = {row["stream"]: row["states"] for row in self.query(REPORTED)}
        surprising = {stream: moves for stream, told in states.items() if (moves := unlisted(told))}
        if surprising:
            raise AssertionError(f"Moves that no table lists (services/executor/execution/transitions): {surprising}")


def processes_below(data: Path) -> list[psutil.Process]:
    """Everything that works in a data directory or was started for it."""
    found = []
    for process in psutil.process_iter():
        try:
            works_there = Path(process.cwd()).is_relative_to(data) or str(data) in process.cmdline()
            if works_there and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@cache
def _http() -> httpx.Client:
    """Of all threads. HAWK on one machine speaks plain HTTP, so no certificates are read: that costs more than all
    else about a request. No connection outlives its request, since who is at its other end may be killed."""
    without_keeping = httpx.Limits(max_keepalive_connections=0)
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(timeout=HTTP_SECONDS_MAX, trust_env=False, limits=without_keeping, verify=plain)


async def _fetch(dsn: str, sql: str, values: Sequence[object]) -> list[Document]:
    connection = await asyncpg.connect(dsn)
    try:
        return [dict(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()
