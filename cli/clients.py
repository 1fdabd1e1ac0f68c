"""HTTP clients of the monitor and the approval service, whose refusals become one clear sentence."""

import os
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from cli.wording import Document
from shared.errors import HawkError, Transient
from shared.exact_json import parse_json

REQUEST_SECONDS_MAX: Final = 30.0
"""A page of 500 workflows is read in well under a second; a loaded machine gets more."""

AWAY_SECONDS_MAX: Final = 15.0
"""A service that died is back within 5 s, and another 5 until it is ready."""

RETRY_SECONDS: Final = 0.2

TOKEN_VARIABLE: Final = "HAWK_TOKEN"  # noqa: S105 - the name of a variable

PAGE_WORKFLOWS: Final = 500
"""The largest page that the monitor gives."""

_TRY_LATER: Final = frozenset({502, 503, 504})


def reads_certificates(url: str) -> bool:
    """Only where they are used: to read them takes longer than all else about a request."""
    return url.startswith("https:")


def token_of_the_environment() -> str | None:
    """A token of one's own issuer, where one is given."""
    return os.environ.get(TOKEN_VARIABLE) or None


def bearer_header(token: str | None) -> dict[str, str]:
    """The header that shows a token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


class ServiceAway(Transient):
    """A service does not answer though HAWK runs."""

    def __init__(self, *, service: str, url: str, why: str) -> None:
        self.service = service
        self.url = url
        super().__init__(
            f"The {service} service does not answer at {url} ({why}). `hawk status` says whether it runs; try again."
        )


class Refused(HawkError):
    """A service refuses a request with a problem document (RFC 9457). `code` is stable, `detail` for people."""

    def __init__(self, *, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(f"{detail} ({status} {code})")


class Client:
    """One service at one address. A service that is just being started again is waited for."""

    def __init__(
        self,
        service: str,
        url: str,
        token: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        away_seconds_max: float = AWAY_SECONDS_MAX,
    ) -> None:
        headers = bearer_header(token)
        self._service = service
        self._url = url
        self._away_seconds_max = away_seconds_max
        # The services are on this machine: a proxy of the environment's has no business here.
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=REQUEST_SECONDS_MAX,
            trust_env=False,
            transport=transport,
            verify=reads_certificates(url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Document:
        """The JSON at a path.

        Raises:
            Refused: the service says no.
            ServiceAway: it does not answer within `away_seconds_max`.
        """
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Document:
        """The answer to a JSON body. Sent again only if it cannot have arrived.

        Raises:
            Refused, ServiceAway: as `get`.
        """
        return self._ask("POST", path, body=body)

    def _ask(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: Any = None
    ) -> Document:
        deadline = time.monotonic() + self._away_seconds_max
        while True:
            try:
                answer = self._http.request(method, path, params=query, json=body)
                if answer.status_code not in _TRY_LATER or time.monotonic() > deadline:
                    return _document(answer)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if time.monotonic() > deadline:
                    raise ServiceAway(service=self._service, url=self._url, why=str(error)) from error
            except httpx.HTTPError as error:
                if method != "GET" or time.monotonic() > deadline:
                    raise ServiceAway(
                        service=self._service, url=self._url, why=str(error) or type(error).__name__
                    ) from error
            time.sleep(RETRY_SECONDS)


class Monitor(Client):
    """Status of workflows and responses, read in the name of the person of $HAWK_TOKEN; the demo asks for none."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__("monitor", url, token_of_the_environment(), transport=transport)

    def workflow(self, workflow_id: str) -> Document | None:
        """One workflow; None when the monitor knows none."""
        return self._known(f"/workflows/{_part(workflow_id)}")

    def response(self, response_id: str) -> Document | None:
        """One response with its workflows; None when the monitor knows none."""
        return self._known(f"/responses/{_part(response_id)}")

    def workflows(self, state: str | None, limit: int) -> tuple[list[Document], bool]:
        """At most `limit` workflows, those that need a person first; and whether there are more."""
        found: list[Document] = []
        query: dict[str, str | int] = {} if state is None else {"state": state}
        while True:
            page = self.get("/workflows", limit=min(PAGE_WORKFLOWS, limit - len(found)), **query)
            found += page["workflows"]
            if page["next"] is None or len(found) >= limit:
                return found, page["next"] is not None
            query["before"] = page["next"]

    def dead_letters(self, limit: int, **query: str) -> tuple[list[Document], bool]:
        """At most `limit` dead letters, the latest first; and whether there are more."""
        found: list[Document] = []
        while True:
            page = self.get("/deadletters", limit=min(PAGE_WORKFLOWS, limit - len(found)), **query)
            found += page["deadletters"]
            if page["next"] is None or len(found) >= limit:
                return found, page["next"] is not None
            query["before"] = page["next"]

    def dead_letter(self, letter: str) -> Document | None:
        """One dead letter; None when the monitor knows none."""
        return self._known(f"/deadletters/{_part(letter)}")

    def _known(self, path: str) -> Document | None:
        try:
            return self.get(path)
        except Refused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise


