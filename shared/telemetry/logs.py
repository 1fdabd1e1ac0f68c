"""JSON logs on stderr, a line each: time, level, service, event, correlation id, trace id. No secrets."""

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

#: Keys whose values never reach a log.
_SECRET_KEYS = re.compile(r"password|passwd|secret|token|authorization|dsn|private_key|credential", re.IGNORECASE)
#: `scheme://user:password@host`: the password part.
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]+):([^@/\s]+)@")
#: A JWS in compact form, as tokens and grants are.
_JWS = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")

_HIDDEN = "[hidden]"

#: Seconds between two lines of one place in the Kafka client's code: enough to see that the trouble lasts.
REPEAT_SECONDS = 30.0


def configure_logs(service: str, level: str) -> None:
    """Send the logs of this process, its own and its libraries', to stderr as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _named(service),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_secrets,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # The client logs every heartbeat problem at once and again; what matters reaches our own log and the
    # metrics.
    for client in ("aiokafka", "httpx"):  # httpx has a line for each request
        logging.getLogger(client).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


class Repeats(logging.Filter):
    """Lets a line of code of the Kafka client speak once in `REPEAT_SECONDS`.

    While a broker is away the client reports each failed attempt, hundreds a second: a night without a broker would
    fill the disk. The next line of the same code says in `left_out` how many were not written.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop a repeated line of the Kafka client, and count it for the next one that passes."""
        if not record.name.startswith("aiokafka"):
            return True
        place, now = (record.name, record.lineno), self._clock()
        said, left_out = self._said.get(place, (-REPEAT_SECONDS, 0))
        if now - said < REPEAT_SECONDS:
            self._said[place] = (said, left_out + 1)
            return False
        self._said[place] = (now, 0)
        if left_out:
            record.left_out = left_out
        return True


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what a log must not show: values of telling keys, passwords in URLs, tokens in text."""
    for key, value in event.items():
        if _SECRET_KEYS.search(key) is not None:
            event[key] = _HIDDEN
        elif isinstance(value, str):
            event[key] = _JWS.sub(_HIDDEN, _URL_PASSWORD.sub(rf"\1:{_HIDDEN}@", value))
    return event


def _named(service: str) -> structlog.typing.Processor:
    def add_service(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        return event

    return add_service
