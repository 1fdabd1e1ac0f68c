"""Plain English: a function's docstring begins with a verb, and text that people read has no odd words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, modules, name_of, tree_of

#: Rooms that were cleaned. Others join; none leaves.
CLEAN = (
    "cli/",
    "demo/",
    "murex/",
    "services/approval/",
    "services/executor/",
    "services/monitor/",
    "services/parser/",
    "shared/",
    "tools/",
)

#: No verb begins with these: a docstring that does is headless, or says what a value is instead of what is done.
NOT_A_VERB = re.compile(
    r"(?:A|All|Also|An|And|Any|As|At|Because|Before|Behind|Both|But|By|Each|Else|Every|For|From|How|If|In|Ids?|It|Its|"
    r"Keys?|Like|Messages|More|Most|Names|Never|No|None|Not|Of|On|One|Only|Or|Rows|Some|Still|Texts|That|The|Their|"
    r"There|These|They|This|Those|True|Twice|Two|Until|What|When|Where|Whether|Which|While|Who|Whoever|Whose|Why|With|"
    r"Without|Words)\b|[^A-Z]"
)
#: Words of a text that somebody reads: what is odd in English, and what was translated word by word.
ODD = re.compile(
    r"\b(?:is|are|was|were) no (?!longer\b|more\b)|\banew\b|\bwhoever\b|\bas above\b|\bnobody signed\b", re.I
)
SENTENCE_WORDS_MIN = 4


def clean() -> list[Path]:
    return [file for file in modules() if name_of(file).startswith(CLEAN)]


def documented(file: Path) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """Yield the functions of a file that have a docstring; a property is described by a noun."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            named = {getattr(each, "id", getattr(each, "attr", "")) for each in node.decorator_list}
            if text and not named & {"property", "cached_property"}:
                yield node, text


def sentences(file: Path) -> Iterator[tuple[int, str]]:
    """Yield texts of a file that somebody may read: of several words, and neither docstrings nor expressions."""
    docstrings = {id(node.value) for node in ast.walk(tree_of(file)) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            text = node.value
            if len(text.split()) >= SENTENCE_WORDS_MIN and "(?" not in text and "\\b" not in text:
                yield node.lineno, text


def test_a_docstring_of_a_function_begins_with_a_verb() -> None:
    headless = [
        f"{name_of(file)}:{node.lineno}: {text.splitlines()[0]}"
        for file in clean()
        for node, text in documented(file)
        if NOT_A_VERB.match(text)
    ]
    assert headless == []


def test_no_text_that_people_read_has_odd_words() -> None:
    odd = [f"{name_of(file)}:{line}: {text}" for file in clean() for line, text in sentences(file) if ODD.search(text)]
    assert odd == []


def test_every_clean_room_exists() -> None:
    assert [room for room in CLEAN if not (ROOT / room).exists()] == []
