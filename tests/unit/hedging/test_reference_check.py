"""The check of reference data: the demo has no finding, and each fault in one place has exactly its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.hedging.checks import booking as reference_booking
from shared.hedging.checks.booking import unbalanced
from shared.hedging.checks.ledger import key_names
from shared.hedging.checks.reference import (
    RELATIONS,
    find_new_problems,
    find_problems,
    find_row_problems,
    relations_of,
    tables_beside,
)
from shared.hedging.models import DEAL_ROWS, Model
from shared.hedging.reference_keys import KEYS
from tests.support import hedges
from tests.support.hedges import Rows, row_of

Break = Callable[[Rows], Any]
Place = tuple[str, str, str]


def findings(broken: Break | None = None) -> list[Any]:
    tables = hedges.demo_tables()
    if broken is not None:
        broken(tables)
    return list(find_problems(tables, hedges.TODAY))


def places(broken: Break) -> list[Place]:
    return [(each.table, each.key, each.column) for each in findings(broken)]


def change(table: str, keyed: dict[str, Any], **columns: Any) -> Break:
    def broken(tables: Rows) -> None:
        row_of(tables, table, **keyed).update(columns)

    return broken


def remove(table: str, **keyed: Any) -> Break:
    def broken(tables: Rows) -> None:
        tables[table].remove(row_of(tables, table, **keyed))

    return broken


def again(table: str, keyed: dict[str, Any], **columns: Any) -> Break:
    """A second row like one that is there."""

    def broken(tables: Rows) -> None:
        tables[table].append(row_of(tables, table, **keyed) | columns)

    return broken


def lines(rule_id: int, edit: Callable[[list[dict[str, Any]]], Any]) -> Break:
    def broken(tables: Rows) -> None:
        rule = row_of(tables, "gl_rules", rule_id=rule_id)
        rule["lines"] = [dict(line) for line in rule["lines"]]
        edit(rule["lines"])

    return broken


def test_the_demo_has_no_finding() -> None:
    assert findings() == []


THRESHOLD = "threshold_configuration"
PB = {"threshold_id": "THR_HKD_PB"}
CAR = {"threshold_id": "THR_HKD_CAR_BRANCH"}
CONFIG = "instruction_event_config"
A_COI = {"config_id": "IEC_A_COI"}
RATES = "currency_rates"
RULE = ("gl_rules", "10", "lines")
PERIOD = {"period_id": "2026-11"}

CASES: dict[str, tuple[Break, list[Place]]] = {
    "limits fall": (
        change(THRESHOLD, PB, warning_level="150000", maximum_limit="130000"),
        [(THRESHOLD, "THR_HKD_PB", "warning_level")],
    ),
    "limits are equal": (
        change(THRESHOLD, PB, critical_level="150000"), [(THRESHOLD, "THR_HKD_PB", "warning_level")]
    ),
    "a ratio rises": (
        change(THRESHOLD, CAR, warning_level="9", maximum_limit="10"),
        [(THRESHOLD, "THR_HKD_CAR_BRANCH", "warning_level")],
    ),
    "a deviation falls": (
        change(THRESHOLD, {"threshold_id": "THR_HEDGE_DEVIATION"}, warning_level="10", maximum_limit="2"),
        [(THRESHOLD, "THR_HEDGE_DEVIATION", "warning_level")],
    ),
    "a concentration falls": (
        change(THRESHOLD, {"threshold_id": "THR_CONCENTRATION"}, warning_level="300", maximum_limit="200"),
        [(THRESHOLD, "THR_CONCENTRATION", "warning_level")],
    ),
    "a limit of nothing": (change(THRESHOLD, PB, warning_level="0"), [(THRESHOLD, "THR_HKD_PB", "warning_level")]),
    "an unknown unit": (
        change(THRESHOLD, PB, unit_of_measure="EUR"), [(THRESHOLD, "THR_HKD_PB", "unit_of_measure")]
    ),
    "an unknown type": (
        change(THRESHOLD, CAR, threshold_type="CAR"), [(THRESHOLD, "THR_HKD_CAR_BRANCH", "threshold_type")]
    ),
    "two limits at once": (
        again(THRESHOLD, PB, threshold_id="THR_HKD_PB_2"), [(THRESHOLD, "THR_HKD_PB_2", "currency_code")]
    ),
    "a limit of an unknown currency": (
        change(THRESHOLD, CAR, currency_code="XYZ"), [(THRESHOLD, "THR_HKD_CAR_BRANCH", "currency_code")]
    ),
    "a buffer above a hundred": (
        change("buffer_configuration", {"buffer_rule_id": "BUF_HKD_001"}, buffer_percentage="100.01"),
        [("buffer_configuration", "BUF_HKD_001", "buffer_percentage")],
    ),
    "a buffer below zero": (
        change("hedging_framework", {"framework_id": "FW_ENTITY0009"}, buffer_percentage="-1"),
        [("hedging_framework", "FW_ENTITY0009", "buffer_percentage")],
    ),
    "two buffers of one rank": (
        again(
            "buffer_configuration", {"buffer_rule_id": "BUF_HKD_001"}, buffer_rule_id="BUF_HKD_009",
            buffer_percentage="7",
        ),
        [("buffer_configuration", "BUF_HKD_009", "rule_priority")],
    ),
    "a wrong deal count": (change(CONFIG, A_COI, deal_count=7), [(CONFIG, "IEC_A_COI", "deal_count")]),
    "a wrong entry count": (change(CONFIG, A_COI, gl_entry_count=4), [(CONFIG, "IEC_A_COI", "gl_entry_count")]),
    "a portfolio that is left out": (
        change(CONFIG, A_COI, portfolio_routing=["CO_FX", "UHDIC", "HDGIC"]),
        [(CONFIG, "IEC_A_COI", "portfolio_routing")],
    ),
    "a portfolio without a deal": (
        change(CONFIG, A_COI, portfolio_routing=["CO_FX", "UHDIC", "INSTC", "HDGIC", "MBS_BU"]),
        [(CONFIG, "IEC_A_COI", "portfolio_routing")],
    ),
    "a portfolio twice": (
        change(CONFIG, A_COI, portfolio_routing=["CO_FX", "UHDIC", "INSTC", "INSTC", "HDGIC"]),
        [(CONFIG, "IEC_A_COI", "portfolio_routing")],
    ),
    "a book code that is left out": (
        change(CONFIG, {"config_id": "IEC_A_RE"}, mrx_book_code_ids=["SPOT_MIRR_INTSC_COIRE", "SWAP_MIRR_INTSC_COI"]),
        [(CONFIG, "IEC_A_RE", "mrx_book_code_ids")],
    ),
    "a book code that is not active": (
        change("murex_book_config", {"murex_book_code": "NDF_MIRR_INTSC_COIRE"}, active_flag=False),
        [(CONFIG, "IEC_C_COI", "mrx_book_code_ids")],
    ),
    "a book code twice": (
        again("murex_book_config", {"config_id": "MBC_001"}, config_id="MBC_099"),
        [("murex_book_config", "MBC_099", "murex_book_code")],
    ),
    "another model": (change(CONFIG, A_COI, booking_model="B-COI"), [(CONFIG, "IEC_A_COI", "booking_model")]),
    "two rows for one event": (again(CONFIG, A_COI, config_id="IEC_X"), [(CONFIG, "IEC_X", "config_id")]),
    "no model for a class": (
        change(CONFIG, {"config_id": "IEC_B_RE"}, status=0), [(CONFIG, "Inception:RE:Mismatched", "booking_model")]
    ),
    "an unknown class": (
        change("currency_configuration", {"currency_code": "SGD"}, currency_type="Other"),
        [("currency_configuration", "SGD", "currency_type")],
    ),
    "another base currency": (
        change("currency_configuration", {"currency_code": "AUD"}, base_currency="USD"),
        [("currency_configuration", "AUD", "base_currency")],
    ),
    "sizes the wrong way round": (
        change("currency_configuration", {"currency_code": "AUD"}, minimum_deal_size="60000000.00"),
        [("currency_configuration", "AUD", "minimum_deal_size")],
    ),
    "no proxy currency": (
        change("currency_configuration", {"currency_code": "KRW"}, proxy_currency=None),
        [("currency_configuration", "KRW", "proxy_currency")],
    ),
    "no fixing source": (
        change("proxy_configuration", {"proxy_id": "PRX_KRW_USD"}, market_data_source=None),
        [("proxy_configuration", "PRX_KRW_USD", "market_data_source")],
    ),
    "no proxy row": (
        remove("proxy_configuration", proxy_id="PRX_KRW_USD"), [("proxy_configuration", "KRW", "market_data_source")]
    ),
    "two proxy rows": (
        again("proxy_configuration", {"proxy_id": "PRX_KRW_USD"}, proxy_id="PRX_X"),
        [("proxy_configuration", "PRX_X", "exposure_currency")],
    ),
    "an entity of a currency that is not configured": (
        change("entity_master", {"entity_id": "ENTITY0001"}, currency_code="CNH"),
        [("entity_master", "ENTITY0001", "currency_code")],
    ),
    "a parent that is not there": (
        change("entity_master", {"entity_id": "ENTITY0002"}, parent_entity_id="ENTITY0099"),
        [("entity_master", "ENTITY0002", "parent_entity_id")],
    ),
    "an alias of nobody": (
        change("entity_alias", {"alias_id": "ENTITY001"}, entity_id="ENTITY0099"),
        [("entity_alias", "ENTITY001", "entity_id")],
    ),
    "an alias that is an entity": (
        again("entity_alias", {"alias_id": "ENTITY001"}, alias_id="ENTITY0002"),
        [("entity_alias", "ENTITY0002", "alias_id")],
    ),
    "a position of nobody": (
        change(
            "position_nav_master", {"entity_id": "ENTITY0001", "nav_type": "RE", "position_type": "NET"},
            entity_id="ENTITY0099",
        ),
        [("position_nav_master", "PNM_ENTITY0001_RE_2026-11-20", "entity_id")],
    ),
    "a missing rate": (
        remove(RATES, currency_pair="USD/KRW", rate_type="embedded_spot"),
        [(RATES, "USD/KRW:embedded_spot", "rate_value")],
    ),
    "a rate that has expired": (
        change(RATES, {"currency_pair": "AUD/SGD", "rate_type": "historical"}, expiry_date="2026-11-22"),
        [(RATES, "AUD/SGD:historical", "rate_value")],
    ),
    "a rate of a far day": (
        change(RATES, {"currency_pair": "AUD/SGD", "rate_type": "historical"}, effective_date="2026-12-23"),
        [(RATES, "AUD/SGD:historical", "rate_value")],
    ),
    "a negative rate": (
        change(RATES, {"currency_pair": "HKD/SGD", "ledger": "LOCAL"}, rate_value="-0.1745"),
        [(RATES, "HKD/SGD:prevailing:LOCAL", "rate_value")],
    ),
    "an unbalanced rule": (lines(10, lambda found: found.pop()), [RULE]),
    "an unknown account": (lines(10, lambda found: found[0].update(account="99999999")), [RULE]),
    "an amount of another model": (
        lines(10, lambda found: [line.update(amount_key="spread_base") for line in found[:2]]), [RULE]
    ),
    "an unknown side": (lines(10, lambda found: found[0].update(side="DEBIT")), [RULE, RULE]),
    "an unknown model in a scope": (
        change("gl_rules", {"rule_id": 110}, scope={"event_type": "Termination", "posting_model": "D-COI"}),
        [("gl_rules", "110", "scope")],
    ),
    "an unknown word in a scope": (
        change("gl_rules", {"rule_id": 110}, scope={"event": "Termination", "posting_model": "A-COI"}),
        [("gl_rules", "110", "scope")],
    ),
    "two rules of one rank": (again("gl_rules", {"rule_id": 10}, rule_id=11), [("gl_rules", "11", "priority")]),
    "no rule for an inception": (
        change("gl_rules", {"rule_id": 60}, enabled=False), [("gl_rules", "Initiation:C-RE", "scope")]
    ),
    "an account of the entries that is gone": (
        remove("gl_coa", account_code="33231008"),
        [
            ("gl_coa", "33231008", "account_code"),
            ("hedge_be_config", "SG_HAWK_DR_FXPLTOCFHRESERVEFCTRFXGAIN", "gl_account"),
        ],
    ),
    "a BE code that is not active": (
        change("hedge_be_config", {"be_code": "SG_HAWK_CR_HEDGEINCFXDIFFGAIN_BR"}, active_flag="N"),
        [("hedge_be_config", "SG_HAWK_CR_HEDGEINCFXDIFFGAIN_BR", "be_code")],
    ),
    "a period that is left out": (remove("gl_periods", **PERIOD), [("gl_periods", "2026-12", "start_date")]),
    "periods that overlap": (
        change("gl_periods", PERIOD, end_date="2026-12-01"), [("gl_periods", "2026-12", "start_date")]
    ),
    "a period that ends before it starts": (
        change("gl_periods", {"period_id": "2027-12"}, end_date="2027-11-30"), [("gl_periods", "2027-12", "end_date")]
    ),
    "two steps of one priority": (
        change("waterfall_logic_configuration", {"waterfall_id": "WF_OPENING_RE_TMU"}, priority_level=1),
        [("waterfall_logic_configuration", "WF_OPENING_RE_TMU", "priority_level")],
    ),
    "one place twice": (
        change("waterfall_logic_configuration", {"waterfall_id": "WF_OPENING_RE_TMU"}, entity_type="Associate"),
        [("waterfall_logic_configuration", "WF_OPENING_RE_TMU", "entity_type")],
    ),
    "an unknown waterfall": (
        change("waterfall_logic_configuration", {"waterfall_id": "WF_OPENING_RE_TMU"}, waterfall_type="Sideways"),
        [("waterfall_logic_configuration", "WF_OPENING_RE_TMU", "waterfall_type")],
    ),
    "a setting that cannot be read": (
        change("system_configuration", {"config_key": "rates.stale_days"}, config_value="two"),
        [("system_configuration", "rates.stale_days", "config_value")],
    ),
    "a setting that is missing": (
        remove("system_configuration", config_key="murex.counterparty.external"),
        [("system_configuration", "murex.counterparty.external", "config_value")],
    ),
    "a row that cannot be read": (
        change(THRESHOLD, PB, maximum_limit="much"), [(THRESHOLD, "THR_HKD_PB", "maximum_limit")]
    ),
    "a line that cannot be read": (lines(10, lambda found: found[0].pop("account")), [
        ("gl_rules", "10", "lines"), ("gl_rules", "Initiation:A-COI", "scope"),
    ]),
    "one key twice": (again(THRESHOLD, PB), [(THRESHOLD, "THR_HKD_PB", "threshold_id")]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_fault_is_found_where_it_is_and_nowhere_else(name: str) -> None:
    broken, expected = CASES[name]
    assert sorted(places(broken)) == sorted(expected), [str(each) for each in findings(broken)]


def test_every_rule_that_posts_to_a_closed_account_is_named() -> None:
    closed = "15001000"
    rules = hedges.demo_tables()["gl_rules"]
    using = {str(each["rule_id"]) for each in rules if closed in {line["account"] for line in each["lines"]}}
    found = places(change("gl_coa", {"account_code": closed}, active_flag=False))
    assert found == [("gl_rules", key, "lines") for key in sorted(using)]


def test_every_finding_says_what_to_do() -> None:
    for broken, _ in CASES.values():
        for finding in findings(broken):
            assert finding.message.endswith("."), finding
            assert len([part for part in finding.message.split(". ") if part]) > 1, finding


def test_all_faults_are_found_at_once_in_a_stable_order() -> None:
    chosen = [CASES[name] for name in ("limits fall", "a wrong deal count", "an unbalanced rule", "a missing rate")]
    tables = hedges.demo_tables()
    for broken, _ in chosen:
        broken(tables)
    found = find_problems(tables, hedges.TODAY)
    assert [(each.table, each.key, each.column) for each in found] == sorted(place for _, [place] in chosen)
    backwards = {table: rows[::-1] for table, rows in reversed(tables.items())}
    assert find_problems(backwards, hedges.TODAY) == found


def test_what_is_not_in_force_any_more_is_not_looked_at() -> None:
    def broken(tables: Rows) -> None:
        row_of(tables, THRESHOLD, **PB).update(warning_level="999999", expiry_date="2026-11-22")
        row_of(tables, THRESHOLD, **CAR).update(warning_level="0", active_flag="N")

    assert findings(broken) == []


def test_a_row_of_a_later_day_is_checked_before_that_day() -> None:
    later = (hedges.TODAY + timedelta(days=30)).isoformat()
    broken = again(THRESHOLD, PB, threshold_id="THR_LATER", warning_level="999999", effective_date=later)
    assert places(broken) == [(THRESHOLD, "THR_LATER", "warning_level")]


def test_a_rate_of_the_next_business_day_is_there() -> None:
    rate = {"currency_pair": "AUD/SGD", "rate_type": "prevailing"}
    assert findings(change(RATES, rate, effective_date=(hedges.TODAY + timedelta(days=1)).isoformat())) == []


def test_a_change_is_blamed_for_what_it_makes_worse_only() -> None:
    before = hedges.demo_tables()
    change(THRESHOLD, PB, unit_of_measure="EUR")(before)
    after = {table: [dict(row) for row in rows] for table, rows in before.items()}
    change(THRESHOLD, CAR, warning_level="1")(after)
    new = find_new_problems(before, after, {THRESHOLD}, hedges.TODAY)
    assert [each.key for each in new] == ["THR_HKD_CAR_BRANCH"]


def test_one_row_is_checked_alone() -> None:
    row = row_of(hedges.demo_tables(), THRESHOLD, **PB)
    assert find_row_problems(THRESHOLD, row, hedges.TODAY) == ()
    (finding,) = find_row_problems(THRESHOLD, row | {"critical_level": "1"}, hedges.TODAY)
    assert str(finding).startswith("threshold_configuration THR_HKD_PB: Expected warning < critical < maximum")


def test_the_tables_beside_a_table_are_all_that_its_relations_look_at() -> None:
    assert tables_beside({"holiday_calendar"}) == frozenset()
    assert tables_beside({"gl_periods"}) == {"gl_periods"}
    assert tables_beside({RATES}) == {RATES, "entity_master", "currency_configuration"}
    for relation in RELATIONS:
        assert relation in relations_of(relation.tables)
        assert relation.tables <= KEYS.keys()


@pytest.mark.parametrize("model", Model)
def test_deal_tables_are_flat_and_a_broken_one_is_not(model: Model) -> None:
    deals = DEAL_ROWS[model]
    assert list(unbalanced(deals)) == []
    assert list(unbalanced([replace(deals[0], target="MBS_BU"), *deals[1:]]))
    assert list(unbalanced([replace(deal, final=False) for deal in deals])) == ["0 final deals, expected one"]


def test_a_deal_table_that_is_not_flat_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    deals = DEAL_ROWS[Model.A_COI]
    broken = (deals[0], deals[1], replace(deals[2], source="CO_FX"), *deals[3:])
    monkeypatch.setattr(reference_booking, "DEAL_ROWS", {**DEAL_ROWS, Model.A_COI: broken})
    found = [each for each in findings() if "not flat" in each.message]
    assert {(each.table, each.key) for each in found} == {(CONFIG, "IEC_A_COI")}


def test_amounts_of_a_model_are_those_of_its_package() -> None:
    assert {"diff_base", "diff_base_local"} <= key_names(Model.A_COI)
    assert {"proxy_pv_base", "proxy_pv_local", "embedded_spot_base", "funding_base"} <= key_names(Model.C_COI)
    assert "spread_base" not in key_names(Model.A_COI)
