"""`hawk verify` and `hawk rebuild`: the tables and ledgers against the events.

The library behind them loads every event type, so each command imports it when it runs.
"""

import asyncio
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cli.layout import add_row, calm_table
from cli.long_work import LongWork
from cli.output import NOT_SO, DataOption, JsonOption, RunningHawk, connect, print_json, print_page, say, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shared.relay.anchors import Anchors
    from tools.verification.checks.heads import HeadsReport
    from tools.verification.switch import RebuildReport
    from tools.verification.verify import VerifyReport


WithoutHeads = Annotated[
    bool,
    typer.Option(
        "--without-heads", help="Do not check the heads that the relay published; a recomputed chain then passes."
    ),
]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a history was gone through."""

    events: int
    seconds: float

    @property
    def per_second(self) -> int:
        """Events a second, in whole ones."""
        return int(self.events / self.seconds) if self.seconds else self.events

    def document(self) -> dict[str, int]:
        """Return what `--json` says of it."""
        return {"events_per_second": self.per_second}

    def __str__(self) -> str:
        return f" in {self.seconds:.1f} s, {self.per_second} a second"


NO_BOOK = "not compared: no book of a simulator here"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(verify)
    app.command()(rebuild)


def verify(
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Report whatever still waits as a difference; for an idle HAWK.")
    ] = False,
    without_heads: WithoutHeads = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the audit trail and everything derived from it. Exit status 1 when anything differs.

    Recomputes the hash chain and compares it with the heads that the relay signed and published on Kafka (missing
    heads are a difference, unless --without-heads is given). Replays all events beside the live tables and compares
    every row. Balances both ledgers and sums up the capacity. Checks HAWK's invariants: one outcome for each response,
    workflows complete or without effect, deals booked once, a valid grant for every execution, the kept bytes of every
    response. Compares the book of the Murex simulator, if there is one. HAWK can keep running. Unfinished workflows
    are listed, and are not a difference.
    \f

    Raises:
        typer.Exit: status 1, something differs.
    """
    from tools.verification.verify import verify as verify_hawk

    hawk = connect(data)
    anchors = None if without_heads else _anchors(hawk)
    keys, began = _public_keys(hawk, "grant"), time.monotonic()
    with LongWork() as work:
        report = asyncio.run(
            verify_hawk(
                hawk.dsn("hawk_reader"),
                anchors,
                grant_keys=keys,
                read_book=_book(hawk),
                quiet=quiet,
                report=work.report,
            )
        )
    pace = Pace(report.events, time.monotonic() - began)
    if as_json:
        print_json(report.document() | pace.document())
    else:
        _print_verified(report, pace)
    if not report.ok:
        raise typer.Exit(NOT_SO)


def rebuild(
    table: Annotated[
        str | None, typer.Option("--table", metavar="T", help="Rebuild only this table. Default: all tables.")
    ] = None,
    without_heads: WithoutHeads = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rebuild the read tables from the events beside the live tables, then switch to them.

    HAWK can keep running: it waits for a moment during the switch, which includes the latest events. There is no switch
    when the audit trail, its published heads included, cannot be verified.
    """
    from tools.verification.switch import rebuild as rebuild_tables

    hawk = connect(data)
    began = time.monotonic()
    anchors = None if without_heads else _anchors(hawk)
    with LongWork() as work:
        report = asyncio.run(rebuild_tables(hawk.admin_dsn, anchors, table, report=work.report))
    pace = Pace(report.events, time.monotonic() - began)
    if as_json:
        print_json(report.document() | pace.document())
    else:
        _print_rebuilt(report, pace)


def _book(hawk: RunningHawk) -> "Callable[[], Iterable[dict[str, Any]]] | None":
    """Return a function that reads the simulator's book; None where there is none, because Murex runs elsewhere."""
    from murex.simulator.book import each_row

    file = hawk.data.murex_book
    return (lambda: map(asdict, each_row(file))) if file.exists() else None


def _anchors(hawk: RunningHawk) -> "Anchors":
    from shared.relay.anchors import Anchors

    return Anchors(hawk.kafka, _public_keys(hawk, "relay"))


def _public_keys(hawk: RunningHawk, name: str) -> tuple[str, ...]:
    """Return the public keys of a signer from files on this machine: database and topics are what is being verified.

    The files are those of $HAWK_…_PUBLIC_KEY_FILE, else those in the data directory.
    """
    from shared.security.keys import read_pems

    named = os.environ.get(f"HAWK_{name.upper()}_PUBLIC_KEY_FILE")
    files = [Path(file) for file in named.split(os.pathsep) if file] if named else hawk.data.public_keys(name)
    return read_pems(files)


def _print_verified(report: "VerifyReport", pace: Pace) -> None:
    from tools.verification.checks.invariants import SAYS

    document = report.document()
    tables = document["projections"]["tables"]
    rows = sum(table["rows"] for table in tables.values())
    differing = sum(table["differences"] for table in tables.values())
    ledgers = document["ledgers"]
    sums = ", ".join(f"{name} {ledgers[name]['dr']} = {ledgers[name]['cr']} SGD" for name in ("IFRS", "LOCAL"))
    heads = report.heads
    left_out = not heads.ok and not heads.findings
    if left_out:
        tell(heads.reason)
    grid = Table.grid(padding=(0, 2))
    for name, ok, text in (
        *(() if left_out else (("heads", heads.ok, _of_heads(heads)),)),
        ("chain", report.chain.ok, f"{report.chain.length} sealed events"),
        ("projections", document["projections"]["ok"], f"{rows} rows of {len(tables)} tables, {differing} differ"),
        ("ledgers", ledgers["ok"], f"debit = credit: {sums}"),
        ("capacity", document["capacity"]["ok"], "totals and workflows agree with the events"),
        *((name, not findings, SAYS[name]) for name, findings in report.invariants.items()),
        ("murex", not report.murex, NO_BOOK if report.murex is None else "no deal is booked on one side alone"),
        *(() if report.quiet is None else (("quiet", not report.quiet, "nothing is waiting"),)),
    ):
        grid.add_row(Text("ok", "green") if ok else Text("NOT OK", "red"), name, text)
    print_page(grid, wrapped=False)
    if document["unsealed"]:
        tell(f"{document['unsealed']} events wait for the relay to seal them.")
    for one in document["unfinished"]:
        tell(f"unfinished  {one['workflow_id']}  {one['state']}  for {one['age_seconds']} s")
    for finding in report.findings:
        tell((finding, "red"))
    say(
        f"{report.events} events{pace}: ",
        ("everything agrees.", "green") if report.ok else ("differences found.", "red"),
    )


def _of_heads(heads: "HeadsReport") -> str:
    result = f"{heads.compared} heads signed by the relay agree" if heads.ok else "no signed head confirms the chain"
    junk = f"; WARNING: {heads.junk} records on their topic are not the relay's and were ignored"
    return result + (junk if heads.junk else "")


def _print_rebuilt(report: "RebuildReport", pace: Pace) -> None:
    rebuilt = calm_table("table", ">rows", ">differences", "switched")
    for table in report.tables:
        add_row(rebuilt, table.table, str(table.rows), str(table.differences), "yes")
    print_page(rebuilt, wrapped=False)
    say(f"Rebuilt from {report.events} events{pace}.")
