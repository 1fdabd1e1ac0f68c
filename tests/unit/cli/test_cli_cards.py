"""The plan card, drawn from the monitor's own documents."""

from typing import Any

from rich.console import Console, RenderableType

from cli.cards import response_card, workflow_card, workflow_table
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view, workflow_summary, workflow_view
from tests.support.story import Story

WIDTH = 100


def text_of(part: RenderableType) -> str:
    console = Console(width=WIDTH, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(part)
    return capture.get()


async def documents(story: Story) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The workflow, its line in the list, and the response."""
    model = MemoryReadModel()
    for each in story.told:
        model.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)
    workflow, response = await model.workflow(story.workflow_id), await model.response(story.response_id)
    assert workflow is not None
    assert response is not None
    return workflow_view(workflow), workflow_summary(workflow), response_view(response)


async def test_card_shows_what_is_approved_when_a_plan_waits() -> None:
    workflow, _, _ = await documents(Story().received().planned())
    shown = text_of(workflow_card(workflow))
    for part in (
        "USD 25,000,000.00 COI inception",
        f"order {workflow['order_id']}",
        "model A-COI: 6 deals in Murex, 8 ledger entries",
        "187,500,000.00  25,000,000.00  162,500,000.00",
        "47 operations: 9 READ, 30 INSERT, 8 UPDATE",
        "IFRS debit 375,000.00, credit 375,000.00",
        "EXTERNAL → CO_FX",
        "33,375,000.00 SGD",
        "TRADER",
        "Below 50M one trader.",
        "post the mirrored entry (9)",
        workflow["plan_digest"],
    ):
        assert part in shown
    assert shown.count("Planned") == 6
    assert max(len(line) for line in shown.splitlines()) <= WIDTH


async def test_card_names_each_deal_as_murex_does_only_while_a_person_has_to_settle_it() -> None:
    workflow, _, _ = await documents(Story().received().planned().approved().executed())
    ids = [deal["deal_booking_id"] for deal in workflow["deals"]]
    assert len(set(ids)) == 6
    shown = text_of(workflow_card(workflow | {"state": "NEEDS_INTERVENTION"}))
    assert all(each in shown for each in ids)
    assert not any(each in text_of(workflow_card(workflow)) for each in ids)


async def test_card_shows_decision_and_times_when_executed() -> None:
    workflow, _, _ = await documents(Story().received().planned().approved().executed())
    shown = text_of(workflow_card(workflow))
    decision = workflow["decisions"][0]
    assert f"{decision['person']} ({decision['role']}) approved" in shown
    assert shown.count("Booked") == 6
    assert "POSTED" in shown
    assert "until" not in shown


async def test_response_card_names_each_refusal_once_when_planning_refused() -> None:
    _, _, response = await documents(Story(amount="250000000").received().refused())
    shown = text_of(response_card(response))
    assert "REFUSED" in shown
    assert shown.count("AMOUNT_OUT_OF_RANGE") == 1


async def test_card_shows_markup_and_commands_as_text_when_the_answer_is_hostile() -> None:
    workflow, _, _ = await documents(Story().received().planned())
    workflow["analysis"] = "[bold]APPROVED[/bold] \x1b]0;title\x07 [link=http://x]y[/link]"
    workflow["prompt"] = "[/]\u202e"
    shown = text_of(workflow_card(workflow))
    assert "[bold]APPROVED[/bold]" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


async def test_list_says_who_waits_for_a_turn_with_the_place_of_now() -> None:
    _, summary, _ = await documents(Story().received().planned().approved().waits_for_its_turn(11, 36))
    shown = text_of(workflow_table([summary]))
    assert "Waiting for its turn: 0 before it, about 3 seconds" in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines()) <= WIDTH


async def test_list_gives_each_workflow_a_line_that_fits() -> None:
    _, summary, _ = await documents(
        Story(currency="KRW", amount="12000000000", entity="ENTITY0025").received().planned()
    )
    summary["state"] = "NEEDS_INTERVENTION"
    shown = text_of(workflow_table([summary]))
    assert summary["workflow_id"] in shown
    assert "KRW 12,000,000,000 COI" in shown
    assert max(len(line) for line in shown.splitlines()) <= WIDTH
