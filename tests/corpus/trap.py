"""What a trap is: one hostile or broken answer, and the only thing that may come of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: The action that most traps are set around: its amount, currency and entity must never come out changed.
GOOD: Final = (
    '{"id": "a1", "action_type": "CREATE_HEDGE_INSTRUCTION", "data": {"instruction_type": "INCEPTION", '
    '"exposure_currency": "USD", "hedge_amount_order": "25000000", "entity_id": "ENTITY0037"}}'
)
#: What it orders, as the tables below write orders: type, currency, amount, entity.
ORDERED: Final = "I USD 25000000 ENTITY0037"
#: The same order of ten times the amount: what a trap would like to see executed.
BAD: Final = GOOD.replace('"25000000"', '"250000000"')


@dataclass(frozen=True, slots=True)
class Trap:
    """One answer of the corpus.

    Args:
        trap: which weakness it aims at; entries of one trap differ in the place.
        outcome: PROPOSED, PARTLY_REFUSED, REFUSED or ANALYSIS_ONLY.
        codes: of all refusals, in order of precedence.
        orders: what is proposed, in order: `I USD 25000000 ENTITY0037`, or `UPDATE table key {changes}`.
    """

    trap: str
    name: str
    answer: bytes
    outcome: str
    codes: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """The traps of one kind. Each method sets one; the name says what is wrong with the answer."""

    trap: str
    entries: list[Trap] = field(default_factory=list)

    def refused(self, name: str, answer: str | bytes, *codes: str, **headers: str) -> None:
        """The answer gives nothing but refusals."""
        self._add(name, answer, "REFUSED", codes, (), headers)

    def words(self, name: str, answer: str | bytes, **headers: str) -> None:
        """The answer is analysis: nothing is proposed and nothing is refused."""
        self._add(name, answer, "ANALYSIS_ONLY", (), (), headers)

    def taken(self, name: str, answer: str | bytes, *orders: str, **headers: str) -> None:
        """The answer only looks bad: exactly these orders come out; without any, that of `GOOD`."""
        self._add(name, answer, "PROPOSED", (), orders or (ORDERED,), headers)

    def partly(self, name: str, answer: str | bytes, codes: tuple[str, ...], *orders: str) -> None:
        """Some proposals are refused, and exactly these orders come out of the others."""
        self._add(name, answer, "PARTLY_REFUSED", codes, orders, {})

    def _add(
        self,
        name: str,
        answer: str | bytes,
        outcome: str,
        codes: tuple[str, ...],
        orders: tuple[str, ...],
        headers: Mapping[str, str],
    ) -> None:
        value = answer.encode("utf-8") if isinstance(answer, str) else answer
        self.entries.append(Trap(self.trap, name, value, outcome, codes, orders, headers))


def plan(*actions: str, analysis: str = "The exposure fits.") -> str:
    """A plan object around actions that are JSON text already, however broken."""
    return f'{{"analysis": {json.dumps(analysis)}, "recommended_actions": [{", ".join(actions)}]}}'


def act(**members: Any) -> str:
    """The good action with members beside `data` replaced; `...` takes one out."""
    changed = {**json.loads(GOOD), **members}
    return json.dumps({key: value for key, value in changed.items() if value is not ...}, ensure_ascii=False)


def order(**data: Any) -> str:
    """The good action with members of `data` replaced; `...` takes one out."""
    changed = {**json.loads(GOOD)["data"], **data}
    return act(data={key: value for key, value in changed.items() if value is not ...})


def amount(written: str) -> str:
    """A plan whose amount is written so, quotes included where it has any."""
    return plan(GOOD.replace('"25000000"', written))


def claim(kind: str, dependencies: list[Any] | None = None, **data: Any) -> str:
    """An action of another kind, depending on these ids."""
    beside = {} if dependencies is None else {"dependencies": dependencies}
    return json.dumps({"action_type": kind, "data": data, **beside})


def dify(answer: str, **members: Any) -> str:
    """A Dify blocking answer around a text."""
    return json.dumps({"event": "message", "message_id": "m-1", "answer": answer, **members}, ensure_ascii=False)


def envelope(answer: Any, **members: Any) -> str:
    """An envelope around an answer."""
    return json.dumps({"response_id": "r-1", "user_id": "mira", "answer": answer, **members}, ensure_ascii=False)


def fenced(*texts: str, tag: str = "json") -> str:
    """Texts, each in a code fence of its own, with words around them."""
    return "So it is.\n" + "\nThen:\n".join(f"```{tag}\n{text}\n```" for text in texts) + "\nThat is all.\n"


def event(name: str, answer: Any = None, **members: Any) -> str:
    """A data line of a Dify stream."""
    said = {} if answer is None else {"answer": answer}
    return "data: " + json.dumps({"event": name, "message_id": "m-1", **said, **members})


def stream(*lines: str, line_end: str = "\n") -> str:
    """A Dify stream of these lines, as it comes over the wire."""
    return "".join(f"{line}{line_end}{line_end}" for line in lines)


def chunks(answer: str, size: int = 40, name: str = "message") -> list[str]:
    """A text as the data lines of its pieces."""
    return [event(name, answer[start : start + size]) for start in range(0, len(answer), size)]


END: Final = event("message_end")
