"""Connection settings for Kafka: addresses, TLS, credentials; for consumers, producers and admin clients."""

import asyncio
import ssl
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.settings import SaslMechanism, SecurityProtocol, ServiceSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """The addresses of the brokers and how to connect to them. The password is not part of its text."""

    bootstrap: str
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: str | None = None

    def options(self) -> dict[str, Any]:
        """Return keyword arguments that aiokafka's consumer, producer and admin client share."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol in ("SSL", "SASL_SSL"):
            options["ssl_context"] = ssl.create_default_context(cafile=self.ssl_cafile)
        if self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL"):
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        return options


def kafka_connection(settings: ServiceSettings) -> KafkaConnection:
    """Return the connection that a process's settings describe."""
    password = settings.kafka_sasl_password
    return KafkaConnection(
        bootstrap=settings.kafka_bootstrap,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=None if password is None else password.get_secret_value(),
        ssl_cafile=settings.kafka_ssl_cafile,
    )


async def within(awaitable: Awaitable[T], seconds: float) -> T:
    """Wait for something for at most so many seconds.

    Raises:
        TimeoutError: it did not come in time.
    """
    async with asyncio.timeout(seconds):
        return await awaitable


async def end_within(end: Coroutine[Any, Any, object], seconds: float) -> str | None:
    """Wait for the end of a client for at most so many seconds; return why it did not end as it should, None if it did.

    aiokafka, stopped while its broker is away, may raise the cancellation of a task of its own. That is nobody else's,
    and must not end a caller who stops a client in order to go on with another one.
    """
    ending = asyncio.create_task(end)
    try:
        await asyncio.wait({ending}, timeout=seconds)
    finally:
        if not ending.done():
            ending.cancel()
    if not ending.done():
        return f"no end within {seconds:g} s"
    error = asyncio.CancelledError() if ending.cancelled() else ending.exception()
    return None if error is None else f"{type(error).__name__}: {error}".rstrip(": ")
