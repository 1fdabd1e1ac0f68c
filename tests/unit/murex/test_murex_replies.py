"""What the simulator answers to each line of a script (interfaces section 3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from murex.simulator.replies import (
    BookedDeal,
    BookStatus,
    DealRequest,
    Decision,
    RequestKind,
    contract_id,
    decide,
    matching_rule,
)
from murex.simulator.script import LATE_SECONDS_DEFAULT, Match, Rule

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

BOOK = DealRequest(
    kind=RequestKind.BOOK,
    message_id="m-1",
    workflow_id="wf-1",
    event_id="EVT-1",
    deal_booking_id="DB-3",
    deal_sequence=3,
    attempt=1,
    entity_id="ENTITY0037",
    exposure_currency="USD",
    legs=2,
    digest="sha256:a",
)
ENQUIRE = replace(
    BOOK, kind=RequestKind.ENQUIRE, message_id="m-2", entity_id="", exposure_currency="", legs=0, digest=""
)
CANCEL = replace(ENQUIRE, kind=RequestKind.CANCEL, message_id="m-3")


def answered(request: DealRequest = BOOK, rule: Rule | None = None, entry: BookedDeal | None = None) -> Decision:
    return decide(request, () if rule is None else (rule,), entry, NOW)


def events(decision: Decision) -> list[str]:
    return [answer.event for answer in decision.replies]


def business(decision: Decision) -> list[str]:
    return [a.data["answer"] for a in decision.replies if a.event == "MurexAnswered"]


def booked() -> BookedDeal:
    entry = answered().entry
    assert entry is not None
    return entry


def test_booking_is_receipted_then_acknowledged_when_no_rule_matches() -> None:
    decision = answered()
    receipt, answer = decision.replies
    assert (receipt.event, answer.event) == ("MurexReceipted", "MurexAnswered")
    assert answer.data["answer"] == "ACK"
    assert answer.data["level"] == "OK"
    assert answer.data["contract_id"] == contract_id("DB-3")
    assert answer.data["contract_id"].startswith("MX")
    assert answer.data["contract_id"][2:].isdigit()
    assert len(set(answer.data["trade_ids"])) == 2
    assert answer.data["booking_reference"]
    assert decision.entry is not None
    assert decision.entry.status is BookStatus.BOOKED


def test_booking_gets_the_same_contract_under_another_message_id_when_it_is_sent_again() -> None:
    again = answered(replace(BOOK, message_id="m-9", attempt=2), entry=booked())
    first = answered()
    assert again.replies[1].data["contract_id"] == first.replies[1].data["contract_id"]
    assert again.replies[1].data["trade_ids"] == first.replies[1].data["trade_ids"]
    assert again.replies[1].data["attempt"] == 2
    assert again.replies[1].message_id != first.replies[1].message_id
    assert again.entry == booked()


def test_booking_is_answered_under_the_same_message_ids_when_kafka_delivers_it_twice() -> None:
    first = [answer.message_id for answer in answered().replies]
    assert [answer.message_id for answer in answered(entry=booked()).replies] == first


def test_booking_is_declined_and_the_book_unchanged_when_the_external_id_has_other_terms() -> None:
    decision = answered(replace(BOOK, digest="sha256:b"), entry=booked())
    assert business(decision) == ["NOK"]
    assert "Duplicate external id DB-3" in decision.replies[1].data["reason"]
    assert decision.replies[1].data["contract_id"] is None
    assert decision.entry == booked()


def test_booking_is_declined_with_the_reason_of_the_rule_when_the_script_says_nok() -> None:
    decision = answered(rule=Rule(answer="NOK", reason="Unknown portfolio", level="FATAL"))
    answer = decision.replies[1].data
    assert (answer["answer"], answer["level"], answer["reason"]) == ("NOK", "FATAL", "Unknown portfolio")
    assert answer["technical"] is False
    assert decision.entry is not None
    assert decision.entry.status is BookStatus.DECLINED
    assert decision.entry.contract_id is None


def test_booking_stays_declined_when_a_declined_deal_is_sent_again_under_another_rule() -> None:
    declined = answered(rule=Rule(answer="NOK")).entry
    assert business(answered(replace(BOOK, attempt=2), entry=declined)) == ["NOK"]


def test_booking_leaves_no_row_and_may_be_sent_again_when_the_fault_is_technical() -> None:
    decision = answered(rule=Rule(answer="NOK", technical=True))
    assert decision.replies[1].data["technical"] is True
    assert decision.entry is None


def test_booking_carries_a_warning_and_books_when_the_level_says_so() -> None:
    decision = answered(rule=Rule(answer="ACK", level="WARNING", reason="Off-market rate"))
    answer = decision.replies[1].data
    assert (answer["answer"], answer["level"], answer["reason"]) == ("ACK", "WARNING", "Off-market rate")


def test_booking_is_neither_answered_nor_booked_when_the_script_is_silent() -> None:
    assert answered(rule=Rule(answer="SILENT")) == Decision(None, ())


def test_booking_is_booked_without_an_answer_when_silent_says_booked() -> None:
    decision = answered(rule=Rule(answer="SILENT", booked=True))
    assert decision.replies == ()
    assert decision.entry is not None
    assert answered(ENQUIRE, entry=decision.entry).replies[0].data["status"] == "BOOKED"


def test_booking_is_answered_at_the_second_attempt_when_only_the_first_is_silent() -> None:
    rule = Rule(match=Match(attempt=1), answer="SILENT")
    assert business(answered(replace(BOOK, attempt=2), rule)) == ["ACK"]


def test_booking_gets_two_answers_with_their_own_ids_when_the_script_duplicates() -> None:
    decision = answered(rule=Rule(answer="DUPLICATE"))
    first, second = (a for a in decision.replies if a.event == "MurexAnswered")
    assert first.data == second.data
    assert first.message_id != second.message_id


@pytest.mark.parametrize(("after", "seconds"), [(None, LATE_SECONDS_DEFAULT), (42.5, 42.5)])
def test_booking_is_receipted_at_once_and_answered_later_when_late(after: float | None, seconds: float) -> None:
    decision = answered(rule=Rule(answer="LATE", after_seconds=after))
    receipt, answer = decision.replies
    assert receipt.due == NOW
    assert answer.due == NOW + timedelta(seconds=seconds)
    assert answer.data["answered_at"] == answer.due.isoformat()


def test_enquiry_reports_received_until_the_late_answer_is_due() -> None:
    entry = answered(rule=Rule(answer="LATE", after_seconds=10)).entry
    early = decide(ENQUIRE, (), entry, NOW + timedelta(seconds=9)).replies[0].data
    late = decide(ENQUIRE, (), entry, NOW + timedelta(seconds=10)).replies[0].data
    assert (early["status"], early.get("contract_id")) == ("RECEIVED", None)
    assert (late["status"], late["contract_id"]) == ("BOOKED", contract_id("DB-3"))


def test_enquiry_reports_booked_when_a_second_attempt_was_answered_before_the_late_first() -> None:
    late = answered(rule=Rule(answer="LATE", after_seconds=60)).entry
    second = answered(replace(BOOK, attempt=2, message_id="m-8"), entry=late)
    assert second.entry is not None
    assert second.entry.status_at(NOW) is BookStatus.BOOKED


def test_booking_is_acknowledged_then_declined_and_stays_booked_when_contradicted() -> None:
    decision = answered(rule=Rule(answer="CONTRADICT"))
    assert business(decision) == ["ACK", "NOK"]
    assert decision.entry is not None
    assert decision.entry.status is BookStatus.BOOKED


def test_booking_is_answered_after_a_deal_nobody_sent_when_the_script_says_unknown_deal() -> None:
    decision = answered(rule=Rule(answer="UNKNOWN_DEAL"))
    _, stray, right = decision.replies
    assert stray.data["deal_booking_id"] != "DB-3"
    assert stray.data["deal_sequence"] != 3
    assert stray.data["contract_id"] != right.data["contract_id"]
    assert right.data["deal_booking_id"] == "DB-3"


def test_booking_is_answered_before_its_receipt_when_reordered() -> None:
    assert events(answered(rule=Rule(answer="REORDER"))) == ["MurexAnswered", "MurexReceipted"]


def test_deals_of_an_event_are_answered_in_reverse_when_reordered() -> None:
    rule = Rule(answer="REORDER")
    dues = [
        answered(replace(BOOK, deal_sequence=number, deal_booking_id=f"DB-{number}"), rule).replies[0].due
        for number in range(1, 7)
    ]
    assert dues == sorted(dues, reverse=True)
    assert len(set(dues)) == 6


def test_enquiry_reports_unknown_when_the_deal_never_came() -> None:
    decision = answered(ENQUIRE)
    assert decision.entry is None
    assert decision.replies[0].data["status"] == "UNKNOWN"


def test_enquiry_reports_the_decline_with_its_reason() -> None:
    entry = answered(rule=Rule(answer="NOK", reason="Closed book")).entry
    data = answered(ENQUIRE, entry=entry).replies[0].data
    assert (data["status"], data["reason"]) == ("DECLINED", "Closed book")


def test_enquiry_is_not_answered_when_the_rule_of_the_deal_says_so() -> None:
    rule = Rule(match=Match(exposure_currency="USD"), answer="ACK", enquiry="SILENT")
    assert answered(ENQUIRE, rule, booked()).replies == ()


def test_cancel_ends_the_contract_when_the_deal_is_booked() -> None:
    decision = answered(CANCEL, entry=booked())
    assert decision.replies[0].data["outcome"] == "CANCELLED"
    assert decision.replies[0].data["contract_id"] == contract_id("DB-3")
    assert answered(ENQUIRE, entry=decision.entry).replies[0].data["status"] == "CANCELLED"


def test_cancel_says_cancelled_again_when_it_is_repeated() -> None:
    once = answered(CANCEL, entry=booked()).entry
    twice = answered(replace(CANCEL, message_id="m-4"), entry=once)
    assert twice.replies[0].data["outcome"] == "CANCELLED"
    assert twice.entry == once


def test_cancel_of_a_deal_that_never_came_keeps_its_late_request_from_booking() -> None:
    cancelled = answered(CANCEL)
    assert cancelled.replies[0].data["outcome"] == "NOT_FOUND"
    late = answered(entry=cancelled.entry)
    assert business(late) == ["NOK"]
    assert late.entry == cancelled.entry


def test_cancel_finds_nothing_when_the_deal_was_declined() -> None:
    entry = answered(rule=Rule(answer="NOK")).entry
    assert answered(CANCEL, entry=entry).replies[0].data["outcome"] == "NOT_FOUND"


def test_cancel_is_refused_and_the_contract_stays_when_the_rule_says_so() -> None:
    rule = Rule(answer="ACK", cancel="REFUSED", reason="End of day")
    decision = answered(CANCEL, rule, booked())
    assert decision.replies[0].data["outcome"] == "REFUSED"
    assert decision.replies[0].data["reason"] == "End of day"
    assert decision.entry == booked()


@pytest.mark.parametrize(
    ("match", "applies"),
    [
        (Match(), True),
        (Match(exposure_currency="USD"), True),
        (Match(exposure_currency="HKD"), False),
        (Match(entity_id="ENTITY0037"), True),
        (Match(entity_id="ENTITY0009"), False),
        (Match(workflow_id="wf-1", deal_sequence=3, attempt=1), True),
        (Match(workflow_id="wf-2"), False),
        (Match(deal_sequence=4), False),
        (Match(attempt=2), False),
    ],
)
def test_rule_applies_when_every_field_given_matches(match: Match, applies: bool) -> None:
    assert (matching_rule(BOOK, (Rule(match=match, answer="NOK"),)).answer == "NOK") is applies


def test_first_rule_wins_when_several_match() -> None:
    rules = (Rule(match=Match(deal_sequence=3), answer="SILENT"), Rule(answer="NOK"))
    assert matching_rule(BOOK, rules).answer == "SILENT"
