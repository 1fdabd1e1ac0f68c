"""`hawk verify` and `hawk rebuild`: exit statuses and what is printed, without a running HAWK."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from cli import audit
from murex.simulator.book import Book
from shared.eventstore.chain import ChainReport
from shared.money.amounts import ZERO
from shared.relay.anchors import Anchors
from tools.local_stack.paths import DataDir
from tools.long_work import Report, Step
from tools.verification.checks.heads import LEFT_OUT, HeadsReport
from tools.verification.checks.invariants import SAYS
from tools.verification.checks.ledgers import Sides
from tools.verification.checks.unfinished import Unfinished
from tools.verification.compare import TableComparison
from tools.verification.switch import RebuildReport, TableRebuilt
from tools.verification.verify import VerifyReport

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOUND = VerifyReport(
    events=2,
    chain=ChainReport(ok=True, length=2, head="ab", unsealed=0, findings=()),
    heads=HeadsReport(True, 1, ""),
    tables=(TableComparison("gl_entries", 8, 0, ()),),
    ledgers={"IFRS": Sides(ZERO, ZERO), "LOCAL": Sides(ZERO, ZERO)},
    history=(),
    ledger_findings=(),
    capacity_findings=(),
    invariants=dict.fromkeys(SAYS, ()),
    murex=None,
    quiet=None,
    unfinished=(Unfinished("wf-1", "r-1", "BOOKING", NOW),),
    at=NOW,
)
ROW = "Table gl_entries: row gl_entry_id=GL_1, column amount_sgd: the events give 375000.00, the table has [1.00]."
DAMAGED = replace(SOUND, tables=(TableComparison("gl_entries", 8, 1, (ROW,)),))


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What the library will say, and a HAWK to ask."""

    report_book: list[object] = []
    seen: list[Anchors | None] = []

    def set_answer(given: VerifyReport) -> None:
        async def verified(
            dsn: str, anchors: Anchors | None, *, grant_keys: Any, read_book: Any, quiet: bool, report: Report
        ) -> VerifyReport:
            assert dsn == "dsn of hawk_reader"
            assert grant_keys is not None, "without keys every signature is a finding"
            seen.append(anchors)
            if read_book is not None:
                report_book.append(list(read_book()))
            report(Step("Replaying events", 1, 1, "events"))
            return replace(given, quiet=() if quiet else None)

        monkeypatch.setattr("tools.verification.verify.verify", verified)

    data = DataDir.at(tmp_path)
    hawk = SimpleNamespace(
        data=data, kafka={"bootstrap_servers": "127.0.0.1:1"}, admin_dsn="admin", dsn=lambda role: f"dsn of {role}"
    )
    monkeypatch.setattr(audit, "connect", lambda _: hawk)
    return SimpleNamespace(gives=set_answer, data=data, books=report_book, anchors=seen)


