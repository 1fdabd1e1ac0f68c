"""Pages in a browser: assets under one hash, and the shell that loads them. The shell holds no data.

Assets are read once, at the start: what is served is what was hashed, whatever happens to the files afterwards.
"""

import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.errors import Defect
from shared.web.problems import Problem

#: Characters of the hash in an address: 64 bits, so that two sets of assets never share an address.
HASH_CHARACTERS: Final = 16

#: The kinds of file that a page loads. Another kind in a folder of assets is a mistake, and the service does not start.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

#: What a page may do: load from its own site and ask it. No markup from text, no inline script or style, no frame.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
#: The folder of what other sites embed; a page of HAWK's own has no use for it.
EMBEDDED: Final = "site/embed/"
#: Seconds a browser keeps to TLS once it has seen it: a year.
_TLS_SECONDS: Final = 365 * 24 * 60 * 60
#: An address holds the hash of what it serves, so what was loaded once never changes.
_IMMUTABLE: Final = "public, max-age=31536000, immutable"

Environment = Literal["SIMULATOR", "LIVE"]


class AssetFault(Defect):
    """A folder of assets cannot be served."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Files by their path below the hash, `shared/lib/dom.js` or `site/app.js`, and the hash over all of them."""

    files: Mapping[str, bytes]
    hash: str

    def styles(self) -> list[str]:
        """Return the paths of a page's style sheets in the order in which they count: shared first, then by name."""
        sheets = [name for name in sorted(self.files, key=_shared_first) if name.endswith(".css")]
        return [name for name in sheets if not name.startswith(EMBEDDED)]

    def modules(self) -> list[str]:
        """Return the paths of all modules, in that order: a browser may load them at once, not import by import."""
        return [name for name in sorted(self.files, key=_shared_first) if name.endswith(".js")]


@dataclass(frozen=True, slots=True)
class Site:
    """One site: what it is called, which environment it shows, the module that starts it."""

    name: str
    environment: Environment
    start: str = "site/app.js"


def read_assets(folders: Mapping[str, Path]) -> Assets:
    """Read every file below each folder, under the name of the folder.

    Raises:
        AssetFault: a folder is empty, or holds a file of another kind.
    """
    files: dict[str, bytes] = {}
    for name, folder in folders.items():
        found = sorted(file for file in folder.rglob("*") if file.is_file())
        if not found:
            raise AssetFault(f"{folder} holds no assets. Install HAWK with its package data.")
        for file in found:
            if file.suffix not in MEDIA_TYPES:
                raise AssetFault(f"{file} is none of {', '.join(MEDIA_TYPES)}; a page cannot load it.")
            files[f"{name}/{file.relative_to(folder).as_posix()}"] = file.read_bytes()
    return Assets(files, hash_of(files))


def hash_of(files: Mapping[str, bytes]) -> str:
    """Return the hash over names and content; it depends on nothing else."""
    total = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return total.hexdigest()[:HASH_CHARACTERS]


def shell(assets: Assets, site: Site) -> str:
    """Return the one document of a site: its head, and a module that does the rest."""
    at = f"/static/{assets.hash}"
    title = f"[{site.environment}] HAWK {site.name}"
    links = [f'<link rel="stylesheet" href="{at}/{name}">' for name in assets.styles()]
    links += [f'<link rel="modulepreload" href="{at}/{name}">' for name in _preloaded(assets, site)]
    facts = {"site": site.name, "environment": site.environment, "hash": assets.hash}
    data = " ".join(f'data-{name}="{html.escape(value)}"' for name, value in facts.items())
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en" {data}>',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{html.escape(title)}</title>",
            f'<link rel="icon" href="{at}/shared/icon.svg" type="image/svg+xml">',
            *links,
            f'<script type="module" src="{at}/{site.start}"></script>',
            "</head>",
            "<body>",
            f"<noscript>The {html.escape(site.name.lower())} of HAWK needs JavaScript.</noscript>",
            "</body>",
            "</html>",
            "",
        ]
    )


def add_pages(app: FastAPI, assets: Assets, site: Site, addresses: Iterable[str]) -> None:
    """Serve the assets, and the shell at each of the addresses, to anybody: neither holds data.

    Args:
        addresses: paths of pages; `/console/{path:path}` is all below `/console/`.
    """
    document = shell(assets, site)

    async def read_asset(request: Request) -> Response:
        return _asset(assets, request)

    async def read_page(request: Request) -> Response:
        return HTMLResponse(document, headers=_headers_of_page(request))

    app.add_route("/static/{hash}/{path:path}", read_asset, methods=["GET"], include_in_schema=False)
    for address in addresses:
        app.add_route(address, read_page, methods=["GET"], include_in_schema=False)


def _asset(assets: Assets, request: Request) -> Response:
    name = request.path_params["path"]
    content = assets.files.get(name) if request.path_params["hash"] == assets.hash else None
    if content is None:
        raise Problem(404, "ASSET_UNKNOWN", "This version of HAWK has no such file. Load the page again.")
    headers = {"Cache-Control": _IMMUTABLE, **_tls(request)}
    return Response(content, media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)


def _headers_of_page(request: Request) -> dict[str, str]:
    """Return what a page has beside `guards.SECURITY_HEADERS`, or in place of them."""
    return {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        **_tls(request),
    }


def _tls(request: Request) -> dict[str, str]:
    """Return the header that keeps a browser to TLS; over plain HTTP it would mean nothing (RFC 6797, 7.2)."""
    return {"Strict-Transport-Security": f"max-age={_TLS_SECONDS}"} if request.url.scheme == "https" else {}


def _preloaded(assets: Assets, site: Site) -> list[str]:
    """Return what every page needs; pages of their own are loaded when somebody goes there."""
    return [name for name in assets.modules() if name.startswith("shared/lib/") and name != site.start]


def _shared_first(name: str) -> tuple[bool, str]:
    return not name.startswith("shared/"), name
