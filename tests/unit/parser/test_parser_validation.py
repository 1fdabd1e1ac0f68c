"""The closed catalogue: what is taken, what is refused, where and why."""

import json
from decimal import Decimal
from typing import Any

import pytest

from services.parser.catalogue import CATALOGUE, CONFIGURATION_TABLES, ActionType
from services.parser.codes import REFUSALS_MAX
from shared.events.parsing_codes import ParsingCode
from shared.hedging.changes.override import DealOverride
from tests.support.parser_answers import codes, instruction, plan_text, read, read_actions

ROOT = "$.recommended_actions[0]"
ROLLOVER = {
    "instruction_type": "R",
    "order_id": "ORD-2",
    "previous_order_id": "ORD-1",
    "hedge_method": "COH",
    "value_date": "2026-12-01",
    "tenor_or_maturity": "3M",
    "reference_event_ids": ["EVT-1"],
}


def claim(action_type: str, data: Any, **beside: Any) -> dict[str, Any]:
    return {"action_type": action_type, "data": data, **beside}


@pytest.mark.parametrize(
    ("action", "code", "path"),
    [
        # the action itself
        (3, "SCHEMA_VIOLATION", ""),
        (None, "SCHEMA_VIOLATION", ""),
        ({"data": {}}, "SCHEMA_VIOLATION", ""),
        ({"action_type": 3, "data": {}}, "SCHEMA_VIOLATION", ".action_type"),
        ({"action_type": "EXECUTE_SQL", "data": {"sql": "x"}}, "UNKNOWN_ACTION_TYPE", ".action_type"),
        ({"action_type": "create_hedge_instruction", "data": {}}, "UNKNOWN_ACTION_TYPE", ".action_type"),
        # The policy is changed by people alone: no answer of the AI can recommend it.
        ({"action_type": "UPDATE_POLICY", "data": {"four_eyes_from": "1"}}, "UNKNOWN_ACTION_TYPE", ".action_type"),
        ({"action_type": "CREATE_HEDGE_INSTRUCTION"}, "MISSING_FIELDS", ""),
        ({"action_type": "CREATE_HEDGE_INSTRUCTION", "data": []}, "SCHEMA_VIOLATION", ".data"),
        (instruction({"table": "users"}), "TABLE_NOT_ALLOWED", ".table"),
        (instruction({"table": "HEDGE_INSTRUCTIONS"}), "TABLE_NOT_ALLOWED", ".table"),
        (instruction({"table": "hedge_instructions; DROP TABLE users"}), "TABLE_NOT_ALLOWED", ".table"),
        (instruction({"table": 1}), "SCHEMA_VIOLATION", ".table"),
        (instruction({"operation": "DELETE"}), "OPERATION_NOT_ALLOWED", ".operation"),
        (instruction({"operation": "insert"}), "OPERATION_NOT_ALLOWED", ".operation"),
        (instruction({"operation": ["INSERT"]}), "SCHEMA_VIOLATION", ".operation"),
        (instruction({"id": "a b"}), "INVALID_IDENTIFIER", ".id"),
        (instruction({"id": "#1"}), "INVALID_IDENTIFIER", ".id"),
        (instruction({"dependencies": "a"}), "SCHEMA_VIOLATION", ".dependencies"),
        (instruction({"dependencies": [{}]}), "INVALID_IDENTIFIER", ".dependencies[0]"),
        # instruction type
        (instruction(instruction_type=...), "MISSING_FIELDS", ".data"),
        (instruction(instruction_type=None), "MISSING_FIELDS", ".data"),
        (instruction(instruction_type="M"), "INSTRUCTION_TYPE_NOT_SUPPORTED", ".data.instruction_type"),
        (instruction(instruction_type="EARLY_TERMINATION"), "INSTRUCTION_TYPE_NOT_SUPPORTED", ".data.instruction_type"),
        (instruction(instruction_type="inception"), "INSTRUCTION_TYPE_NOT_SUPPORTED", ".data.instruction_type"),
        (instruction(instruction_type=1), "SCHEMA_VIOLATION", ".data.instruction_type"),
        # fields
        (instruction(approved_by="risk.manager"), "UNKNOWN_FIELD", ".data.approved_by"),
        (instruction(Entity_Id="ENTITY0037"), "UNKNOWN_FIELD", ".data.Entity_Id"),
        (instruction(**{"a b": 1}), "UNKNOWN_FIELD", ".data['a b']"),
        (instruction(exposure_currency=...), "MISSING_FIELDS", ".data"),
        (instruction(hedge_amount_order=...), "MISSING_FIELDS", ".data"),
        (instruction(hedge_amount_order=None), "MISSING_FIELDS", ".data"),
        (instruction(instruction_type="U", hedge_amount_order=...), "MISSING_FIELDS", ".data"),
        (instruction(instruction_type="R"), "MISSING_FIELDS", ".data"),
        (instruction(**{**ROLLOVER, "reference_event_ids": []}), "MISSING_FIELDS", ".data"),
        (instruction(instruction_type="TERMINATION"), "MISSING_FIELDS", ".data"),
        (instruction(instruction_type="A"), "MISSING_FIELDS", ".data"),
        # currencies
        (instruction(exposure_currency="usd"), "INVALID_CURRENCY", ".data.exposure_currency"),
        (instruction(exposure_currency="USD\r\n"), "INVALID_CURRENCY", ".data.exposure_currency"),
        (instruction(exposure_currency="USDT"), "INVALID_CURRENCY", ".data.exposure_currency"),
        (instruction(exposure_currency="ZZZ"), "INVALID_CURRENCY", ".data.exposure_currency"),
        (instruction(exposure_currency="XAU"), "INVALID_CURRENCY", ".data.exposure_currency"),
        (instruction(exposure_currency="$"), "INVALID_CURRENCY", ".data.exposure_currency"),
        (instruction(exposure_currency=840), "INVALID_CURRENCY", ".data.exposure_currency"),
        # dates
        (instruction(value_date="2026-02-30"), "INVALID_DATE", ".data.value_date"),
        (instruction(value_date="01/12/2026"), "INVALID_DATE", ".data.value_date"),
        (instruction(value_date="2026-12-01T00:00:00Z"), "INVALID_DATE", ".data.value_date"),
        (instruction(value_date="20261201"), "INVALID_DATE", ".data.value_date"),
        (instruction(value_date=20261201), "INVALID_DATE", ".data.value_date"),
        (instruction(instruction_date=""), "INVALID_DATE", ".data.instruction_date"),
        (instruction(instruction_date="2026-12-02", value_date="2026-12-01"), "INVALID_DATE", ".data.value_date"),
        (instruction(tenor_or_maturity="3 months"), "INVALID_DATE", ".data.tenor_or_maturity"),
        # ids and words
        (instruction(entity_id=""), "INVALID_IDENTIFIER", ".data.entity_id"),
        (instruction(entity_id=37), "INVALID_IDENTIFIER", ".data.entity_id"),
        (instruction(entity_id="ENTITY0037' OR 1=1"), "INVALID_IDENTIFIER", ".data.entity_id"),
        (instruction(entity_id="ENTITY００37"), "INVALID_IDENTIFIER", ".data.entity_id"),
        (instruction(msg_uid="x" * 51), "INVALID_IDENTIFIER", ".data.msg_uid"),
        (instruction(order_id="a\u0000b"), "INVALID_IDENTIFIER", ".data.order_id"),
        (instruction(reference_event_ids="EVT-1"), "SCHEMA_VIOLATION", ".data.reference_event_ids"),
        (instruction(reference_event_ids=["a", "a"]), "INVALID_IDENTIFIER", ".data.reference_event_ids"),
        (instruction(reference_event_ids=["a", 1]), "INVALID_IDENTIFIER", ".data.reference_event_ids[1]"),
        (instruction(nav_type="coi"), "SCHEMA_VIOLATION", ".data.nav_type"),
        (instruction(hedge_method="MAGIC"), "SCHEMA_VIOLATION", ".data.hedge_method"),
    ],
)  # fmt: skip
def test_instruction_is_refused_with_code_and_path(action: Any, code: str, path: str) -> None:
    reading = read_actions(action)
    assert (reading.outcome, codes(reading)) == ("REFUSED", [code]), reading.all_refusals
    assert reading.all_refusals[0].path == ROOT + path
    assert reading.all_refusals[0].message.endswith((".", "-"))


