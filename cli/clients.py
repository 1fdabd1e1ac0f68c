"""HTTP clients of the monitor and the approval service, whose refusals become one clear sentence."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx

from cli.wording import Document
from shared.errors import HawkError, Transient
from shared.exact_json import parse_json

REQUEST_SECONDS_MAX: Final = 30.0
"""A page of 500 workflows is read in well under a second; a loaded machine gets more."""

AWAY_SECONDS_MAX: Final = 15.0
"""A service that died is back within 5 s and ready within another 5 s."""

RETRY_SECONDS: Final = 0.2

POLL_SECONDS: Final = 0.1
"""Between two looks: a person does not notice it, and a service is not kept busy by it."""

TOKEN_VARIABLE: Final = "HAWK_TOKEN"  # noqa: S105 - the name of a variable

PAGE_WORKFLOWS: Final = 500
"""The largest page that the monitor gives."""

_TRY_LATER: Final = frozenset({502, 503, 504})

FoundT = TypeVar("FoundT")


def polled(look: Callable[[], FoundT | None], seconds_max: float) -> FoundT | None:
    """Look again and again for a time, once at least; return what `look` finds, None when it finds nothing."""
    deadline = time.monotonic() + seconds_max
    while (found := look()) is None and time.monotonic() <= deadline:
        time.sleep(POLL_SECONDS)
    return found


def reads_certificates(url: str) -> bool:
    """Return whether certificates are needed: reading them takes longer than the rest of a request."""
    return url.startswith("https:")


def token_of_the_environment() -> str | None:
    """Return the token of $HAWK_TOKEN, if there is one."""
    return os.environ.get(TOKEN_VARIABLE) or None


def bearer_header(token: str | None) -> dict[str, str]:
    """Return the header that carries a token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


class ServiceAway(Transient):
    """A service that does not respond although HAWK runs."""

    def __init__(self, *, service: str, url: str, why: str) -> None:
        self.service = service
        self.url = url
        super().__init__(
            f"The {service} service does not respond at {url} ({why}). Check it with `hawk status` and try again."
        )


