"""Offsets that may be committed: never past an unfinished message, never for an old assignment."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from shared.errors import Defect
from shared.messaging.offsets import OffsetLedger, Partition

ONE = Partition("t", 0)
TWO = Partition("t", 1)


def test_nothing_may_be_committed_when_nothing_is_finished() -> None:
    ledger = OffsetLedger()
    epoch = ledger.assign(ONE)
    ledger.take(ONE, epoch, 5)
    assert ledger.to_commit() == {}
    assert ledger.unfinished(ONE) == 5


def test_offset_behind_a_finished_message_is_committed_once() -> None:
    ledger = OffsetLedger()
    epoch = ledger.assign(ONE)
    for offset in (5, 9):
        ledger.take(ONE, epoch, offset)
    ledger.finish(ONE, epoch, 5)
    assert ledger.to_commit() == {ONE: 6}
    assert ledger.unfinished(ONE) == 9
    ledger.committed({ONE: 6})
    assert ledger.to_commit() == {}
    ledger.finish(ONE, epoch, 9)
    assert ledger.to_commit() == {ONE: 10}


def test_late_finish_counts_for_nothing_when_the_partition_was_revoked_and_came_back() -> None:
    ledger = OffsetLedger()
    old = ledger.assign(ONE)
    ledger.take(ONE, old, 5)
    ledger.revoke([ONE])
    new = ledger.assign(ONE)
    assert not ledger.finish(ONE, old, 5)
    assert ledger.to_commit() == {}
    assert not ledger.current(ONE, old)
    assert ledger.current(ONE, new)


def test_revoked_partition_is_not_committed_when_it_had_finished_messages() -> None:
    ledger = OffsetLedger()
    for partition in (ONE, TWO):
        epoch = ledger.assign(partition)
        ledger.take(partition, epoch, 0)
        ledger.finish(partition, epoch, 0)
    ledger.revoke([ONE])
    assert ledger.to_commit() == {TWO: 1}


def test_defect_is_raised_when_messages_finish_twice_or_arrive_out_of_order() -> None:
    ledger = OffsetLedger()
    epoch = ledger.assign(ONE)
    for offset in (1, 2):
        ledger.take(ONE, epoch, offset)
    with pytest.raises(Defect, match="was not taken"):
        ledger.finish(ONE, epoch, 3)
    ledger.finish(ONE, epoch, 2)
    with pytest.raises(Defect, match="is finished"):
        ledger.finish(ONE, epoch, 2)
    with pytest.raises(Defect, match="taken after"):
        ledger.take(ONE, epoch, 2)


def test_what_was_overtaken_holds_back_the_offset_until_it_is_finished() -> None:
    ledger = OffsetLedger()
    epoch = ledger.assign(ONE)
    for offset in (1, 2, 5):
        ledger.take(ONE, epoch, offset)
    ledger.finish(ONE, epoch, 5)
    assert (ledger.to_commit(), ledger.unfinished(ONE)) == ({ONE: 1}, 1)
    ledger.finish(ONE, epoch, 1)
    assert (ledger.to_commit(), ledger.unfinished(ONE)) == ({ONE: 2}, 2)
    ledger.finish(ONE, epoch, 2)
    assert (ledger.to_commit(), ledger.unfinished(ONE)) == ({ONE: 6}, None)
    with pytest.raises(Defect, match="taken after"):
        ledger.take(ONE, epoch, 5)


class Offsets(RuleBasedStateMachine):
    """Any interleaving of assigning, fetching, finishing, committing and revoking, with late finishers."""

    works = Bundle("works")

    @initialize()
    def begin(self) -> None:
        self.ledger = OffsetLedger()
        self.epochs: dict[Partition, int] = {}
        self.next_fetch = {ONE: 0, TWO: 0}
        self.stored = {ONE: 0, TWO: 0}
        self.unfinished: dict[tuple[Partition, int], list[int]] = {}
        self.handled: dict[Partition, set[int]] = {ONE: set(), TWO: set()}

    @rule(partition=st.sampled_from([ONE, TWO]))
    def assign(self, partition: Partition) -> None:
        self.ledger.revoke([partition])
        self.epochs[partition] = self.ledger.assign(partition)
        self.unfinished[partition, self.epochs[partition]] = []
        self.next_fetch[partition] = self.stored[partition]

    @rule(partition=st.sampled_from([ONE, TWO]))
    def revoke(self, partition: Partition) -> None:
        self.ledger.revoke([partition])
        self.epochs.pop(partition, None)

    @rule(target=works, partition=st.sampled_from([ONE, TWO]), gap=st.integers(0, 3))
    def fetch(self, partition: Partition, gap: int) -> tuple[Partition, int] | None:
        epoch = self.epochs.get(partition)
        if epoch is None:
            return None
        offset = self.next_fetch[partition] + (gap if self.next_fetch[partition] else 0)
        for skipped in range(self.next_fetch[partition], offset):
            self.handled[partition].add(skipped)  # compacted away: there is nothing to handle
        self.ledger.take(partition, epoch, offset)
        self.unfinished[partition, epoch].append(offset)
        self.next_fetch[partition] = offset + 1
        return partition, epoch

    @rule(work=consumes(works), place=st.integers(0, 4))
    def finish(self, work: tuple[Partition, int] | None, place: int) -> None:
        if work is None or not self.unfinished.get(work):
            return
        partition, epoch = work
        offset = self.unfinished[work].pop(place % len(self.unfinished[work]))
        self.handled[partition].add(offset)
        current = self.epochs.get(partition) == epoch
        assert self.ledger.finish(partition, epoch, offset) is current

    @rule()
    def commit(self) -> None:
        offsets = self.ledger.to_commit()
        self.ledger.committed(offsets)
        self.stored |= offsets

    @invariant()
    def no_commit_passes_an_unfinished_message(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for partition, offset in self.ledger.to_commit().items():
            assert partition in self.epochs
            waiting = self.unfinished[partition, self.epochs[partition]]
            assert all(offset <= each for each in waiting)
            assert set(range(offset)) <= self.handled[partition]


TestOffsets = Offsets.TestCase
