"""Coverage-guided fuzzing of the parser: `python -m tests.fuzz --seconds 300`.

Hypothesis chooses a seed, damages it and is rewarded (`target`) for lines and jumps of the parser that an input
reaches. Inputs that reach something new become seeds of the next round. Exit status 1 when a rule was broken; the
smallest input found for it is printed.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import seed as seeded
from hypothesis import strategies as st

from services.parser.catalogue import CATALOGUE, CONFIGURATION_TABLES
from services.parser.decider import decide, state_of
from services.parser.response import Reading, read_response
from shared.events.catalogue import encode
from shared.hedging.order import Provenance
from tests.corpus.all_traps import TRAPS
from tests.support.said import amounts_said, said

PARSER: Final = str(Path(__file__).resolve().parents[1] / "services" / "parser")
#: Inputs of one round; seeds are added between rounds, so that within one nothing changes under Hypothesis.
ROUND: Final = 150
#: Seeds and inputs are small: size is the business of the tests of time and of the corpus.
SEED_BYTES_MAX: Final = 8_192
#: Pieces that mean something to the parser, to be inserted whole.
TOKENS: Final = (
    *CATALOGUE, '"recommended_actions":', '"action_type":', '"hedge_amount_order":', '"answer":', '"response_id":',
    '"event":', "message_end", "<think>", "</think>", "```", "~~~", "data: ", "\n\n", "\r\n", "\\u0022", "\\", '"', "{",
    "}", "[", "]", ",", ":", "0", "9", "00", ".", "e9", "-", "NaN", "null", "\ufeff", "\u202e", "\x00", "USD", "JPY",
    "<zorp>", "</zorp>", "Answer:\n", "<tool_call>", "recommendedActions", " Do not execute. ", "assistantfinal",
    "25M", "1,000", " not ", " or ", "Hedge USD 25M for ENTITY0037.",
)  # fmt: skip


#: Answers in words besides those of the corpus.
WORDS: Final = (
    "Create a hedge instruction for USD 25M COI, ENTITY0037.",
    "Please hedge HKD 400 million now. The exposure fits.",
    '{"response_id": "w", "user_id": "mira", "prompt": "Hedge it", "answer": "Book a hedge of CNY 1.5bn for RE."}',
)
DEMO: Final = Path(__file__).resolve().parents[1] / "demo" / "answers"


class Broken(AssertionError):
    """A rule that no input may break."""


@dataclass(slots=True)
class Coverage:
    """Lines of the parser and the jumps between them."""

    seen: set[tuple[str, int, int]] = field(default_factory=set)
    now: set[tuple[str, int, int]] = field(default_factory=set)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record what runs inside, in `now`."""
        self.now = set()
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(PARSER):
            return None
        last = 0

        def trace(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal last
            if event == "line":
                self.now.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return trace

        return trace


@dataclass(slots=True)
class Result:
    """What a run came to."""

    seconds: float = 0.0
    inputs: int = 0
    rounds: int = 0
    seeds: int = 0
    jumps_at_first: int = 0
    jumps: int = 0
    orders: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    broken: str = ""


def check(value: bytes) -> Reading:
    """Read an answer and hold it against the rules.

    Raises:
        Broken: with the rule.
    """
    reading = read_response(value, {}, None)
    if reading != read_response(value, {}, None):
        raise Broken("the same bytes were read in two ways")
    for event in decide(state_of(()), reading):
        json.dumps(encode(event).data, ensure_ascii=False).encode("utf-8")
    if reading.outcome == "REFUSED" and not reading.all_refusals:
        raise Broken("refused without a reason")
    if any(not (refusal.path and refusal.message) for refusal in reading.all_refusals):
        raise Broken("a refusal without a place or a sentence")
    for component in reading.components:
        if not component.refusals:
            _check_component(component.order, component.change, value)
    return reading


def _check_component(order: Any, change: Any, value: bytes) -> None:
    if change is not None and change.table not in CONFIGURATION_TABLES:
        raise Broken(f"a configuration change of {change.table}")
    if order is None or order.amount is None:
        return
    if order.provenance.get("amount") == Provenance.STATED.value:
        if (order.order_id, order.exposure_currency, str(order.amount)) not in amounts_said(value):
            raise Broken(f"an order of {order.exposure_currency} {order.amount} that the answer does not state")
    elif order.exposure_currency not in said(value):
        raise Broken(f"an order in {order.exposure_currency} from words that do not name it")


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A seed after one to eight damages."""
    value = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(value)))
        kind = draw(st.sampled_from(["insert", "token", "delete", "replace", "repeat", "splice", "cut", "swap"]))
        length = draw(st.integers(1, 40))
        if kind == "insert":
            value[at:at] = draw(st.binary(min_size=1, max_size=3))
        elif kind == "token":
            value[at:at] = draw(st.sampled_from(TOKENS)).encode()
        elif kind == "delete":
            del value[at : at + length]
        elif kind == "replace":
            value[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "repeat":
            value[at:at] = value[at : at + length * 10]
        elif kind == "splice":
            other = draw(st.sampled_from(seeds))
            start = draw(st.integers(0, len(other)))
            value[at:at] = other[start : start + length * 20]
        elif kind == "cut":
            del value[at:]
        else:
            value[at : at + length], value[at + length : at + 2 * length] = (
                value[at + length : at + 2 * length],
                value[at : at + length],
            )
    return bytes(value[: 2 * SEED_BYTES_MAX])


def first_seeds() -> list[bytes]:
    """The corpus, the demo's answers and some words."""
    values = [trap.answer for trap in TRAPS] + [words.encode() for words in WORDS]
    values += [file.read_bytes() for file in sorted(DEMO.iterdir()) if file.name not in {"README.md", "expected.json"}]
    return [value for value in values if len(value) <= SEED_BYTES_MAX]


def fuzz(seconds: float, *, seed: int = 0, inputs: int | None = None, every: int = 1) -> Result:
    """Fuzz for so long, or until so many inputs were tried.

    Args:
        every: take only one in so many of the first seeds, for a short run.
    Returns:
        `broken` empty where no rule was broken.
    """
    coverage, result = Coverage(), Result()
    seeds = first_seeds()[::every]
    for value in seeds:
        with coverage.recorded():
            read_response(value, {}, None)
        coverage.seen |= coverage.now
    result.jumps_at_first = len(coverage.seen)
    began = time.monotonic()
    numbers = random.Random(seed)  # noqa: S311 - chooses what to try, guards nothing
    while time.monotonic() - began < seconds and (inputs is None or result.inputs < inputs):
        found = _round(seeds, coverage, result, numbers.getrandbits(32))
        seeds += found
        result.rounds += 1
        if result.broken:
            break
    result.seconds, result.seeds, result.jumps = time.monotonic() - began, len(seeds), len(coverage.seen)
    return result


def _round(seeds: Sequence[bytes], coverage: Coverage, result: Result, number: int) -> list[bytes]:
    found: list[bytes] = []

    @seeded(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(value=damaged(tuple(seeds)))
    def run(value: bytes) -> None:
        result.inputs += 1
        with coverage.recorded():
            reading = read_response(value, {}, None)
        new = coverage.now - coverage.seen
        target(float(len(coverage.now)), label="jumps")
        if new:
            coverage.seen |= new
            if len(value) <= SEED_BYTES_MAX:
                found.append(value)
        check(value)
        result.outcomes[reading.outcome] = result.outcomes.get(reading.outcome, 0) + 1
        result.orders += sum(1 for each in reading.components if not each.refusals and each.order is not None)

    try:
        run()
    except Exception as error:
        result.broken = "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
    return found


def main() -> int:
    """Fuzz and print what came of it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of what is tried (%(default)s)")
    chosen = parser.parse_args()
    result = fuzz(chosen.seconds, seed=chosen.seed)
    told = {name: getattr(result, name) for name in Result.__dataclass_fields__}
    print(json.dumps({**told, "seconds": round(result.seconds)}, indent=2, ensure_ascii=False))
    return 1 if result.broken else 0


if __name__ == "__main__":
    sys.exit(main())
