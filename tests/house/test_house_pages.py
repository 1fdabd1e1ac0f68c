"""Pages show words of a model to people who sign: no way from text to markup, to code, or out of the style sheets."""

import re
from pathlib import Path

from tests.house.source import CODE, ROOT, name_of

LINES_MAX = 400
COLUMNS_MAX = 120

#: What makes markup or code of text, or styles an element from within.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTML|parseFromString|DOMParser|srcdoc"
    r"|document\.write|\beval\s*\(|new\s+Function\b|\bsetTimeout\s*\(\s*[\"'`]|setAttribute\(\s*[\"'](?:style|on)"
    r"|\sstyle\s*=|createPolicy"
)
#: The guard against these has to name them.
GUARD = "shared/web/static/lib/dom.js"
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
#: An address of another host: everything is loaded from where the page is. The name space of SVG is no address.
FOREIGN = re.compile(r"https?://(?!www\.w3\.org/2000/svg)[a-z0-9]", re.I)


def pages() -> list[Path]:
    """Every file that a browser loads."""
    found = [
        file
        for package in CODE
        for kind in ("js", "css", "html", "svg")
        for file in (ROOT / package).rglob(f"*.{kind}")
    ]
    return sorted(found)


def test_there_are_pages_to_look_at() -> None:
    assert {file.suffix for file in pages()} >= {".js", ".css"}


def test_no_page_makes_markup_or_code_of_text() -> None:
    found = [
        f"{name_of(file)}: {match[0].strip()}"
        for file in pages()
        if file.suffix in {".js", ".html"} and name_of(file) != GUARD
        for match in FORBIDDEN.finditer(COMMENT.sub("", file.read_text(encoding="utf-8")))
    ]
    assert found == [], "make elements with h() of lib/dom.js"


def test_the_guard_of_pages_names_what_is_forbidden_and_does_not_do_it() -> None:
    text = COMMENT.sub("", (ROOT / GUARD).read_text(encoding="utf-8"))
    outside = "\n".join(line for line in text.splitlines() if not line.startswith("const FORBIDDEN"))
    assert "const FORBIDDEN" in text
    assert FORBIDDEN.search(outside) is None


def test_pages_load_nothing_from_elsewhere() -> None:
    found = [name_of(file) for file in pages() if FOREIGN.search(file.read_text(encoding="utf-8"))]
    assert found == []


def test_files_of_pages_are_short_enough_to_read() -> None:
    lines = {name_of(file): file.read_text(encoding="utf-8").splitlines() for file in pages()}
    assert {name: len(text) for name, text in lines.items() if len(text) >= LINES_MAX} == {}, "split them"


def test_lines_of_scripts_fit_the_house() -> None:
    long = [
        f"{name_of(file)}:{number}"
        for file in pages()
        if file.suffix == ".js"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > COLUMNS_MAX
    ]
    assert long == []


def test_colours_stand_in_one_file() -> None:
    """Both looks, and their contrast, are decided in one place."""
    colour = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.I)
    allowed = {"1-tokens.css"}
    found = [
        f"{name_of(file)}: {match[0]}"
        for file in pages()
        if file.suffix == ".css" and file.name not in allowed
        for match in colour.finditer(COMMENT.sub("", file.read_text(encoding="utf-8")))
    ]
    assert found == [], "give it a role in 1-tokens.css"
