"""Puts signing in together from a service's settings: who may call it, and its routes for browsers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, FastAPI

from shared.security.demo_people import DEMO_PEOPLE
from shared.security.issuers import DEMO_PROFILE
from shared.security.tokens import TokenSettings
from shared.web.authentication import Authenticator
from shared.web.sign_in.browsers import Browsers
from shared.web.sign_in.keys import ProviderKeys
from shared.web.sign_in.localhost import PagesOnLocalhost
from shared.web.sign_in.provider import ClientSettings, Provider
from shared.web.sign_in.routes import SignInParts, sign_in_routes
from shared.web.sign_in.sessions import COOKIE, SessionKeeper, Sessions
from shared.web.sign_in.settings import SettingsOfSignIn
from shared.web.sign_in.signing import DemoSigningIn, OpenId, SigningIn


@dataclass(frozen=True, slots=True)
class BrowserSignIn:
    """Signing in as a service uses it."""

    authenticator: Authenticator
    keeper: SessionKeeper
    routes: APIRouter


def browser_sign_in(
    settings: SettingsOfSignIn, kept: Sessions, clock: Callable[[], datetime], cookie: str = COOKIE
) -> BrowserSignIn:
    """Return who may call a service, and the routes by which browsers sign in.

    Args:
        cookie: the name of the site's cookie.
    Raises:
        Defect: an issuer or a provider is configured by halves, or a file of theirs cannot be used.
    """
    tokens, client, site = settings.tokens(), settings.client(), settings.site()
    keeper = SessionKeeper(kept, settings.lifetimes, clock, cookie)
    signing, keys = (None, None) if client is None else _with_provider(settings, client, keeper, site, clock)
    if tokens.configured:
        keys = None  # tokens in headers are judged by the configured keys
    elif keys is not None:
        tokens = settings.provider_tokens(settings.token_audience)
    demo = DemoSigningIn(DEMO_PEOPLE, keeper, clock) if _is_demo(settings, tokens) else None
    environment = {"simulator": settings.profile == DEMO_PROFILE, "profile": settings.profile}
    parts = SignInParts(keeper, site, environment, signing, demo)
    authenticator = Authenticator(
        tokens, clock, browsers=Browsers(keeper, site), keys=keys, freshness=settings.freshness
    )
    return BrowserSignIn(authenticator, keeper, sign_in_routes(parts))


def install_localhost(app: FastAPI, settings: SettingsOfSignIn) -> None:
    """Give the pages of the demo one address, http://localhost:PORT."""
    if settings.profile == DEMO_PROFILE:
        app.add_middleware(PagesOnLocalhost)


def _with_provider(
    settings: SettingsOfSignIn, client: ClientSettings, keeper: SessionKeeper, site: str, clock: Callable[[], datetime]
) -> tuple[SigningIn, ProviderKeys]:
    provider = Provider(client, clock)
    keys = ProviderKeys(provider.jwks, clock)
    granted = settings.provider_tokens(settings.token_audience) if settings.oidc_roles_from == "access_token" else None
    openid = OpenId(provider, keys, settings.provider_tokens(client.client_id), granted)
    return SigningIn(openid, keeper, site, clock), keys


def _is_demo(settings: SettingsOfSignIn, tokens: TokenSettings) -> bool:
    """Return whether the demo's people may be chosen: in its profile, while its issuer is the one that counts."""
    return settings.profile == DEMO_PROFILE and tokens.of_the_demo
