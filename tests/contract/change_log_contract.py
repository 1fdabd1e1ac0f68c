"""What everything that knows changes promises (`services/approval/console/changes/port.py`), run against each adapter.

An adapter's test is a subclass of `ChangeLogContract` with the fixture `written`: transactions that a test begins and
commits when it likes.
"""

from collections.abc import Sequence
from typing import Protocol

from services.approval.console.changes.port import Change, ChangeLog

LIMIT = 1_000


class Written(Protocol):
    """An adapter, and what writes to it."""

    @property
    def log(self) -> ChangeLog:
        """The adapter."""

    async def begin(self, *workflow_ids: str) -> int:
        """Begin a transaction that changes these requests; gives a name for it."""

    async def commit(self, name: int) -> None:
        """Let what it wrote be seen."""


async def write(written: Written, *workflow_ids: str) -> None:
    await written.commit(await written.begin(*workflow_ids))


def ids(rows: Sequence[Change]) -> set[str]:
    return {each.workflow_id for each in rows}


class ChangeLogContract:
    """Each sentence of the port."""

    async def test_nothing_changed_is_an_empty_answer_with_a_place(self, written: Written) -> None:
        place = await written.log.place()
        found = await written.log.since(place, LIMIT)
        assert ids(found.rows) == set()
        assert found.place >= place

    async def test_changes_after_a_place_are_given_and_those_before_are_not(self, written: Written) -> None:
        await write(written, "before")
        place = await written.log.place()
        await write(written, "w1", "w2")
        found = await written.log.since(place, LIMIT)
        assert ids(found.rows) >= {"w1", "w2"}
        again = await written.log.since(found.place, LIMIT)
        await write(written, "w3")
        later = await written.log.since(again.place, LIMIT)
        assert "w3" in ids(later.rows)

    async def test_place_does_not_pass_a_transaction_that_is_under_way(self, written: Written) -> None:
        early = await written.begin("slow")
        await write(written, "quick")
        found = await written.log.since(1, LIMIT)
        assert ids(found.rows) == {"quick"}
        await written.commit(early)
        assert ids((await written.log.since(found.place, LIMIT)).rows) >= {"slow"}

    async def test_request_that_changes_again_is_given_again(self, written: Written) -> None:
        await write(written, "w1")
        found = await written.log.since(1, LIMIT)
        await write(written, "w1")
        again = await written.log.since(found.place, LIMIT)
        assert ids(again.rows) == {"w1"}
        assert set(again.rows) != set(found.rows)

    async def test_no_more_is_given_than_asked_for(self, written: Written) -> None:
        await write(written, "w1", "w2", "w3")
        assert len((await written.log.since(1, 2)).rows) == 2
