"""No text of an answer becomes the name of a table or a column: the lists are closed, and every place that builds SQL
takes its names from them. A new place, or a new name put into an old one, fails here and has to be looked at.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.executor.reference.tables import REFERENCE
from services.executor.tables.catalogue import TABLES
from services.parser.catalogue import CATALOGUE, CONFIGURATION_TABLES, ActionType
from shared.hedging.reference import REFERENCE_TABLES_READ
from tests.house.source import ROOT, imported, modules, name_of, tree_of

SQL = re.compile(
    r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE|DROP|CREATE|TRUNCATE|ANALYZE|LOCK TABLE|SET|WHERE|FROM)\b"
)
#: Methods of a connection whose first argument is SQL.
ASKING = frozenset({
    "execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor", "copy_records_to_table",
    "copy_to_table", "copy_from_query", "ask",
})  # fmt: skip
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")

CLOSED = "names of `Table`, the catalogue of the projections"
READS = "names of `ReferenceRead`, a constant of shared.hedging.reference"
LITERALS = "chosen among literals of the same module"
SENTENCE = "no SQL: a sentence for people"
DATABASE = "a name the database's own catalogue gave, of a table in the closed list"

#: What stands between braces in texts that speak SQL, and why it is none of an answer's. Constants need no entry.
PUT_IN = {
    "services/executor/configuration/checking.py": dict.fromkeys(("table.name", "change.key", "key_column"), SENTENCE),
    "services/executor/handlers/configuration/facts.py": {"table.name": CLOSED},
    "services/executor/handlers/hedge/facts.py": {
        "read.table": READS, "read.latest_by": READS, "keys[0]": READS, "where": READS, "names": READS, "known": READS,
        "' OR '.join(conditions)": READS, "day": "the number of an argument",
        **dict.fromkeys(("first", "order"), "the lines above it"),
    },
    "services/executor/tables/statements.py": dict.fromkeys(
        ("_name(table.name)", "_names(columns)", "_names(everything)", "_names(table.key)",
         "_selected(table, everything)", "_same_row(table, keys)", "_same_row(table, table.key)",
         "selected", "source", "assignments", "on_conflict"), CLOSED),
    "tools/verification/compare.py": dict.fromkeys(
        ("', '.join(_keys(table))", "side.schema", "table.name", "order", "selected", "same"), CLOSED),
    "tools/verification/scratch.py": {
        "name": CLOSED, "live_schema": LITERALS, "index['owner']": DATABASE, "index['rule']": DATABASE,
        "index['name']": DATABASE,
    },
    "tools/verification/switch.py": {
        "live": CLOSED, "derived": CLOSED, "same": CLOSED, "columns": CLOSED, "trigger": DATABASE,
    },
    "services/executor/handlers/reference/placing.py": {"command.table.name": CLOSED, "same": CLOSED, "other": CLOSED},
    "services/executor/handlers/reference/in_force.py": {"REFERENCE[name].name": CLOSED, "query": CLOSED},
    "services/monitor/overview/store.py": {"' AND '.join(conditions)": "conditions that are constants of the module"},
    "shared/messaging/database.py": {"known": LITERALS},
    "shared/messaging/door.py": {"schema": "the name of the service, from its own module"},
    "shared/messaging/unit_of_work.py": {"first.schema": "the name of the service, from its own module"},
}  # fmt: skip

#: SQL that is neither a literal nor a constant where it is sent, and where it comes from.
SENT = {
    "services/approval/projection.py": {"statement": "constants of the approval service's changes"},
    "services/executor/handlers/reading.py": {"query": "what `ask` is given"},
    "shared/messaging/earlier.py": {"query": "what `ask` is given"},
    "shared/messaging/batch.py": {"query": "what `ask` is given"},
    "services/approval/http/replays.py": {"asked": "no SQL: a question to the store of letters"},
    "services/executor/handlers/configuration/facts.py": {"query": "the lines above it"},
    "services/executor/handlers/hedge/kind.py": {"command": "no SQL: a decider's method"},
    "services/executor/workflow/saga.py": {"command": "no SQL: a decider's method"},
    "tools/simulation/turns.py": {"command": "no SQL: a decider's method"},
    "services/executor/handlers/hedge/facts.py": {"statement": "`select_of`, see PUT_IN"},
    "services/executor/handlers/table_writer.py": {"statement.sql": "`statements`, see PUT_IN"},
    "tools/verification/scratch.py": {
        "index['definition'].replace('CREATE UNIQUE INDEX', 'CREATE INDEX', 1)": DATABASE,
    },
    "tools/verification/verify.py": {"statement": LITERALS},
    "services/executor/handlers/reference/messages.py": {"query": LITERALS, "statement": LITERALS},
    "services/executor/handlers/reference/placing.py": {"query": "the lines above it"},
    "services/executor/handlers/reference/in_force.py": {"query": "see PUT_IN"},
    "services/monitor/readmodel.py": {"query": LITERALS},
    "services/monitor/overview/store.py": {"query": "`page_query`, see PUT_IN"},
    "shared/relay/transaction_ids.py": {"BURN.format(count=min(remaining, BURN_BATCH))": "a number"},
    "shared/messaging/door.py": {"seen": "see PUT_IN", "both": "see PUT_IN"},
    "shared/messaging/unit_of_work.py": {"statement": "see PUT_IN", "self._connection": "no SQL: who is asked"},
}  # fmt: skip

#: Would turn a text into code, a name or an attribute.
TURNS = frozenset({"eval", "exec", "__import__", "getattr", "setattr", "globals", "locals", "vars", "import_module"})
#: Who may all the same, and with what.
MAY_TURN = {"services/parser/words_proposal.py": ({"getattr"}, "fields of an order, by names of the grammar's own")}


def looked_at() -> list[Path]:
    """Modules that run in services."""
    return [
        file
        for file in modules()
        if name_of(file).startswith(
            ("services/", "tools/verification/", "shared/messaging/", "shared/eventstore/", "shared/relay/")
        )
    ]


def is_constant(node: ast.expr) -> bool:
    """A literal, or a name written as constants are."""
    if isinstance(node, ast.Name):
        return node.id.lstrip("_").isupper()
    return isinstance(node, ast.Constant)


def put_in(file: Path) -> Iterator[str]:
    """Expressions put into texts that speak SQL: by braces, `%`, `+` or `format`."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.JoinedStr):
            said = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
            if SQL.search(said):
                yield from (
                    ast.unparse(part.value)
                    for part in node.values
                    if isinstance(part, ast.FormattedValue) and not is_constant(part.value)
                )
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            texts = [side for side in (node.left, node.right) if isinstance(side, ast.Constant)]
            if any(isinstance(text.value, str) and SQL.search(text.value) for text in texts):
                yield ast.unparse(node)


