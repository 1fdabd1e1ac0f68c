"""Loopback ports: chosen once, kept in a file, used again, so that clients find a restarted server."""

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from tools.local_stack.errors import StackError
from tools.local_stack.files import write_private

HOST = "127.0.0.1"

PORT_MIN, PORT_MAX = 21000, 31999
"""Below the range the kernel gives to outgoing connections (32768 and up): there, a client that keeps
trying a server which is down can be given the very port it is trying, connect to itself, and keep the
server from coming back."""

TRIES_MAX = 200
"""Of 11,000 ports; a machine on which 200 random ones are all taken has another problem."""


def is_free(port: int) -> bool:
    """Return True if a server can listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """Find a port that is free now and not in `taken`.

    Raises:
        StackError: none of TRIES_MAX random ports is free.
    """
    avoid = set(taken)
    for _ in range(TRIES_MAX):
        port = random.randint(PORT_MIN, PORT_MAX)  # noqa: S311 - not a secret
        if port not in avoid and is_free(port):
            return port
    raise StackError(f"No free loopback port between {PORT_MIN} and {PORT_MAX}. Stop a program that listens there.")


def keep_ports(file: Path, names: Iterable[str]) -> dict[str, int]:
    """Return a port for each name, the last one if it is still free, else a new one, and write them to `file`."""
    try:
        kept = {str(name): int(port) for name, port in json.loads(file.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        kept = {}
    ports: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        if port is None or port in ports.values() or not is_free(port):
            port = free_port((*ports.values(), *kept.values()))
        ports[name] = port
    write_private(file, json.dumps(ports, indent=2) + "\n")
    return ports
