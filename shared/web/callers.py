"""Where a request comes from, as far as the connection itself says so."""

from urllib.parse import urlsplit

from starlette.requests import Request

from shared.security.loopback import is_loopback


def from_this_machine(request: Request) -> bool:
    """Return whether caller and address are loopback, by address and by the Host header.

    The header counts as well, because a name of somebody else's may be made to point here (DNS rebinding).
    """
    client = request.client.host if request.client else ""
    server = request.scope.get("server")
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return is_loopback(client) and is_loopback(str(server[0]) if server else "") and is_loopback(named)