def sent(file: Path) -> Iterator[str]:
    """First arguments of calls that ask a database, where they are made in place."""
    for node in ast.walk(tree_of(file)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ASKING
            and node.args
        ):
            first = node.args[0]
            if not is_constant(first) and not isinstance(first, ast.JoinedStr):
                yield ast.unparse(first)


def test_sql_is_put_together_from_closed_lists_only() -> None:
    made = {name_of(file): set(put_in(file)) - PUT_IN.get(name_of(file), {}).keys() for file in looked_at()}
    assert {name: new for name, new in made.items() if new} == {}, "new names in SQL: where do they come from?"
    asked = {name_of(file): set(sent(file)) - SENT.get(name_of(file), {}).keys() for file in looked_at()}
    assert {name: new for name, new in asked.items() if new} == {}, "SQL made elsewhere: from what?"


def test_lists_of_this_page_name_no_place_that_is_gone() -> None:
    for name, known in PUT_IN.items():
        assert known.keys() <= set(put_in(ROOT / name)), name
    for name, known in SENT.items():
        assert known.keys() <= set(sent(ROOT / name)), name


def calls_of(file: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call)]


PARSER = [file for file in modules() if name_of(file).startswith("services/parser/")]


def test_parser_turns_no_text_into_code_sql_or_an_attribute() -> None:
    assert len(PARSER) > 20
    for file in PARSER:
        name = name_of(file)
        called = {getattr(node.func, "id", getattr(node.func, "attr", "")) for node in calls_of(file)}
        assert called & TURNS <= MAY_TURN.get(name, (set(), ""))[0], name
        named = {node.func.id for node in calls_of(file) if isinstance(node.func, ast.Name)}
        assert "compile" not in named, f"{name}: of code; that of regular expressions is a method"
        assert [*put_in(file), *sent(file)] == [], name
        if name not in {"services/parser/app.py", "services/parser/handlers.py"}:
            assert not {"asyncpg", "aiokafka"} & {each.partition(".")[0] for each in imported(file)}, name


def test_catalogue_guard_notices_sql_that_is_made_of_a_value(tmp_path: Path) -> None:
    """Each way to put a value into SQL, in a module of its own."""
    for number, line in enumerate(
        (
            "query = f'SELECT * FROM {table}'",
            "query = 'SELECT * FROM ' + table",
            "query = 'SELECT * FROM %s' % table",
            "rows = connection.fetch(query)",
            "rows = connection.execute('SELECT * FROM {}'.format(table))",
        )
    ):
        file = tmp_path / f"made_{number}.py"
        file.write_text(line, encoding="utf-8")
        assert [*put_in(file), *sent(file)] != [], line


def test_catalogue_of_actions_cannot_be_changed_and_names_known_tables_only() -> None:
    assert set(CATALOGUE) == set(ActionType)
    with pytest.raises(TypeError):
        CATALOGUE[ActionType.OVERRIDE_DEAL] = None  # type: ignore[index]
    assert {table for entry in CATALOGUE.values() for table in entry.tables} <= TABLES.keys()
    assert {operation for entry in CATALOGUE.values() for operation in entry.operations} == {"INSERT", "UPDATE"}
    assert set(CONFIGURATION_TABLES) <= REFERENCE.keys() <= TABLES.keys()


def test_every_name_in_the_closed_lists_is_an_identifier_that_needs_no_escape() -> None:
    names = [name for table in TABLES.values() for name in (table.name, *table.columns, *table.key, *table.generated)]
    names += [name for read in REFERENCE_TABLES_READ for name in (read.table, *read.open_columns, *read.latest_of)]
    names += [column for read in REFERENCE_TABLES_READ for column, _ in read.matches]
    names += [read.latest_by for read in REFERENCE_TABLES_READ if read.latest_by]
    names += [column for table in REFERENCE.values() for column in table.one_row_per]
    assert len(names) > 500
    assert [name for name in names if not IDENTIFIER.fullmatch(name)] == []


def test_reads_of_the_planner_are_of_tables_and_columns_that_are_there() -> None:
    for read in REFERENCE_TABLES_READ:
        table = TABLES[read.table]
        used = {column for column, _ in read.matches} | {*read.open_columns, *read.latest_of}
        assert used <= table.columns.keys(), read.table
