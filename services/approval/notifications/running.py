"""Puts the senders of an installation together, and lets the process run them."""

from collections.abc import Callable
from datetime import datetime

from services.approval.notifications.configured import Hooking, Mailing, Notifying
from services.approval.notifications.outlets import HookOutlet, MailOutlet
from services.approval.notifications.reminders import remind_forever
from services.approval.notifications.sender import Sender, count_forever
from services.approval.notifications.store import PostgresOutbox
from shared.service import Service


def run_senders(service: Service, notifying: Notifying, outbox: PostgresOutbox, clock: Callable[[], datetime]) -> None:
    """Let a process send what is configured; each channel by itself, so that neither waits for the other."""
    if notifying.audience is None:
        return
    if notifying.mail is not None:
        service.background("mails", Sender(outbox, mail_outlet(notifying.mail)).run)
        _remind(service, notifying)
    if notifying.webhooks is not None:
        service.background("webhooks", Sender(outbox, hook_outlet(notifying.webhooks, clock)).run)
    service.background("notifications", lambda: count_forever(outbox.count, outbox.forget))


def _remind(service: Service, notifying: Notifying) -> None:
    audience, period = notifying.audience, notifying.reminder_seconds
    if audience is not None and period:
        service.background("reminders", lambda: remind_forever(lambda: service.database.pool, audience, period))


def mail_outlet(mail: Mailing) -> MailOutlet:
    """Return the way out for mails."""
    return MailOutlet(mail.server, mail.wording, mail.addresses)


def hook_outlet(webhooks: Hooking, clock: Callable[[], datetime]) -> HookOutlet:
    """Return the way out for webhooks."""
    return HookOutlet(webhooks.hooks, webhooks.telling, clock, hosts=webhooks.hosts, allowed=webhooks.allowed)
