"""Checks that the executor planned by the policy that was set, version by version. Pure."""

from typing import Final

from shared.errors import InvalidInput
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.decisions import DecisionName, name_of
from shared.events.identity import POLICY_STREAM
from shared.events.policy import PolicyChangeApproved, PolicyChangeProposed, PolicySet, PolicyTable, PolicyTakenIn
from shared.policy.changing import shortage
from shared.policy.floors import floors
from shared.policy.recorded import policy_of
from tools.verification.checks.history import Findings, PastEvent

EVENTS_OF_POLICY: Final = frozenset({"PolicySet", "PolicyTakenIn", "PolicyChangeProposed", "PolicyChangeApproved"})


class PolicyFold:
    """Keeps the tables by name, and what the executor says it plans by."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._set: dict[DecisionName, PolicyTable] = {}
        self._taken: list[tuple[str, PolicyTakenIn]] = []
        self._changes: list[tuple[str, PolicySet]] = []
        self._proposals: dict[str, PolicyChangeProposed] = {}
        self._approvals: dict[str, list[Approver]] = {}

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep a table under the name of its decision, or what the executor took in."""
        recorded = past.event
        if isinstance(event, PolicyTakenIn):
            self._taken.append((past.place, event))
        elif recorded.stream != POLICY_STREAM:
            self._findings.add(f"{past.place}: {recorded.type} sets a policy in a wrong stream.")
        elif isinstance(event, PolicyChangeProposed):
            self._proposals[event.digest] = event
        elif isinstance(event, PolicyChangeApproved):
            self._approvals.setdefault(event.digest, []).append(event.approved_by)
        elif isinstance(event, PolicySet):
            try:
                self._set[name_of(recorded.version, recorded.type, recorded.schema_version, recorded.data)] = (
                    event.table
                )
                self._changes.append((past.place, event))
                self._below(past.place, event.table)
            except InvalidInput as error:
                self._findings.add(f"{past.place}: {recorded.type} cannot be named: {error.reason}")

    def _undecided(self, changed: PolicySet) -> str | None:
        """Return why a change of the policy is not what people decided."""
        before = None if changed.follows is None else self._set.get(changed.follows)
        proposal = self._proposals.get(changed.digest)
        if before is None or proposal is None:
            return "the policy before it was never set" if before is None else "nobody proposed it"
        if (proposal.table, proposal.proposed_by) != (changed.table, changed.proposed_by):
            return "another table was proposed under its digest, or by another person"
        if tuple(self._approvals.get(changed.digest, ())) != changed.approved_by:
            return "other people agreed to it than it names"
        try:
            return shortage(policy_of(before), policy_of(changed.table), changed.proposed_by, changed.approved_by)
        except ValueError as error:
            return str(error)

    def _below(self, place: str, table: PolicyTable) -> None:
        """Report a table that cannot be followed, and every floor that one would undercut."""
        try:
            faults = floors(policy_of(table))
        except ValueError as error:
            faults = [str(error)]
        for fault in faults:
            self._findings.add(f"{place}: policy {table.version} would undercut what no policy may: {fault}")

    def finish(self) -> None:
        """Report each policy that too few people decided, and each of the executor that was not set so."""
        for place, changed in self._changes:
            if changed.follows is not None and (why := self._undecided(changed)):
                self._findings.add(f"{place}: policy {changed.table.version} is set, but {why}.")
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
