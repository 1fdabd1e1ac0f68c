"""The answers of demo/answers on the topic, byte for byte, and what their table says of each."""

import json
from pathlib import Path
from typing import Any, Final

from tests.support.hawk import Hawk
from tests.support.wire import Kept

ANSWERS: Final = Path(__file__).resolve().parents[2] / "demo" / "answers"
EXPECTED: Final[list[dict[str, Any]]] = json.loads((ANSWERS / "expected.json").read_text(encoding="utf-8"))

PLANNED_SECONDS_MAX: Final = 120
"""For all of them together; it takes a few seconds."""


def response_id_of(file: str) -> str:
    """The id of its response on the shared HAWK: its envelope's, or else the one it is published under."""
    value = (ANSWERS / file).read_bytes()
    try:
        stated = json.loads(value).get("response_id")
    except ValueError:  # broken on purpose, or a stream
        stated = None
    return stated or f"demo-answers-{file}"


def _message(value: bytes, file: str) -> Kept:
    return Kept(0, 0, None, value, (("ce_id", f"demo-answers-{file}".encode()),))


def publish_demo_answers(hawk: Hawk) -> None:
    """Publish all, and return when each was read and planned: with all capacity still there, as their table says."""
    files = [each["file"] for each in EXPECTED]
    hawk.wire.again("hawk.ai.responses", [_message((ANSWERS / file).read_bytes(), file) for file in files])
    for each in EXPECTED:
        hawk.response(response_id_of(each["file"]), PLANNED_SECONDS_MAX)
