"""The routes of signing in and out. What they do is in `signing`."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from shared.errors import InvalidInput, Transient
from shared.security.demo_people import DemoPerson
from shared.web.callers import from_this_machine
from shared.web.problems import Problem, problem_response, problem_responses
from shared.web.sign_in.addresses import HOME, NEXT_CHARACTERS_MAX, SIGN_IN_PAGE, local_page, login_address
from shared.web.sign_in.browsers import must_bring_csrf, must_come_from_here
from shared.web.sign_in.login import COOKIE_PREFIX, LOGIN_LIFETIME, LOGINS_MAX, cookie_name, packed, unpacked
from shared.web.sign_in.sessions import (
    Session,
    SessionKeeper,
    csrf_of,
    drop_cookie,
    set_cookie,
)
from shared.web.sign_in.signing import Asked, DemoSigningIn, NeedsAPage, SigningIn
from shared.web.strict_json import StrictRoute

#: Characters of a parameter of the provider's answer. Codes of some providers are tokens of 2 kB.
ANSWER_CHARACTERS_MAX: Final = 8_000
#: Bytes of the body of an order to log out: one token of 16 kB.
ORDER_BYTES_MAX: Final = 20_000

_Answer = Annotated[str | None, Query(max_length=ANSWER_CHARACTERS_MAX)]
_Next = Annotated[str, Query(max_length=NEXT_CHARACTERS_MAX)]
_Acr = Annotated[str | None, Query(max_length=200, pattern=r"^[!-~]+( [!-~]+)*$")]
_MaxAge = Annotated[int | None, Query(ge=0, le=86_400)]
_Prompt = Annotated[str | None, Query(pattern="^(none|login)$")]

_REDIRECT: Final[dict[int | str, dict[str, Any]]] = {303: {"description": "Go on there"}}
_ORDER_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["logout_token"],
                    "properties": {"logout_token": {"type": "string"}},
                }
            }
        },
    }
}


class DemoBody(BaseModel):
    """A name of the demo's people."""

    model_config = ConfigDict(extra="forbid")

    person: str = Field(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class SignInParts:
    """What the routes work with; without a provider and outside the demo nobody signs in here.

    Args:
        site: the origin of the console.
        environment: what a page shows of the installation.
    """

    keeper: SessionKeeper
    site: str
    environment: dict[str, Any]
    signing: SigningIn | None = None
    demo: DemoSigningIn | None = None

    def people(self, request: Request) -> tuple[DemoPerson, ...]:
        """Return who may be chosen: in the demo, on the machine itself."""
        return self.demo.people if self.demo is not None and from_this_machine(request) else ()


def sign_in_routes(parts: SignInParts) -> APIRouter:
    """Return the routes for browsers; those for a provider and for the demo only where there is one."""
    routes = APIRouter(route_class=StrictRoute, tags=["sign-in"])
    _add_session(routes, parts)
    _add_login(routes, parts)
    if parts.signing is not None:
        _add_callback(routes, parts, parts.signing)
        _add_order(routes, parts.signing)
    if parts.demo is not None:
        _add_demo(routes, parts, parts.demo)
    return routes


def _add_session(routes: APIRouter, parts: SignInParts) -> None:
    @routes.get("/session", responses=problem_responses(401, 503))
    async def read_session(request: Request) -> dict[str, Any]:
        """Return who is signed in with this browser, and what a page needs to write. Not a use of the session."""
        session_id = request.cookies.get(parts.keeper.cookie, "")
        session = await parts.keeper.find(session_id, used=False)
        if session is None:
            raise Problem(
                401,
                "NOT_SIGNED_IN",
                "Nobody is signed in with this browser.",
                extra={"environment": parts.environment, "sign_in": _offered(parts, request)},
            )
        return _document(parts, request, session_id, session)

    @routes.post("/logout", responses=problem_responses(403, 503))
    async def leave(request: Request) -> JSONResponse:
        """Sign out here, and return where to go on: to the provider, which then signs out there."""
        must_come_from_here(request, parts.site)
        session_id = request.cookies.get(parts.keeper.cookie, "")
        if await parts.keeper.find(session_id, used=False) is not None:
            must_bring_csrf(request, session_id)
            await parts.keeper.end(session_id)
        answer = JSONResponse({"location": await _leave_address(parts)})
        drop_cookie(answer, parts.keeper.cookie)
        return answer


def _add_login(routes: APIRouter, parts: SignInParts) -> None:
    @routes.get("/login", status_code=303, responses={**_REDIRECT, **problem_responses(404, 422, 503)})
    async def login(
        request: Request,
        next: _Next = HOME,
        prompt: _Prompt = None,
        acr_values: _Acr = None,
        max_age: _MaxAge = None,
    ) -> Response:
        """Lead to the provider's page, or in the demo to the page with the names; both come back to `next`."""
        if parts.signing is None:
            return await _choice(parts, request, next, renews=prompt == "none")
        asked = Asked(next, prompt, acr_values, max_age)
        try:
            begun, address = await parts.signing.begin(asked, request.cookies.get(parts.keeper.cookie, ""))
        except Transient as away:
            return _later(request, away, next)
        answer = RedirectResponse(address, status_code=303)
        under_way = [name for name in request.cookies if name.startswith(COOKIE_PREFIX)]
        for name in under_way[: -(LOGINS_MAX - 1)]:  # browsers send the oldest first
            drop_cookie(answer, name)
        set_cookie(answer, cookie_name(begun.state), packed(begun), LOGIN_LIFETIME, crosses=True)
        return answer


def _add_callback(routes: APIRouter, parts: SignInParts, signing: SigningIn) -> None:
    @routes.get("/callback", status_code=303, responses={**_REDIRECT, **problem_responses(401, 422, 503)})
    async def callback(
        request: Request,
        state: Annotated[str, Query(min_length=1, max_length=200)],
        code: _Answer = None,
        error: _Answer = None,
        iss: _Answer = None,
    ) -> Response:
        """Take the provider's answer: begin a session, and go to the page that the sign-in was begun on."""
        name = cookie_name(state)
        login = unpacked(request.cookies.get(name, ""), state, parts.keeper.now())
        if login is None:
            return _failed(request, "SIGN_IN_UNKNOWN", "This sign-in was not begun in this browser, or too long ago.")
        given = {"code": code, "error": error, "iss": iss}
        try:
            session_id = await signing.finish(login, {key: value for key, value in given.items() if value is not None})
        except NeedsAPage:
            answer: Response = RedirectResponse(login_address(login.next, max_age=login.max_age), status_code=303)
        except InvalidInput as refused:
            answer = _failed(request, refused.code, refused.reason, login.next)
        except Transient as away:
            answer = _later(request, away, login.next)
        else:
            answer = _signed_in(parts, login.next, session_id)
        drop_cookie(answer, name)
        return answer


def _add_order(routes: APIRouter, signing: SigningIn) -> None:
    @routes.post("/backchannel-logout", responses=problem_responses(413, 503), openapi_extra=_ORDER_BODY)
    async def end_by_order(request: Request) -> dict[str, int]:
        """End sessions by order of the provider (OpenID Connect Back-Channel Logout)."""
        body = await request.body()
        if len(body) > ORDER_BYTES_MAX:
            raise Problem(413, "TOO_LARGE", f"The body is larger than {ORDER_BYTES_MAX} bytes.")
        try:
            tokens = parse_qs(body.decode("ascii"), max_num_fields=10).get("logout_token", [])
        except ValueError:
            tokens = []
        if len(tokens) != 1:
            raise Problem(400, "LOGOUT_TOKEN_INVALID", "The body is not a form with one logout_token.")
        try:
            return {"ended": await signing.end_by_order(tokens[0])}
        except InvalidInput as refused:
            raise Problem(400, refused.code, refused.reason, extra={"error": "invalid_request"}) from refused


def _add_demo(routes: APIRouter, parts: SignInParts, demo: DemoSigningIn) -> None:
    @routes.post("/demo/sign-in", responses=problem_responses(403, 404, 413, 422, 503))
    async def choose(request: Request, body: DemoBody) -> JSONResponse:
        """Begin a session as one of the demo's people: in the demo, on the machine itself."""
        if not from_this_machine(request):
            raise Problem(404, "NOT_FOUND", "There is nothing at this address for callers from elsewhere.")
        must_come_from_here(request, parts.site)
        begun = await demo.begin(body.person, request.cookies.get(parts.keeper.cookie, ""))
        if begun is None:
            raise Problem(404, "PERSON_UNKNOWN", "The demo has nobody of this name. GET /session lists its people.")
        session_id, session = begun
        answer = JSONResponse(_document(parts, request, session_id, session))
        set_cookie(answer, parts.keeper.cookie, session_id, parts.keeper.lifetimes.whole)
        return answer


async def _choice(parts: SignInParts, request: Request, page: str, *, renews: bool) -> Response:
    """Lead to the page with the names of the demo; who is signed in and is to stay so goes on under a new session."""
    if parts.demo is None or not parts.people(request):
        raise Problem(404, "SIGN_IN_NOT_CONFIGURED", "Nobody can sign in here with a browser.")
    session_id = await parts.demo.renew(request.cookies.get(parts.keeper.cookie, "")) if renews else None
    if session_id is not None:
        return _signed_in(parts, page, session_id)
    return RedirectResponse(f"{SIGN_IN_PAGE}?{urlencode({'next': local_page(page)})}", status_code=303)


def _signed_in(parts: SignInParts, page: str, session_id: str) -> Response:
    answer = RedirectResponse(local_page(page), status_code=303)
    set_cookie(answer, parts.keeper.cookie, session_id, parts.keeper.lifetimes.whole)
    return answer


def _failed(request: Request, code: str, detail: str, page: str = HOME) -> Response:
    """Refuse a sign-in: noted like any refusal, and shown on the page to sign in on where a person waits."""
    refusal = problem_response(request, 401, code, detail, headers={"WWW-Authenticate": 'Bearer realm="hawk"'})
    return _on_page(code, page) if _is_for_a_person(request) else refusal


def _later(request: Request, away: Transient, page: str) -> Response:
    """Say to a person that the provider or the database is away; a program gets the usual 503."""
    if not _is_for_a_person(request):
        raise away
    return _on_page("TRY_AGAIN", page)


def _on_page(code: str, page: str) -> Response:
    return RedirectResponse(f"{SIGN_IN_PAGE}?{urlencode({'refused': code, 'next': local_page(page)})}", status_code=303)


def _is_for_a_person(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _document(parts: SignInParts, request: Request, session_id: str, session: Session) -> dict[str, Any]:
    person = session.person
    return {
        "person": person.name,
        "name": person.name.partition(" <")[0],
        "roles": list(person.roles),
        "expires_at": session.ends_at(parts.keeper.lifetimes.idle).isoformat(),
        "csrf": csrf_of(session_id),
        "environment": parts.environment,
        "sign_in": _offered(parts, request),
    }


def _offered(parts: SignInParts, request: Request) -> dict[str, Any]:
    people = parts.people(request)
    return {
        "demo": bool(people),
        "people": [{"person": each.name, "name": each.name, "roles": list(each.roles)} for each in people],
        "address": None if parts.signing is None and not people else "/login",
    }


async def _leave_address(parts: SignInParts) -> str:
    if parts.signing is None:
        return HOME
    try:
        return await parts.signing.leave_address()
    except Transient:
        return HOME  # signed out here all the same