@pytest.mark.parametrize(
    "amount",
    [
        "0", "0.00", "-25000000", "-0", "+25000000", "25,000,000", "25.000.000", "25000000.001", "25.000",
        "25000000.000", "25M", "25 million", "USD 25000000", " 25000000", "25000000 ", "2.5e7", "1E7", "0x10",
        "025000000", ".5", "25000000.", "1_000", "٢٥", "２５", "", "NaN", "Infinity", "1" * 19, True, [25], {},
    ],
)  # fmt: skip
@pytest.mark.parametrize("quoted", [True, False])
def test_amount_is_refused_when_it_has_more_than_one_reading_or_none(amount: Any, quoted: bool) -> None:
    text = json.dumps(amount) if quoted or not isinstance(amount, str) else amount.replace(" ", "'")
    reading = read(plan_text(instruction(hedge_amount_order="@")).replace('"@"', text))
    assert reading.outcome == "REFUSED"
    code = codes(reading)[0]
    assert code == "INVALID_AMOUNT" or (not quoted and code in {"MALFORMED_JSON", "INCOMPLETE"})


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("USD", "25000000"), ("USD", "25000000.5"), ("USD", "25000000.00"), ("USD", "0.01"),
        ("JPY", "1000000000"), ("KWD", "1.005"), ("CNH", "1.50"), ("VND", "900000000000"),
        ("USD", "999999999999999999.99"), ("USD", "9007199254740993"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("quoted", [True, False])
def test_amount_keeps_every_digit_when_it_is_taken(currency: str, amount: str, quoted: bool) -> None:
    text = plan_text(instruction(exposure_currency=currency, hedge_amount_order="@"))
    reading = read(text.replace('"@"', f'"{amount}"' if quoted else amount))
    (component,) = reading.components
    assert reading.outcome == "PROPOSED"
    assert component.order is not None
    assert component.order.amount == Decimal(amount)
    assert str(component.order.amount) == amount


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1.0"), ("KRW", "12.5"), ("KWD", "1.0005"), ("CNH", "1.001")])
def test_amount_is_refused_when_it_has_more_decimals_than_its_currency(currency: str, amount: str) -> None:
    reading = read_actions(instruction(exposure_currency=currency, hedge_amount_order=amount))
    assert codes(reading) == ["INVALID_AMOUNT"]


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("U", "UTILIZATION"), ("I", "INCEPTION"), ("R", "ROLLOVER"), ("T", "TERMINATION"), ("A", "AMENDMENT"),
        ("Q", "INQUIRY"),
    ],
)  # fmt: skip
def test_instruction_type_is_known_by_letter_and_by_name(letter: str, name: str) -> None:
    for written in (letter, name):
        reading = read_actions(instruction(**{**ROLLOVER, "instruction_type": written}))
        assert reading.outcome == "PROPOSED", reading.all_refusals
        assert reading.components[0].order is not None
        assert reading.components[0].order.instruction_type == letter


