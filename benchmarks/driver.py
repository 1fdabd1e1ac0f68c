"""Drives a running HAWK as its users do: answers on the topic, decisions over the API, progress from the topic."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaConsumer

from benchmarks.orders import Answer
from cli.output import RunningHawk
from services.parser.identity import ID_HEADER
from shared.errors import HawkError
from shared.events.topics import AI_RESPONSES, APPROVALS, PROGRESS
from shared.messaging.producer import Producer
from shared.security.keys import read_pem
from shared.security.tokens import issue_demo_token

PERSON, ROLE = "bench", "TRADER"
STALLED_SECONDS_MAX = 60.0
"""Nothing that is waited for takes as long on any machine; a run that hangs ends instead."""
DECISIONS_MAX = 8
"""Decisions under way at a time."""
IDLE_SECONDS_MAX = 2.0
"""A connection to the approval service that lay idle so long is not used again: the server closes it after five."""


class BenchmarkFailed(HawkError):
    """What was to be measured did not happen."""


@dataclass(slots=True)
class Run:
    """When what happened to one answer. Wall times are this machine's; all processes run on it."""

    response_id: str
    published: float
    workflow_id: str = ""
    plan_digest: str = ""
    askable: datetime | None = None
    decided: datetime | None = None
    completed: datetime | None = None
    told: datetime | None = None
    posted: float | None = None
    state: str = ""
    status: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds_to_completed(self) -> float:
        """From the answer to the decision (201) to the time that the COMPLETED message bears."""
        return _between(self.decided, self.completed)

    @property
    def seconds_to_completed_since_asked(self) -> float:
        """From the moment it could be approved to COMPLETED: what waits for the driver counts too."""
        return _between(self.askable, self.completed)

    @property
    def seconds_to_posted(self) -> float:
        """From its publication, as it was meant, to the moment the driver has read POSTED.

        Raises:
            BenchmarkFailed: it was not posted.
        """
        if self.posted is None:
            raise BenchmarkFailed(f"Response {self.response_id} was not posted.")
        return self.posted - self.published

    @property
    def seconds_to_told(self) -> float:
        """The same until the COMPLETED message was read from hawk.progress."""
        return _between(self.decided, self.told)


