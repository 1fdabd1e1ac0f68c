"""One place prints: whatever reaches a terminal goes through cli/terminal.py, where nothing from outside is obeyed."""

import ast
from pathlib import Path

from tests.house.source import ROOT, name_of, tree_of

PRINTER = ROOT / "cli" / "terminal.py"
PRINTS = {"print", "print_json", "echo", "secho", "rule", "log"}
CONSOLES = {"out", "err"}
FOREIGN_MODULES = {"rich.console": {"Console"}, "rich": {"print", "print_json"}, "rich.markup": {"escape", "render"}}


def command_files() -> list[Path]:
    """What speaks to a person at a terminal. Murex's simulator is a service with a log."""
    files = [*sorted((ROOT / "cli").rglob("*.py")), *sorted((ROOT / "demo").glob("*.py"))]
    return [file for file in files if file != PRINTER]


def _prints(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=verb)):
            return (owner in CONSOLES and verb in PRINTS) or (owner == "typer" and verb in PRINTS)
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
            return True
        case ast.ImportFrom(module=str(module), names=names):
            return any(each.name in FOREIGN_MODULES.get(module, set()) for each in names)
        case ast.keyword(arg="markup", value=ast.Constant(value=True)):
            return True
    return False


def test_commands_print_by_the_one_printer_only() -> None:
    offenders = [
        f"{name_of(file)}:{getattr(node, 'lineno', '?')}"
        for file in command_files()
        for node in ast.walk(tree_of(file))
        if _prints(node)
    ]
    assert offenders == []


def test_a_bar_or_live_table_reads_no_markup() -> None:
    """A text column of rich takes its text for markup unless it is told not to."""
    reading = [
        f"{name_of(file)}:{node.lineno}"
        for file in command_files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "TextColumn"
        and not any(word.arg == "markup" for word in node.keywords)
    ]
    assert reading == []


def test_no_text_of_a_command_is_written_as_markup() -> None:
    """A tag such as [dim] would be shown as it stands: styles are named beside the text."""
    written = [
        f"{name_of(file)}:{node.lineno}"
        for file in command_files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and any(tag in node.value for tag in ("[/]", "[dim]", "[bold", "[green]", "[red]", "[yellow]"))
    ]
    assert written == []
