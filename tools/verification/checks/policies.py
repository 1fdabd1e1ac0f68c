"""Checks that the executor planned by the policy that was set, version by version. Pure."""

from typing import Final

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.decisions import DecisionName, name_of
from shared.events.identity import POLICY_STREAM
from shared.events.policy import PolicySet, PolicyTable, PolicyTakenIn
from shared.policy.floors import floors
from shared.policy.recorded import policy_of
from tools.verification.checks.history import Findings, PastEvent

EVENTS_OF_POLICY: Final = frozenset({"PolicySet", "PolicyTakenIn"})


class PolicyFold:
    """Keeps the tables by name, and what the executor says it plans by."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._set: dict[DecisionName, PolicyTable] = {}
        self._taken: list[tuple[str, PolicyTakenIn]] = []

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep a table under the name of its decision, or what the executor took in."""
        recorded = past.event
        if isinstance(event, PolicyTakenIn):
            self._taken.append((past.place, event))
        elif recorded.stream != POLICY_STREAM:
            self._findings.add(f"{past.place}: {recorded.type} sets a policy in a wrong stream.")
        elif isinstance(event, PolicySet):
            try:
                self._set[name_of(recorded.version, recorded.type, recorded.schema_version, recorded.data)] = (
                    event.table
                )
                self._below(past.place, event.table)
            except InvalidInput as error:
                self._findings.add(f"{past.place}: {recorded.type} cannot be named: {error.reason}")

    def _below(self, place: str, table: PolicyTable) -> None:
        """Report a table that cannot be followed, and every floor that one would undercut."""
        try:
            faults = floors(policy_of(table))
        except ValueError as error:
            faults = [str(error)]
        for fault in faults:
            self._findings.add(f"{place}: policy {table.version} would undercut what no policy may: {fault}")

    def finish(self) -> None:
        """Report each policy of the executor that was never set, or set with another table."""
        for place, taken in self._taken:
            version, table = taken.decision.version, self._set.get(taken.decision)
            if table is None:
                self._findings.add(
                    f"{place}: the executor plans by version {version} of the policy, which was never set."
                )
            elif table != taken.table:
                self._findings.add(
                    f"{place}: the executor plans by a table that is not version {version} of the policy."
                )
