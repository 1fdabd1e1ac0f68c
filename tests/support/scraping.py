"""What Prometheus would have of a HAWK: its processes are scraped, and the scrapes are stretched to hours of series."""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.alerting import Firing, Values, Watched, metrics_in, rules
from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tools.local_stack.paths import DataDir

SERVICES = ("relay", "parser", "approval", "executor", "monitor", "murex")
SCRAPE_SECONDS_MAX = 10.0
"""As Prometheus allows by itself."""

SCRAPE_SECONDS = 0.5
"""Between two looks at all processes, for whoever waits for something to show."""

AGES = {
    "hawk_oldest_awaiting_approval_seconds": 0.0,
    "hawk_executor_oldest_turn_seconds": 0.0,
    "hawk_executor_longest_in_flight_seconds": 10.0,
    "hawk_relay_feed_stalled_seconds": 1.0,
    "hawk_executor_control_caught_up_seconds": 5.0,
    "hawk_executor_answers_caught_up_seconds": 5.0,
}
"""Gauges that grow with the time that is stretched, while what they tell of lasts: where they are above this. What is
read once a second is a second ago at any time."""

CALM, AFTER, LONG_AFTER = 16, 7, 62
"""Minutes of a phase: longer than a rule about dead letters looks back; longer than a value counts that has not come
again; longer than any rule looks back."""

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]


@dataclass(frozen=True, slots=True)
class Scrape:
    """All series at one time, and what each process told."""

    values: Mapping[Key, float] = field(repr=False)
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def sum(self, name: str, **labels: str) -> float | None:
        """The sum over the series that have these labels; None where there is none."""
        found = [
            value
            for (series, its), value in self.values.items()
            if series == name and labels.items() <= dict(its).items()
        ]
        return sum(found) if found else None

    def most(self, name: str, **labels: str) -> float:
        """The largest of these series; -1 where there is none."""
        found = [
            v for (series, its), v in self.values.items() if series == name and labels.items() <= dict(its).items()
        ]
        return max(found, default=-1)


def scrape(hawk: Hawk) -> Scrape:
    """Ask each process for its metrics, as the job `hawk` would; one that does not answer is down."""
    ports = json.loads(DataDir(hawk.data).ports_file.read_text(encoding="utf-8"))
    values: dict[Key, float] = {}
    texts: dict[str, str] = {}
    for process in SERVICES:
        scraped = {"instance": process, "job": "hawk"}
        text = _metrics_of(ports[process])
        values["up", _labels(scraped)] = float(text is not None)
        if text is None:
            continue
        texts[process] = text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                values[sample.name, _labels({**sample.labels, **scraped})] = float(sample.value)
    return Scrape(values, texts)


def shows(hawk: Hawk, what: str, until: Callable[[Scrape], bool], seconds_max: float = 60) -> Scrape:
    """The first scrape that shows something."""
    return eventually(lambda: scrape(hawk), seconds_max, until=until, what=what, every_seconds=SCRAPE_SECONDS)


def stretched(
    name: str,
    phases: tuple[Scrape, Scrape, Scrape],
    fires: Collection[str],
    *,
    lasts: int,
    afterwards: int = AFTER,
    goes_on: Collection[str] = (),
) -> Watched:
    """Series of before, meanwhile and afterwards, each scrape repeated for minutes; meanwhile exactly these alerts
    fire, before and afterwards none does.

    Args:
        goes_on: metrics that rise by as much in each further minute as they did until the cause was seen.
    """
    wanted = set().union(*(metrics_in(rule["expr"]) for rule in rules().values()))
    keys = sorted({key for phase in phases for key in phase.values if key[0] in wanted})
    spans = (CALM, lasts, afterwards)
    series = {_name(key): _values(key, phases, spans, rises=key[0] in goes_on) for key in keys}
    ends = [sum(spans[: number + 1]) - 1 for number in range(3)]
    expected = [
        Firing(alert, end, number == 1 and alert in fires)
        for number, end in enumerate(ends)
        for alert in sorted(rules())
    ]
    return Watched(name, series, expected)


def _values(key: Key, phases: Sequence[Scrape], spans: Sequence[int], *, rises: bool) -> Values:
    values: list[float | None] = []
    before, seen = phases[0].values.get(key, 0.0), phases[1].values.get(key, 0.0)
    for number, (phase, span) in enumerate(zip(phases, spans, strict=True)):
        value = phase.values.get(key)
        grows = number == 1 and value is not None and value > AGES.get(key[0], math.inf)
        each = 60.0 * grows + (seen - before) * (number == 1 and rises)
        values += [None if value is None else value + each * minute for minute in range(span)]
    return values


def _metrics_of(port: int) -> str | None:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=SCRAPE_SECONDS_MAX, trust_env=False)
    except httpx.TransportError:
        return None
    return answer.text if answer.status_code == httpx.codes.OK else None


def _labels(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted(labels.items()))


def _name(key: Key) -> str:
    name, labels = key
    inside = ",".join(f"{label}={json.dumps(value)}" for label, value in labels)
    return f"{name}{{{inside}}}"