class Approvals(Client):
    """Cards and decisions, in the name of the person of the token."""

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__("approval", url, token, transport=transport)

    def card(self, workflow_id: str) -> Document:
        """The card of a workflow.

        Raises:
            Refused: 404 nothing waits or waited under that id; 401 the token does not count.
        """
        return self.get(f"/approvals/{_part(workflow_id)}")

    def decide(self, workflow_id: str, decision: str, plan_digest: str, comment: str) -> Document:
        """Record a decision on the plan with this digest; gives the card after it.

        Raises:
            Refused: 403 not this person, 409 another digest or decided already, 401 the token does not count.
        """
        body = {"decision": decision, "plan_digest": plan_digest, "comment": comment}
        return self.post(f"/approvals/{_part(workflow_id)}/decisions", body)

    def replay(self, letter: str, reason: str) -> Document:
        """Ask that a dead letter be published again.

        Raises:
            Refused: 403 not by this person, 401 the token does not count.
        """
        return self.post(f"/deadletters/{_part(letter)}/replay", {"reason": reason})

    def unpublishable(self) -> Document:
        """Events that the relay passed over. Raises Refused: 401 the token does not count."""
        return self.get("/events/unpublishable")

    def publish_event(self, position: int, body: Mapping[str, str]) -> Document:
        """Propose to publish an event after all, or confirm by its digest what another person proposed.

        Raises:
            Refused: 403 not this person, 404 not passed over, 409 another digest, published or ordered already.
        """
        return self.post(f"/events/unpublishable/{position}/publication", body)

    def set_asides(self) -> list[Document]:
        """Proposals to set a blocked message aside, the latest first."""
        found: list[Document] = self.get("/deadletters/set-aside")["proposals"]
        return found

    def set_aside(self, body: Mapping[str, Any]) -> Document:
        """Propose to set a blocked message aside, or confirm by digest; gives the proposal or the order.

        Raises:
            Refused: 403 not by this person, 409 another proposal or digest.
        """
        return self.post("/deadletters/set-aside", body)

    def reverse(self, workflow_id: str, reason: str) -> Document:
        """Ask for the reversal of a workflow; gives the reversal's id and whether it was asked for before.

        Raises:
            Refused: 403 not this person, 404 nothing is known of it, 409 not executed or reversed already.
        """
        return self.post(f"/workflows/{_part(workflow_id)}/reversal", {"reason": reason})

    def held(self, held_id: str | None = None) -> list[Document]:
        """Reference rows that wait for people; with an id that one, also when it does not wait any more."""
        query = {} if held_id is None else {"held_id": held_id}
        return list(self.get("/reference/held", **query)["held"])

    def decide_held(self, body: Mapping[str, Any]) -> Document:
        """Confirm or reject by its digest what waits; gives it after that.

        Raises:
            Refused: 403 not this person, 404 nothing waits under that id, 409 another digest or decided already.
        """
        return dict(self.post("/reference/held", body)["held"][0])

    def rollout(self) -> Document:
        """Mode, limits, stop switch."""
        return self.get("/rollout")

    def change_rollout(self, body: Mapping[str, Any]) -> Document:
        """Propose other terms, or confirm a proposal by its digest; gives the rollout after it.

        Raises:
            Refused: 403 not this person, 409 another version or digest, 422 terms that make no sense.
        """
        return self.post("/rollout", body)

    def stop(self, reason: str) -> Document:
        """Stop at once; gives the rollout after it. Raises Refused: 403 no approving role."""
        return self.post("/stop", {"reason": reason})

    def resume(self, body: Mapping[str, Any]) -> Document:
        """Propose to resume, or confirm by digest; as `change_rollout`."""
        return self.post("/resume", body)


def _part(name: str) -> str:
    return quote(name, safe="")


def _document(answer: httpx.Response) -> Document:
    try:
        document = parse_json(answer.content, fraction=str)
    except ValueError:
        document = None
    if answer.is_success and isinstance(document, dict):
        return document
    problem = document if isinstance(document, dict) else {}
    raise Refused(
        status=answer.status_code,
        code=str(problem.get("code", answer.reason_phrase.upper().replace(" ", "_") or "NO_REASON")),
        detail=str(problem.get("detail", f"{answer.request.url} answered without a problem document.")),
    )
