"""Assets under one hash, the shell, and the headers of both."""

import re
import tomllib
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from setuptools import find_namespace_packages

from services.approval.console.pages import add_console
from services.approval.http.requests import new_app
from shared.web.pages import (
    CONTENT_SECURITY_POLICY,
    MEDIA_TYPES,
    AssetFault,
    Assets,
    Site,
    add_pages,
    hash_of,
    read_assets,
    shell,
)

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    "shared/style/1-tokens.css": b":root{}",
    "shared/style/2-base.css": b"p{}",
    "site/own.css": b"td{}",
    "site/app.js": b"export {};",
    "shared/lib/dom.js": b"export {};",
    "shared/icon.svg": b"<svg/>",
}
ASSETS = Assets(FILES, hash_of(FILES))
AT = f"/static/{ASSETS.hash}"


def app_of() -> FastAPI:
    app = new_app()
    add_pages(app, ASSETS, Site("Console", "SIMULATOR"), ("/", "/console/{path:path}"))
    return app


async def ask(path: str, method: str = "GET", base: str = "http://hawk.test", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of()), base_url=base) as client:
        return await client.request(method, path, headers=headers)


def test_the_hash_changes_with_content_and_with_names_and_with_nothing_else() -> None:
    assert hash_of(dict(reversed(FILES.items()))) == ASSETS.hash
    assert hash_of({**FILES, "site/app.js": b"export {}"}) != ASSETS.hash
    renamed = {("site/other.js" if name == "site/app.js" else name): content for name, content in FILES.items()}
    assert hash_of(renamed) != ASSETS.hash
    # What moves from the end of one file to the beginning of the next is another set of files.
    assert hash_of({"a.js": b"1", "b.js": b"23"}) != hash_of({"a.js": b"12", "b.js": b"3"})


def test_what_is_served_is_what_was_read_whatever_becomes_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "dom.js").write_bytes(b"one")
    read = read_assets({"shared": tmp_path})
    (tmp_path / "lib" / "dom.js").write_bytes(b"two")
    assert read.files == {"shared/lib/dom.js": b"one"}
    assert read_assets({"shared": tmp_path}).hash != read.hash


def test_a_folder_without_assets_or_with_other_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetFault, match="holds no assets"):
        read_assets({"site": tmp_path})
    (tmp_path / "notes.md").write_text("no")
    with pytest.raises(AssetFault, match=r"notes\.md is none of"):
        read_assets({"site": tmp_path})


async def test_an_asset_is_kept_for_ever_and_has_its_media_type() -> None:
    for name, media_type in (
        ("site/app.js", "text/javascript; charset=utf-8"),
        ("site/own.css", "text/css; charset=utf-8"),
        ("shared/icon.svg", "image/svg+xml"),
    ):
        answer = await ask(f"{AT}/{name}")
        assert (answer.status_code, answer.content) == (200, FILES[name])
        assert answer.headers["content-type"] == media_type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        f"{AT}/site/none.js",
        f"{AT}/",
        f"{AT}/site/",
        f"{AT}/site/%2e%2e/site/app.js",
        f"{AT}/site/%2e%2e/%2e%2e/pyproject.toml",
        f"{AT}/..%2f..%2fpages.py",
        f"{AT}//etc/passwd",
        f"{AT}/site\\app.js",
        "/static/0000000000000000/site/app.js",
        "/static/site/app.js",
        "/static/",
        "/static",
    ],
)
async def test_no_other_path_below_static_answers(path: str) -> None:
    transport = httpx.ASGITransport(app_of())
    async with httpx.AsyncClient(transport=transport, base_url="http://hawk.test") as client:
        answer = await client.send(client.build_request("GET", httpx.URL("http://hawk.test", raw_path=path.encode())))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/console/approvals/wf-1", "/console/", "/console/a/b/c"])
async def test_a_page_is_the_shell_with_exactly_these_headers(path: str) -> None:
    answer = await ask(path)
    assert answer.status_code == 200
    assert dict(answer.headers) == {
        "content-type": "text/html; charset=utf-8",
        "content-length": str(len(answer.content)),
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    }


def test_the_policy_allows_its_own_files_and_nothing_else() -> None:
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


async def test_a_browser_is_kept_to_tls_where_there_is_tls() -> None:
    assert (await ask("/", base="https://hawk.test")).headers["strict-transport-security"] == "max-age=31536000"
    secure = await ask(f"{AT}/site/app.js", base="https://hawk.test")
    assert secure.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in (await ask("/")).headers


async def test_head_has_the_headers_and_no_body() -> None:
    for path in ("/", f"{AT}/site/app.js"):
        whole, head = await ask(path), await ask(path, "HEAD")
        assert head.status_code == 200
        assert head.content == b""
        assert dict(head.headers) == dict(whole.headers)


async def test_a_page_and_an_asset_are_only_read() -> None:
    for path in ("/", f"{AT}/site/app.js"):
        for method in ("POST", "PUT", "DELETE"):
            assert (await ask(path, method)).status_code == 405


def test_a_wheel_brings_every_kind_of_asset() -> None:
    """A folder without Python is a package of its own to setuptools; what is in it has to be named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert {f"*{suffix}" for suffix in MEDIA_TYPES} <= set(project["package-data"]["*"])
    found = find_namespace_packages(str(ROOT), include=project["packages"]["find"]["include"])
    assert {"shared.web.static.lib", "shared.web.static.style", "services.approval.console.static"} <= set(found)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_data(self, data: str) -> None:
        assert not (self.inside[-1:] in (["script"], ["style"]) and data.strip()), "inline code"


def test_the_shell_names_the_environment_and_holds_nothing_inline() -> None:
    parser = _Tags()
    parser.feed(shell(ASSETS, Site('Con"sole<', "LIVE")))
    html = next(attributes for tag, attributes in parser.tags if tag == "html")
    assert html == {"lang": "en", "data-site": 'Con"sole<', "data-environment": "LIVE", "data-hash": ASSETS.hash}
    assert [attributes for tag, attributes in parser.tags if tag == "script"] == [
        {"type": "module", "src": f"{AT}/site/app.js"}
    ]
    sheets = [attributes["href"] for tag, attributes in parser.tags if attributes.get("rel") == "stylesheet"]
    assert sheets == [
        f"{AT}/{name}" for name in ("shared/style/1-tokens.css", "shared/style/2-base.css", "site/own.css")
    ]
    for _, attributes in parser.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.fixture
async def console() -> AsyncIterator[httpx.AsyncClient]:
    app = new_app()
    add_console(app, "SIMULATOR")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hawk.test") as client:
        yield client


async def test_everything_that_the_console_names_is_there(console: httpx.AsyncClient) -> None:
    """The shell's links, and the imports of each module, followed to their end."""
    page = (await console.get("/")).text
    waiting = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    seen: set[str] = set()
    while waiting - seen:
        path = (waiting - seen).pop()
        seen.add(path)
        answer = await console.get(path)
        assert answer.status_code == 200, path
        if path.endswith(".js"):
            code = answer.text
            named = re.findall(r'(?:from |import |import\()"(\.{1,2}/[^"]+)"', code)
            waiting |= {
                str(httpx.URL(f"http://hawk.test{path}").join(name).path) for name in named if "card.js" not in name
            }
    assert len(seen) > 20
