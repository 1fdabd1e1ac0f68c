"""Where a request comes from, as far as the connection itself says so."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request


def from_this_machine(request: Request) -> bool:
    """Return whether caller and address are loopback, by address and by the Host header.

    The header counts as well, because a name of somebody else's may be made to point here (DNS rebinding).
    """
    client = request.client.host if request.client else ""
    server = request.scope.get("server")
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return is_loopback(client) and is_loopback(str(server[0]) if server else "") and is_loopback(named)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its own name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
