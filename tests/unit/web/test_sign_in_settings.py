"""What stops the start: a provider configured by halves, an address that is none, a secret that others may read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.errors import Defect, Transient
from shared.web.sign_in.freshness import StepUp
from shared.web.sign_in.provider import ClientSettings, described
from shared.web.sign_in.settings import SettingsOfSignIn

SITE = "https://hawk.bank.example"
ISSUER = "https://login.bank.example/realms/desk"
WHOLE = {"public_url": SITE, "oidc_issuer": ISSUER, "oidc_client_id": "hawk"}


def settings(**given: Any) -> SettingsOfSignIn:
    return SettingsOfSignIn(_env_file=None, **given)


def test_nobody_signs_in_with_a_browser_when_nothing_is_configured() -> None:
    assert settings().client() is None
    assert settings(http_port=8080).site() == "http://localhost:8080"


def test_client_is_who_the_settings_say(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    client = settings(**WHOLE, oidc_client_secret_file=secret, oidc_scopes="openid roles").client()
    assert client == ClientSettings(ISSUER, "hawk", "s3cret", "openid roles")
    assert "s3cret" not in repr(client)


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_client_id": ""},
        {"public_url": ""},
        {"oidc_issuer": "http://login.bank.example"},
        {"oidc_issuer": "login.bank.example"},
        {"oidc_issuer": ""},
        {"oidc_scopes": "profile"},
        {"oidc_scopes": "openid  profile"},
        {"profile": "demo"},
        {"oidc_client_secret_file": Path("/nonexistent")},
        {"oidc_ca_file": Path("/nonexistent")},
    ],
)
def test_provider_configured_by_halves_stops_the_start(changes: dict[str, Any]) -> None:
    with pytest.raises(Defect):
        settings(**{**WHOLE, **changes}).client()


@pytest.mark.parametrize(
    ("content", "mode"), [("secret", 0o644), ("", 0o600), ("two\nlines", 0o600), ("x" * 5_000, 0o600)]
)
def test_file_that_holds_no_secret_stops_the_start(tmp_path: Path, content: str, mode: int) -> None:
    secret = tmp_path / "secret"
    secret.write_text(content)
    secret.chmod(mode)
    with pytest.raises(Defect):
        settings(**WHOLE, oidc_client_secret_file=secret).client()


@pytest.mark.parametrize("address", ["http://hawk.bank.example", "hawk", "https://hawk.bank.example/hawk"])
def test_address_of_the_console_is_one_that_keeps_cookies(address: str) -> None:
    with pytest.raises(Defect):
        settings(public_url=address).site()


def test_times_and_tiers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAWK_DECISION_SIGN_IN_SECONDS", "300")
    monkeypatch.setenv("HAWK_STEP_UP", '{"RISK_MANAGER": {"acr": "phr", "max_age_seconds": 120}}')
    given = settings()
    assert given.freshness.decision_age_max == timedelta(minutes=5)
    assert given.freshness.step_up == {"RISK_MANAGER": StepUp(acr="phr", max_age_seconds=120)}
    assert (given.lifetimes.whole, given.lifetimes.idle) == (timedelta(hours=10), timedelta(hours=1))


@pytest.mark.parametrize(
    "given",
    [
        {"decision_sign_in_seconds": 0},
        {"session_lifetime_seconds": 100_000},
        {"session_idle_seconds": 1},
        {"oidc_roles_from": "userinfo"},
        {"step_up": {"TRADER": {"acr": "two words"}}},
        {"step_up": {"TRADER": {"max_age_seconds": 1}}},
        {"step_up": {"TRADER": {"level": 3}}},
    ],
)
def test_setting_out_of_bounds_stops_the_start(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**given)


DESCRIPTION = {
    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys", "end_session_endpoint": f"{ISSUER}/logout",
}  # fmt: skip


@pytest.mark.parametrize(
    ("methods", "secret", "used"),
    [
        (..., "s", "client_secret_basic"),
        (["client_secret_basic", "client_secret_post"], "s", "client_secret_basic"),
        (["client_secret_post"], "s", "client_secret_post"),
        (["private_key_jwt"], "s", "client_secret_basic"),
        (["client_secret_post"], "", "none"),
    ],
)
def test_client_proves_itself_as_the_provider_takes_it(methods: Any, secret: str, used: str) -> None:
    given = DESCRIPTION if methods is ... else {**DESCRIPTION, "token_endpoint_auth_methods_supported": methods}
    assert described(given, ClientSettings(ISSUER, "hawk", secret)).token_auth_method == used


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://login.bank.example/x", "", None, 7])
def test_provider_that_names_no_usable_address_is_away(name: str, address: Any) -> None:
    with pytest.raises(Transient):
        described({**DESCRIPTION, name: address}, ClientSettings(ISSUER, "hawk"))


def test_end_of_a_session_leads_nowhere_else_than_over_tls() -> None:
    client = ClientSettings(ISSUER, "hawk")
    assert described(DESCRIPTION, client).end_session_endpoint == f"{ISSUER}/logout"
    for address in ("http://login.bank.example/logout", "javascript:alert(1)", 7):
        assert described({**DESCRIPTION, "end_session_endpoint": address}, client).end_session_endpoint is None
