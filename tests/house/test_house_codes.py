"""Every refusal code has a meaning, a cure and a test; none of those promised is missing."""

import re
from pathlib import Path

import pytest

from shared.events import parsing_codes as parsing
from shared.hedging import refusals as planning
from shared.hedging.changes import configuration, override, reversing
from shared.hedging.journal import PostingCode
from shared.hedging.refusals import Reason
from tests.house.source import name_of, proofs

LISTS: tuple[type[Reason], ...] = (
    parsing.ParsingCode,
    planning.PlanningCode,
    configuration.ConfigurationCode,
    reversing.ReversalCode,
    override.OverrideCode,
)

PROMISED_PARSING = frozenset({
    "EMPTY", "TOO_LARGE", "NOT_UTF8", "INCOMPLETE", "MALFORMED_JSON", "DUPLICATE_KEY", "AMBIGUOUS",
    "SCHEMA_VIOLATION", "UNKNOWN_ACTION_TYPE", "TABLE_NOT_ALLOWED", "OPERATION_NOT_ALLOWED",
    "INSTRUCTION_TYPE_NOT_SUPPORTED", "UNKNOWN_FIELD", "MISSING_FIELDS", "INVALID_AMOUNT", "INVALID_CURRENCY",
    "INVALID_DATE", "INVALID_IDENTIFIER", "UNKNOWN_DEPENDENCY", "DEPENDENCY_CYCLE", "NO_INSTRUCTION",
    "DUPLICATE_RESPONSE", "DUPLICATE_ACTION",
})  # fmt: skip

PROMISED_PLANNING = frozenset({
    "UNKNOWN_CURRENCY", "UNKNOWN_ENTITY", "ENTITY_CURRENCY_MISMATCH", "AMOUNT_OUT_OF_RANGE", "LOT_SIZE",
    "CAPACITY_EXHAUSTED", "USD_PB_LIMIT_EXCEEDED", "RATE_MISSING", "CONFIGURATION_INVALID", "NO_HEDGE_FOUND",
    "ROLLOVER_INVALID", "TERMINATION_FAILED", "DUPLICATE_MSG_UID", "ROLLOUT_NOT_ALLOWED", "STOPPED",
})  # fmt: skip

#: Codes nothing decides yet, so nothing can test them; each leaves the list with the feature that decides it.
NOT_DECIDED_YET: frozenset[str] = frozenset()


def test_every_promised_code_is_there() -> None:
    assert not PROMISED_PARSING - {code.value for code in parsing.ParsingCode}
    assert not PROMISED_PLANNING - {code.value for code in planning.PlanningCode}


def test_every_code_has_a_meaning_and_a_cure() -> None:
    assert set(LISTS) == set(Reason.__subclasses__())
    empty = [code for codes in LISTS for code in codes if not (code.meaning.strip() and code.cure.strip())]
    assert empty == []


def texts() -> dict[str, str]:
    return {
        name_of(file): file.read_text(encoding="utf-8")
        for file in proofs()
        if file.name.startswith("test_") and "house" not in Path(name_of(file)).parts
    }


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            code.value
            for codes in (
                parsing.ParsingCode,
                planning.PlanningCode,
                PostingCode,
                configuration.ConfigurationCode,
                override.OverrideCode,
            )
            for code in codes
        }
        - NOT_DECIDED_YET
    ),
)
def test_every_code_is_named_by_a_test(code: str) -> None:
    pattern = re.compile(rf"\b{code}\b")
    assert any(pattern.search(text) for text in texts().values()), f"no test names {code}"


def test_a_code_that_a_test_names_is_not_kept_as_undecided() -> None:
    """Shrinks the list above by itself: what is decided and tested has no exception any more."""
    decided = {
        code
        for code in NOT_DECIDED_YET
        for name, text in texts().items()
        if "e2e" in name and re.search(rf"\b{code}\b", text)
    }
    assert decided == set()
