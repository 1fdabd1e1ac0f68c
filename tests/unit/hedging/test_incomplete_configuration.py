"""A journal rule or a booking code that is missing or incomplete: no journal, and the cure in the sentence."""

import pytest

from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import JournalRefused, PostingCode, first_pair
from shared.hedging.typed_rows import GlRule, GlRuleLine
from tests.support import hedges

DEBIT = GlRuleLine(Ledger.IFRS, "DR", "15001000", "diff_base", "TMU")
CREDIT = GlRuleLine(Ledger.IFRS, "CR", "21001000", "diff_base", "TMU")
OTHER = GlRuleLine(Ledger.IFRS, "CR", "21001000", "another_amount", "TMU")
LOCAL = GlRuleLine(Ledger.LOCAL, "CR", "21001000", "diff_base", "TMU")


def test_a_complete_rule_gives_its_first_pair() -> None:
    assert first_pair(GlRule("10", 1, (), (DEBIT, CREDIT))) == ("15001000", "21001000")


@pytest.mark.parametrize("lines", [(), (DEBIT,), (DEBIT, OTHER), (DEBIT, LOCAL)])
def test_a_rule_without_a_pair_of_one_amount_is_refused(lines: tuple[GlRuleLine, ...]) -> None:
    with pytest.raises(JournalRefused, match="Rule 10") as refused:
        first_pair(GlRule("10", 1, (), lines))
    assert refused.value.code is PostingCode.CFG_NOT_ACTIVE


def test_a_plan_is_refused_when_a_booking_code_is_not_active() -> None:
    tables = hedges.demo_tables()
    tables["hedge_be_config"] = []
    refusal = hedges.refusal("USD", "25000000", entity_id="ENTITY0037", given=hedges.facts("USD", tables=tables))
    assert refusal.code.value == "CONFIGURATION_INVALID"
    assert "BE codes" in refusal.message
