"""Logs: JSON lines with the facts that find a story again, and without secrets."""

import json
import logging
import subprocess
import sys

from shared.telemetry.logs import REPEAT_SECONDS, Repeats, hide_secrets

SIGNED = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0cmFkZXIifQ.c2lnbmF0dXJlLXRleHQ"

PROGRAM = """
import logging, structlog
from shared.telemetry.logs import configure_logs
configure_logs("parser", "INFO")
log = structlog.get_logger("hawk.test")
with structlog.contextvars.bound_contextvars(correlation_id="wf-1", trace_id="t-1"):
    log.info("handled", amount="1.10", password="pw-1")
    logging.getLogger("library").warning("dsn postgresql://u:pw-2@h/hawk %s", "tail")
log.debug("not at this level")
try:
    raise ValueError("broken eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0cmFkZXIifQ.c2lnbmF0dXJlLXRleHQ")
except ValueError:
    log.exception("failed")
"""


def test_lines_are_json_with_service_and_ids_and_no_secret() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    handled, library, failed = (json.loads(line) for line in ended.stderr.splitlines())
    assert handled["event"] == "handled"
    assert (handled["service"], handled["level"], handled["amount"]) == ("parser", "info", "1.10")
    assert (handled["correlation_id"], handled["trace_id"]) == ("wf-1", "t-1")
    assert handled["timestamp"].endswith("Z")
    assert library["correlation_id"] == "wf-1"
    assert library["event"] == "dsn postgresql://u:[hidden]@h/hawk tail"
    assert "ValueError: broken [hidden]" in failed["exception"]
    for secret in ("pw-1", "pw-2", SIGNED):
        assert secret not in ended.stderr


def test_telling_keys_are_hidden_whatever_their_values_are() -> None:
    event = {"postgres_dsn": 1, "Authorization": "Bearer x", "access_token": ["x"], "amount": "1.00"}
    assert hide_secrets(None, "info", dict(event)) == {
        "postgres_dsn": "[hidden]",
        "Authorization": "[hidden]",
        "access_token": "[hidden]",
        "amount": "1.00",
    }


def line(name: str, number: int, text: str = "Unable to connect") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "client.py", number, text, None, None)


def test_library_that_says_the_same_again_and_again_is_heard_once_in_a_while() -> None:
    now = 0.0
    repeats = Repeats(lambda: now)
    assert repeats.filter(line("aiokafka.client", 1))
    for _ in range(300):
        assert not repeats.filter(line("aiokafka.client", 1))
    assert repeats.filter(line("aiokafka.client", 2)), "another line of code says something else"
    assert repeats.filter(line("aiokafka.client", 1, "Unable to connect to node 2")) is False
    now = REPEAT_SECONDS + 1
    again = line("aiokafka.client", 1)
    assert repeats.filter(again)
    assert vars(again)["left_out"] == 301
    assert repeats.filter(line("aiokafka.client", 2))


def test_our_own_lines_are_never_left_out() -> None:
    repeats = Repeats(lambda: 0.0)
    assert all(repeats.filter(line("shared.messaging.consumer", 1)) for _ in range(3))
