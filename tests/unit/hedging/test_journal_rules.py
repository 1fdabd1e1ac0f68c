"""Which rule posts a hedge, and what its lines become (domain facts 7.2, 7.4, 7.5)."""

from datetime import date
from decimal import Decimal

import pytest

from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import JournalRefused, PostingCode, draw_journal, first_pair, period_of, select_rule
from shared.hedging.typed_rows import GlPeriod, GlRule, GlRuleLine

D = Decimal
CONTEXT = {"event_type": "Initiation", "posting_model": "A-COI", "currency_type": "HKD", "nav_type": "COI"}
LINES = (
    GlRuleLine(Ledger.IFRS, "DR", "15001000", "diff_base", "TMU"),
    GlRuleLine(Ledger.IFRS, "CR", "21001000", "diff_base", "TMU"),
)
ACCOUNTS = frozenset({"15001000", "21001000"})


def rule(rule_id: str, priority: int, lines: tuple[GlRuleLine, ...] = LINES, **scope: str) -> GlRule:
    return GlRule(rule_id, priority, tuple(sorted(scope.items())), lines)


def test_most_specific_rule_wins_even_when_a_wide_one_has_a_lower_priority_number() -> None:
    wide = rule("1", 1, event_type="Initiation")
    narrow = rule("2", 90, event_type="Initiation", posting_model="A-COI")
    other = rule("3", 1, event_type="Termination", posting_model="A-COI", nav_type="COI")
    assert select_rule([wide, narrow, other], CONTEXT) is narrow


def test_lower_priority_number_wins_when_rules_are_equally_specific() -> None:
    first, second = rule("9", 10, nav_type="COI"), rule("1", 20, posting_model="A-COI")
    assert select_rule([second, first], CONTEXT) is first


def test_tie_is_refused_and_never_decided_by_id() -> None:
    with pytest.raises(JournalRefused, match="1, 2") as caught:
        select_rule([rule("1", 10, nav_type="COI"), rule("2", 10, posting_model="A-COI")], CONTEXT)
    assert caught.value.code is PostingCode.NO_RULE_MATCH


def test_missing_rule_is_refused_when_nothing_fits() -> None:
    with pytest.raises(JournalRefused) as caught:
        select_rule([rule("1", 10, nav_type="RE")], CONTEXT)
    assert caught.value.code is PostingCode.NO_RULE_MATCH


def journal(
    lines: tuple[GlRuleLine, ...], keys: dict[str, str], accounts: frozenset[str] = ACCOUNTS
) -> list[tuple[str, Decimal, Decimal]]:
    drawn = draw_journal(
        rule("1", 10, lines), keys, accounts, journal_id="EVENT_1", txn_ccy="HKD", fx_rate=D("0.175"),
        accounting_date=date(2026, 11, 23), period_id="2026-11", narrative="A-COI",
    )  # fmt: skip
    return [(line.account_code, line.dr_amt, line.cr_amt) for line in drawn]


def test_zero_amount_gives_no_line_and_a_negative_one_turns_the_sides() -> None:
    zero = D("0.00")
    assert journal(LINES, {"diff_base": "0.00"}) == []
    assert journal(LINES, {"diff_base": "5.00"}) == [("15001000", D("5.00"), zero), ("21001000", zero, D("5.00"))]
    assert journal(LINES, {"diff_base": "-5.00"}) == [("15001000", zero, D("5.00")), ("21001000", D("5.00"), zero)]


@pytest.mark.parametrize(
    ("lines", "keys", "accounts", "code"),
    [
        (LINES, {}, ACCOUNTS, PostingCode.MISSING_AMOUNT_KEY),
        (LINES, {"diff_base": "1.00"}, frozenset({"15001000"}), PostingCode.ACCOUNT_NOT_FOUND),
        (LINES[:1], {"diff_base": "1.00"}, ACCOUNTS, PostingCode.JOURNAL_IMBALANCE),
    ],
)
def test_journal_is_refused_with_its_code(
    lines: tuple[GlRuleLine, ...], keys: dict[str, str], accounts: frozenset[str], code: PostingCode
) -> None:
    with pytest.raises(JournalRefused) as caught:
        journal(lines, keys, accounts)
    assert caught.value.code is code


def test_first_pair_is_refused_when_the_rule_has_no_ifrs_pair() -> None:
    assert first_pair(rule("1", 10)) == ("15001000", "21001000")
    with pytest.raises(JournalRefused):
        first_pair(rule("1", 10, LINES[:1]))


def test_period_is_refused_when_none_covers_the_day() -> None:
    period = GlPeriod("2026-11", date(2026, 11, 1), date(2026, 11, 30), False)
    assert period_of([period], date(2026, 11, 30)) is period
    with pytest.raises(JournalRefused) as caught:
        period_of([period], date(2026, 12, 1))
    assert caught.value.code is PostingCode.PERIOD_CLOSED