def test_json_is_the_documented_object_and_nothing_else(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answer.gives(SOUND)
    audit.verify(as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert {"ok", "events", "chain", "projections", "ledgers", "capacity", "unfinished"} <= document.keys()
    assert document["ok"] is True
    assert document["chain"] == {"ok": True, "head": "ab", "length": 2}
    assert document["projections"] == {"ok": True, "tables": {"gl_entries": {"rows": 8, "differences": 0}}}
    assert document["ledgers"] == {
        "ok": True, "IFRS": {"dr": "0.00", "cr": "0.00"}, "LOCAL": {"dr": "0.00", "cr": "0.00"},
    }  # fmt: skip
    assert document["unfinished"][0]["workflow_id"] == "wf-1"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_difference_ends_with_status_1_and_is_named(
    answer: Any, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    answer.gives(DAMAGED)
    with pytest.raises(typer.Exit) as ended:
        audit.verify(as_json=as_json)
    assert ended.value.exit_code == 1
    assert "the table has [1.00]" in capsys.readouterr().out


def test_a_person_reads_what_holds_and_what_is_unfinished(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answer.gives(SOUND)
    audit.verify()
    told = capsys.readouterr()
    assert "8 rows of 1 tables, 0 differ" in told.out
    assert "1 heads signed by the relay agree" in told.out
    assert "wf-1" in told.out
    assert "everything agrees" in told.err


def test_without_heads_the_first_line_says_that_nothing_is_anchored(
    answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer.gives(replace(SOUND, heads=LEFT_OUT))
    audit.verify(without_heads=True)
    assert capsys.readouterr().out.startswith("not anchored")
    audit.verify(without_heads=True, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["heads"]["ok"], document["heads"]["compared"]) == (True, False, 0)
    assert document["heads"]["reason"].startswith("not anchored")
    assert answer.anchors == [None, None]


def test_missing_head_ends_with_status_1_and_junk_is_pointed_out(
    answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer.gives(replace(SOUND, heads=HeadsReport(False, 0, "Heads: topic gone.", 7)))
    with pytest.raises(typer.Exit) as ended:
        audit.verify()
    assert ended.value.exit_code == 1
    told = capsys.readouterr().out
    assert "Heads: topic gone." in told
    assert "WARNING: 7 records on their topic are not the relay's" in " ".join(told.split())


def test_public_keys_of_all_days_come_from_files_of_this_machine(
    answer: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer.gives(SOUND)
    answer.data.keys.mkdir(parents=True)
    for name in ("relay_public.pem", "relay_public-2025.pem", "relay_private.pem"):
        (answer.data.keys / name).write_text(name)
    audit.verify()
    named = tmp_path / "named.pem"
    named.write_text("named")
    monkeypatch.setenv("HAWK_RELAY_PUBLIC_KEY_FILE", f"{named}:{named}")
    audit.verify()
    assert [set(anchors.relay_keys) for anchors in answer.anchors] == [
        {"relay_public.pem", "relay_public-2025.pem"}, {"named"},
    ]  # fmt: skip


def test_a_person_reads_which_invariant_is_broken(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    finding = "Position 9: workflow wf-1 is executed, but the approval service never issued the grant g-1."
    answer.gives(replace(SOUND, invariants={**SOUND.invariants, "grants": (finding,)}))
    with pytest.raises(typer.Exit):
        audit.verify(quiet=True)
    told = capsys.readouterr().out
    heads = [line.split()[:3] for line in told.splitlines()]
    assert ["NOT", "OK", "grants"] in heads
    assert {"outcomes", "executions", "answers"} <= {head[1] for head in heads if head[:1] == ["ok"]}
    assert "the approval service never issued the grant g-1" in told.replace("\n", " ")
    assert "no book of a simulator here" in told
    assert "nothing is waiting" in told


def test_book_of_the_simulator_is_handed_over_when_it_is_there(answer: Any) -> None:
    answer.data.murex_book.parent.mkdir(parents=True)
    Book(answer.data.murex_book).close()
    answer.gives(SOUND)
    audit.verify()
    assert answer.books == [[]]


def test_rebuild_tells_rows_differences_and_the_switch(
    answer: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def rebuilt(dsn: str, anchors: Anchors | None, table: str | None, *, report: Report) -> RebuildReport:
        report(Step("Switching", 0, 1, "tables"))
        assert (dsn, table) == ("admin", "gl_entries")
        assert anchors is None or anchors.kafka["bootstrap_servers"] == "127.0.0.1:1"
        return RebuildReport(2, (TableRebuilt("gl_entries", 8, 3),))

    monkeypatch.setattr("tools.verification.switch.rebuild", rebuilt)
    audit.rebuild(table="gl_entries", as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document.pop("events_per_second") > 0
    assert document == {
        "ok": True, "events": 2, "tables": {"gl_entries": {"rows": 8, "differences": 3, "switched": True}},
    }  # fmt: skip
    audit.rebuild(table="gl_entries", without_heads=True)
    printed = capsys.readouterr()
    assert ["gl_entries", "8", "3", "yes"] in [line.split() for line in printed.out.splitlines()]
    assert "Rebuilt from 2 events in " in printed.out + printed.err


def test_the_pace_is_in_whole_events_a_second() -> None:
    assert (str(audit.Pace(9_001, 2.0)), audit.Pace(9_001, 2.0).per_second) == (" in 2.0 s, 4500 a second", 4500)
