"""`hawk verify` and `hawk rebuild`: the tables and ledgers against the events they are made of.

The library behind them loads every event type: it is imported by the command that needs it, because every other
command would wait for it at its start.
"""

import asyncio
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cli.output import NOT_SO, DataOption, JsonOption, RunningHawk, connect, print_json, print_page, say, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.relay.anchors import Anchors
    from tools.verification.checks.heads import HeadsReport
    from tools.verification.switch import RebuildReport
    from tools.verification.verify import VerifyReport


WithoutHeads = Annotated[
    bool,
    typer.Option(
        "--without-heads", help="Leave out the heads that the relay published: a chain computed anew then passes."
    ),
]

NO_BOOK = "no book of a simulator here: not compared"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(verify)
    app.command()(rebuild)


def verify(
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Nothing should be under way: what still waits is a difference, too.")
    ] = False,
    without_heads: WithoutHeads = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the audit trail and everything derived from it. Exit status 1 when anything differs.

    Computes the hash chain anew and compares it with the heads that the relay signed and published on Kafka (where
    none can be had, that is a difference, unless they are left out on purpose), replays all events beside the
    live tables and compares every row, balances both ledgers, sums up capacity, and holds the events to HAWK's
    invariants: one outcome for each response, workflows whole or without effect, deals booked once, a valid grant
    for whatever ran, the kept bytes of every answer. With the Murex simulator its book is compared, too. HAWK may
    go on working meanwhile. Unfinished workflows are listed and are no difference.
    \f

    Raises:
        typer.Exit: status 1, something differs.
    """
    from tools.verification.verify import verify as verify_hawk

    hawk = connect(data)
    anchors = None if without_heads else _anchors(hawk)
    keys = _public_keys(hawk, "grant")
    report = asyncio.run(
        verify_hawk(hawk.dsn("hawk_reader"), anchors, grant_keys=keys, read_book=_book(hawk), quiet=quiet)
    )
    if as_json:
        print_json(report.document())
    else:
        _print_verified(report)
    if not report.ok:
        raise typer.Exit(NOT_SO)


def rebuild(
    table: Annotated[
        str | None, typer.Option("--table", metavar="T", help="Rebuild this table only; without it all.")
    ] = None,
    without_heads: WithoutHeads = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the read tables anew from the events, beside the live ones, and switch.

    HAWK may go on working: the switch holds it back for a moment and takes in what was appended meanwhile. Nothing
    is switched when the audit trail itself does not verify, its published heads included.
    """
    from tools.verification.switch import rebuild as rebuild_tables

    hawk = connect(data)
    report = asyncio.run(rebuild_tables(hawk.admin_dsn, None if without_heads else _anchors(hawk), table))
    if as_json:
        print_json(report.document())
    else:
        _print_rebuilt(report)


def _book(hawk: RunningHawk) -> "Callable[[], list[dict[str, Any]]] | None":
    """Reads the simulator's book; None where there is none, because Murex is somewhere else."""
    from murex.simulator.book import read_book

    file = hawk.data.murex_book
    return (lambda: [asdict(row) for row in read_book(file)]) if file.exists() else None


def _anchors(hawk: RunningHawk) -> "Anchors":
    from shared.messaging.kafka import kafka_connection
    from shared.relay.anchors import Anchors
    from shared.settings import ServiceSettings

    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=hawk.bootstrap)).options()
    return Anchors(kafka, _public_keys(hawk, "relay"))


def _public_keys(hawk: RunningHawk, name: str) -> tuple[str, ...]:
    """Public keys of a signer from files that this machine keeps: never from the database or a topic, which are what is
    being verified. $HAWK_…_PUBLIC_KEY_FILE names them, else they lie in the data directory."""
    from shared.security.keys import read_pems

    named = os.environ.get(f"HAWK_{name.upper()}_PUBLIC_KEY_FILE")
    files = [Path(file) for file in named.split(os.pathsep) if file] if named else hawk.data.public_keys(name)
    return read_pems(files)


def _print_verified(report: "VerifyReport") -> None:
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
    for name, ok, told in (
        *(() if left_out else (("heads", heads.ok, _of_heads(heads)),)),
        ("chain", report.chain.ok, f"{report.chain.length} sealed events"),
        ("projections", document["projections"]["ok"], f"{rows} rows of {len(tables)} tables, {differing} differ"),
        ("ledgers", ledgers["ok"], f"debit = credit: {sums}"),
        ("capacity", document["capacity"]["ok"], "totals and workflows agree with the events"),
        *((name, not findings, SAYS[name]) for name, findings in report.invariants.items()),
        ("murex", not report.murex, NO_BOOK if report.murex is None else "no deal is booked on one side alone"),
        *(() if report.quiet is None else (("quiet", not report.quiet, "nothing waits that should not"),)),
    ):
        grid.add_row(Text("ok", "green") if ok else Text("NOT OK", "red"), name, told)
    print_page(grid, wrapped=False)
    if document["unsealed"]:
        tell(f"{document['unsealed']} events wait for the relay's seal.")
    for one in document["unfinished"]:
        tell(f"unfinished  {one['workflow_id']}  {one['state']}  for {one['age_seconds']} s")
    for finding in report.findings:
        tell((finding, "red"))
    say(f"{report.events} events: ", ("everything agrees.", "green") if report.ok else ("differences found.", "red"))


def _of_heads(heads: "HeadsReport") -> str:
    told = f"{heads.compared} heads signed by the relay agree" if heads.ok else "nothing vouches for the chain"
    junk = f"; LOOK: {heads.junk} records on their topic are not the relay's, and count for nothing"
    return told + (junk if heads.junk else "")


def _print_rebuilt(report: "RebuildReport") -> None:
    grid = Table("table", "rows", "differences", "switched", box=None)
    for table in report.tables:
        grid.add_row(table.table, str(table.rows), str(table.differences), "yes")
    print_page(grid, wrapped=False)
    say(f"Rebuilt from {report.events} events.")