def test_inquiry_needs_neither_amount_nor_currency() -> None:
    reading = read_actions({"action_type": "CREATE_HEDGE_INSTRUCTION", "data": {"instruction_type": "Q"}})
    assert reading.outcome == "PROPOSED"


def test_missing_fields_are_listed_all_at_once_by_their_own_names() -> None:
    reading = read_actions(instruction(instruction_type="ROLLOVER", hedge_amount_order=...))
    (refusal,) = reading.all_refusals
    for name in (*ROLLOVER, "hedge_amount_order"):
        assert name == "instruction_type" or name in refusal.message
    assert "exposure_currency" not in refusal.message


def test_fields_beside_data_are_ignored_and_null_is_as_good_as_absent() -> None:
    action = instruction({"confidence": 0.5, "table": None, "operation": None}, nav_type=None)
    reading = read_actions(action)
    assert reading.outcome == "PROPOSED"
    assert reading.components[0].order is not None
    assert "nav_type" not in reading.components[0].order.provenance


def test_everything_wrong_with_an_action_is_reported_in_order_of_precedence() -> None:
    action = instruction(
        {"table": "users", "operation": "DELETE"},
        exposure_currency="usd",
        hedge_amount_order=-1,
        value_date="soon",
        extra=1,
        entity_id="",
    )
    found = codes(read_actions(action))
    order = [code.value for code in ParsingCode]
    assert found == sorted(found, key=order.index)
    assert set(found) == {
        "TABLE_NOT_ALLOWED", "OPERATION_NOT_ALLOWED", "UNKNOWN_FIELD", "INVALID_AMOUNT", "INVALID_CURRENCY",
        "INVALID_DATE", "INVALID_IDENTIFIER",
    }  # fmt: skip


