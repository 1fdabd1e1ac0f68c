"""A webhook by HTTPS: connected to at its address, and believed by its name."""

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.approval.notifications.outlets import HookOutlet
from services.approval.notifications.port import NotSent
from tests.support.notifying import TELLING, Receiver, certificate_of, notice, parcel, receiver

HOST = "hooks.bank.example"


async def here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def outlet(running: Receiver, trusted: Path) -> HookOutlet:
    return HookOutlet(
        {"chat": running.hook(HOST, "https")},
        TELLING,
        lambda: datetime.now(UTC),
        hosts=frozenset({HOST}),
        allowed=(ipaddress.ip_network("127.0.0.0/8"),),
        resolve=here,
        context=ssl.create_default_context(cafile=str(trusted)),
    )


async def test_certificate_of_the_name_is_believed_at_the_address(tmp_path: Path) -> None:
    file = certificate_of(HOST, tmp_path / "host.pem")
    with receiver(file) as running:
        await outlet(running, file).send(parcel("chat", notice()))
    ((_, headers, _),) = running.got
    assert headers["host"] == f"{HOST}:{running.port}"


async def test_certificate_of_another_name_or_of_nobody_known_is_told_nothing(tmp_path: Path) -> None:
    other, unknown = certificate_of("other.example", tmp_path / "a.pem"), certificate_of(HOST, tmp_path / "b.pem")
    for shown in (other, unknown):
        with receiver(shown) as running, pytest.raises(NotSent):
            await outlet(running, other).send(parcel("chat", notice()))
        assert running.got == []
