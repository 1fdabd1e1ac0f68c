"""Publishing what the relay passed over: by two persons, each order once, over HTTP."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.approval.http.publications import PublicationParts, publication_routes
from services.approval.ports import Caller
from services.approval.publication.decider import (
    Confirm,
    Listed,
    Propose,
    Publication,
    PublicationCommand,
    decide,
    evolve,
    publication_of,
)
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.events.publication import Cause, PublicationConfirmed, PublicationProposed
from shared.security.tokens import Person
from shared.web.problems import install_problems
from tests.support.units import WHEN

LISTED = Listed(
    7, UUID(int=1), "plan-1", 2, "PlanDrawn", Cause.TOO_LARGE, "Too large.", WHEN, tried_version=0, published_at=None
)
LIFETIME = timedelta(hours=1)
OLGA, OTTO = Actor("olga", ("OPERATIONS",), WHEN), Actor("otto", ("TRADER", "RISK_MANAGER"), WHEN)


def proposed(by: Actor = OLGA, listed: Listed = LISTED, state: Publication = Publication()) -> PublicationProposed:  # noqa: B008
    outcome = decide(listed, state, Propose(by, "limit raised", LIFETIME))
    assert isinstance(outcome, PublicationProposed)
    return outcome


def refusal(state: Publication, command: PublicationCommand, listed: Listed = LISTED) -> str:
    outcome = decide(listed, state, command)
    assert isinstance(outcome, Refused)
    return outcome.code


def test_a_second_person_makes_a_proposal_an_order() -> None:
    proposal = proposed()
    confirmed = decide(LISTED, publication_of([proposal]), Confirm(OTTO, proposal.digest))
    assert isinstance(confirmed, PublicationConfirmed)
    assert (confirmed.proposed_by.person, confirmed.confirmed_by.person) == ("olga", "otto")
    assert (confirmed.confirmed_by.role, confirmed.event_id) == ("RISK_MANAGER", LISTED.event_id)


@pytest.mark.parametrize("name", ["olga", "OLGA", "Olga"])
def test_one_person_is_not_two(name: str) -> None:
    proposal = proposed()
    again = Actor(name, ("OPERATIONS", "RISK_MANAGER"), WHEN)
    assert refusal(publication_of([proposal]), Confirm(again, proposal.digest)) == "SAME_PERSON"


@pytest.mark.parametrize("roles", [(), ("TRADER",), ("SENIOR_TRADER", "VIEWER")])
def test_others_neither_propose_nor_confirm(roles: tuple[str, ...]) -> None:
    vic = Actor("vic", roles, WHEN)
    proposal = proposed()
    assert refusal(Publication(), Propose(vic, "x", LIFETIME)) == "ROLE_INSUFFICIENT"
    assert refusal(publication_of([proposal]), Confirm(vic, proposal.digest)) == "ROLE_INSUFFICIENT"


def test_what_is_not_proposed_or_too_old_or_another_is_not_confirmed() -> None:
    proposal = proposed()
    state = publication_of([proposal])
    assert refusal(Publication(), Confirm(OTTO, proposal.digest)) == "NOTHING_PROPOSED"
    assert refusal(state, Confirm(OTTO, "sha256:other")) == "DIGEST_MISMATCH"
    late = replace(OTTO, at=WHEN + LIFETIME)
    assert refusal(state, Confirm(late, proposal.digest)) == "EXPIRED"


def test_each_order_is_tried_before_the_next_and_a_published_event_is_never_ordered() -> None:
    proposal = proposed()
    confirmed = decide(LISTED, publication_of([proposal]), Confirm(OTTO, proposal.digest))
    assert isinstance(confirmed, PublicationConfirmed)
    ordered = evolve(publication_of([proposal]), confirmed)
    assert refusal(ordered, Propose(OLGA, "again", LIFETIME)) == "ALREADY_ORDERED"
    tried = replace(LISTED, tried_version=ordered.version)
    assert proposed(listed=tried, state=ordered).digest != proposal.digest
    done = replace(tried, published_at=WHEN)
    assert refusal(ordered, Propose(OLGA, "again", LIFETIME), done) == "ALREADY_PUBLISHED"


@dataclass
class Kept:
    """`Publications` in memory: one event that was passed over."""

    listed: Listed = LISTED
    state: Publication = field(default_factory=Publication)

    async def waiting(self) -> tuple[int, list[tuple[Listed, Publication]]]:
        return 1, [(self.listed, self.state)]

    async def act(
        self, position: int, command: PublicationCommand, caller: Caller
    ) -> tuple[Listed, Publication] | Refused:
        outcome = decide(self.listed, self.state, command)
        if isinstance(outcome, Refused):
            return outcome
        self.state = evolve(self.state, outcome)
        return self.listed, self.state


class AnyPerson:
    """Stands for the authenticator: the person is who the header says."""

    def person(self) -> Any:
        raise NotImplementedError

    def deciding(self, page: str) -> Any:
        assert page.startswith("/console/")
        return self.person


async def test_the_routes_show_propose_and_confirm_with_their_refusals() -> None:
    people = {"olga": Person("olga", ("OPERATIONS",)), "otto": Person("otto", ("RISK_MANAGER",))}
    asking = ["olga"]
    authenticator: Any = AnyPerson()
    app = FastAPI()
    install_problems(app)
    app.include_router(publication_routes(PublicationParts(Kept(), authenticator, lambda: WHEN, LIFETIME)))
    app.dependency_overrides[authenticator.person] = lambda: people[asking[0]]
    path = "/events/unpublishable/7/publication"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://approval") as client:
        [event] = (await client.get("/events/unpublishable")).json()["events"]
        assert (event["position"], event["cause"], event["pending"]) == (7, "TOO_LARGE", None)
        for body in ({}, {"reason": " "}, {"digest": ""}, {"reason": "x", "digest": "y"}, {"reason": 1}):
            assert (await client.post(path, json=body)).status_code == 422
        for position in ("0", "-1", "x", str(2**63)):
            assert (await client.post(f"/events/unpublishable/{position}/publication", json={})).status_code == 422
        pending = (await client.post(path, json={"reason": "limit raised"})).json()["pending"]
        assert (pending["may_confirm"], pending["proposed_by"]["person"]) == (False, "olga")
        assert (await client.post(path, json={"digest": pending["digest"]})).json()["code"] == "SAME_PERSON"
        asking[0] = "otto"
        [event] = (await client.get("/events/unpublishable")).json()["events"]
        assert event["pending"]["may_confirm"]
        confirmed = await client.post(path, json={"digest": pending["digest"]})
        assert (confirmed.status_code, confirmed.json()["ordered"], confirmed.json()["pending"]) == (201, True, None)
