"""Addresses of signing in: where a browser is sent, and which of what it says may be believed. Pure."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from shared.errors import Defect
from shared.security.loopback import is_loopback

#: Characters of a page's address that is kept during a sign-in: it rides in a cookie, which has 4 kB at most.
NEXT_CHARACTERS_MAX: Final = 1_000
#: Where a sign-in ends when it was not begun on a page.
HOME: Final = "/"
#: The page that offers to sign in and says why it did not succeed.
SIGN_IN_PAGE: Final = "/sign-in"

#: The first page and those below /console or /dashboard, each character by itself: no backslash, no second slash at
#: the beginning.
_PAGE: Final = re.compile(
    r"/(?:(?:console|dashboard)(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*/?)?(?:\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)?"
)
_DOTS: Final = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


def local_page(given: str) -> str:
    """Return the page to go to after signing in: what was given if it is a page of this site, else the queue."""
    if len(given) > NEXT_CHARACTERS_MAX or _PAGE.fullmatch(given) is None:
        return HOME
    segments = given.partition("?")[0].split("/")
    return HOME if any(_DOTS.fullmatch(segment) for segment in segments) else given


def login_address(page: str, **wanted: str | int | None) -> str:
    """Return the address that signs somebody in and comes back to a page."""
    asked = {name: str(value) for name, value in wanted.items() if value is not None}
    return f"/login?{urlencode({'next': local_page(page), **asked})}"


def site_of(address: str) -> str:
    """Return the origin of an address as browsers write it: without a path, without the usual port.

    Raises:
        Defect: it is no http or https address of a host alone.
    """
    named = urlsplit(address)
    if named.scheme not in ("http", "https") or not named.hostname or named.path.strip("/") or named.query:
        raise Defect(f"HAWK_PUBLIC_URL is {address!r}; it is scheme, host and port, such as https://hawk.bank.example.")
    host = f"[{named.hostname}]" if ":" in named.hostname else named.hostname
    usual = {"http": 80, "https": 443}[named.scheme]
    return f"{named.scheme}://{host}" + ("" if named.port in (None, usual) else f":{named.port}")


def fetched_safely(address: str) -> bool:
    """Return whether an address may be asked: over TLS, or on this machine."""
    try:
        named = urlsplit(address)
        return bool(named.hostname) and (
            named.scheme == "https" or (named.scheme == "http" and is_loopback(named.hostname or ""))
        )
    except ValueError:
        return False


def fault_of_origin(headers: Mapping[str, str], site: str) -> str | None:
    """Say why a request that writes does not come from a page of this site; None when it does.

    Browsers say so in `Sec-Fetch-Site`, which no page can set; those that do not know it send `Origin`.
    """
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        return None if fetched == "same-origin" else f"Sec-Fetch-Site is {fetched[:20]!r}, not same-origin"
    origin = headers.get("origin")
    if origin is None:
        return "it has neither Sec-Fetch-Site nor Origin"
    return None if origin == site else f"Origin is {origin[:100]!r}, not {site}"
