"""Each rule fires for its cause and stops when it is gone, as Prometheus evaluates it; each leads to a runbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from shared.telemetry.listed.catalogue import METRICS
from shared.telemetry.listed.entry import PROCESSES
from tests.house.source import ROOT
from tests.support.alerting import (
    RULES,
    SETTINGS,
    Firing,
    Values,
    Watched,
    hold,
    metrics_in,
    minutes,
    rules,
    runbooks,
)
from tests.support.promtool import checked

CALM, GONE, LONG = 16, 2, 62
"""Minutes before a cause, and after it; and after what is counted, longer than any rule looks back."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a metric says before, while and after something is wrong. A counter rises once, and stays."""

    before: float | None
    meanwhile: float | None
    afterwards: float | None
    counts: bool = False

    def values(self, lasts: int, afterwards: int) -> Values:
        return [self.before] * CALM + [self.meanwhile] * lasts + [self.afterwards] * afterwards


def state(wrong: float, right: float = 0) -> Cause:
    return Cause(right, wrong, right)


def risen(by: float, before: float | None = 0) -> Cause:
    return Cause(before, (before or 0) + by, (before or 0) + by, counts=True)


HANDLED = 'hawk_messages_handled_total{group="g",topic="t",instance="a"}'
LAG = 'hawk_consumer_lag_messages{group="g",topic="t",partition="0",instance="a"}'
REFUSED = 'hawk_messages_refused_total{group="g",topic="t",code="C",instance="a"}'

CAUSES: Mapping[str, Mapping[str, Cause]] = {
    "HawkProcessAway": {'up{job="hawk",instance="a"}': state(0, 1)},
    "HawkNotReady": {'hawk_ready{service="parser",instance="a"}': state(0, 1)},
    "HawkClockWrong": {'hawk_clock_offset_seconds{instance="a"}': state(-6, 0.01)},
    "HawkConsumerStuck": {LAG: state(3), HANDLED: Cause(7, 7, 7)},
    "HawkConsumerBehind": {LAG: state(6000)},
    "HawkDeadLetters": {REFUSED: risen(1, None)},
    "HawkNoRelay": {'hawk_relay_active{instance="a"}': state(0, 1)},
    "HawkRelayCannotPublish": {'hawk_relay_publish_failing{instance="a"}': state(1)},
    "HawkRelayBehind": {
        'hawk_relay_unpublished_events{instance="a"}': state(9_000),
        'hawk_relay_unsealed_events{instance="a"}': state(2_000),
    },
    "HawkFeedHeldUp": {'hawk_relay_feed_stalled_seconds{instance="a"}': state(200)},
    "HawkEventsUnpublishable": {'hawk_relay_unpublishable_events{instance="a"}': state(1)},
    "HawkHeadsNotPublished": {
        'hawk_relay_heads_failing{instance="a"}': state(1),
        'hawk_relay_publish_failing{instance="a"}': state(0),
    },
    "HawkChainContradicts": {'hawk_relay_heads_refused_total{instance="a"}': risen(1)},
    "HawkForeignHeads": {'hawk_relay_foreign_heads_total{instance="a"}': risen(1)},
    "HawkNeedsPerson": {'hawk_workflows{state="NEEDS_INTERVENTION",instance="a"}': state(1)},
    "HawkMurexSilent": {'hawk_executor_longest_in_flight_seconds{instance="a"}': state(30, 2)},
    "HawkManyUndone": {'hawk_progress_messages_total{state="COMPENSATING",instance="a"}': risen(6)},
    "HawkPostingWaits": {'hawk_attention_workflows{why="posting",instance="a"}': state(1)},
    "HawkApprovalsAgeing": {'hawk_oldest_awaiting_approval_seconds{instance="a"}': state(15_000)},
    "HawkApprovedWorkWaits": {'hawk_executor_oldest_turn_seconds{instance="a"}': state(400)},
    "HawkStopInForce": {'hawk_executor_stopped{instance="a"}': state(1)},
    "HawkControlUnread": {'hawk_executor_control_caught_up_seconds{instance="a"}': state(11, 0.5)},
    "HawkAnswersUnread": {'hawk_executor_answers_caught_up_seconds{instance="a"}': state(11, 0.5)},
    "HawkReferenceHeld": {'hawk_reference_held_rows{instance="a"}': state(1)},
}

HEALS: Mapping[str, Mapping[str, Cause]] = {
    "HawkConsumerStuck": {LAG: state(3), HANDLED: risen(40, 7)},
    "HawkHeadsNotPublished": {
        'hawk_relay_heads_failing{instance="a"}': state(1),
        'hawk_relay_publish_failing{instance="a"}': state(1),
    },
    "HawkNoRelay": {'hawk_relay_active{instance="a"}': state(0, 1), 'hawk_relay_active{instance="b"}': state(1, 0)},
    "HawkManyUndone": {'hawk_progress_messages_total{state="COMPENSATING",instance="a"}': risen(2)},
}
"""What looks alike, and is another alert's or nobody's: a slow consumer, no broker, a relay that took over."""

