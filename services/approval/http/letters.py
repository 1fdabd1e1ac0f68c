"""`GET /letters`: the dead letters of all services, in pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, Query

from services.approval.http.replays import LETTER_PATTERN
from services.approval.letters.letter import Letter, letter_document
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

#: Dead letters of one page: each has a reason of at most 4 KiB, and nobody reads more at once.
PAGE_LETTERS: Final = 50

_LINKS: Final = {
    "older": link("GET", "/letters", before="/next"),
    "replay": link("POST", "/deadletters/{letter}/replay", letter="/letters/0/letter"),
}

_Before = Annotated[str | None, Query(pattern=LETTER_PATTERN, description="the last letter of the page before")]


class Letters(Protocol):
    """The dead letters there are."""

    async def page(self, before: str | None, limit: int) -> Sequence[Letter]:
        """Return the latest refusal first; those after the letter `before` in that order."""


@dataclass(frozen=True, slots=True)
class LetterParts:
    """What the route works with."""

    letters: Letters
    authenticator: Authenticator
    clock: Callable[[], datetime]


def letter_routes(parts: LetterParts) -> APIRouter:
    """Build GET /letters."""
    routes = APIRouter(route_class=StrictRoute, tags=["dead letters"])

    @routes.get("/letters", responses={**linked(200, **_LINKS), **problem_responses(401, 422, 503)})
    async def list_letters(
        person: Annotated[Person, Depends(parts.authenticator.person)], before: _Before = None
    ) -> dict[str, Any]:
        """Return messages that a service refused: code, reason, cure, and whether I may ask for a replay.

        The latest refusal comes first, 50 a page; `next` is the next page's `before`, null at the end.
        """
        found = await parts.letters.page(before, PAGE_LETTERS + 1)
        page = [letter_document(each, person) for each in found[:PAGE_LETTERS]]
        return {
            "letters": page,
            "next": page[-1]["letter"] if len(found) > PAGE_LETTERS else None,
            "as_of": parts.clock().isoformat(),
        }

    return routes
