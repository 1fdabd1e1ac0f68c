"""The attacks on signed texts, each refused with its code; and the one text that counts."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from shared.errors import InvalidInput
from shared.events.approvals import Approver
from shared.security.grants import GRANT_TYPE, GrantClaims, sign_grant, verify_grant
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, key_id, signing_key
from shared.security.maker_proof import sign_maker_proof, verify_maker_proof
from shared.security.signing import sign
from shared.security.tokens import TokenSettings, issue_demo_token, verify_token

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory: Path = tmp_path_factory.mktemp("keys")
    grant, issuer = ensure_grant_keys(directory), ensure_issuer_keys(directory)
    return {
        "private": grant.private.read_text(),
        "public": grant.public.read_text(),
        "other": issuer.private.read_text(),
    }


def claims() -> GrantClaims:
    return GrantClaims(
        jti="j1",
        workflow_id="w1",
        plan_digest="sha256:aa",
        effects_digest="sha256:bb",
        amount_usd=Decimal("25000000.00"),
        tier="TRADER",
        policy_version="plan-1",
        maker="ann",
        maker_verified=True,
        approvers=(Approver(person="ann", role="TRADER", at=NOW),),
        iat=NOW,
        exp=NOW + DAY,
    )


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def forged(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    return ".".join((b64(json.dumps(header).encode()), b64(json.dumps(payload).encode()), b64(signature)))


def body() -> dict[str, Any]:
    return claims().model_dump(mode="json")


def kid_of(keys: dict[str, str]) -> str:
    return key_id(signing_key(keys["private"]))


def hs256_with_the_public_key(keys: dict[str, str]) -> str:
    header = {"alg": "HS256", "typ": GRANT_TYPE, "kid": kid_of(keys)}
    unsigned = forged(header, body()).rpartition(".")[0]
    mac = hmac.new(keys["public"].encode(), unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{b64(mac)}"


def own_jwk_in_the_header(keys: dict[str, str]) -> str:
    key = ECKey.import_key(keys["other"])
    header = {"alg": "ES256", "typ": GRANT_TYPE, "kid": kid_of(keys), "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(body()), key, algorithms=["ES256"])


def other_key_under_the_known_kid(keys: dict[str, str]) -> str:
    header = {"alg": "ES256", "typ": GRANT_TYPE, "kid": kid_of(keys)}
    return jws.serialize_compact(header, json.dumps(body()), ECKey.import_key(keys["other"]), algorithms=["ES256"])


def changed_amount(keys: dict[str, str]) -> str:
    header, _, signature = sign_grant(claims(), keys["private"]).split(".")
    return ".".join((header, b64(json.dumps({**body(), "amount_usd": "1"}).encode()), signature))


def without_signature(keys: dict[str, str]) -> str:
    return sign_grant(claims(), keys["private"]).rpartition(".")[0] + "."


def missing(name: str, keys: dict[str, str]) -> str:
    return sign({k: v for k, v in body().items() if k != name}, typ=GRANT_TYPE, private_pem=keys["private"])


GRANT_ATTACKS = {
    "alg none": (lambda k: forged({"alg": "none", "typ": GRANT_TYPE}, body()), "GRANT_UNSIGNED"),
    "alg None in another case": (
        lambda k: forged({"alg": "NoNe", "typ": GRANT_TYPE}, body()),
        "GRANT_UNSIGNED",
    ),
    "no alg": (lambda k: forged({"typ": GRANT_TYPE}, body()), "GRANT_UNSIGNED"),
    "no signature": (without_signature, "GRANT_UNSIGNED"),
    "HS256 with the public key": (hs256_with_the_public_key, "GRANT_SIGNATURE_INVALID"),
    "another key": (lambda k: sign_grant(claims(), k["other"]), "GRANT_SIGNATURE_INVALID"),
    "another key under the known kid": (other_key_under_the_known_kid, "GRANT_SIGNATURE_INVALID"),
    "the token brings its key": (own_jwk_in_the_header, "GRANT_MALFORMED"),
    "changed amount": (changed_amount, "GRANT_SIGNATURE_INVALID"),
    "a person's token": (
        lambda k: issue_demo_token("ann", ("TRADER",), k["private"], NOW),
        "GRANT_MALFORMED",
    ),
    "a maker proof": (
        lambda k: sign_maker_proof(response_id="r", maker="a", answer="", prompt="", private_pem=k["private"]),
        "GRANT_MALFORMED",
    ),
    "no token": (lambda k: "", "GRANT_MALFORMED"),
    "two parts": (lambda k: "a.b", "GRANT_MALFORMED"),
    "no base64": (lambda k: "%%%.a.b", "GRANT_MALFORMED"),
    "not ASCII": (lambda k: "é.a.b", "GRANT_MALFORMED"),
    "too long": (lambda k: "a" * 20_000, "GRANT_MALFORMED"),
    "unknown claim": (
        lambda k: sign({**body(), "admin": True}, typ=GRANT_TYPE, private_pem=k["private"]),
        "GRANT_MALFORMED",
    ),
    "amount as a number": (
        lambda k: sign({**body(), "amount_usd": 25}, typ=GRANT_TYPE, private_pem=k["private"]),
        "GRANT_MALFORMED",
    ),
    "time beyond all calendars": (
        lambda k: sign({**body(), "exp": 10**30}, typ=GRANT_TYPE, private_pem=k["private"]),
        "GRANT_MALFORMED",
    ),
}


def test_grant_gives_its_claims_when_it_is_genuine(keys: dict[str, str]) -> None:
    assert verify_grant(sign_grant(claims(), keys["private"]), keys["public"], NOW) == claims()


@pytest.mark.parametrize("attack", GRANT_ATTACKS)
def test_grant_is_refused_when_attacked(attack: str, keys: dict[str, str]) -> None:
    make, code = GRANT_ATTACKS[attack]
    with pytest.raises(InvalidInput) as refused:
        verify_grant(make(keys), keys["public"], NOW)
    assert refused.value.code == code


def test_grant_is_refused_when_its_life_is_over_to_the_second(keys: dict[str, str]) -> None:
    token = sign_grant(claims(), keys["private"])
    verify_grant(token, keys["public"], NOW + DAY - timedelta(seconds=1))
    with pytest.raises(InvalidInput) as refused:
        verify_grant(token, keys["public"], NOW + DAY)
    assert refused.value.code == "GRANT_EXPIRED"


#: What grants of earlier releases do not say.
LATER_CLAIMS = {"assertions": (), "delegations_version": 0, "emergency": None}


@pytest.mark.parametrize("name", LATER_CLAIMS)
def test_grant_of_before_a_claim_existed_is_read(name: str, keys: dict[str, str]) -> None:
    assert getattr(verify_grant(missing(name, keys), keys["public"], NOW), name) == LATER_CLAIMS[name]


@pytest.mark.parametrize("name", sorted(GrantClaims.model_fields.keys() - LATER_CLAIMS.keys()))
def test_grant_is_refused_when_a_claim_is_missing(name: str, keys: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        verify_grant(missing(name, keys), keys["public"], NOW)
    assert refused.value.code == "GRANT_MALFORMED"


# --- people's tokens ---


def settings(keys: dict[str, str]) -> TokenSettings:
    return TokenSettings(public_pem=keys["public"])


def token_claims(**changes: Any) -> dict[str, Any]:
    seconds = int(NOW.timestamp())
    whole = {
        "iss": "hawk-demo-issuer",
        "aud": "hawk",
        "sub": "ann",
        "roles": ["TRADER"],
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + 60,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


TOKEN_ATTACKS = {
    "other issuer": ({"iss": "https://evil"}, "TOKEN_ISSUER_UNKNOWN"),
    "other audience": ({"aud": "payments"}, "TOKEN_AUDIENCE_WRONG"),
    "expired": ({"exp": int(NOW.timestamp())}, "TOKEN_EXPIRED"),
    "not yet": ({"nbf": int(NOW.timestamp()) + 3600}, "TOKEN_NOT_YET_VALID"),
    "issued tomorrow": ({"iat": int(NOW.timestamp()) + 86_400}, "TOKEN_NOT_YET_VALID"),
    "expiry as text": ({"exp": "never"}, "TOKEN_CLAIM_INVALID"),
    "expiry true": ({"exp": True}, "TOKEN_CLAIM_INVALID"),
    "roles as a number": ({"roles": 7}, "TOKEN_CLAIM_INVALID"),
    "a role that is not text": ({"roles": ["TRADER", 7]}, "TOKEN_CLAIM_INVALID"),
    "too many roles": ({"roles": [str(number) for number in range(251)]}, "TOKEN_CLAIM_INVALID"),
    "name of two scripts": ({"sub": "\u0430nn"}, "TOKEN_CLAIM_INVALID"),
    "name with what does not show": ({"sub": "ann\u200b"}, "TOKEN_CLAIM_INVALID"),
    "name that poses as one with a subject": ({"sub": "ann <7f0c>"}, "TOKEN_CLAIM_INVALID"),
    "name of blanks": ({"sub": "  "}, "TOKEN_CLAIM_INVALID"),
    "name with a blank at its end": ({"sub": "ann "}, "TOKEN_CLAIM_INVALID"),
    "name with a line break": ({"sub": "ann\nbob"}, "TOKEN_CLAIM_INVALID"),
    "name as a number": ({"sub": 7}, "TOKEN_CLAIM_INVALID"),
    "no exp": ({"exp": ...}, "TOKEN_CLAIM_MISSING"),
    "no sub": ({"sub": ...}, "TOKEN_CLAIM_MISSING"),
    "no roles": ({"roles": ...}, "TOKEN_CLAIM_MISSING"),
    "no iss": ({"iss": ...}, "TOKEN_CLAIM_MISSING"),
    "no aud": ({"aud": ...}, "TOKEN_CLAIM_MISSING"),
}


@pytest.mark.parametrize("attack", TOKEN_ATTACKS)
def test_token_is_refused_when_a_claim_is_wrong(attack: str, keys: dict[str, str]) -> None:
    changes, code = TOKEN_ATTACKS[attack]
    token = sign(token_claims(**changes), typ="JWT", private_pem=keys["private"])
    with pytest.raises(InvalidInput) as refused:
        verify_token(token, settings(keys), NOW)
    assert refused.value.code == code


TOKEN_FORGERIES = {
    "alg none": (lambda k: forged({"alg": "none", "typ": "JWT"}, token_claims()), "TOKEN_UNSIGNED"),
    "another key": (lambda k: issue_demo_token("ann", ("TRADER",), k["other"], NOW), "TOKEN_SIGNATURE_INVALID"),
    "RS256": (
        lambda k: forged({"alg": "RS256", "typ": "JWT"}, token_claims()),
        "TOKEN_ALGORITHM_NOT_ALLOWED",
    ),
    "a grant": (lambda k: sign_grant(claims(), k["private"]), "TOKEN_TYPE_WRONG"),
    "noise": (lambda k: "noise", "TOKEN_MALFORMED"),
}


@pytest.mark.parametrize("attack", TOKEN_FORGERIES)
def test_token_is_refused_when_forged(attack: str, keys: dict[str, str]) -> None:
    make, code = TOKEN_FORGERIES[attack]
    with pytest.raises(InvalidInput) as refused:
        verify_token(make(keys), settings(keys), NOW)
    assert refused.value.code == code


def test_token_names_person_and_roles_when_genuine(keys: dict[str, str]) -> None:
    token = issue_demo_token("ann", ("TRADER", "TRADER", "OPERATIONS"), keys["private"], NOW)
    person = verify_token(token, settings(keys), NOW + timedelta(hours=9))
    assert (person.name, person.roles) == ("ann", ("TRADER", "OPERATIONS"))


def test_token_is_refused_when_no_issuer_is_configured(keys: dict[str, str]) -> None:
    token = issue_demo_token("ann", ("TRADER",), keys["private"], NOW)
    with pytest.raises(InvalidInput) as refused:
        verify_token(token, TokenSettings(public_pem=None), NOW)
    assert refused.value.code == "NO_ISSUER"


# --- makers ---


@pytest.mark.parametrize(
    ("response", "answer", "prompt"),
    [
        ("r2", "buy", "why"),
        ("r1", "sell", "why"),
        ("r1", "buy", "what"),
        ("r1", "buywhy", ""),
        ("r1", {}, "why"),
    ],
)
def test_maker_proof_is_refused_when_anything_it_covers_was_changed(
    response: str, answer: Any, prompt: str, keys: dict[str, str]
) -> None:
    proof = sign_maker_proof(response_id="r1", maker="ann", answer="buy", prompt="why", private_pem=keys["private"])
    assert verify_maker_proof(proof, keys["public"], response_id="r1", answer="buy", prompt="why") == "ann"
    with pytest.raises(InvalidInput) as refused:
        verify_maker_proof(proof, keys["public"], response_id=response, answer=answer, prompt=prompt)
    assert refused.value.code == "MAKER_PROOF_INVALID"