class Driver:
    """One approver and one reader of the topics. Use as `async with`; start it before HAWK has any workflow."""

    def __init__(self, hawk: RunningHawk) -> None:
        self._hawk = hawk
        self._key = read_pem(hawk.data.keys / "issuer_private.pem")
        self._http = httpx.AsyncClient(
            base_url=hawk.approval_url,
            limits=httpx.Limits(keepalive_expiry=IDLE_SECONDS_MAX),
            trust_env=False,
            timeout=30.0,
        )
        self._decisions = asyncio.Semaphore(DECISIONS_MAX)
        self._runs: dict[str, Run] = {}
        self._token_of: datetime | None = None
        self._kept_token = ""

    async def __aenter__(self) -> Self:
        self._producer = await Producer(self._hawk.bootstrap).__aenter__()
        self._consumer = AIOKafkaConsumer(
            APPROVALS, PROGRESS, bootstrap_servers=self._hawk.bootstrap, auto_offset_reset="earliest"
        )
        await self._consumer.start()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        await self._consumer.stop()
        await self._producer.__aexit__(kind, error, trace)
        await self._http.aclose()

    async def one_at_a_time(self, answers: Iterable[Answer]) -> list[Run]:
        """Plan all, then approve one, wait until it is posted, approve the next."""
        runs = await self._publish(answers)
        for run in runs:
            await self._until(run.asked, run)
        for run in runs:
            await self._approve(run)
            await self._until(run.ended, run)
        return runs

    async def all_at_once(self, answers: Iterable[Answer]) -> list[Run]:
        """Publish all, approve each as soon as it may be, wait until all are posted."""
        runs = await self._publish(answers)
        await asyncio.gather(*(self._through(run) for run in runs))
        return runs

    async def at_rate(self, answers: Iterable[Answer], per_second: float) -> list[Run]:
        """Publish at a fixed rate, whatever HAWK does meanwhile, and approve each as soon as it may be.

        A run begins when it was meant to, not when the driver got round to it.
        """
        began, given = time.perf_counter(), list(answers)
        under_way: list[asyncio.Task[None]] = []
        runs: list[Run] = []
        for number, answer in enumerate(given):
            meant = began + number / per_second
            await asyncio.sleep(max(0.0, meant - time.perf_counter()))
            (run,) = await self._publish([answer])
            run.published = meant
            runs.append(run)
            under_way.append(asyncio.create_task(self._through(run)))
        await asyncio.gather(*under_way)
        return runs

    def _token(self) -> str:
        """Return a token that is young enough to decide with; a run takes longer than one is."""
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        if minute != self._token_of:
            self._token_of, self._kept_token = minute, issue_demo_token(PERSON, (ROLE,), self._key, minute)
        return self._kept_token

    async def _through(self, run: Run) -> None:
        await self._until(run.asked, run)
        async with self._decisions:
            await self._approve(run)
        await self._until(run.ended, run)

    async def _publish(self, answers: Iterable[Answer]) -> list[Run]:
        given = list(answers)
        began = time.perf_counter()
        runs = [Run(answer.response_id, began) for answer in given]
        self._runs.update((run.response_id, run) for run in runs)
        await self._producer.send_all(
            AI_RESPONSES,
            [(answer.response_id, answer.value, {ID_HEADER: answer.response_id}) for answer in given],
        )
        return runs

    async def _approve(self, run: Run) -> None:
        body = {"decision": "APPROVE", "plan_digest": run.plan_digest}
        answer = await self._http.post(
            f"/approvals/{run.workflow_id}/decisions", json=body, headers={"Authorization": f"Bearer {self._token()}"}
        )
        run.decided = datetime.now(UTC)
        if answer.status_code != httpx.codes.CREATED:
            raise BenchmarkFailed(f"Approving {run.workflow_id}: {answer.status_code} {answer.text[:300]}")

    async def _until(self, event: asyncio.Event, run: Run) -> None:
        """Wait; the limit counts from the last sign of life of any workflow, not from the start."""
        while not event.is_set():
            seen = self._signs_of_life
            waiting = asyncio.create_task(event.wait())
            done, _ = await asyncio.wait(
                {waiting, self._reading}, timeout=STALLED_SECONDS_MAX, return_when="FIRST_COMPLETED"
            )
            if waiting not in done:
                waiting.cancel()
            if self._reading in done:
                self._reading.result()
            if not done and seen == self._signs_of_life:
                raise BenchmarkFailed(
                    f"Response {run.response_id}, workflow {run.workflow_id or 'none'}: nothing happened for "
                    f"{STALLED_SECONDS_MAX:.0f} s. Its last word: {run.state} {run.status}"
                )

    async def _read(self) -> None:
        readers: dict[str, Callable[[Run, dict[str, Any]], None]] = {
            "ApprovalRequested": _asked,
            "ProgressReported": _progressed,
        }
        async for record in self._consumer:
            name = dict(record.headers)["ce_type"].decode().split(".")[1]
            reader = readers.get(name)
            data = json.loads(record.value) if reader else {}
            run = self._runs.get(data.get("response_id", ""))
            if reader and run:
                self._signs_of_life += 1
                reader(run, data)

    _signs_of_life = 0


def _asked(run: Run, data: dict[str, Any]) -> None:
    run.workflow_id, run.plan_digest = data["workflow_id"], data["plan_digest"]
    run.askable = datetime.now(UTC)
    run.asked.set()


def _progressed(run: Run, data: dict[str, Any]) -> None:
    run.state, run.status = data["state"], data["status"]
    if data["completed"]:
        run.completed, run.told = datetime.fromisoformat(data["at"]), datetime.now(UTC)
    if data["final"]:
        if data["state"] != "POSTED":
            raise BenchmarkFailed(f"Workflow {data['workflow_id']} ended {data['state']}: {data['status']}")
        run.posted = time.perf_counter()
        run.ended.set()


def _between(start: datetime | None, end: datetime | None) -> float:
    if start is None or end is None:
        raise BenchmarkFailed("A workflow was posted, but one of its times was never told.")
    return (end - start).total_seconds()
