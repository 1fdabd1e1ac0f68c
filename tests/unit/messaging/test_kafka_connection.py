"""What the settings of a process become for the Kafka client; secrets stay out of texts."""

import ssl

import pytest
from pydantic import SecretStr

from shared.messaging.kafka import KafkaConnection, kafka_connection
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
