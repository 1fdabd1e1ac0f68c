"""What the settings of a process become for the Kafka client; secrets stay out of texts; how a client is ended."""

import asyncio
import ssl

import pytest
from pydantic import SecretStr

from shared.messaging.kafka import KafkaConnection, end_within, kafka_connection
from shared.settings import ServiceSettings


def test_plain_connection_has_no_credentials() -> None:
    options = kafka_connection(ServiceSettings(kafka_bootstrap="h:1", kafka_sasl_username="u")).options()
    assert options == {"bootstrap_servers": "h:1", "security_protocol": "PLAINTEXT"}


def test_credentials_and_tls_are_used_when_the_protocol_asks_for_them() -> None:
    settings = ServiceSettings(
        kafka_security_protocol="SASL_SSL", kafka_sasl_username="u", kafka_sasl_password=SecretStr("pw-1")
    )
    options = kafka_connection(settings).options()
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("u", "pw-1")
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"


def test_passwords_are_hidden_when_settings_are_printed() -> None:
    settings = ServiceSettings(
        kafka_sasl_password=SecretStr("pw-1"), postgres_dsn=SecretStr("postgresql://u:pw-2@h/hawk")
    )
    text = repr(settings) + str(settings) + repr(kafka_connection(settings))
    assert "pw-1" not in text
    assert "pw-2" not in text


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAWK_KAFKA_BOOTSTRAP", "k:9")
    monkeypatch.setenv("HAWK_POSTGRES_DSN", "postgresql://x@y/z")
    monkeypatch.setenv("HAWK_HTTP_PORT", "1234")
    monkeypatch.setenv("HAWK_LOG_LEVEL", "DEBUG")
    settings = ServiceSettings()
    assert settings.kafka_bootstrap == "k:9"
    assert settings.postgres_dsn.get_secret_value() == "postgresql://x@y/z"
    assert (settings.http_host, settings.http_port, settings.log_level) == ("127.0.0.1", 1234, "DEBUG")


def test_bootstrap_alone_is_enough_for_a_connection() -> None:
    assert KafkaConnection("h:1").options()["bootstrap_servers"] == "h:1"


async def test_end_of_a_client_is_waited_for_and_never_ends_who_waits() -> None:
    async def well() -> None:
        await asyncio.sleep(0)

    async def cancelled_by_itself() -> None:
        raise asyncio.CancelledError

    async def broken() -> None:
        raise OSError("gone")

    async def never() -> None:
        await asyncio.Event().wait()

    assert await end_within(well(), 5) is None
    assert await end_within(cancelled_by_itself(), 5) == "CancelledError"
    assert await end_within(broken(), 5) == "OSError: gone"
    assert await end_within(never(), 0.01) == "no end within 0.01 s"


async def test_who_waits_for_an_end_can_be_cancelled_and_so_is_the_end() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    waiting = asyncio.create_task(end_within(slow(), 60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert ended == ["cancelled"]