def test_refusals_stay_few_when_an_action_is_wrong_in_many_places() -> None:
    reading = read_actions(instruction(**{f"x{number}": 1 for number in range(5_000)}))
    assert len(reading.all_refusals) == REFUSALS_MAX
    assert reading.all_refusals[-1].message.endswith("more.")


DEALS = [
    {
        "deal_type": "FX_SWAP",
        "portfolio_from": "EXTERNAL",
        "portfolio_to": "CO_FX",
        "currency_pair": "USD/SGD",
        "notional_amount": 25000000.5,
    }
]


@pytest.mark.parametrize(
    ("action", "data"),
    [
        (claim("BOOK_MUREX_DEALS", {}), {}),
        (claim("BOOK_MUREX_DEALS", {"model": "C-RE", "deal_count": 5}), {"model": "C-RE", "deal_count": 5}),
        (
            claim("BOOK_MUREX_DEALS", {"event_id": "EVT-1", "deals": DEALS}),
            {"event_id": "EVT-1", "deals": [{**DEALS[0], "notional_amount": "25000000.5"}]},
        ),
        (
            claim("GENERATE_GL_ENTRIES", {"entry_count": 8, "entries": [{"debit": "33201001", "amount": 1.50}]}),
            {"entry_count": 8, "entries": [{"debit": "33201001", "amount": "1.5"}]},
        ),
        (
            claim("UPDATE_ALLOCATION", {"allocated_amount": "25.00", "entity_id": "E1"}, operation="UPDATE"),
            {"allocated_amount": "25.00", "entity_id": "E1"},
        ),
    ],
)
def test_claim_is_kept_as_json_with_amounts_as_text(action: dict[str, Any], data: dict[str, Any]) -> None:
    reading = read_actions(instruction({"id": "a"}), {**action, "dependencies": ["a"]})
    assert reading.outcome == "PROPOSED", reading.all_refusals
    kept = reading.components[0].actions[1].claim
    assert kept is not None
    assert (kept.action_id, kept.data) == ("#2", data)


