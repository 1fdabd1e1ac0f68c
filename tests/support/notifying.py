"""Notifications for tests: those of the routes in memory, notices, and receivers of mails and webhooks that run."""

import contextlib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.approval.notifications.hook import Hook, Telling
from services.approval.notifications.letter import Wording
from services.approval.notifications.notices import Channel, Kind, Notice, Told
from services.approval.notifications.outlets import MailServer
from services.approval.notifications.port import Listed, NotSent, Parcel
from tools.local_stack.ports import free_port

HAPPENED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"
ANNA, BEN = "anna@bank.example", "ben@bank.example"
WORDING = Wording("hawk@bank.example", "https://hawk.bank.example")
TELLING = Telling("https://hawk.bank.example", "https://monitor.bank.example/")
ORDER = {
    "instruction_type": "I", "exposure_currency": "USD", "amount": "25000000.00", "nav_type": "COI",
    "order_id": "ORD-1",
}  # fmt: skip


def notice(kind: Kind = Kind.REQUESTED, workflow: str = "w1", **changes: Any) -> Notice:
    """A notice about an order."""
    told = Told(kind, workflow, "AWAITING_APPROVAL", "mira", "TRADER")
    made = Notice(
        str(uuid4()), told, HAPPENED, f"resp-{workflow}", "mira", ("TRADER",), HAPPENED.replace(day=24), ORDER
    )
    return replace(made, **changes)


def parcel(recipient: str, *notices: Notice) -> Parcel:
    """A parcel at its first attempt."""
    return Parcel(uuid4(), recipient, notices, dict.fromkeys((each.notification_id for each in notices), 1))


def listed(state: str = "GIVEN_UP", **changes: Any) -> Listed:
    """A notification of the list."""
    made = Listed(
        str(uuid4()),
        "mail",
        ANNA,
        "requested",
        "w1",
        state,
        13,
        HAPPENED,
        None,
        None,
        "The mail server refused it.",
        "",
    )
    return replace(made, **changes)


@dataclass
class MemoryNotifications:
    """`http.notifications.Notifications` in memory."""

    kept: dict[str, Listed] = field(default_factory=dict)

    async def listed(self, state: str) -> Sequence[Listed]:
        return [each for each in self.kept.values() if each.state == state]

    async def again(self, notification_id: UUID, person: str) -> Listed | str | None:
        found = self.kept.get(str(notification_id))
        if found is None or found.state != "GIVEN_UP":
            return None if found is None else found.state
        made = replace(found, state="WAITING", attempts=0, due_at=HAPPENED, again_by=person)
        self.kept[made.notification_id] = made
        return made


@dataclass
class MemoryOutlet:
    """`port.Outlet` in memory: refuses so often, then takes."""

    channel: Channel
    refusals: int = 0
    taken: list[Parcel] = field(default_factory=list)

    async def send(self, given: Parcel) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotSent("The other side refuses.")
        self.taken.append(given)


@dataclass
class Mailbox:
    """A mail server on this machine, and what it was given."""

    port: int = 0
    refusals: int = 0
    raw: list[tuple[list[str], bytes]] = field(default_factory=list)

    @property
    def server(self) -> MailServer:
        """Where it is."""
        return MailServer("127.0.0.1", self.port, "none")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 Try again later"
        self.raw.append((list(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 Taken"

    @property
    def mails(self) -> list[EmailMessage]:
        """What arrived, read again."""
        return [message_from_bytes(content, policy=default) for _, content in self.raw]  # type: ignore[misc]


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server that runs."""
    made = Mailbox()
    made.port = free_port()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


@dataclass
class Receiver:
    """A receiver of webhooks: the statuses it still gives before 204, and what it was sent."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def hook(self, host: str = "hooks.bank.example", scheme: str = "http") -> Hook:
        """Itself by a name, as an installation would know it; over HTTP, for a test has no certificate."""
        return Hook("chat", f"{scheme}://{host}:{self.port}/hawk", host, SECRET)


@contextlib.contextmanager
def receiver(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver that runs; by HTTPS with a certificate and its key in one file."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            made.given.append(made.statuses.pop(0) if made.statuses else 204)
            self.send_response(made.given[-1])
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.port = server.server_address[1]
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate_of(host: str, file: Path) -> Path:
    """Write a certificate of a host, which vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file
