"""What every page of the dashboard says is away, since when, and what of the page is stale by that. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.monitor.health.attention import away_of
from services.monitor.health.document import KAFKA, POSTGRES
from services.monitor.health.found import ProcessFound
from services.monitor.health.kept import Known
from services.monitor.health.runbooks import RunbookName

#: For so long a source has given no answer before all pages say so: twice, as it is asked more often than that. One
#: answer that is late, and a process that is started again, alarm nobody.
SURE: Final = timedelta(seconds=5)

_STANDS: Final = "What is shown of workflows is as of then."
#: Service to what it is called, and what is not done while no process of it answers. That the monitor answers is seen
#: by everybody.
_WAITS: Final[Mapping[str, tuple[str, str]]] = {
    "relay": ("The relay", f"Nothing goes from one service to the next. {_STANDS}"),
    "parser": ("The parser", "Answers of the AI are not read."),
    "approval": ("The approval service", "Nobody can approve, and nothing new asks for approval."),
    "executor": ("The executor", "Nothing is planned, booked or undone."),
    "murex": ("The gateway to Murex", "Deals are not answered."),
}
_RELAY: Final = "relay"


@dataclass(frozen=True, slots=True)
class Away:
    """One server or service that does not answer.

    Args:
        subject: what it is called.
        since: when it first gave no answer.
        sentence: what follows from it for those who read a page.
        stale: what the page shows of workflows is as of `since`.
        runbook: which of `RUNBOOKS` says what to do.
    """

    subject: str
    since: datetime
    sentence: str
    stale: bool
    runbook: RunbookName


def away(
    broker: Known[Any], store: Known[Any], processes: Known[tuple[ProcessFound, ...]] | None, now: datetime
) -> tuple[Away, ...]:
    """Return what is away for sure, servers first. `processes` is None where nobody has said where they are."""
    services = processes.value if processes is not None else None
    found = [*_servers(broker, store), *_services(services or ())]
    return tuple(each for each in found if now - each.since >= SURE)


def _servers(broker: Known[Any], store: Known[Any]) -> Iterable[Away]:
    if broker.away_since is not None:
        yield Away(KAFKA, broker.away_since, f"Nothing new arrives. {_STANDS}", stale=True, runbook="broker")
    if store.away_since is not None:
        sentence = f"Nothing is recorded, and nothing can be read. {_STANDS}"
        yield Away(POSTGRES, store.away_since, sentence, stale=True, runbook="database")


def _services(processes: tuple[ProcessFound, ...]) -> Iterable[Away]:
    """Return the services of which no process answers: another one of a service does its work."""
    gone = away_of(processes)
    for service, (subject, sentence) in _WAITS.items():
        times = [each.away_since for each in processes if service_of(each) == service and each.away_since is not None]
        if service in gone and times:
            yield Away(subject, max(times), sentence, stale=service == _RELAY, runbook="process")


def service_of(process: ProcessFound) -> str:
    """Return the service of a process: "executor" of "executor-2"."""
    return process.name.partition("-")[0]
