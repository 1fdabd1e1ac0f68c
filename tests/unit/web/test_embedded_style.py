"""The sheet of elements: what counts on a page's root, window and letters counts on the element's own."""

import re

import httpx
import pytest

from services.approval.console.embedding import ELEMENTS, STYLE
from services.approval.console.pages import add_console, read_console
from services.approval.http.requests import new_app
from shared.web.embedded_style import embedded_style
from shared.web.pages import Site, shell


def test_root_window_and_letters_become_those_of_the_element() -> None:
    given = """
    /* A comment with :root and 1rem. */
    :root { --text: black; --gap: 1.5rem; }
    :root[data-theme="dark"] { color-scheme: dark; }
    html { color: var(--text); }
    body { font: 400 .8125rem/1.25rem sans-serif; }
    .body > .x { inset: 0.5rem; margin: 2px; }
    @media (max-width: 899px) { .x { color: var(--own, red); } }
    @media (max-width: 639px) and (max-height: 560px) { .x { top: 0; } }
    @media (forced-colors: active) { .x { top: 0; } }
    """
    made = embedded_style([given])
    frame, _, rules = made.partition("\n.hawk-room {")[2].partition("\n")
    assert " --gap" not in frame, "nothing uses it"
    assert "all: initial; --own: initial; --text: initial; --rem: 16px;" in frame
    assert [line.strip() for line in rules.strip().splitlines()] == [
        ".hawk-scope { --text: black; --gap: calc(1.5 * var(--rem)); }",
        '.hawk-scope[data-theme="dark"] { color-scheme: dark; }',
        ".hawk-scope { color: var(--text); }",
        ".hawk-scope { font: 400 calc(.8125 * var(--rem))/calc(1.25 * var(--rem)) sans-serif; }",
        ".body > .x { inset: calc(0.5 * var(--rem)); margin: 2px; }",
        "@container hawk (max-width: 899px) { .x { color: var(--own, red); } }",
        "@media (max-width: 639px) and (max-height: 560px) { .x { top: 0; } }",
        "@media (forced-colors: active) { .x { top: 0; } }",
    ]


def test_sheet_of_the_console_has_nothing_left_that_names_the_page() -> None:
    made = read_console().files[STYLE].decode()
    assert re.search(r":root|(^|\s)(html|body)\s*\{|\drem\b", made) is None
    assert ".queue-table" not in made
    assert made.index(".button ") < made.index(".action-bar") < made.index(".hawk-main")
    assert made.count("{") == made.count("}")


def test_pages_of_the_console_do_not_load_what_is_for_elements() -> None:
    assert "site/embed/" not in shell(read_console(), Site("Console", "LIVE"))


@pytest.mark.parametrize("name", ELEMENTS)
async def test_everything_that_an_element_imports_is_there_at_an_address_that_stays(name: str) -> None:
    app = new_app()
    add_console(app, "SIMULATOR", "https://desk.bank.example")
    seen: set[str] = set()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hawk.test") as client:
        led = await client.get(f"/embed/{name}.js", headers={"Origin": "https://desk.bank.example"})
        assert led.status_code == 307
        waiting = {led.headers["location"]}
        while waiting - seen:
            path = (waiting - seen).pop()
            seen.add(path)
            answer = await client.get(path, headers={"Origin": "https://desk.bank.example"})
            assert answer.status_code == 200, path
            assert answer.headers["access-control-allow-origin"] == "https://desk.bank.example"
            imports = re.findall(r'(?:from |import |import\()"(\.{1,2}/[^"]+)"', answer.text)
            waiting |= {str(httpx.URL("http://hawk.test" + path).join(each).raw_path.decode()) for each in imports}
        assert (await client.get("/embed/environment")).json() == {"environment": "SIMULATOR"}
        assert (await client.get("/embed/other.js")).status_code == 404
    assert len(seen) > 10
