"""What the monitor and the card show of a change of the configuration."""

from rich.console import Console

from cli.cards import response_card, workflow_card, workflow_table
from services.executor.configuration import messages
from services.executor.progress.messages import approved
from services.monitor.facts import changes_of
from services.monitor.handlers import SHOWN
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view, workflow_summary, workflow_view
from shared.events.base import Event
from shared.events.configuration import ConfigurationPlanned
from tests.support import hedges
from tests.support.configuration import RESPONSE, RULE, WORKFLOW, outcome, planned, proposed


def model_of(*events: Event) -> MemoryReadModel:
    model = MemoryReadModel()
    for number, event in enumerate(events):
        model.write(changes_of(event, f"{type(event).__name__}:{number}"), hedges.NOW)
    return model


async def view_of(*events: Event) -> dict[str, object]:
    row = await model_of(*events).workflow(WORKFLOW)
    assert row is not None
    return workflow_view(row)


def text_of(part: object) -> str:
    console = Console(width=110, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(part)
    return capture.get()


async def test_a_planned_change_shows_the_row_before_and_after() -> None:
    plan = planned()
    view = await view_of(proposed(), plan, *messages.opening(plan).reports)
    configuration = view["configuration"]
    assert isinstance(configuration, dict)
    assert (configuration["table"], configuration["key"], configuration["operation"]) == (
        "buffer_configuration", RULE, "UPDATE",
    )  # fmt: skip
    assert configuration["changes"] == [{"column": "buffer_percentage", "before": "5", "after": "7.5"}]
    assert configuration["references"] == {"table": "entity_master", "rows": 1, "keys": ["ENTITY0037"]}
    assert (view["state"], view["plan_digest"], view["amount"]) == ("PLANNED", plan.plan_digest, None)
    operations = view["operations"]
    assert isinstance(operations, dict)
    assert {name: operations[name] for name in ("total", "completed", "READ", "INSERT", "UPDATE")} == {
        "total": 4, "completed": 0, "READ": 2, "INSERT": 1, "UPDATE": 1,
    }  # fmt: skip


async def test_a_change_that_was_made_is_completed_and_final() -> None:
    plan = planned()
    progress = messages.applied(approved(messages.opening(plan), (), hedges.NOW), plan.plan, hedges.NOW)
    view = await view_of(plan, *progress.reports)
    assert view["state"] == "COMPLETED"
    assert view["progress"]["final"] is True  # type: ignore[index]
    stages = view["operations"]["stages"]  # type: ignore[index]
    assert {name: (each["completed"], each["status"]) for name, each in stages.items()} == {
        "1A": (2, "COMPLETED"), "1B": (2, "COMPLETED"), "2": (0, "NOT_PLANNED"),
    }  # fmt: skip


async def test_a_refused_change_lists_every_finding() -> None:
    refused = outcome(proposed("gl_coa", "21001000", active_flag=False))
    assert not isinstance(refused, ConfigurationPlanned)
    row = await model_of(refused, *messages.opening(refused).reports).response(RESPONSE)
    assert row is not None
    response = response_view(row)
    assert len(response["refusals"]) == len(refused.refusals) > 1
    (workflow,) = response["workflows"]
    assert (workflow["state"], workflow["reason"]) == ("REFUSED", "CONFIGURATION_INVALID")
    shown = text_of(workflow_card(workflow, nested=True)).replace("\n", " ")
    assert shown.count("CONFIGURATION_INVALID") == len(refused.refusals)


async def test_the_card_and_the_list_name_the_row_and_what_changes() -> None:
    plan = planned()
    row = await model_of(proposed(), plan, *messages.opening(plan).reports).workflow(WORKFLOW)
    assert row is not None
    card = text_of(workflow_card(workflow_view(row)))
    for part in (
        f"UPDATE of buffer_configuration {RULE}", "buffer_percentage", "7.5", "concerns 1 row of entity_master",
        "4 operations: 2 READ, 1 INSERT, 1 UPDATE", "stage 1B, the change and its record", "restore the row before",
        "RISK_MANAGER; a second person with any approving role",
    ):  # fmt: skip
        assert part in card, part
    assert f"UPDATE of buffer_configuration {RULE}" in text_of(workflow_table([workflow_summary(row)]))
    response = await model_of(plan).response(RESPONSE)
    assert response is not None
    assert RULE in text_of(response_card(response_view(response)))


def test_every_event_of_a_change_that_is_shown_is_listened_to() -> None:
    listened = {kind.__name__ for kinds in SHOWN.values() for kind in kinds}
    assert {"ConfigurationProposed", "ConfigurationPlanned", "ConfigurationRefused"} <= listened
