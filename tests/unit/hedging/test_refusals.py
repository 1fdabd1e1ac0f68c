"""Each planning refusal, its code, and the order in which the checks run (interfaces section 7)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.hedging.facts import ExposureUse, UsdUse
from shared.hedging.order import InstructionType, NavType
from shared.hedging.plan import HedgePlan
from shared.hedging.refusals import CODES_WITH_RECORD, PlanningCode
from tests.support.hedges import Rows, demo_tables, facts, plan, refusal, result, row_of

D = Decimal

CASES: list[tuple[str, str | None, dict[str, Any], str]] = [
    ("USD", None, {}, "MISSING_FIELDS"),
    ("USD", "1000000", {"instruction_type": "R"}, "MISSING_FIELDS"),
    ("EUR", "1000000", {}, "UNKNOWN_CURRENCY"),
    ("SGD", "1000000", {}, "UNKNOWN_CURRENCY"),
    ("CNH", "1000000", {}, "UNKNOWN_CURRENCY"),
    ("USD", "-1", {}, "INVALID_AMOUNT"),
    ("USD", "0", {}, "INVALID_AMOUNT"),
    ("USD", "NaN", {}, "INVALID_AMOUNT"),
    ("USD", "1000000.001", {}, "INVALID_AMOUNT"),
    ("JPY", "1000000.5", {}, "INVALID_AMOUNT"),
    ("USD", "250000000", {"entity_id": "ENTITY0037"}, "AMOUNT_OUT_OF_RANGE"),
    ("USD", "9999.99", {}, "AMOUNT_OUT_OF_RANGE"),
    ("TWD", "300000.05", {}, "LOT_SIZE"),
    ("IDR", "100000000.5", {}, "LOT_SIZE"),
    ("USD", "1000000", {"entity_id": "ENTITY9999"}, "UNKNOWN_ENTITY"),
    ("USD", "1000000", {"entity_id": "ENTITY0009"}, "ENTITY_CURRENCY_MISMATCH"),
    ("USD", "1000000", {"entity_id": "ENTITY001"}, "ENTITY_CURRENCY_MISMATCH"),
    ("USD", "1000000", {"value_date": date(2026, 11, 20)}, "INVALID_DATE"),  # before the trade date
    ("USD", "1000000", {"value_date": date(2026, 11, 28)}, "INVALID_DATE"),  # a Saturday
    ("USD", "1000000", {"value_date": date(2026, 12, 25)}, "INVALID_DATE"),  # a holiday
    ("USD", "1000000", {"instruction_date": date(2026, 11, 24)}, "INVALID_DATE"),  # tomorrow
    ("USD", "1000000", {"tenor_or_maturity": "soon"}, "INVALID_DATE"),
    ("USD", "1000000", {"tenor_or_maturity": "0M"}, "INVALID_DATE"),
    ("USD", "1000000", {"tenor_or_maturity": "2026-11-24"}, "INVALID_DATE"),  # not after the value date
    ("USD", "1000000", {"hedge_method": "XYZ"}, "CONFIGURATION_INVALID"),
    ("USD", "1000000", {"hedging_instrument": "NDF"}, "CONFIGURATION_INVALID"),
    ("VND", "900000000000", {"entity_id": "ENTITY0041"}, "USD_PB_LIMIT_EXCEEDED"),
]


@pytest.mark.parametrize(("currency", "amount", "fields", "code"), CASES)
def test_order_is_refused_with_its_code(currency: str, amount: str | None, fields: dict[str, Any], code: str) -> None:
    found = refusal(currency, amount, **fields)
    assert found.code == code
    assert found.message.endswith(".")
    assert found.path
    assert (found.record is not None) == (code in {each.value for each in CODES_WITH_RECORD})


def test_inquiry_about_nothing_is_refused_as_missing_fields() -> None:
    found = refusal("", None, instruction_type="Q")
    assert found.code is PlanningCode.MISSING_FIELDS


def test_missing_fields_are_listed_when_several_lack() -> None:
    found = refusal("USD", "1000000", instruction_type="T")
    assert found.path == "previous_order_id, hedge_method, value_date, reference_event_ids"


def test_refused_usd_limit_keeps_its_record_when_the_maximum_is_passed() -> None:
    # 36M USD asked, 20M hedged in the snapshots, maximum 50M.
    found = refusal("VND", "900000000000", entity_id="ENTITY0041")
    assert found.record is not None
    assert found.record.counts.total == 8
    assert found.record.children == ()
    assert found.record.usd_check.total_after_usd == D("56000000.00")
    assert found.record.usd_check.used_usd == D("20000000.00")
    assert found.record.capacity.allocated == 0
    assert found.record.capacity.not_allocated == found.record.capacity.ordered


def full(entity: str, currency: str = "HKD", reserved: str = "187500000") -> ExposureUse:
    stream = f"exposure-{entity}-{currency}-COI"
    return ExposureUse(stream, 3, entity, currency, NavType.COI, D(reserved), D(0))


def test_capacity_is_exhausted_when_other_workflows_reserve_all_of_it() -> None:
    given = facts("HKD", exposures=[full("ENTITY0009")])
    found = refusal("HKD", "1000000", entity_id="ENTITY0009", given=given)
    assert found.code is PlanningCode.CAPACITY_EXHAUSTED
    assert found.record is not None
    assert found.record.assessments[0].version == 3
    assert found.record.counts.total == 8


def test_reserved_amounts_lower_what_is_left_when_others_hold_some() -> None:
    given = facts("HKD", exposures=[full("ENTITY0009", reserved="187000000")])
    drawn = plan("HKD", "1000000", entity_id="ENTITY0009", given=given)
    assert drawn.capacity.allocated == D("500000.00")


def test_usd_limit_counts_what_other_entities_reserve() -> None:
    usd = UsdUse("usdpb-USD", 2, "USD", D("30000000"), D("0"))
    drawn = result("USD", "100000000", entity_id="ENTITY0037", given=facts("USD", usd=usd))
    assert not isinstance(drawn, HedgePlan)
    assert drawn.code is PlanningCode.USD_PB_LIMIT_EXCEEDED  # 25M hedged + 30M reserved + 100M > 150M


def test_utilisation_answers_no_when_the_check_fails() -> None:
    drawn = plan("VND", "900000000000", entity_id="ENTITY0041", instruction_type="U")
    assert drawn.model is None
    assert drawn.counts.total == 8
    assert drawn.answer["check_status"] == "FAIL"
    assert drawn.answer["usd_pb_check_status"] == "BREACH"
    assert drawn.answer["can_proceed"] == "false"


def _remove_rate(tables: Rows) -> None:
    tables["currency_rates"].remove(row_of(tables, "currency_rates", currency_pair="USD/SGD", rate_type="historical"))


def _future_rate(tables: Rows) -> None:
    row = row_of(tables, "currency_rates", currency_pair="USD/SGD", rate_type="prevailing")
    row["effective_date"] = "2027-01-01"


def _zero_rate(tables: Rows) -> None:
    row_of(tables, "currency_rates", currency_pair="USD/SGD", rate_type="prevailing")["rate_value"] = "0"


def _inverted_limits(tables: Rows) -> None:
    row = row_of(tables, "threshold_configuration", threshold_id="THR_USD_PB")
    row["warning_level"], row["maximum_limit"] = row["maximum_limit"], row["warning_level"]


def _wrong_count(tables: Rows) -> None:
    row_of(tables, "instruction_event_config", booking_model="A-COI")["deal_count"] = 7


def _inactive_book_code(tables: Rows) -> None:
    row_of(tables, "murex_book_config", murex_book_code="SWAP_MIRR_INTSC_COI")["active_flag"] = False


def _tied_rules(tables: Rows) -> None:
    rule = row_of(tables, "gl_rules", rule_id=10)
    tables["gl_rules"].append({**rule, "rule_id": 11})


def _unbalanced_rule(tables: Rows) -> None:
    rule = row_of(tables, "gl_rules", rule_id=10)
    rule["lines"] = rule["lines"][:1] + rule["lines"][1:3]


def _unknown_account(tables: Rows) -> None:
    row_of(tables, "gl_coa", account_code="15001000")["active_flag"] = False


def _float_rate(tables: Rows) -> None:
    row_of(tables, "currency_rates", currency_pair="USD/SGD", rate_type="prevailing")["rate_value"] = 1 / 4


def _doubled_row(tables: Rows) -> None:
    tables["currency_configuration"].append(row_of(tables, "currency_configuration", currency_code="USD"))


def _no_period(tables: Rows) -> None:
    tables["gl_periods"].clear()


def _no_position(tables: Rows) -> None:
    tables["position_nav_master"].clear()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_remove_rate, "RATE_MISSING"),
        (_future_rate, "RATE_MISSING"),
        (_zero_rate, "CONFIGURATION_INVALID"),
        (_inverted_limits, "CONFIGURATION_INVALID"),
        (_wrong_count, "CONFIGURATION_INVALID"),
        (_inactive_book_code, "CONFIGURATION_INVALID"),
        (_tied_rules, "CONFIGURATION_INVALID"),
        (_unbalanced_rule, "CONFIGURATION_INVALID"),
        (_unknown_account, "CONFIGURATION_INVALID"),
        (_float_rate, "CONFIGURATION_INVALID"),
        (_doubled_row, "CONFIGURATION_INVALID"),
        (_no_period, "CONFIGURATION_INVALID"),
        (_no_position, "CONFIGURATION_INVALID"),
    ],
)
def test_plan_is_refused_when_reference_data_are_wrong(spoil: Any, code: str) -> None:
    tables = demo_tables()
    spoil(tables)
    found = refusal("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", tables=tables))
    assert found.code == code


# Earlier checks win: each order breaks two rules.
@pytest.mark.parametrize(
    ("currency", "amount", "fields", "code"),
    [
        ("EUR", None, {}, "MISSING_FIELDS"),
        ("EUR", "-1", {}, "UNKNOWN_CURRENCY"),
        ("USD", "-1", {"entity_id": "NOBODY"}, "INVALID_AMOUNT"),
        ("USD", "250000000", {"entity_id": "NOBODY"}, "AMOUNT_OUT_OF_RANGE"),
        ("TWD", "1000000001.05", {}, "AMOUNT_OUT_OF_RANGE"),
        ("USD", "1000000", {"entity_id": "NOBODY", "tenor_or_maturity": "soon"}, "UNKNOWN_ENTITY"),
        ("VND", "900000000000", {"tenor_or_maturity": "soon"}, "INVALID_DATE"),
    ],
)
def test_first_check_decides_when_two_fail(
    currency: str, amount: str | None, fields: dict[str, Any], code: str
) -> None:
    assert refusal(currency, amount, **fields).code == code


def test_usd_limit_decides_when_capacity_is_gone_too() -> None:
    use = full("ENTITY0041", "VND", "3750000000000")
    found = refusal("VND", "900000000000", entity_id="ENTITY0041", given=facts("VND", exposures=[use]))
    assert found.code is PlanningCode.USD_PB_LIMIT_EXCEEDED


def test_booking_tables_do_not_matter_when_only_capacity_is_asked() -> None:
    tables = demo_tables()
    _wrong_count(tables)
    tables["gl_rules"].clear()
    row_of(tables, "murex_book_config", config_id="MBC_001")["counterparty_restrictions"] = "{broken"
    given = facts("USD", tables=tables, now=datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    drawn = plan("USD", "1000000", instruction_type=InstructionType.U, given=given)
    assert drawn.answer["check_status"] == "PASS"


@pytest.mark.parametrize(
    "stated",
    [{"value_date": date(9999, 12, 30)}, {"value_date": date(2037, 11, 23)}, {"tenor_or_maturity": "9999-12-31"}],
    ids=["end of time", "eleven years", "maturity at the end of time"],
)
def test_a_stated_date_far_away_is_refused_and_computes_nothing(stated: dict[str, Any]) -> None:
    found = refusal("USD", "25000000", entity_id="ENTITY0037", **stated)
    assert found.code == "INVALID_DATE"
