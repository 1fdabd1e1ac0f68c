"""A signature counts for one decision on one plan, by its owner, on HAWK's own page; anything else is none."""

from dataclasses import replace

import pytest

from shared.events.assertions import Assertion
from shared.passkeys.challenge import Signed, challenge_of, read, written
from shared.passkeys.checking import NotSigned, check_assertion, registered
from tests.support.authenticators import NONCE, PRESENT, VERIFIED, Authenticator

DECISION = Signed("workflow-1", "sha256:" + "a" * 64, "APPROVE")


def test_a_new_key_and_what_it_signs_are_taken() -> None:
    device = Authenticator()
    passkey = device.register("rita")
    assert (passkey.credential_id, passkey.name, passkey.sign_count) == (written(device.credential), "laptop", 0)
    assert check_assertion(device.sign(DECISION), passkey, DECISION, 0) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(DECISION, plan_digest="sha256:" + "b" * 64),
        replace(DECISION, workflow_id="workflow-2"),
        replace(DECISION, decision="REJECT"),
    ],
)
def test_a_signature_over_another_decision_is_none(other: Signed) -> None:
    device = Authenticator()
    passkey = device.register("rita")
    with pytest.raises(NotSigned, match="challenge"):
        check_assertion(device.sign(other), passkey, DECISION, 0)


def test_the_nonce_is_part_of_what_is_signed() -> None:
    device = Authenticator()
    passkey = device.register("rita")
    signed = device.sign(DECISION).model_copy(update={"nonce": written(b"m" * 32)})
    with pytest.raises(NotSigned, match="challenge"):
        check_assertion(signed, passkey, DECISION, 0)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"flags": PRESENT}, "not verified"),
        ({"flags": VERIFIED}, "not present"),
        ({"rp_id": "evil.example"}, "RP ID"),
        ({"origin": "http://localhost:9999"}, "origin"),
        ({"type": "webauthn.create"}, "type"),
        ({"crossOrigin": True}, "another site"),
    ],
)
def test_who_and_where_count(wrong: dict[str, object], why: str) -> None:
    device = Authenticator()
    passkey = device.register("rita")
    with pytest.raises(NotSigned, match=why):
        check_assertion(device.sign(DECISION, NONCE, **wrong), passkey, DECISION, 0)  # type: ignore[arg-type]


def test_another_key_does_not_sign_for_this_one() -> None:
    mine, other = Authenticator(), Authenticator()
    passkey = mine.register("rita")
    with pytest.raises(NotSigned, match="signature"):
        check_assertion(other.sign(DECISION), passkey, DECISION, 0)
    with pytest.raises(NotSigned, match="another passkey"):
        check_assertion(Authenticator(credential=b"other").sign(DECISION), passkey, DECISION, 0)


def test_a_count_that_does_not_go_on_is_a_copy() -> None:
    device = Authenticator()
    passkey = device.register("rita")
    known = check_assertion(device.sign(DECISION), passkey, DECISION, 0)
    device.count = 0
    with pytest.raises(NotSigned, match="sign count"):
        check_assertion(device.sign(DECISION), passkey, DECISION, known)
    # Passkeys that are synchronised count nothing.
    device.count = -1
    assert check_assertion(device.sign(DECISION), passkey, DECISION, 0) == 0


@pytest.mark.parametrize("part", ["client_data", "authenticator_data", "signature"])
def test_junk_is_no_signature_and_no_failure(part: str) -> None:
    device = Authenticator()
    passkey = device.register("rita")
    for junk in ("AA", "_" * 200, written(b"{}"), written(b"null"), written(b'{"challenge": 1}')):
        with pytest.raises(NotSigned):
            check_assertion(device.sign(DECISION).model_copy(update={part: junk}), passkey, DECISION, 0)
    with pytest.raises(NotSigned):
        check_assertion(device.sign(DECISION), passkey.model_copy(update={"public_key": "AA"}), DECISION, 0)


def test_a_registration_counts_for_one_person_one_nonce_and_a_verified_owner() -> None:
    device = Authenticator()
    with pytest.raises(NotSigned, match="not verified"):
        device.register("rita", flags=PRESENT)
    with pytest.raises(NotSigned, match="origin"):
        device.register("rita", origin="https://evil.example")
    with pytest.raises(NotSigned, match="another site"):
        device.register("rita", crossOrigin=True)
    made = device.registration("sam", NONCE)
    with pytest.raises(NotSigned, match="challenge"):
        registered(person="rita", name="x", nonce=NONCE, rp_id="localhost", origin="http://localhost:8080", **made)


def test_base64_has_one_spelling() -> None:
    assert read(written(b"\xfb\xff")) == b"\xfb\xff"
    for wrong in ("+/8=", "AB", "A"):
        with pytest.raises(ValueError, match=r"Base64|base64|characters|padding"):
            read(wrong)


def test_the_challenge_is_32_bytes_and_stands_for_ever() -> None:
    assert challenge_of(Signed("w", "sha256:00", "APPROVE"), "n").hex() == (
        "bf697ec835314e3e0484ecd4d2d7c25ff491edc50e5be6ce302d3ba546beac8f"
    )


def test_an_assertion_has_bounds() -> None:
    with pytest.raises(ValueError, match="pattern"):
        Assertion(credential_id="a b", nonce="n", client_data="x", authenticator_data="x", signature="x")
