"""The ways out: mail by SMTP, webhooks by HTTPS."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Final

import aiosmtplib
import httpx

from services.approval.notifications.hook import Hook, Network, Telling, body_of, headers_of, why_not_connect
from services.approval.notifications.letter import Wording, message_of
from services.approval.notifications.notices import Channel
from services.approval.notifications.port import NotSent, Parcel

#: Seconds for one step with the other side: connecting, or waiting for its next word.
STEP_SECONDS_MAX: Final = 10.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class MailServer:
    """The bank's mail server. `tls`: "starttls" or "tls"; "none" for one on this machine."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)


class MailOutlet:
    """`port.Outlet` by SMTP: one connection a mail."""

    channel = Channel.MAIL

    def __init__(self, server: MailServer, wording: Wording, recipients: frozenset[str]) -> None:
        self._server, self._wording, self._recipients = server, wording, recipients
        self._context = None if server.tls == "none" else ssl.create_default_context()

    async def send(self, parcel: Parcel) -> None:
        """Send one mail about all of it.

        Raises:
            NotSent: the server has not taken it.
        """
        if parcel.recipient not in self._recipients:
            raise NotSent("The address is not among the recipients any more.")
        message = message_of(parcel.notices, parcel.recipient, self._wording, parcel.notices[0].notification_id)
        await self._hand_over(message, parcel.recipient)

    async def _hand_over(self, message: EmailMessage, recipient: str) -> None:
        server = self._server
        try:
            await aiosmtplib.send(
                message,
                sender=self._wording.sender,
                recipients=[recipient],
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
                tls_context=self._context,
                timeout=STEP_SECONDS_MAX,
            )
        except aiosmtplib.SMTPResponseException as error:
            raise NotSent(f"The mail server refused it with {error.code}.") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(f"The mail server did not take it: {type(error).__name__}.") from error


class HookOutlet:
    """`port.Outlet` by HTTPS: the host is resolved, judged and connected to at that address, at each attempt.

    Args:
        allowed: networks that are not public and may be connected to all the same.
        hosts: the hosts that may be told anything.
        context: whose certificates count; None for those that the system trusts.
    """

    channel = Channel.WEBHOOK

    def __init__(
        self,
        hooks: Mapping[str, Hook],
        telling: Telling,
        clock: Callable[[], datetime],
        *,
        hosts: frozenset[str],
        allowed: Sequence[Network] = (),
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._hooks, self._telling, self._clock = hooks, telling, clock
        self._hosts, self._allowed = hosts, allowed
        self._resolve = resolve or resolved
        self._context = context or ssl.create_default_context()

    async def send(self, parcel: Parcel) -> None:
        """Post one notice.

        Raises:
            NotSent: the receiver has not taken it, or may not be connected to.
        """
        hook = self._hooks.get(parcel.recipient)
        if hook is None:
            raise NotSent("The webhook is not configured any more.")
        (notice,) = parcel.notices
        body = body_of(notice, self._telling)
        signed = headers_of(hook, notice.notification_id, int(self._clock().timestamp()), body)
        try:
            status = await self._posted(hook, body, signed)
        except (httpx.HTTPError, OSError) as error:
            raise NotSent(f"{hook.host} did not take it: {type(error).__name__}.") from error
        if not httpx.codes.is_success(status):
            raise NotSent(f"{hook.host} replied with {status}; redirects are not followed.")

    async def _posted(self, hook: Hook, body: bytes, signed: Mapping[str, str]) -> int:
        """Return the status of the reply, of which nothing else is read."""
        url = httpx.URL(hook.url)
        if url.host != hook.host or hook.host not in self._hosts:
            raise NotSent(f"{url.host} is not among the hosts of HAWK_NOTIFY_HOSTS.")
        addresses = await self._resolve(url.host, url.port or 443)
        why = why_not_connect(addresses, self._allowed)
        if why is not None:
            raise NotSent(f"{url.host} {why}.")
        headers = {"content-type": "application/json", "user-agent": "HAWK", **signed, "host": url.netloc.decode()}
        # A client for each attempt: no connection of another host's address is used again, and no cookie is kept.
        async with (
            httpx.AsyncClient(
                verify=self._context, trust_env=False, follow_redirects=False, timeout=STEP_SECONDS_MAX
            ) as client,
            client.stream(
                "POST",
                url.copy_with(host=addresses[0]),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.host},
            ) as response,
        ):
            return response.status_code


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host.

    Raises:
        OSError: it has none, or the resolver does not reply.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
