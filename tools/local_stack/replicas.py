"""Replicas: several processes of one service. Their names, and how many of which may be asked for.

The first process of a service has its name; further ones are `executor-2`, `executor-3`. Each has a port, a log, a
working directory and a state of its own by that name; what a service may know, and as whom it signs, goes by the
service. People see and may say `executor-1` for the first of several.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Final

from tools.local_stack.errors import StackError

REPLICATED: Final = ("parser", "approval", "executor", "monitor")
"""The services of which several processes share the work. The relay stands by instead, and there is one Murex."""

REPLICAS_MAX: Final = 3
"""Processes of one service. Each may open twelve of the 200 connections of HAWK's own PostgreSQL: three of all four
services leave a quarter of them to the relay, commands and people. A fifth would have none of a topic's four
partitions."""


class BadReplicas(StackError):
    """A number of replicas that cannot be started; the sentence says what can."""


def parse_replicas(given: Iterable[str]) -> dict[str, int]:
    """Return how many processes of which service are wanted, from texts such as `executor=2` or `executor=2,monitor=2`.

    Raises:
        BadReplicas: another form, an unknown name, the same name twice, or a number out of 1 to `REPLICAS_MAX`.
    """
    wanted: dict[str, int] = {}
    for part in (part.strip() for text in given for part in text.split(",")):
        name, equals, number = (each.strip() for each in part.partition("="))
        if name not in REPLICATED or not equals:
            raise BadReplicas(f"{part!r} is not a service and a number. Write executor=2; {', '.join(REPLICATED)}.")
        if name in wanted:
            raise BadReplicas(f"{name} is named twice. Give one number for it.")
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= REPLICAS_MAX):
            raise BadReplicas(f"{part!r} is out of range: 1 to {REPLICAS_MAX} processes of a service may run here.")
        wanted[name] = int(number)
    return wanted


def with_replicas(modules: Mapping[str, str], wanted: Mapping[str, int]) -> dict[str, str]:
    """Return process names with their modules: those given, each followed by its replicas."""
    return {process: module for name, module in modules.items() for process in process_names(name, wanted.get(name, 1))}


def process_names(service: str, count: int) -> tuple[str, ...]:
    """Return the names of so many processes of one service."""
    return (service, *(f"{service}-{number}" for number in range(2, count + 1)))


def shown_name(process: str, running: Container[str]) -> str:
    """Return what people are shown for a process: the first of several is `executor-1`."""
    return f"{process}-1" if f"{process}-2" in running else process


def process_said(name: str) -> str:
    """Return the process that people mean by a name: `executor-1` is the first."""
    service = name.removesuffix("-1")
    return service if service in REPLICATED else name


def service_of(process: str) -> str:
    """Return the service that a process is one of."""
    name, dash, number = process.rpartition("-")
    return name if dash and number.isdigit() else process