NEVER = {
    "HawkControlUnread": 'hawk_executor_control_caught_up_seconds{instance="a"}',
    "HawkAnswersUnread": 'hawk_executor_answers_caught_up_seconds{instance="a"}',
}


def watched(alert: str, causes: Mapping[str, Cause], *, fires: bool, name: str = "") -> Watched:
    """A cause that lasts as long as the rule waits, and a little more; what is counted is there at once."""
    counts = any(cause.counts for cause in causes.values())
    lasts = 5 if counts else minutes(rules()[alert]["for"]) + 2
    afterwards = LONG if counts else GONE
    at = (CALM - 1, False), (CALM + lasts - 1, fires), (CALM + lasts + afterwards - 1, False)
    return Watched(
        name or alert,
        {series: cause.values(lasts, afterwards) for series, cause in causes.items()},
        [Firing(alert, minute, expected) for minute, expected in at],
    )


def test_every_rule_fires_for_its_cause_and_stops_when_it_is_gone() -> None:
    assert set(CAUSES) == set(rules())
    hold([watched(alert, causes, fires=True) for alert, causes in CAUSES.items()])


def test_what_heals_or_is_another_trouble_does_not_fire() -> None:
    hold([watched(alert, causes, fires=False, name=f"{alert} not") for alert, causes in HEALS.items()])


def test_a_cause_that_is_gone_before_the_rule_has_waited_does_not_fire() -> None:
    """Whoever is woken has something to do."""
    short = [
        Watched(
            alert,
            {series: cause.values(1, 16) for series, cause in causes.items()},
            [Firing(alert, minute, False) for minute in range(CALM, CALM + 16, 3)],
        )
        for alert, causes in CAUSES.items()
        if minutes(rules()[alert]["for"]) > 1 and not any(cause.counts for cause in causes.values())
    ]
    assert len(short) >= 15
    hold(short)


def test_what_was_never_read_is_not_read() -> None:
    waits = {alert: minutes(rules()[alert]["for"]) + 2 for alert in NEVER}
    hold([Watched(a, {s: [-1.0] * waits[a]}, [Firing(a, waits[a] - 1, True)]) for a, s in NEVER.items()])


def test_dead_letters_of_a_code_that_was_seen_before_fire_again() -> None:
    counts = [1.0] * 40 + [2.0] * 40
    expected = [Firing("HawkDeadLetters", minute, fires) for minute, fires in ((39, False), (45, True), (75, False))]
    hold([Watched("again", {REFUSED: counts}, expected)])


def test_prometheus_accepts_rules_and_settings() -> None:
    assert f"{len(rules())} rules found" in checked("check", "rules", str(RULES))
    checked("check", "config", str(SETTINGS))


@pytest.mark.parametrize("alert", sorted(rules()))
def test_rule_has_all_that_whoever_is_woken_needs(alert: str) -> None:
    rule: dict[str, Any] = rules()[alert]
    assert alert.startswith("Hawk")
    assert minutes(rule["for"]) <= 15
    assert rule["labels"] == {"severity": rule["labels"]["severity"]}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert notes["runbook_url"] == f"{{{{ $externalLabels.hawk_docs }}}}/operations/runbooks.md#{alert.lower()}"
    known = {series for metric in METRICS.values() for series in metric.series} | {"up"}
    assert metrics_in(rule["expr"])
    assert metrics_in(rule["expr"]) <= known


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    texts = dict(runbooks())
    assert set(texts) == set(rules())
    for alert, text in texts.items():
        for part in ("**Means.**", "**Do.**", "**Over**"):
            assert part in text, (alert, part)


def test_severity_and_wait_in_the_runbooks_are_those_of_the_rules() -> None:
    for alert, text in runbooks():
        rule = rules()[alert]
        assert text.strip().startswith(f"*{rule['labels']['severity']}, after {rule['for']}*"), alert


def test_containers_are_scraped_by_name_and_judged_by_these_rules() -> None:
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    (job,) = settings["scrape_configs"]
    assert job["job_name"] == "hawk"
    (static,) = job["static_configs"]
    assert {target.partition(":")[0] for target in static["targets"]} == set(PROCESSES)
    assert [ROOT / "deploy" / "prometheus" / name for name in settings["rule_files"]] == [RULES]
    assert "hawk_docs" in settings["global"]["external_labels"]
