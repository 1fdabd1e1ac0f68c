"""Whether a passkey signed what it is said to have signed, and whether a new one is as HAWK asks. Pure."""

from typing import Final, NoReturn

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException

from shared.events.assertions import Assertion, Passkey
from shared.passkeys.challenge import Signed, challenge_of, read, registration_challenge, written

#: Signature algorithms that HAWK takes, the first preferred: what platforms and security keys have.
ALGORITHMS: Final = (Algorithm.ECDSA_SHA_256, Algorithm.EDDSA, Algorithm.RSASSA_PKCS1_v1_5_SHA_256)


class NotSigned(Exception):
    """A passkey did not sign this, or not in the way that counts. `reason` goes on in the sentence of a reader."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_assertion(assertion: Assertion, passkey: Passkey, signed: Signed, sign_count: int) -> int:
    """Check that a passkey signed a decision, with its owner present and verified, on HAWK's own page.

    Args:
        sign_count: the highest that is known of this key; a copy of it is seen by a count that does not go on.

    Returns:
        The sign count that is known from now on.

    Raises:
        NotSigned: it did not.
    """
    if assertion.credential_id != passkey.credential_id:
        raise NotSigned("another passkey signed")
    try:
        client_data = read(assertion.client_data)
        if parse_client_data_json(client_data).cross_origin:
            raise NotSigned("it was signed within a page of another site")
        verified = verify_authentication_response(
            credential={
                "id": assertion.credential_id,
                "rawId": assertion.credential_id,
                "type": "public-key",
                "response": {
                    "clientDataJSON": assertion.client_data,
                    "authenticatorData": assertion.authenticator_data,
                    "signature": assertion.signature,
                },
            },
            expected_challenge=challenge_of(signed, assertion.nonce),
            expected_rp_id=passkey.rp_id,
            expected_origin=passkey.origin,
            credential_public_key=read(passkey.public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except NotSigned:
        raise
    except Exception as error:
        _refuse(error)
    return verified.new_sign_count


def registered(
    *, person: str, name: str, nonce: str, client_data: str, attestation: str, rp_id: str, origin: str
) -> Passkey:
    """Return the passkey that a browser has made for a person, with its owner verified, on HAWK's own page.

    Args:
        attestation: the attestation object. What it says of the maker of the device is not asked for.
    Raises:
        NotSigned: it is none that HAWK takes.
    """
    try:
        if parse_client_data_json(read(client_data)).cross_origin:
            raise NotSigned("it was made within a page of another site")
        verified = verify_registration_response(
            credential={
                # The library compares these two with each other alone; which key it is stands in the attestation.
                "id": "AA",
                "rawId": "AA",
                "type": "public-key",
                "response": {"clientDataJSON": client_data, "attestationObject": attestation},
            },
            expected_challenge=registration_challenge(person, nonce),
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
        return Passkey(
            credential_id=written(verified.credential_id),
            public_key=written(verified.credential_public_key),
            rp_id=rp_id,
            origin=origin,
            name=name,
            sign_count=verified.sign_count,
        )
    except NotSigned:
        raise
    except Exception as error:
        _refuse(error)


def _refuse(error: Exception) -> NoReturn:
    """Refuse with what the library says; whatever else it stumbles over was no signature either."""
    known = isinstance(error, WebAuthnException)
    raise NotSigned(_plain(str(error)) if known else "it cannot be read") from error


def _plain(text: str) -> str:
    """Return a sentence of the library as the end of one: short, in one line."""
    line = " ".join(text.split())[:200].rstrip(".")
    return line[:1].lower() + line[1:]
