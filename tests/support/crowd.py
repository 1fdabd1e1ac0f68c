"""Many orders at once: answers that come in, people who approve whatever waits, and what must hold at the end."""

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager

import httpx
from aiokafka.errors import KafkaError

from tests.support.eventually import eventually
from tests.support.hawk import Document, Hawk
from tests.support.orders import order

DEALS = 6
"""Of an A-COI inception."""

LOOK_SECONDS = 0.2
"""Between two looks at the queue: people are not faster."""

PLACES = {"USD": "ENTITY0037", "HKD": "ENTITY0009", "AUD": "ENTITY0001"}


def seeded() -> random.Random:
    """Chance that can be repeated: a failing test shows its seed; HAWK_TEST_SEED gives it again."""
    seed = int(os.environ.get("HAWK_TEST_SEED") or time.time_ns() % 1_000_000)
    sys.stderr.write(f"HAWK_TEST_SEED={seed}\n")
    return random.Random(seed)  # noqa: S311 - nothing secret hangs on it


def orders(rng: random.Random, number: int) -> list[Document]:
    """Small A-COI inceptions in three currencies, all of which together fit."""
    found = []
    for _ in range(number):
        currency = rng.choice(sorted(PLACES))
        found.append(order(currency, f"{rng.randint(10, 100)}0000", PLACES[currency]))
    return found


@contextmanager
def approving(hawk: Hawk, user: str = "tess", *, besides: Container[str] = frozenset()) -> Iterator[list[str]]:
    """Somebody approves whatever waits, again and again, however the services fare; gives what was approved.

    Workflows of `besides` are left undecided.
    """
    token = hawk.token(user, "TRADER")
    approved: list[str] = []
    over = threading.Event()

    def work() -> None:
        while not over.wait(LOOK_SECONDS):
            try:
                queue = hawk.ask("GET", "/approvals?state=AWAITING_APPROVAL&limit=500", token)
                waiting = queue.json()["approvals"] if queue.status_code == httpx.codes.OK else []
                for card in (each for each in waiting if each["workflow_id"] not in besides):
                    answer = hawk.decide(card["workflow_id"], token, digest=card["plan_digest"])
                    if answer.status_code == httpx.codes.CREATED:
                        approved.append(card["workflow_id"])
            except httpx.TransportError:
                continue  # the service is away; the queue is still there when it is back

    person = threading.Thread(target=work, name=user)
    person.start()
    try:
        yield approved
    finally:
        over.set()
        person.join()


def workflows_of(hawk: Hawk, response_ids: Sequence[str], seconds_max: float) -> list[str]:
    """The one workflow of each response."""
    deadline = time.monotonic() + seconds_max
    found = []
    for response_id in response_ids:
        (workflow,) = hawk.response(response_id, max(1.0, deadline - time.monotonic()))["workflows"]
        found.append(workflow["workflow_id"])
    return found


def publish_until_taken(hawk: Hawk, answers: Sequence[Document], seconds_max: float) -> list[str]:
    """Publish, again if the broker was away: an answer that arrives twice counts once."""

    def attempt() -> list[str]:
        try:
            return hawk.publish(*answers)
        except KafkaError as error:
            raise AssertionError(f"The broker did not take the answers: {error!r}") from error

    return eventually(attempt, seconds_max, what=f"{len(answers)} answers published")


def each_is_booked_once(hawk: Hawk, workflow_ids: Sequence[str]) -> None:
    """Nothing is lost and nothing doubled: in the tables, in the ledger, and in Murex's own book."""
    wanted = list(workflow_ids)
    deals = hawk.query(
        "SELECT workflow_id, deal_sequence, deal_status, mx_deal_id FROM hawk.deal_bookings"
        " WHERE workflow_id = ANY($1::text[])",
        wanted,
    )
    assert {deal["deal_status"] for deal in deals} == {"Booked"}
    assert Counter(deal["workflow_id"] for deal in deals) == dict.fromkeys(wanted, DEALS)
    assert len({deal["mx_deal_id"] for deal in deals}) == DEALS * len(wanted)
    lines = hawk.query(
        "SELECT workflow_id, count(*) AS n, sum(dr_amt) - sum(cr_amt) AS open FROM hawk.gl_journal_lines"
        " WHERE workflow_id = ANY($1::text[]) GROUP BY 1",
        wanted,
    )
    assert {line["workflow_id"]: (line["n"], line["open"]) for line in lines} == dict.fromkeys(wanted, (4, 0))
    held = [row for row in hawk.json("murex", "book") if row["workflow_id"] in set(wanted)]
    assert {row["status"] for row in held} == {"BOOKED"}
    in_book = Counter((row["workflow_id"], row["deal_sequence"]) for row in held)
    assert in_book == {(each, number): 1 for each in wanted for number in range(1, DEALS + 1)}