@pytest.mark.parametrize(
    ("action", "code", "path"),
    [
        (claim("BOOK_MUREX_DEALS", {"model": "D-COI"}), "SCHEMA_VIOLATION", ".data.model"),
        (claim("BOOK_MUREX_DEALS", {"deal_count": "6"}), "SCHEMA_VIOLATION", ".data.deal_count"),
        (claim("BOOK_MUREX_DEALS", {"deal_count": 6.5}), "SCHEMA_VIOLATION", ".data.deal_count"),
        (claim("BOOK_MUREX_DEALS", {"deal_count": -1}), "SCHEMA_VIOLATION", ".data.deal_count"),
        (claim("BOOK_MUREX_DEALS", {"deals": {}}), "SCHEMA_VIOLATION", ".data.deals"),
        (claim("BOOK_MUREX_DEALS", {"deals": [1]}), "SCHEMA_VIOLATION", ".data.deals"),
        (claim("BOOK_MUREX_DEALS", {"deals": [{"x": 1}]}), "UNKNOWN_FIELD", ".data.deals[0].x"),
        (
            claim("BOOK_MUREX_DEALS", {"deals": [{"notional_amount": -1}]}),
            "INVALID_AMOUNT",
            ".data.deals[0].notional_amount",
        ),
        (claim("BOOK_MUREX_DEALS", {}, table="gl_entries"), "TABLE_NOT_ALLOWED", ".table"),
        (claim("BOOK_MUREX_DEALS", {}, operation="UPDATE"), "OPERATION_NOT_ALLOWED", ".operation"),
        (claim("GENERATE_GL_ENTRIES", {"entries": [{"x": {}}]}), "SCHEMA_VIOLATION", ".data.entries[0].x"),
        (claim("UPDATE_ALLOCATION", {"allocated_amount": 0}), "INVALID_AMOUNT", ".data.allocated_amount"),
        (claim("UPDATE_ALLOCATION", {}, operation="INSERT"), "OPERATION_NOT_ALLOWED", ".operation"),
    ],
)  # fmt: skip
def test_claim_refuses_its_proposal_when_it_is_malformed(action: dict[str, Any], code: str, path: str) -> None:
    reading = read_actions(instruction(), action)
    assert (reading.outcome, codes(reading)) == ("REFUSED", [code]), reading.all_refusals
    assert reading.all_refusals[0].path == f"$.recommended_actions[1]{path}"


OVERRIDE = claim("OVERRIDE_DEAL", {"deal_booking_id": "D-1", "resolution": "CANCELLED", "reason": "declined"})


def test_override_of_a_deal_is_a_proposal_of_its_own() -> None:
    reading = read_actions(OVERRIDE)
    assert codes(reading) == []
    (component,) = reading.components
    assert component.override == DealOverride("D-1", "CANCELLED", None, "declined")
    beside = read_actions({**instruction(), "id": "a"}, {**OVERRIDE, "id": "b", "dependencies": ["a"]})
    assert codes(beside) == ["AMBIGUOUS"]
    assert codes(read_actions(OVERRIDE, OVERRIDE)) == ["DUPLICATE_ACTION", "DUPLICATE_ACTION"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({**OVERRIDE, "data": {}}, "MISSING_FIELDS"),
        ({**OVERRIDE, "data": {**OVERRIDE["data"], "resolution": "BOOKED_MANUALLY"}}, "MISSING_FIELDS"),
        ({**OVERRIDE, "data": {**OVERRIDE["data"], "resolution": "DELETED"}}, "SCHEMA_VIOLATION"),
        ({**OVERRIDE, "data": {**OVERRIDE["data"], "reason": " "}}, "SCHEMA_VIOLATION"),
        ({**OVERRIDE, "data": {**OVERRIDE["data"], "deal_status": "Booked"}}, "UNKNOWN_FIELD"),
    ],
)
def test_override_of_a_deal_is_refused_when_it_is_malformed(action: dict[str, Any], code: str) -> None:
    assert code in codes(read_actions(action))


def test_catalogue_is_closed() -> None:
    assert set(CATALOGUE) == set(ActionType)
    tables = {table for entry in CATALOGUE.values() for table in entry.tables}
    assert tables == {"hedge_instructions", "deal_bookings", "gl_entries", "allocation_engine", *CONFIGURATION_TABLES}
    for entry in CATALOGUE.values():
        assert set(entry.required) <= set(entry.fields)
        assert set(entry.operations) <= {"INSERT", "UPDATE"}
