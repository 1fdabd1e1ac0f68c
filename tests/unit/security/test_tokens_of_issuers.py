"""Tokens as real issuers make them: each that is genuine counts, and none that is not, whatever its header says."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from shared.errors import Defect, InvalidInput
from shared.security.issuers import IssuerSettings, token_settings
from shared.security.token_keys import JWKS_BYTES_MAX
from shared.security.tokens import TokenSettings, verify_token

NOW = datetime(2026, 11, 23, 9, 0, 0, 600_000, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://login.bank.example/realms/desk"


@cache
def ec(name: str = "one") -> ECKey:
    return ECKey.generate_key("P-256", private=True)


@cache
def rsa(name: str = "one", bits: int = 2048) -> RSAKey:
    return RSAKey.generate_key(bits, private=True)


def pem(*keys: ECKey | RSAKey) -> str:
    return "".join(key.as_pem(private=False).decode() for key in keys)


def jwk(key: ECKey | RSAKey, **members: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **members}


def jwks(*entries: dict[str, Any]) -> str:
    return json.dumps({"keys": list(entries)})


def claims(**changes: Any) -> dict[str, Any]:
    whole = {
        "iss": ISSUER, "aud": "hawk", "sub": "7f0c-1d9e", "roles": ["TRADER"], "iat": SECONDS, "nbf": SECONDS,
        "exp": SECONDS + 300, **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not ...}


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Anything(jws.JWSRegistry):
    """Signs whatever an issuer may write into a header."""

    max_header_length = 10**6

    def check_header(self, header: dict[str, Any]) -> None:
        """Take it."""


def token(key: Any, header: dict[str, Any] | None = None, body: str | None = None, **changes: Any) -> str:
    alg = {"EC": "ES256", "RSA": "RS256", "OKP": "EdDSA"}.get(key.key_type, "HS256")
    whole = {name: value for name, value in {"alg": alg, "typ": "JWT", **(header or {})}.items() if value is not ...}
    text = json.dumps(claims(**changes)) if body is None else body
    return jws.serialize_compact(whole, text, key, registry=Anything(algorithms=[whole["alg"]]))


def settings(public: str | None = None, **changes: Any) -> TokenSettings:
    return TokenSettings(public_pem=pem(ec()) if public is None else public, issuer=ISSUER, **changes)


def by_jwks(*entries: dict[str, Any], **changes: Any) -> TokenSettings:
    return TokenSettings(public_pem=None, issuer=ISSUER, jwks=jwks(*entries), **changes)


def refused(text: str, given: TokenSettings) -> str:
    with pytest.raises(InvalidInput) as refusal:
        verify_token(text, given, NOW)
    return refusal.value.code


# --- the header


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "bWq3-the-issuers-own"}, {"kid": ""}, {}, {"typ": ...}, {"typ": "at+jwt"}, {"typ": "AT+JWT"},
        {"typ": "jwt"}, {"typ": "application/at+jwt"}, {"x5t": "abc", "x5t#S256": "def"},
        {"nonce": "abc", "foo": [1, {}]}, {"x5c": ["A" * 2000]},
        {"jku": "https://login.bank.example/keys"}, {"cty": "JWT"}, {"zip": "DEF"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_counts_whatever_its_issuer_writes_into_the_header(header: dict[str, Any]) -> None:
    person = verify_token(token(ec(), header), settings(), NOW)
    assert (person.name, person.roles) == ("7f0c-1d9e", ("TRADER",))


FORGERIES: dict[str, tuple[Callable[[], str], str]] = {
    "alg none": (lambda: token_of({"alg": "none"}), "TOKEN_UNSIGNED"),
    "alg NONE with a signature": (lambda: token_of({"alg": "NONE"}, b"x" * 64), "TOKEN_UNSIGNED"),
    "no alg": (lambda: token_of({}), "TOKEN_UNSIGNED"),
    "alg a list": (lambda: token_of({"alg": ["ES256"]}), "TOKEN_UNSIGNED"),
    "no signature": (lambda: token(ec()).rpartition(".")[0] + ".", "TOKEN_UNSIGNED"),
    "another key": (lambda: token(ec("other")), "TOKEN_SIGNATURE_INVALID"),
    "another key that it brings along": (
        lambda: token(ec("other"), {"jwk": jwk(ec("other"))}), "TOKEN_SIGNATURE_INVALID",
    ),
    "another key behind an address": (
        lambda: token(ec("other"), {"jku": "https://evil.example/keys"}), "TOKEN_SIGNATURE_INVALID",
    ),
    "the public key as a secret": (lambda: hs256(pem(ec())), "TOKEN_ALGORITHM_NOT_ALLOWED"),
    "an algorithm of another kind of key": (lambda: token(rsa()), "TOKEN_ALGORITHM_NOT_ALLOWED"),
    "a changed claim": (
        lambda: ".".join((token(ec()).split(".")[0], b64(json.dumps(claims(sub="eve")).encode()), "AAAA")),
        "TOKEN_SIGNATURE_INVALID",
    ),
    "fields that must be understood": (lambda: token(ec(), {"crit": ["b64"], "b64": False}), "TOKEN_MALFORMED"),
    "kid an object": (lambda: token(ec(), {"kid": {"a": 1}}), "TOKEN_MALFORMED"),
    "a grant": (lambda: token(ec(), {"typ": "hawk-grant+jws"}), "TOKEN_TYPE_WRONG"),
    "a logout token": (lambda: token(ec(), {"typ": "logout+jwt"}), "TOKEN_TYPE_WRONG"),
    "typ null": (lambda: token(ec(), {"typ": None}), "TOKEN_TYPE_WRONG"),
    "typ a list": (lambda: token(ec(), {"typ": ["JWT"]}), "TOKEN_TYPE_WRONG"),
    "encrypted": (lambda: "a.b.c.d.e", "TOKEN_MALFORMED"),
    "two of one claim": (
        lambda: token(ec(), body='{"sub": "ann", ' + json.dumps(claims())[1:]), "TOKEN_MALFORMED",
    ),
    "no JSON": (lambda: token(ec(), body="[]"), "TOKEN_MALFORMED"),
    "other issuer": (lambda: token(ec(), iss="https://login.bank.example/realms/other"), "TOKEN_ISSUER_UNKNOWN"),
    "other audience": (lambda: token(ec(), aud=["account", "broker"]), "TOKEN_AUDIENCE_WRONG"),
}  # fmt: skip


def token_of(header: dict[str, Any], signature: bytes = b"") -> str:
    return ".".join((b64(json.dumps(header).encode()), b64(json.dumps(claims()).encode()), b64(signature)))


def hs256(secret: str) -> str:
    unsigned = token_of({"alg": "HS256", "typ": "JWT"}).rpartition(".")[0]
    return f"{unsigned}.{b64(hmac.new(secret.encode(), unsigned.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_the_issuer_did_not_make_for_this_counts_in_no_case(forgery: str) -> None:
    make, code = FORGERIES[forgery]
    assert refused(make(), settings()) == code
    assert refused(make(), by_jwks(jwk(ec(), kid="k1", use="sig"))) == code


# --- keys and how they are chosen


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_a_token_of_an_issuer_with_an_rsa_key_counts(alg: str) -> None:
    text = token(rsa(), {"alg": alg, "kid": "x1"})
    for given in (settings(pem(rsa())), by_jwks(jwk(rsa(), kid="x1", use="sig")), by_jwks(jwk(rsa(), alg=alg))):
        assert verify_token(text, given, NOW).name == "7f0c-1d9e"
    other = "PS256" if alg == "RS256" else "RS256"
    assert refused(text, by_jwks(jwk(rsa(), alg=other))) == "TOKEN_ALGORITHM_NOT_ALLOWED"
    assert refused(text, settings(pem(rsa("other")))) == "TOKEN_SIGNATURE_INVALID"
    assert refused(text, settings()) == "TOKEN_ALGORITHM_NOT_ALLOWED"


def test_of_several_keys_the_token_names_one() -> None:
    given = by_jwks(jwk(ec("a"), kid="a"), jwk(ec("b"), kid="b"), jwk(rsa(), kid="r"))
    for key, kid in ((ec("a"), "a"), (ec("b"), "b"), (rsa(), "r"), (ec("a"), ...), (rsa(), ...)):
        assert verify_token(token(key, {"kid": kid}), given, NOW).name == "7f0c-1d9e"
    assert refused(token(ec("a"), {"kid": "b"}), given) == "TOKEN_SIGNATURE_INVALID"
    assert refused(token(ec("a"), {"kid": "r"}), given) == "TOKEN_KEY_UNKNOWN"
    assert refused(token(ec("a"), {"kid": "new"}), given) == "TOKEN_KEY_UNKNOWN"
    assert refused(token(ec("z"), {"kid": ...}), given) == "TOKEN_SIGNATURE_INVALID"


def test_keys_of_pem_files_have_no_name_of_the_issuers_and_are_all_tried() -> None:
    given = settings(pem(ec("a"), rsa(), ec("b")))
    for key, kid in ((ec("a"), "any"), (ec("b"), ...), (rsa(), "any"), (ec("b"), ec("b").thumbprint())):
        assert verify_token(token(key, {"kid": kid}), given, NOW).name == "7f0c-1d9e"
    assert refused(token(ec("z"), {"kid": "any"}), given) == "TOKEN_SIGNATURE_INVALID"


def test_keys_for_other_purposes_are_passed_over(tmp_path: Path) -> None:
    okp = OKPKey.generate_key("Ed25519").as_dict(private=False)
    entries = (
        jwk(rsa(), kid="e", use="enc", alg="RSA-OAEP"), {**okp, "kid": "o"}, {"kty": "new"},
        jwk(rsa(), key_ops=["encrypt"]), jwk(ECKey.generate_key("P-384"), kid="p"),
        jwk(ec(), kid="s", use="sig", x5c=["x"], x5t="y"),
    )  # fmt: skip
    assert [key.kid for key in by_jwks(*entries).keys] == ["s"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no json", "not JSON"),
        ("[]", "list"),
        ('{"keys": {}}', "list"),
        ('{"keys": ["x"]}', "list"),
        ('{"keys": []}', "no key"),
        (jwks({"kty": "RSA", "use": "enc", "n": "x", "e": "AQAB"}), "no key"),
        (jwks({"kty": "RSA", "n": "AQAB"}), "cannot be read"),
        (jwks({"kty": "EC", "crv": "P-256", "x": 7, "y": "AQAB"}), "cannot be read"),
        (jwks({"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}), "cannot be read"),
        (jwks(*({"kty": "x"} for _ in range(33))), "at most 32"),
        ("{" * 100_000, "not JSON"),
    ],
)
def test_a_set_of_keys_that_cannot_be_used_stops_the_start(text: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(text)
    with pytest.raises(Defect, match=why):
        token_settings(IssuerSettings(issuer=ISSUER, jwks_file=file))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_secret_or_weak_or_too_many_keys_stop_the_start(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    for text, why in (
        (jwks(ec().as_dict(private=True)), "secret"),
        (jwks(OctKey.generate_key(256).as_dict(private=True)), "secret"),
        (jwks(jwk(rsa("weak", 1024))), "1024 bits"),
        (" " * (JWKS_BYTES_MAX + 1), "bytes"),
    ):
        file.write_text(text)
        with pytest.raises(Defect, match=why):
            token_settings(IssuerSettings(issuer=ISSUER, jwks_file=file))
    for text, why in (
        (pem(rsa("weak", 1024)), "1024 bits"),
        (ec().as_pem(private=True).decode(), "public half"),
        (pem(ec()) * 9, "at most 8"),
        (ECKey.generate_key("P-384").as_pem(private=False).decode(), "P-384"),
        ("nonsense", "not PEM"),
    ):
        file.write_text(text)
        with pytest.raises(Defect, match=why):
            token_settings(IssuerSettings(issuer=ISSUER, public_key_file=file))
    with pytest.raises(Defect, match="cannot be read"):
        token_settings(IssuerSettings(issuer=ISSUER, jwks_file=tmp_path / "none.json"))
    with pytest.raises(Defect, match="Set one of them"):
        token_settings(IssuerSettings(issuer=ISSUER, jwks_file=file, public_key_file=file))
    with pytest.raises(Defect, match="missing"):
        token_settings(IssuerSettings(jwks_file=file))


def test_the_settings_of_an_issuer_become_those_of_its_tokens(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text("\ufeff" + jwks(jwk(ec(), kid="k1")), encoding="utf-8")
    given = IssuerSettings(
        issuer=ISSUER, jwks_file=file, audience="desk", subject_claim="oid", name_claim="name", roles_claim="a.b"
    )
    text = token(ec(), {"kid": "k1"}, aud=["desk"], oid="u-7", name="Anna Lee", a={"b": "TRADER"}, roles=..., sub="x")
    person = verify_token(text, token_settings(given), NOW)
    assert (person.name, person.roles) == ("Anna Lee <u-7>", ("TRADER",))
    assert not token_settings(given).of_the_demo
    for empty in ({"subject_claim": ""}, {"roles_claim": ""}):
        with pytest.raises(Defect, match="each name a claim"):
            token_settings(IssuerSettings(issuer=ISSUER, jwks_file=file, **empty))


# --- times


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ('"iat": %s.25, "nbf": %s.5, "exp": %s.75', ""),
        ('"iat": %s, "nbf": %s, "exp": %s.61', ""),
        ('"iat": %s, "nbf": %s, "exp": %s.6', "TOKEN_EXPIRED"),
        ('"iat": %s, "nbf": %s, "exp": %s.59', "TOKEN_EXPIRED"),
        ('"iat": %s, "nbf": %s, "exp": 1.7954676e9', ""),
        ('"exp": %s.9', ""),
        ('"exp": 1e999999999', "TOKEN_LIVES_TOO_LONG"),
        ('"exp": 1e99999999999999999999', "TOKEN_MALFORMED"),
        ('"exp": -1e400', "TOKEN_EXPIRED"),
        ('"exp": NaN', "TOKEN_MALFORMED"),
        ('"exp": Infinity', "TOKEN_MALFORMED"),
        ('"exp": "%s"', "TOKEN_CLAIM_INVALID"),
        ('"exp": [%s]', "TOKEN_CLAIM_INVALID"),
        ('"exp": true', "TOKEN_CLAIM_INVALID"),
        ('"exp": %s.9, "nbf": 1e30', "TOKEN_NOT_YET_VALID"),
        ('"exp": %s.9, "iat": 1e30', "TOKEN_NOT_YET_VALID"),
    ],
)
def test_times_are_numbers_with_or_without_a_fraction(times: str, code: str) -> None:
    body = json.dumps(claims(iat=..., nbf=..., exp=...))[:-1] + ", " + times.replace("%s", str(SECONDS)) + "}"
    text = token(ec(), body=body)
    if code:
        assert refused(text, settings()) == code
    else:
        assert verify_token(text, settings(), NOW).name == "7f0c-1d9e"


# --- roles and names


@pytest.mark.parametrize(
    ("claim", "changes", "roles"),
    [
        ("roles", {"roles": ["TRADER", "TRADER", "OPERATIONS"]}, ("TRADER", "OPERATIONS")),
        ("roles", {"roles": []}, ()),
        ("roles", {"roles": ""}, ()),
        ("roles", {"roles": ["TRADER", "", "x\n", "tоm", "offline_access"]}, ("TRADER", "offline_access")),
        ("scope", {"scope": "openid  TRADER RISK_MANAGER"}, ("openid", "TRADER", "RISK_MANAGER")),
        ("realm_access.roles", {"realm_access": {"roles": ["TRADER"]}}, ("TRADER",)),
        ("resource_access.hawk.roles", {"resource_access": {"hawk": {"roles": ["TRADER"]}}}, ("TRADER",)),
        ("resource_access.hawk.desk.roles", {"resource_access": {"hawk.desk": {"roles": "TRADER"}}}, ("TRADER",)),
        ("https://hawk.bank.example/roles", {"https://hawk.bank.example/roles": ["TRADER"]}, ("TRADER",)),
        ("realm_access.roles", {"realm_access.roles": ["TRADER"], "realm_access": {"roles": ["X"]}}, ("TRADER",)),
        ("roles", {"roles": [str(number) for number in range(250)]}, tuple(str(number) for number in range(250))),
    ],
)
def test_roles_are_read_where_the_issuer_writes_them(
    claim: str, changes: dict[str, Any], roles: tuple[str, ...]
) -> None:
    text = token(ec(), **{"roles": ["RISK_MANAGER"], **changes})
    assert verify_token(text, settings(roles_claim=claim), NOW).roles == roles


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "TOKEN_CLAIM_MISSING"),
        ({"realm_access": None}, "TOKEN_CLAIM_MISSING"),
        ({"realm_access": ["roles"]}, "TOKEN_CLAIM_MISSING"),
        ({"realm_access": "roles"}, "TOKEN_CLAIM_MISSING"),
        ({"realm_access": {}}, "TOKEN_CLAIM_MISSING"),
        ({"realm_access": {"roles": {"TRADER": True}}}, "TOKEN_CLAIM_INVALID"),
    ],
)
def test_roles_that_stand_elsewhere_are_none(changes: dict[str, Any], code: str) -> None:
    assert refused(token(ec(), **changes), settings(roles_claim="realm_access.roles")) == code


@pytest.mark.parametrize(
    ("changes", "person"),
    [
        ({"preferred_username": "anna"}, "anna <7f0c-1d9e>"),
        ({"preferred_username": "Jürgen Müller", "sub": "auth0|5f7c"}, "Jürgen Müller <auth0|5f7c>"),
        ({"preferred_username": "anna", "sub": "s" * 255}, f"anna <{'s' * 255}>"),
        ({"preferred_username": ...}, "TOKEN_CLAIM_MISSING"),
        ({"preferred_username": 7}, "TOKEN_CLAIM_INVALID"),
        ({"preferred_username": "\u0430nna"}, "TOKEN_CLAIM_INVALID"),
        ({"preferred_username": "bob <aa11>"}, "TOKEN_CLAIM_INVALID"),
        ({"preferred_username": "anna", "sub": "7f0c> <aa11"}, "TOKEN_CLAIM_INVALID"),
        ({"preferred_username": "anna", "sub": "7f 0c"}, "TOKEN_CLAIM_INVALID"),
        ({"preferred_username": "anna", "sub": ...}, "TOKEN_CLAIM_MISSING"),
        ({"preferred_username": "anna", "sub": 7}, "TOKEN_CLAIM_INVALID"),
    ],
)
def test_the_subject_is_the_person_and_the_name_is_shown_beside_it(changes: dict[str, Any], person: str) -> None:
    text, given = token(ec(), **changes), settings(name_claim="preferred_username")
    if person.startswith("TOKEN_"):
        assert refused(text, given) == person
    else:
        assert verify_token(text, given, NOW).name == person
