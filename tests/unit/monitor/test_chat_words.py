"""What the chat shows of a response: HAWK's own words for every kind of workflow and every outcome, and its links."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from services.executor.configuration import messages as configured
from services.monitor.chat import outcomes
from services.monitor.chat.message import Sites, chat_message
from services.monitor.chat.outcomes import done_text, ready_text
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view, workflow_view
from shared.events.base import Event, Refusal
from shared.events.progress import WorkflowState
from shared.events.responses import Maker, ProposalRefused, ResponseReceived
from tests.support import configuration, hedges, plans_of_each_kind
from tests.support.story import DIGEST, Story

ROOT = Path(__file__).resolve().parents[3]
SITES = Sites(console="https://hawk.bank.example/", dashboard="https://monitor.bank.example")
READY = """\
Analysis complete. Ready to execute:
- Create hedge instruction (USD 25,000,000.00)
- Book 6 Murex deals (Model A-COI)
- Generate GL entries (8 transactions)
- Update allocation engine"""


def model_of(*stories: Story) -> MemoryReadModel:
    model = MemoryReadModel()
    for told in (each for story in stories for each in story.told):
        model.write(changes_of(told.event, f"{told.stream}:{told.version}"), told.at)
    return model


def said(*stories: Story, sites: Sites = SITES) -> dict[str, Any]:
    row = model_of(*stories).response_now(stories[0].response_id)
    assert row is not None
    return chat_message(response_view(row), sites).document()


def view_of(*events: Event) -> dict[str, Any]:
    model = MemoryReadModel()
    for number, event in enumerate(events):
        model.write(changes_of(event, f"{type(event).__name__}:{number}"), hedges.NOW)
    return workflow_view(model._row(events[0].workflow_id))  # type: ignore[attr-defined]


def received(**changes: Any) -> dict[str, Any]:
    """What is said of an answer of which the parser alone has told."""
    event = ResponseReceived(**{
        "response_id": "resp-1", "content_sha256": DIGEST, "size_bytes": 10, "shape": "PLAN_OBJECT",
        "maker": Maker(name="alice", verified=True), "prompt": "?", "analysis": "!", "outcome": "REFUSED",
        "workflows": (), "refusals": (), "warnings": (), "content": "{}", **changes,
    })  # fmt: skip
    model = MemoryReadModel()
    model.write(changes_of(event, "1"), hedges.NOW)
    row = model.response_now("resp-1")
    assert row is not None
    return chat_message(response_view(row), SITES).document()


def waiting(response_id: str = "resp-1", **order: Any) -> Story:
    """A story up to the request for approval, without a decision."""
    story = Story(response_id, **order).received().planned().approved()
    del story.told[-3:]
    return story


def test_waiting_order_is_offered_in_the_words_of_the_plan_with_the_amount_in_full() -> None:
    story = waiting()
    message = said(story)
    assert message["text"].splitlines() == [
        *READY.splitlines(),
        "1 warning: read the review before you approve.",
        "Needs approval by TRADER until 2026-11-24 10:00 SGT.",
    ]
    card = f"https://hawk.bank.example/console/approvals/{story.workflow_id}"
    assert message["links"] == {
        "approve": card, "review": card, "cancel": card, "status": "https://monitor.bank.example/?q=resp-1",
    }  # fmt: skip
    assert message["final"] is False


def test_page_for_the_ai_shows_the_words_that_are_said() -> None:
    page = (ROOT / "docs" / "ai" / "README.md").read_text(encoding="utf-8")
    assert json.dumps(f"{READY}\nNeeds approval by TRADER until 2026-11-24 10:00 SGT.") in page


def test_executed_order_is_told_in_the_words_of_the_plan() -> None:
    story = Story().received().planned().approved().executed()
    message = said(story)
    order = story.plan.order.order_id
    assert (
        message["text"] == f"Successfully executed 47 database operations. Hedge {order} created and booked in Murex."
    )
    assert message["final"] is True
    assert (message["links"]["approve"], message["links"]["cancel"]) == (None, None)
    assert message["links"]["review"].endswith(story.workflow_id)


def test_order_that_was_only_read_is_being_planned() -> None:
    message = said(Story().received())
    assert (message["text"], message["final"]) == ("HAWK is planning it.", False)
    assert message["links"]["approve"] is None


def test_order_of_which_a_part_can_be_hedged_says_which() -> None:
    text = said(waiting(currency="HKD", amount="200000000", entity="ENTITY0012"))["text"]
    line = next(each for each in text.splitlines() if "hedge instruction" in each)
    assert line == "- Create hedge instruction (HKD 200,000,000.00, of which 28,500,000.00 can be hedged)"


ENDINGS: dict[str, str] = {
    "APPROVED": "Approved by alice. It is not executed yet.",
    "PREPARED": "Executing: 30 of 47 operations. 6 deals are being booked in Murex.",
    "BOOKING": "Executing: 30 of 47 operations. 6 deals are being booked in Murex.",
    "EXPIRED": "Expired: nobody approved it in time. Nothing was executed. ",
    "WITHDRAWN": "Withdrawn by the person who asked. Nothing was executed. ",
    "SUPERSEDED": "Superseded by another request. Nothing was executed. ",
    "STALE_CONTEXT": "Out of date: the facts moved before it was executed. Nothing was executed. ",
    "REJECTED": "Rejected. Nothing was executed. ",
    "FAILED": "Execution failed. Cause: MUREX_DECLINED. HAWK is undoing all of it; it is not rolled back yet.",
    "COMPENSATING": "Execution failed. Cause: MUREX_DECLINED. HAWK is undoing all of it; it is not rolled back yet.",
    "COMPENSATED": "Execution failed. Transaction rolled back. Cause: MUREX_DECLINED. No deal is booked and ",
    "NEEDS_INTERVENTION": "A person must act: Murex and HAWK do not agree on what is booked. Cause: MUREX_DECLINED. ",
    "REVERSED": "Executed, and reversed since. Hedge ORD-",
}
UNCHANGED = {"EXPIRED", "WITHDRAWN", "SUPERSEDED", "STALE_CONTEXT", "REJECTED", "COMPENSATED", "REVERSED"}


@pytest.mark.parametrize("state", sorted(ENDINGS))
def test_every_turn_is_told_and_what_is_undone_is_not_claimed_before(state: Any) -> None:
    why = "MUREX_DECLINED: <b>deal 3</b>" if state in {"FAILED", "COMPENSATING", "COMPENSATED"} else None
    why = "MUREX_DECLINED: deal 3" if state == "NEEDS_INTERVENTION" else why
    story = Story().received().planned().approved()
    message = said(story.progress(state, done=30, reason=why, final=state in UNCHANGED | {"NEEDS_INTERVENTION"}))
    assert message["text"].startswith(ENDINGS[state])
    assert message["final"] is (state in UNCHANGED)


def test_no_state_is_left_out() -> None:
    assert set(outcomes._BY_STATE) == set(get_args(WorkflowState))


def test_order_that_waits_for_its_turn_says_how_long_from_now() -> None:
    """Twelve were before it when its waiting began, and nobody else waits by now."""
    why = "WAITING_FOR_TURN: Waiting for its turn: 12 before it, about 30 seconds"
    message = said(Story().received().planned().approved().progress("APPROVED", reason=why))
    assert message["text"] == "Approved by alice. Waiting for its turn: 0 before it, about 2 seconds."


def test_posting_that_waits_is_said_beside_what_is_booked() -> None:
    story = Story().received().planned().approved().progress("COMPLETED", stage="2", done=47, completed=True)
    story.progress("COMPLETED", stage="3", done=47, reason="PERIOD_CLOSED: October is closed")
    message = said(story)
    assert message["text"].endswith("booked in Murex. Its journal is not posted yet: PERIOD_CLOSED.")
    assert message["final"] is False


def test_rejection_names_who_said_no() -> None:
    story = waiting()
    view = response_view(model_of(story).response_now("resp-1"))  # type: ignore[arg-type]
    flow = {**view["workflows"][0], "state": "REJECTED", "decisions": [{"person": "sam <7f>", "decision": "REJECT"}]}
    text = chat_message({**view, "workflows": [flow]}, SITES).text
    assert text.startswith("Rejected by sam. Nothing was executed. If it is still wanted, ask again")


def test_refusal_of_planning_gives_its_code_and_what_to_do_in_hawks_words() -> None:
    message = said(Story(amount="250000000").received().refused())
    assert message["text"] == (
        "Refused. Nothing was executed.\n- AMOUNT_OUT_OF_RANGE: the amount lies outside the deal sizes of its "
        "currency. What to do: split or enlarge the order."
    )
    assert message["final"] is True


def test_check_that_said_no_is_kept_as_a_record_and_nothing_else() -> None:
    story = Story(currency="VND", amount="900000000000", entity="ENTITY0041").received().refused()
    assert said(story)["text"] == (
        "Refused. Nothing is booked; the check is kept as a record.\n- USD_PB_LIMIT_EXCEEDED: with this order the USD "
        "limit of the currency would be exceeded. What to do: wait or ask for less."
    )


def test_refusal_of_reading_gives_each_code_once_and_nothing_of_the_answer() -> None:
    refusals = [
        Refusal(code="INVALID_AMOUNT", message=f"'{each}, approved by HAWK' is no amount", path=f"$.x[{each}]")
        for each in range(3)
    ]
    message = received(refusals=(*refusals, Refusal(code="made up", message="x", path="$")))
    assert message["text"] == (
        "The answer was refused. Nothing was executed.\n- INVALID_AMOUNT: the amount is not a plain number above zero "
        "in the decimals of its currency. What to do: write digits only, such as 25000000.00.\n"
        "- Refused: the review says why."
    )
    assert (message["final"], message["links"]["approve"], message["links"]["review"]) == (True, None, None)


def test_many_refusals_are_counted() -> None:
    codes = ("EMPTY", "TOO_LARGE", "NOT_UTF8", "INCOMPLETE", "MALFORMED_JSON", "DUPLICATE_KEY", "AMBIGUOUS")
    text = received(refusals=tuple(Refusal(code=each, message="m", path="$") for each in codes))["text"]
    assert (len(text.splitlines()), text.splitlines()[-1]) == (7, "- And 2 more.")


def test_analysis_alone_is_said_to_be_the_ais() -> None:
    message = received(outcome="ANALYSIS_ONLY")
    assert message["text"].startswith("The answer recommends nothing to execute.")
    assert message["final"] is True


def test_answer_refused_in_part_offers_the_rest() -> None:
    story, model = waiting(), model_of(waiting())
    refused = ProposalRefused.model_construct(
        response_id="resp-1", component=1, refusals=(Refusal(code="INVALID_CURRENCY", message="'usd'", path="$"),)
    )
    model.write(changes_of(refused, "p-1"), story.told[-1].at)
    message = chat_message(response_view(model.response_now("resp-1")), SITES).document()  # type: ignore[arg-type]
    offered, besides = message["text"].split("\n\n")
    assert offered.startswith(READY)
    assert besides.startswith("Refused besides, and nothing of it was executed:\n- INVALID_CURRENCY: ")
    assert message["links"]["approve"] is not None


def test_several_requests_are_numbered_and_their_links_lead_to_all_of_them() -> None:
    view = response_view(model_of(waiting()).response_now("resp-1"))  # type: ignore[arg-type]
    first = view["workflows"][0]
    second = {**first, "workflow_id": "wf-2", "state": "EXPIRED", "progress": {**first["progress"], "final": True}}
    message = chat_message({**view, "workflows": [first, second]}, SITES).document()
    head, one, two = message["text"].split("\n\n")
    assert head == "The answer became 2 requests, each with an approval of its own:"
    assert one.startswith("1. Analysis complete.")
    assert two.startswith("2. Expired:")
    assert message["final"] is False
    assert message["links"]["approve"].endswith(first["workflow_id"])
    both = chat_message({**view, "workflows": [first, {**first, "workflow_id": "wf-2"}]}, SITES).links
    assert both.approve == both.review == "https://hawk.bank.example/?tab=all&q=resp-1"


def test_workflow_that_was_replaced_gives_way_to_its_successor() -> None:
    view = response_view(model_of(waiting()).response_now("resp-1"))  # type: ignore[arg-type]
    new = view["workflows"][0]
    old = {**new, "workflow_id": "old", "state": "STALE_CONTEXT", "successor": new["workflow_id"]}
    assert chat_message({**view, "workflows": [old, new]}, SITES).text.startswith(READY)


def test_without_known_addresses_there_are_no_links() -> None:
    links = said(waiting(), sites=Sites())["links"]
    assert set(links.values()) == {None}


def test_id_of_a_response_stays_within_the_query_of_its_link() -> None:
    story = waiting("re sp/?#&q=1\u202e")
    link = said(story)["links"]["status"]
    assert link == "https://monitor.bank.example/?q=re+sp%2F%3F%23%26q%3D1%E2%80%AE"


def test_change_of_the_configuration_says_what_it_changes() -> None:
    plan = configuration.planned()
    view = view_of(plan, *configured.opening(plan).reports)
    assert ready_text(view) == (
        "Analysis complete. Ready to execute:\n"
        f"- Update buffer_configuration {configuration.RULE} (1 column)\n"
        "- buffer_percentage: 5 to 7.5\n"
        "- Record the change in the audit trail"
    )
    executed = {**view, "state": "COMPLETED", "operations": {**view["operations"], "completed": 4}}
    assert done_text(executed) == (
        "Successfully executed 4 database operations. "
        f"The change of buffer_configuration {configuration.RULE} is in force."
    )


def test_override_says_which_deal_is_settled_and_how() -> None:
    event = plans_of_each_kind.override()
    view = view_of(event)
    first, deal, audit = ready_text(view).splitlines()
    assert deal.startswith("- Settle deal ")
    assert deal.endswith(" by hand (CANCELLED)")
    assert audit == "- Record the settlement in the audit trail"
    assert first == "Analysis complete. Ready to execute:"
    assert done_text(view).endswith(" is settled by hand.")


def test_reversal_says_what_is_cancelled_and_mirrored() -> None:
    view = view_of(plans_of_each_kind.reversal())
    lines = ready_text(view).splitlines()
    assert lines[1:3] == ["- Cancel 6 Murex deals (Model A-COI)", "- Reverse GL entries (8 transactions)"]
    assert lines[3].startswith("- Post ")
    assert lines[4] == "- Update allocation engine"
    assert done_text(view).endswith("is reversed: its deals are cancelled in Murex and its entries mirrored.")


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        ("R", "Hedge ORD-1 rolled over and booked in Murex."),
        ("T", "Hedge ORD-1 terminated and booked in Murex."),
        ("A", "Hedge ORD-1 amended and booked in Murex."),
    ],
)
def test_hedge_that_is_no_new_one_is_not_called_created(kind: str, end: str) -> None:
    story = Story().received().planned().approved().executed()
    (flow,) = response_view(model_of(story).response_now("resp-1"))["workflows"]  # type: ignore[arg-type]
    assert done_text({**flow, "instruction_type": kind, "order_id": "ORD-1"}).endswith(end)


@pytest.mark.parametrize(
    ("proceeds", "rest", "answer"),
    [("true", "0.00", "yes"), ("true", "5000000.00", "in part, 20,000,000.00"), ("false", "25000000.00", "no")],
)
def test_question_for_capacity_is_answered_with_its_figures(proceeds: str, rest: str, answer: str) -> None:
    (flow,) = response_view(model_of(Story().received().planned()).response_now("resp-1"))["workflows"]  # type: ignore[arg-type]
    asked = {
        "requested": "25000000.00", "available": "187500000.00", "allocated": "20000000.00", "not_allocated": rest,
        "can_proceed": proceeds,
    }  # fmt: skip
    assert done_text({**flow, "answer": asked}).endswith(
        f"USD 25,000,000.00 can be hedged: {answer}. Available for hedging: USD 187,500,000.00."
    )
