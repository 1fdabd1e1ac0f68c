"""What an installation configured of notifications, read from its files and judged. Off where nothing is named."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from services.approval.notifications.hook import SECRET_BYTES_MIN, Hook, Network, Telling, secret_of
from services.approval.notifications.letter import Wording
from services.approval.notifications.outlets import MailServer
from services.approval.notifications.owners import PEOPLE
from services.approval.notifications.store import Audience
from services.approval.settings import ApprovalSettings
from shared.errors import Defect
from shared.exact_json import JsonProblem, parse_json
from shared.people.identity import fault_of_person
from shared.policy.table import APPROVING_ROLES
from shared.security.issuers import DEMO_PROFILE
from shared.security.loopback import is_loopback

#: Addresses of one role: a desk, or the list that the bank's mail server keeps of one.
ADDRESSES_MAX: Final = 100
#: Receivers of webhooks: a chat, and what else a bank connects.
WEBHOOKS_MAX: Final = 10
#: Bytes of a file of this room, and of a secret's.
FILE_BYTES_MAX: Final = 64 * 1024
#: An address as mail servers everywhere take it: no quoted part, no comment, nothing beyond ASCII.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,180}[A-Za-z0-9])?")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
#: Where this machine and its cloud keep their own secrets: no reason is good enough.
_NEVER: Final = tuple(
    ipaddress.ip_network(each)
    for each in ("127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10", "0.0.0.0/8", "::/128", "::ffff:0:0/96")
)


@dataclass(frozen=True, slots=True)
class Mailing:
    """How mails go out, and to whom: by role, and by person for what concerns one person alone."""

    server: MailServer
    wording: Wording
    recipients: Mapping[str, Sequence[str]]
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def addresses(self) -> frozenset[str]:
        """Every address that may get a mail."""
        named = (*self.recipients.values(), *self.people.values())
        return frozenset(address for addresses in named for address in addresses)


@dataclass(frozen=True, slots=True)
class Hooking:
    """How webhooks go out, and to whom."""

    hooks: Mapping[str, Hook]
    telling: Telling
    hosts: frozenset[str]
    allowed: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Notifying:
    """What is on."""

    mail: Mailing | None
    webhooks: Hooking | None
    digest_seconds: int
    reminder_seconds: int = 0

    @property
    def audience(self) -> Audience | None:
        """Who hears of requests; None where everything is off."""
        if self.mail is None and self.webhooks is None:
            return None
        mail = {} if self.mail is None else self.mail.recipients
        people = {} if self.mail is None else self.mail.people
        names = () if self.webhooks is None else tuple(self.webhooks.hooks)
        return Audience.of(mail, names, self.digest_seconds, people)


def configured(settings: ApprovalSettings) -> Notifying:
    """Return what is on.

    Raises:
        Defect: it is configured by halves, or a file cannot be used.
    """
    gathered, reminded = settings.notify_digest_seconds, settings.notify_reminder_seconds
    found = Notifying(_mailing(settings), _hooking(settings), gathered, reminded)
    if found.audience is not None and not settings.public_url and settings.profile != DEMO_PROFILE:
        raise Defect("Notifications link to the console: set HAWK_PUBLIC_URL, its address as browsers know it.")
    return found


def _mailing(settings: ApprovalSettings) -> Mailing | None:
    file = settings.notify_recipients_file
    if file is None:
        return None
    if not settings.notify_mail_host or _ADDRESS.fullmatch(settings.notify_mail_from) is None:
        raise Defect("HAWK_NOTIFY_RECIPIENTS_FILE needs HAWK_NOTIFY_MAIL_HOST and an address in HAWK_NOTIFY_MAIL_FROM.")
    here = is_loopback(settings.notify_mail_host)
    secret = settings.notify_mail_password_file
    if settings.notify_mail_tls == "none" and not here:
        raise Defect("HAWK_NOTIFY_MAIL_TLS=none is for a mail server on this machine. Set starttls or tls.")
    if bool(settings.notify_mail_user) != (secret is not None):
        raise Defect("HAWK_NOTIFY_MAIL_USER and HAWK_NOTIFY_MAIL_PASSWORD_FILE go together; one is missing.")
    server = MailServer(
        settings.notify_mail_host,
        settings.notify_mail_port,
        settings.notify_mail_tls,
        settings.notify_mail_user,
        "" if secret is None else _secret_text(secret),
    )
    wording = Wording(settings.notify_mail_from, settings.site(), settings.notify_amounts)
    return Mailing(server, wording, *_recipients(file))


def _recipients(file: Path) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    """Return the addresses by role, and those by person."""
    found = _object(file)
    people = found.pop(PEOPLE, {})
    if not isinstance(people, dict) or any(fault_of_person(person) is not None for person in people):
        raise Defect(f"{file}: {PEOPLE} holds lists of addresses by the name of a person.")
    for role in found:
        if role not in APPROVING_ROLES:
            known = ", ".join(sorted(APPROVING_ROLES))
            raise Defect(f"{file}: {role!r} is not a role that decides; known are {known}.")
    for who, addresses in (*found.items(), *people.items()):
        _check_addresses(file, who, addresses)
    return found, people


def _check_addresses(file: Path, who: str, addresses: Any) -> None:
    if not isinstance(addresses, list) or len(addresses) > ADDRESSES_MAX:
        raise Defect(f"{file}: {who} needs a list of at most {ADDRESSES_MAX} addresses.")
    for address in addresses:
        if not isinstance(address, str) or _ADDRESS.fullmatch(address) is None:
            raise Defect(f"{file}: {who} names {address!r}, which is not an address such as desk@bank.example.")


def _hooking(settings: ApprovalSettings) -> Hooking | None:
    file = settings.notify_webhooks_file
    if file is None:
        return None
    hosts = frozenset(filter(None, (each.strip().lower() for each in settings.notify_hosts.split(","))))
    found = _object(file)
    if len(found) > WEBHOOKS_MAX:
        raise Defect(f"{file}: at most {WEBHOOKS_MAX} webhooks.")
    hooks = {name: _hook(file, name, entry, hosts) for name, entry in found.items()}
    telling = Telling(settings.site(), settings.monitor_url, settings.notify_amounts)
    return Hooking(hooks, telling, hosts, networks_of(settings.notify_private_networks))


def _hook(file: Path, name: str, entry: Any, hosts: frozenset[str]) -> Hook:
    if _NAME.fullmatch(name) is None:
        raise Defect(f"{file}: {name!r} is not a name; use small letters, digits and hyphens.")
    if not isinstance(entry, dict) or set(entry) != {"url", "secret_file"} or not all(map(_is_text, entry.values())):
        raise Defect(f"{file}: webhook {name} needs url and secret_file, and nothing else.")
    try:
        url = urlsplit(entry["url"])
        host, odd = url.hostname or "", bool(url.username or url.password or url.fragment or url.port == 0)
    except ValueError:
        raise Defect(f"{file}: webhook {name} has an address that cannot be read.") from None
    if url.scheme != "https" or odd:
        raise Defect(f"{file}: webhook {name} needs an https address without a user, a password or a fragment.")
    if host not in hosts:
        raise Defect(f"{file}: webhook {name} goes to {host!r}, which HAWK_NOTIFY_HOSTS does not name.")
    secret = secret_of(_secret_text(file.parent / entry["secret_file"]))
    if secret is None:
        raise Defect(
            f"{entry['secret_file']}, webhook {name}: no secret whsec_<base64 of {SECRET_BYTES_MIN} bytes or more>."
        )
    return Hook(name, entry["url"], host, secret)


def networks_of(reasons: Mapping[str, str]) -> tuple[Network, ...]:
    """Return the networks that are not public and webhooks may go to all the same.

    Raises:
        Defect: one is none, has no reason, or holds this machine or link-local addresses.
    """
    found: list[Network] = []
    for text, reason in reasons.items():
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            raise Defect(f"HAWK_NOTIFY_PRIVATE_NETWORKS: {text!r} is not a network such as 10.20.0.0/16.") from None
        if not reason.strip():
            raise Defect(f"HAWK_NOTIFY_PRIVATE_NETWORKS: say why webhooks may go to {text}.")
        if any(network.version == never.version and network.overlaps(never) for never in _NEVER):
            raise Defect(f"HAWK_NOTIFY_PRIVATE_NETWORKS: {text} holds addresses of this machine or its own link.")
        found.append(network)
    return tuple(found)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _object(file: Path) -> dict[str, Any]:
    try:
        found = parse_json(_read(file))
    except JsonProblem as error:
        raise Defect(f"{file} is not JSON: {error}.") from error
    if not isinstance(found, dict) or not found:
        raise Defect(f"{file}: expected a JSON object with an entry or more.")
    return found


def _secret_text(file: Path) -> str:
    text = _read(file).strip()
    if file.stat().st_mode & 0o077:
        raise Defect(f"Others may read {file}. Mend it: chmod 600 {file}")
    if not text or not text.isprintable():
        raise Defect(f"{file} holds no secret.")
    return text


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX + 1)
            text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Defect(f"{file} cannot be read: {error}.") from error
    if len(content) > FILE_BYTES_MAX:
        raise Defect(f"{file} is larger than {FILE_BYTES_MAX} bytes.")
    return text
