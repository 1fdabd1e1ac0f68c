"""The contract of outlets: the fake, mail to a server that runs, webhooks to a receiver that runs."""

import ipaddress
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from services.approval.notifications.notices import Channel
from services.approval.notifications.outlets import HookOutlet, MailOutlet
from tests.contract.notification_outlet_contract import OutletContract, Way
from tests.support.notifying import ANNA, TELLING, WORDING, MemoryOutlet, Receiver, mailbox, receiver

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


async def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


class TestMemoryOutlet(OutletContract):
    @pytest.fixture
    def way(self) -> Way:
        outlet = MemoryOutlet(Channel.MAIL)

        def refuse(times: int) -> None:
            outlet.refusals = times

        return Way(outlet, ANNA, refuse, lambda: len(outlet.taken))


class TestMailOutlet(OutletContract):
    @pytest.fixture
    def way(self) -> Iterator[Way]:
        with mailbox() as box:

            def refuse(times: int) -> None:
                box.refusals = times

            yield Way(MailOutlet(box.server, WORDING, frozenset({ANNA})), ANNA, refuse, lambda: len(box.raw))


class TestHookOutlet(OutletContract):
    @pytest.fixture
    def way(self) -> Iterator[Way]:
        with receiver() as running:
            yield Way(
                outlet_to(running), "chat", lambda times: running.statuses.extend([503] * times), taken_by(running)
            )


def outlet_to(running: Receiver) -> HookOutlet:
    hook = running.hook()
    return HookOutlet(
        {"chat": hook},
        TELLING,
        lambda: datetime.now(UTC),
        hosts=frozenset({hook.host}),
        allowed=(LOOPBACK,),
        resolve=here,
    )


def taken_by(running: Receiver) -> Callable[[], int]:
    return lambda: running.given.count(204)
