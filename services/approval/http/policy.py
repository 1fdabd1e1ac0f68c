"""The routes of the policy: request, command, answer. Nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from services.approval.http.fields import Body, Comment, Digest, Reason, Traceparent
from services.approval.http.status import accepted
from services.approval.policy.commands import ApproveTable, PolicyCommand, ProposeTable, RejectTable
from services.approval.policy.decider import usable
from services.approval.policy.view import policy_document
from services.approval.ports import Caller, Policies
from services.approval.two_persons import Actor
from shared.events.policy import PolicyBacktest, PolicyTable
from shared.policy.shape import NAME_CHARACTERS_MAX, PLACES_MAX, ROWS_MAX, VERSION_CHARACTERS_MAX
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

_LINKS: Final = {"approve": link("POST", "/policy", {"digest": "/pending/digest"})}
#: The version that a table has before HAWK gives it one.
_UNNAMED: Final = "proposed"

#: At most 15 digits: far beyond the largest order in any currency.
_Amount = Annotated[str, Field(max_length=18, pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$")]
_Name = Annotated[str, Field(max_length=NAME_CHARACTERS_MAX)]
_Kind = Literal["HEDGE", "CONFIGURATION", "POLICY", "OVERRIDE", "REVERSAL"]


class ThresholdBody(Body):
    """The role that is required from this amount upwards."""

    amount: _Amount
    role: _Name


class PersonsBody(Body):
    """A kind of workflow that needs a named role and a second person."""

    kind: _Kind
    role: _Name


class ConditionBody(Body):
    """A condition of a rule: a fact that is one of a list, or an amount."""

    fact: Literal["KIND", "INSTRUCTION", "CURRENCY", "ENTITY", "AMOUNT_USD", "AMOUNT_OWN", "LARGEST_DEAL_USD"]
    any_of: list[_Name] = Field(default=[], max_length=ROWS_MAX)
    at_least: _Amount | None = None


class RuleBody(Body):
    """Where every condition holds, these people at least."""

    name: _Name
    when: list[ConditionBody] = Field(max_length=ROWS_MAX)
    required: list[_Name] = Field(max_length=PLACES_MAX)


class AloneBody(Body):
    """Up to which amount a person, or everybody with a role, decides alone."""

    who: Annotated[str, Field(max_length=200)]
    up_to_usd: _Amount


class CapBody(Body):
    """A limit of amount, of count or of both."""

    of: Literal["MAKER", "APPROVER", "ENTITY"]
    who: Annotated[str, Field(max_length=200)] = ""
    period: Literal["DAY", "MONTH"]
    amount_usd: _Amount | None = None
    count: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None


class TableBody(Body):
    """A whole decision table, as a file holds it; HAWK gives it its version."""

    basis: Literal["USD_EQUIVALENT", "OWN_CURRENCY"]
    thresholds: list[ThresholdBody] = Field(min_length=1, max_length=ROWS_MAX)
    deal_usd_above: _Amount
    deal_role: _Name
    four_eyes_from: _Amount
    two_persons: list[PersonsBody] = Field(max_length=ROWS_MAX)
    rules: list[RuleBody] = Field(default=[], max_length=ROWS_MAX)
    alone: list[AloneBody] = Field(default=[], max_length=ROWS_MAX)
    caps: list[CapBody] = Field(default=[], max_length=ROWS_MAX)
    sums_percent: Annotated[int, Field(strict=True, ge=0, le=1_000)] | None = None
    signed_from: _Name | None = None

    def table(self) -> PolicyTable:
        """Convert to the values of the event, under a version that HAWK replaces."""
        return PolicyTable.model_validate({**self.model_dump(), "version": _UNNAMED})


class SimulationBody(Body):
    """A table that is to be run over past requests."""

    table: TableBody


class ProposalBody(Body):
    """Another table, proposed on the version that was shown."""

    table: TableBody
    expected_version: Annotated[str, Field(min_length=1, max_length=VERSION_CHARACTERS_MAX)]
    comment: Comment = ""


class AgreementBody(Body):
    """One more person agrees to the proposal with this digest."""

    digest: Digest


class RejectionBody(Body):
    """A person rejects the proposal with this digest, or takes the own one back."""

    digest: Digest
    reason: Reason


@dataclass(frozen=True, slots=True)
class PolicyParts:
    """What the routes work with. `lifetime`: how long a proposal waits for people."""

    policies: Policies
    authenticator: Authenticator
    clock: Callable[[], datetime]
    lifetime: timedelta


def policy_routes(parts: PolicyParts) -> APIRouter:
    """Build GET and POST /policy, POST /policy/rejection and POST /policy/simulation.

    Raises:
        Problem: a command is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["policy"])
    person_of = Depends(parts.authenticator.person)
    decider_of = Depends(parts.authenticator.deciding("/console/policy"))
    answers = {**linked(201, **_LINKS), **problem_responses(401, 403, 409, 413, 422, 503)}

    async def act(command: PolicyCommand, person: Person, traceparent: str | None) -> dict[str, Any]:
        state = accepted(await parts.policies.change(command, Caller(person.name, traceparent)))
        return policy_document(state, person, parts.clock())

    async def backtest(body: TableBody) -> tuple[PolicyTable, PolicyBacktest]:
        table = body.table()
        return table, await parts.policies.over_past(accepted(usable(table)), parts.clock())

    def actor(person: Person) -> Actor:
        return Actor(person.name, person.roles, parts.clock())

    @routes.get("/policy", responses={**linked(200, **_LINKS), **problem_responses(401, 503)})
    async def read_policy(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """Return the policy in force, those before it, and what waits for people."""
        return policy_document(await parts.policies.read(), person, parts.clock())

    @routes.post("/policy/simulation", responses=problem_responses(401, 413, 422, 503))
    async def simulate_policy(person: Annotated[Person, person_of], body: SimulationBody) -> dict[str, Any]:
        """Run a table over all past requests. Nothing is kept."""
        del person
        _, found = await backtest(body.table)
        return found.model_dump(mode="json")

    @routes.post("/policy", status_code=201, responses=answers)
    async def create_policy(
        person: Annotated[Person, decider_of], body: ProposalBody | AgreementBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Propose another table, with what it would have changed, or agree by its digest to what was proposed."""
        if isinstance(body, AgreementBody):
            return await act(ApproveTable(actor(person), body.digest), person, traceparent)
        table, found = await backtest(body.table)
        command = ProposeTable(actor(person), table, body.expected_version, body.comment, found, parts.lifetime)
        return await act(command, person, traceparent)

    @routes.post("/policy/rejection", status_code=201, responses=answers)
    async def reject_policy(
        person: Annotated[Person, decider_of], body: RejectionBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Reject what was proposed, or take the own proposal back."""
        return await act(RejectTable(actor(person), body.digest, body.reason), person, traceparent)

    return routes
