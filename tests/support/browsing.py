"""A browser as signing in needs one: cookies by their rules, and the headers that say where a request comes from."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from shared.web.browsers import BrowserSignIn, browser_sign_in, install_localhost
from shared.web.sign_in.sessions import Order, Session
from shared.web.sign_in.settings import SettingsOfSignIn
from tests.support.approvals import World

SITE = "https://hawk.bank.example"
CLIENT = "hawk-console"


@dataclass
class MemorySessions:
    """`Sessions` in memory."""

    rows: dict[bytes, Session] = field(default_factory=dict)
    tokens: dict[bytes, datetime] = field(default_factory=dict)
    writes: int = 0

    async def find(self, key: bytes) -> Session | None:
        return self.rows.get(key)

    async def keep(self, session: Session, replaces: bytes, sessions_max: int) -> bool:
        if session.login and any(each.login == session.login for each in self.rows.values()):
            return False
        self.rows.pop(replaces, None)
        self.rows[session.key] = session
        mine = [each for each in self.rows.values() if each.person.name == session.person.name]
        for old in sorted(mine, key=lambda each: each.seen_at)[:-sessions_max]:
            del self.rows[old.key]
        return True

    async def seen(self, key: bytes, at: datetime) -> None:
        self.writes += 1
        self.rows[key] = replace(self.rows[key], seen_at=at)

    async def end(self, key: bytes) -> None:
        self.rows.pop(key, None)

    async def end_by(self, order: Order) -> int | None:
        if self.tokens.setdefault(order.key, order.until) is not order.until:
            return None
        gone = [
            key
            for key, each in self.rows.items()
            if (order.subject or order.provider_session)
            and each.issuer == order.issuer
            and order.subject in {"", each.subject}
            and order.provider_session in {"", each.provider_session}
        ]
        for key in gone:
            del self.rows[key]
        return len(gone)

    async def clean(self, now: datetime, idle: timedelta, limit: int) -> int:
        gone = [key for key, each in self.rows.items() if now >= each.ends_at(idle)][:limit]
        for key in gone:
            del self.rows[key]
        return len(gone)


@dataclass
class Browser:
    """One browser. A request that another site caused (`cross`) brings no cookie that is Strict."""

    app: FastAPI
    site: str = SITE
    address: str = "127.0.0.1"
    cookies: dict[str, tuple[str, str]] = field(default_factory=dict)
    csrf: str | None = None
    answers: list[httpx.Response] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, *, cross: bool = False, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """One request, as this browser sends it; a header that is given as "" is left out."""
        sent = {
            "Sec-Fetch-Site": "cross-site" if cross else "same-origin",
            "Cookie": "; ".join(
                f"{n}={v}" for n, (v, site) in self.cookies.items() if not (cross and site == "strict")
            ),
            "X-HAWK-CSRF": self.csrf or "",
            **(headers or {}),
        }
        transport = httpx.ASGITransport(self.app, client=(self.address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=self.site) as client:
            answer = await client.request(method, path, headers={k: v for k, v in sent.items() if v}, **options)
        self._keep(answer)
        self.answers.append(answer)
        return answer

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("POST", path, **options)

    async def session(self) -> dict[str, Any]:
        """Who is signed in; takes the text for writing along, as a page does."""
        answer = await self.get("/session")
        document = answer.json()
        self.csrf = document.get("csrf")
        return document

    def set_cookie(self, name: str) -> str:
        """The last Set-Cookie header of a cookie whose name begins so."""
        found = [line for answer in self.answers for line in answer.headers.get_list("set-cookie")]
        return next(line for line in reversed(found) if line.startswith(name))

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = (morsel.value, morsel["samesite"].lower())


class SignInDesk:
    """The approval service's routes with those of signing in, and a clock that the test moves."""

    def __init__(self, folder: Path, now: datetime, **settings: Any) -> None:
        self.now = now
        self.sessions = MemorySessions()
        given = SettingsOfSignIn(_env_file=None, **settings)
        self.signed_in: BrowserSignIn = browser_sign_in(given, self.sessions, lambda: self.now)
        self.world = World(folder, authenticator=self.signed_in.authenticator)
        self.world.now = now
        self.app = self.world.app
        self.app.include_router(self.signed_in.routes)
        install_localhost(self.app, given)
        self.site = given.site()

    def browser(self, **changes: Any) -> Browser:
        return Browser(self.app, **{"site": self.site, **changes})

    def pass_time(self, time: timedelta) -> None:
        self.now += time
        self.world.now = self.now


def path_of(address: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