class Refused(HawkError):
    """A request that a service refused with a problem document (RFC 9457): `code` is stable, `detail` is for people."""

    def __init__(self, *, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(f"{detail} ({status} {code})")


class Client:
    """A service at an address. The client waits for a service that is being restarted."""

    def __init__(
        self,
        service: str,
        url: str,
        token: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        away_seconds_max: float = AWAY_SECONDS_MAX,
    ) -> None:
        self._service = service
        self._url = url
        self._away_seconds_max = away_seconds_max
        # The services are on this machine, so a proxy from the environment must not be used.
        self._http = httpx.Client(
            base_url=url,
            headers=bearer_header(token),
            timeout=REQUEST_SECONDS_MAX,
            trust_env=False,
            transport=transport,
            verify=reads_certificates(url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Document:
        """Return the JSON document at a path.

        Raises:
            Refused: the service refuses the request.
            ServiceAway: it does not respond within `away_seconds_max`.
        """
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Document:
        """Post a JSON body and return the response. It is sent again only if it cannot have arrived.

        Raises:
            Refused, ServiceAway: see `get`.
        """
        return self._ask("POST", path, body=body)

    def _ask(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: Any = None
    ) -> Document:
        deadline = time.monotonic() + self._away_seconds_max
        while True:
            try:
                response = self._http.request(method, path, params=query, json=body)
                if response.status_code not in _TRY_LATER or time.monotonic() > deadline:
                    return _document(response)
            except httpx.HTTPError as error:
                may_have_arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if (may_have_arrived and method != "GET") or time.monotonic() > deadline:
                    why = str(error) or type(error).__name__
                    raise ServiceAway(service=self._service, url=self._url, why=why) from error
            time.sleep(RETRY_SECONDS)


class Monitor(Client):
    """The status of workflows and responses, in the name of the person of $HAWK_TOKEN; the demo needs no token."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__("monitor", url, token_of_the_environment(), transport=transport)

    def workflow(self, workflow_id: str) -> Document | None:
        """Return a workflow; None when the monitor does not know it."""
        return self._known("workflows", workflow_id)

    def response(self, response_id: str) -> Document | None:
        """Return a response with its workflows; None when the monitor does not know it."""
        return self._known("responses", response_id)

    def message(self, response_id: str) -> Document:
        """Return what a chat shows of a response: `text`, `links`, `final`. Refused with 404: it is not known."""
        return self.get(f"/responses/{_part(response_id)}/message")

    def dead_letter(self, letter: str) -> Document | None:
        """Return a dead letter; None when the monitor does not know it."""
        return self._known("deadletters", letter)

    def workflows(self, state: str | None, limit: int) -> tuple[list[Document], bool]:
        """Return at most `limit` workflows, those that need a person first, and whether there are more."""
        return self._pages("workflows", limit, {} if state is None else {"state": state})

    def dead_letters(self, limit: int, **query: str) -> tuple[list[Document], bool]:
        """Return at most `limit` dead letters, the latest first, and whether there are more."""
        return self._pages("deadletters", limit, query)

    def _pages(self, member: str, limit: int, query: Mapping[str, str]) -> tuple[list[Document], bool]:
        found: list[Document] = []
        wanted: dict[str, str | int] = dict(query)
        while True:
            page = self.get(f"/{member}", limit=min(PAGE_WORKFLOWS, limit - len(found)), **wanted)
            found += page[member]
            if page["next"] is None or len(found) >= limit:
                return found, page["next"] is not None
            wanted["before"] = page["next"]

    def _known(self, member: str, name: str) -> Document | None:
        try:
            return self.get(f"/{member}/{_part(name)}")
        except Refused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise


class Approvals(Client):
    """Cards and decisions, in the name of the person of the token.

    Every method raises `Refused` where the service refuses the request; 401 where it does not accept the token.
    """

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__("approval", url, token, transport=transport)

    def card(self, workflow_id: str) -> Document:
        """Return the card of a workflow. Refused with 404: nothing waits or has waited under this id."""
        return self.get(f"/approvals/{_part(workflow_id)}")

    def decide(self, workflow_id: str, decision: str, plan_digest: str, comment: str) -> Document:
        """Record a decision on the plan with this digest, and return the card after it.

        Refused with 403: this person may not decide. 409: the digest differs, or the plan is decided already.
        """
        body = {"decision": decision, "plan_digest": plan_digest, "comment": comment}
        return self.post(f"/approvals/{_part(workflow_id)}/decisions", body)

    def replay(self, letter: str, reason: str) -> Document:
        """Request that a dead letter be published again. Refused with 403: this person may not request it."""
        return self.post(f"/deadletters/{_part(letter)}/replay", {"reason": reason})

    def notifications(self, state: str) -> Document:
        """Return the mails and webhooks in a state. Refused with 403: this person may not see them."""
        return self.get("/notifications", state=state)

    def notify_again(self, notification_id: str) -> Document:
        """Have one sent again that was given up. Refused with 403: this person may not. 409: it was not given up."""
        return self.post(f"/notifications/{_part(notification_id)}/again", {})

    def unpublishable(self) -> Document:
        """Return the events that the relay passed over."""
        return self.get("/events/unpublishable")

    def publish_event(self, position: int, body: Mapping[str, str]) -> Document:
        """Propose to publish an event after all, or confirm by its digest what another person proposed.

        Refused with 403: this person may not. 404: the event was not passed over. 409: the digest differs, or the event
        is published or ordered already.
        """
        return self.post(f"/events/unpublishable/{position}/publication", body)

    def set_asides(self) -> list[Document]:
        """Return the proposals to set a blocked message aside, the latest first."""
        return list(self.get("/deadletters/set-aside")["proposals"])

    def set_aside(self, body: Mapping[str, Any]) -> Document:
        """Propose to set a blocked message aside, or confirm by digest; return the proposal or the order.

        Refused with 403: this person may not. 409: another proposal waits, or the digest differs.
        """
        return self.post("/deadletters/set-aside", body)

    def reverse(self, workflow_id: str, reason: str) -> Document:
        """Request the reversal of a workflow; return its id and whether it was requested before.

        Refused with 403: this person may not. 404: the workflow is unknown. 409: it is not executed, or is reversed
        already.
        """
        return self.post(f"/workflows/{_part(workflow_id)}/reversal", {"reason": reason})

    def revoke(self, workflow_id: str, reason: str) -> Document:
        """Request that a granted approval is taken back, and return the card after it.

        Refused with 403: this person may not. 409: nothing is granted, or it is too late.
        """
        return self.post(f"/approvals/{_part(workflow_id)}/revocation", {"reason": reason})

    def amend(self, workflow_id: str, amount: str, reason: str) -> Document:
        """Change the amount of a request, and return the workflow that takes its place. Refused with 403: another
        person asked for it. 409: nothing waits any more."""
        return self.post(f"/approvals/{_part(workflow_id)}/amendment", {"amount": amount, "reason": reason})

    def ask(self, workflow_id: str, question: str) -> Document:
        """Ask who asked for a request, and return the card after it. Refused with 403: this person may not."""
        return self.post(f"/approvals/{_part(workflow_id)}/questions", {"question": question})

    def answer(self, workflow_id: str, number: int, answer: str) -> Document:
        """Answer a question, and return the card after it. Refused with 403: another person asked for the request."""
        return self.post(f"/approvals/{_part(workflow_id)}/questions/{number}/answer", {"answer": answer})

    def held(self, held_id: str | None = None) -> list[Document]:
        """Return the reference rows that wait for people; with an id only that one, even if it no longer waits."""
        query = {} if held_id is None else {"held_id": held_id}
        return list(self.get("/reference/held", **query)["held"])

    def decide_held(self, body: Mapping[str, Any]) -> Document:
        """Confirm or reject by its digest what waits, and return it after the decision.

        Refused with 403: this person may not. 404: nothing waits under this id. 409: the digest differs, or it is
        decided already.
        """
        return dict(self.post("/reference/held", body)["held"][0])

    def rollout(self) -> Document:
        """Return mode, limits and stop switch."""
        return self.get("/rollout")

    def change_rollout(self, body: Mapping[str, Any]) -> Document:
        """Propose new terms, or confirm a proposal by its digest; return the rollout after it.

        Refused with 403: this person may not. 409: the version or the digest differs. 422: the terms are not valid.
        """
        return self.post("/rollout", body)

    def break_glass(self, workflow: str, digest: str, reason: str) -> Document:
        """Declare an emergency about the plan with this digest; return the card after it."""
        return self.post(f"/approvals/{_part(workflow)}/break-glass", {"plan_digest": digest, "reason": reason})

    def reviews(self) -> Document:
        """Return the emergencies that wait for a review, and those that were declared lately."""
        return self.get("/reviews")

    def review(self, workflow: str, finding: str, comment: str) -> Document:
        """Record what the person found who reviews an emergency."""
        return self.post(f"/reviews/{_part(workflow)}", {"finding": finding, "comment": comment})

    def policy(self) -> Document:
        """Return the approval policy in force, those before it, and what waits for people."""
        return self.get("/policy")

    def simulate_policy(self, body: Mapping[str, Any]) -> Document:
        """Run a table over all past requests. Refused with 422: it may not be in force, with every reason."""
        return self.post("/policy/simulation", body)

    def change_policy(self, body: Mapping[str, Any]) -> Document:
        """Propose a table, or agree to one by its digest; refused as by `change_rollout`."""
        return self.post("/policy", body)

    def reject_policy(self, body: Mapping[str, Any]) -> Document:
        """Reject a proposed table by its digest; refused as by `change_rollout`."""
        return self.post("/policy/rejection", body)

    def signals(self, days: int) -> Document:
        """Return how people decide, and orders that were split."""
        return self.get("/signals", days=days)

    def delegations(self) -> Document:
        """Return who stands in for whom, what waits for a second person, and who is away."""
        return self.get("/delegations")

    def change_delegation(self, body: Mapping[str, Any], delegation_id: str = "", act: str = "") -> Document:
        """Give roles to another person; or confirm or end the delegation with this id."""
        return self.post(f"/delegations/{_part(delegation_id)}/{act}" if act else "/delegations", body)

    def change_absence(self, body: Mapping[str, Any], absence_id: str = "") -> Document:
        """Say that the person is away; or, by the id of what was said, back."""
        return self.post(f"/absences/{_part(absence_id)}/end" if absence_id else "/absences", body)

    def passkeys(self) -> Document:
        """Return the own passkeys, for who approves also those of others, and what waits for a second person."""
        return self.get("/passkeys")

    def confirm_passkey(self, body: Mapping[str, Any]) -> Document:
        """Confirm what waits about a passkey, by its digest; refused as by `change_rollout`."""
        return self.post("/passkeys/confirmation", body)

    def reject_passkey(self, body: Mapping[str, Any]) -> Document:
        """Reject what waits about a passkey, by its digest; refused as by `change_rollout`."""
        return self.post("/passkeys/rejection", body)

    def remove_passkey(self, body: Mapping[str, Any]) -> Document:
        """Propose that a passkey counts no more, or report the own one lost; refused as by `change_rollout`."""
        return self.post("/passkeys/removal", body)

    def stop(self, reason: str) -> Document:
        """Stop at once, and return the rollout after it. Refused with 403: no approving role."""
        return self.post("/stop", {"reason": reason})

    def resume(self, body: Mapping[str, Any]) -> Document:
        """Propose to resume, or confirm by digest; refused as by `change_rollout`."""
        return self.post("/resume", body)


def _part(name: str) -> str:
    return quote(name, safe="")


def _document(response: httpx.Response) -> Document:
    try:
        document = parse_json(response.content, fraction=str)
    except ValueError:
        document = None
    if response.is_success and isinstance(document, dict):
        return document
    problem = document if isinstance(document, dict) else {}
    raise Refused(
        status=response.status_code,
        code=str(problem.get("code", response.reason_phrase.upper().replace(" ", "_") or "NO_REASON")),
        detail=str(problem.get("detail", f"{response.request.url} refused the request and gave no reason.")),
    )
