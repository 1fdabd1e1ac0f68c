"""Whose tokens count: nobody's until somebody switched an issuer on."""

from pathlib import Path

import pytest

from shared.errors import Defect
from shared.security.issuers import IssuerSettings, token_settings
from shared.security.keys import ensure_issuer_keys


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return ensure_issuer_keys(tmp_path).public


def test_nobody_counts_when_nothing_is_configured() -> None:
    assert token_settings(IssuerSettings()).public_pem is None


def test_demo_issuer_counts_in_the_demo_profile_alone(public: Path) -> None:
    demo = token_settings(IssuerSettings(profile="demo", demo_public_key_file=public))
    assert (demo.public_pem, demo.issuer) == (public.read_text(), "hawk-demo-issuer")
    for profile in ("", "own", "DEMO"):
        given = IssuerSettings(profile=profile, demo_public_key_file=public)
        assert token_settings(given).public_pem is None


def test_own_issuer_replaces_the_demo_issuer(public: Path) -> None:
    given = IssuerSettings("demo", public, issuer="https://login.example", public_key_file=public, audience="desk")
    settings = token_settings(given)
    assert (settings.issuer, settings.audience) == ("https://login.example", "desk")


@pytest.mark.parametrize(
    "given",
    [
        IssuerSettings(issuer="https://login.example"),
        IssuerSettings(public_key_file=Path("x.pem")),
        IssuerSettings(issuer="https://login.example", public_key_file=Path("/nonexistent.pem")),
    ],
)
def test_issuer_is_refused_when_it_is_configured_by_halves(given: IssuerSettings) -> None:
    with pytest.raises(Defect):
        token_settings(given)


def test_own_issuer_is_refused_when_it_poses_as_the_demo_issuer(public: Path) -> None:
    with pytest.raises(Defect, match="demo profile"):
        token_settings(IssuerSettings(issuer="hawk-demo-issuer", public_key_file=public))


def test_private_key_is_refused_where_a_public_one_belongs(tmp_path: Path) -> None:
    private = ensure_issuer_keys(tmp_path).private
    with pytest.raises(Defect, match="public half"):
        token_settings(IssuerSettings(profile="demo", demo_public_key_file=private))
