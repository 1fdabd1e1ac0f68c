"""A storm: orders come in and are approved while one fault after the other is done; then all must have ended well."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka.errors import KafkaError

from shared.events.identity import workflow_id
from tests.support.crash.control import Control
from tests.support.crowd import approving
from tests.support.eventually import eventually
from tests.support.hawk import Document, Hawk
from tests.support.orders import order
from tests.support.storm.faults import Blow, Faults
from tests.support.storm.orders import AMOUNTS, Asked, closing
from tests.support.storm.watch import Watch, watching
from tools.long_work import Report, Step, unreported

IN_FLIGHT_MAX = 40
"""Workflows published and not ended: enough that every fault meets work, not so many that they wait for each other."""

IN_FLIGHT_MIN = 4
BATCH = 5
BURST = 40
"""Orders that come in at once, beside what is in flight."""
LOOK_SECONDS = 0.3
REST_SECONDS = (0.3, 1.5)
"""Between two faults."""

RECOVERED_SECONDS_MAX = 240.0
ENDED_SECONDS_MAX = 600.0

OPEN_HEDGES = """
    SELECT h.*, e.value_date FROM public.v_open_hedges h JOIN public.hedge_business_events e USING (event_id)
    WHERE h.workflow_id = ANY($1::text[])
"""
UNDECIDED_ENTITY = "ENTITY0040"


@dataclass(frozen=True, slots=True)
class Recovered:
    """A fault and what came after it: seconds until every process was ready, and until the next workflow was posted.
    None: nothing was posted any more."""

    blow: Blow
    ready_seconds: float
    posted_seconds: float | None


@dataclass
class Outcome:
    """What a storm was. `ended`: workflow id to its state and when that was recorded."""

    asked: list[Asked] = field(default_factory=list)
    recovered: list[Recovered] = field(default_factory=list)
    ended: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    undecided: list[str] = field(default_factory=list)
    """Workflows that were to expire."""
    seconds: float = 0.0


class Storm:
    """One storm over one HAWK.

    Args:
        orders: all that will be asked; spread over the faults, so that each meets work.
        kinds: the faults, in their order.
        patient: wait after each fault until a workflow is posted; else only until all processes are ready.
        tell: gets a line after each fault.
        report: gets how many faults are done.
    """

    def __init__(
        self,
        hawk: Hawk,
        control: Control,
        rng: random.Random,
        orders: Sequence[Asked],
        kinds: Sequence[str],
        *,
        patient: bool = True,
        tell: Callable[[str], None] = lambda _: None,
        report: Report = unreported,
    ) -> None:
        self._hawk = hawk
        self._rng = rng
        self._orders = list(orders)
        self._kinds = list(kinds)
        self._patient = patient
        self._tell = tell
        self._report = report
        self._faults = Faults(hawk, control, rng, self._let_one_expire, self._let_many_come)
        self._bursting = threading.Event()
        self._outcome = Outcome()
        self._undecided: set[str] = set()
        self._closed: set[str] = set()
        self._failed: list[BaseException] = []
        self._over = threading.Event()

    def run(self) -> Outcome:
        """Everything, until the last workflow has ended.

        Raises:
            AssertionError: HAWK did not recover, or a workflow did not end.
        """
        began = time.monotonic()
        # Who approves may do so again at any time; the demo's tokens outlive every storm.
        with watching(self._hawk) as watch, approving(self._hawk, besides=self._undecided):
            publisher = threading.Thread(target=self._publish, args=(watch,), name="publisher")
            publisher.start()
            self._report(Step("Faults", 0, len(self._kinds), "faults"))
            try:
                for number, kind in enumerate(self._kinds, start=1):
                    one = self._blow(kind, watch)
                    self._outcome.recovered.append(one)
                    done = sum(each.workflow_id in watch.ended for each in self._outcome.asked)
                    ended = f"{done} of {len(self._outcome.asked)} published workflows have ended"
                    self._report(Step("Faults", number, len(self._kinds), "faults"))
                    self._tell(f"{number}/{len(self._kinds)} {kind}: ready after {one.ready_seconds:.1f} s; {ended}")
            except BaseException:
                self._orders.clear()
                raise
            finally:
                self._over.set()
                publisher.join()
            self._rest(watch)
            self._hawk.settled(ENDED_SECONDS_MAX)
            self._outcome.ended = dict(watch.ended)
        self._outcome.undecided = sorted(self._undecided)
        self._outcome.seconds = time.monotonic() - began
        return self._outcome

    def _blow(self, kind: str, watch: Watch) -> Recovered:
        if self._failed:
            raise AssertionError("The orders did not get through.") from self._failed[0]
        time.sleep(self._rng.uniform(*REST_SECONDS))
        blow = self._faults.do(kind)
        done = time.monotonic()
        self._faults.ready_again()
        ready = (blow.over - blow.began).total_seconds() + time.monotonic() - done
        posted = self._posted_after(blow, watch) if self._patient else None
        return Recovered(blow, ready, None if posted is None else (posted - blow.began).total_seconds())

    def _posted_after(self, blow: Blow, watch: Watch) -> datetime | None:
        return eventually(
            lambda: (watch.first_posted_after(blow.over), self._waits(watch)),
            RECOVERED_SECONDS_MAX,
            until=lambda seen: seen[0] is not None or not seen[1],
            what=f"a workflow posted after: {blow.kind}",
            every_seconds=0.1,
        )[0]

    def _waits(self, watch: Watch) -> bool:
        """Whether anything is in flight or still to come."""
        asked = tuple(self._outcome.asked)
        return bool(self._orders) or any(each.workflow_id not in watch.ended for each in asked)

    def _publish(self, watch: Watch) -> None:
        """So many of the orders as are due by the faults done so far, and all of them in the end; never so few that
        a fault meets no work."""
        total = len(self._orders)
        try:
            while self._orders:
                done = 1.0 if self._over.is_set() else (len(self._outcome.recovered) + 1) / (len(self._kinds) + 1)
                published = len(self._outcome.asked)
                in_flight = sum(each.workflow_id not in watch.ended for each in self._outcome.asked)
                due = max(int(total * done) - published, IN_FLIGHT_MIN - in_flight)
                room = min(BATCH, due, IN_FLIGHT_MAX - in_flight, len(self._orders))
                if self._bursting.is_set():
                    room = min(BURST, len(self._orders))
                if room > 0:
                    batch, self._orders = self._orders[:room], self._orders[room:]
                    answers = [self._answer(each, watch) for each in batch]
                    self._send(answers)
                    self._outcome.asked += batch
                    self._bursting.clear()
                time.sleep(LOOK_SECONDS)
        except BaseException as error:
            self._failed.append(error)
            raise

    def _answer(self, one: Asked, watch: Watch) -> Document:
        return closing(one, self._open_hedge(watch)) if one.closes else one.answer()

    def _open_hedge(self, watch: Watch) -> Document:
        """A hedge of this storm that is open and that nobody closes yet."""

        def found() -> Document | None:
            posted = [
                each.workflow_id
                for each in self._outcome.asked
                if not each.closes and watch.ended.get(each.workflow_id, ("",))[0] == "POSTED"
            ]
            rows = self._rows(OPEN_HEDGES, [each for each in posted if each not in self._closed])
            return self._rng.choice(rows) if rows else None

        hedge = eventually(found, ENDED_SECONDS_MAX, what="an open hedge", every_seconds=LOOK_SECONDS)
        if hedge is None:
            raise AssertionError("no hedge is open")
        self._closed.add(hedge["workflow_id"])
        return hedge

    def _rows(self, statement: str, *values: object) -> list[Document]:
        try:
            return self._hawk.query(statement, *values)
        except Exception as error:
            raise AssertionError(f"PostgreSQL does not answer: {error!r}") from error

    def _send(self, answers: list[Document]) -> None:
        def attempt() -> list[str]:
            try:
                return self._hawk.publish(*answers)
            except (KafkaError, OSError, TimeoutError) as error:
                raise AssertionError(f"The broker did not take the answers: {error!r}") from error

        eventually(attempt, ENDED_SECONDS_MAX, what="answers published", every_seconds=LOOK_SECONDS)

    def _let_one_expire(self) -> str:
        answer = order("USD", AMOUNTS["USD"], UNDECIDED_ENTITY)
        workflow = workflow_id(answer["response_id"], 1, 1)
        self._undecided.add(workflow)
        self._send([answer])
        self._hawk.in_state(workflow, "AWAITING_APPROVAL", seconds_max=ENDED_SECONDS_MAX)
        return workflow

    def _let_many_come(self) -> None:
        """Many of the orders at once, whatever is in flight."""
        self._bursting.set()
        eventually(
            lambda: not self._bursting.is_set() or not self._orders, ENDED_SECONDS_MAX,
            what="a burst published", every_seconds=LOOK_SECONDS,
        )  # fmt: skip

    def _rest(self, watch: Watch) -> None:
        """All that was asked has ended, by itself."""
        if self._failed:
            raise AssertionError("The orders did not get through.") from self._failed[0]

        def open_ones() -> list[str]:
            return [each.workflow_id for each in self._outcome.asked if each.workflow_id not in watch.ended]

        eventually(
            open_ones, ENDED_SECONDS_MAX, until=lambda left: not left, what="all have ended", every_seconds=LOOK_SECONDS
        )
