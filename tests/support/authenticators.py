"""An authenticator in Python: it makes passkeys and signs with them, rightly or with a named mistake."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from shared.events.assertions import Assertion, Passkey
from shared.passkeys.challenge import Signed, challenge_of, registration_challenge, written
from shared.passkeys.checking import registered

ORIGIN = "http://localhost:8080"
RP_ID = "localhost"
NONCE = written(b"n" * 32)
PRESENT = 0x01
VERIFIED = 0x04
ATTESTED = 0x40


@dataclass
class Authenticator:
    """A device with one key of ES256. `count` is what it has counted."""

    rp_id: str = RP_ID
    origin: str = ORIGIN
    credential: bytes = b"credential-of-somebody"
    count: int = 0
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, person: str, nonce: str = NONCE, *, flags: int = PRESENT | VERIFIED, **client: Any) -> Passkey:
        """Return the passkey as HAWK keeps it. Raises NotSigned as `registered` does."""
        made = self.registration(person, nonce, flags=flags, **client)
        return registered(person=person, name="laptop", nonce=nonce, rp_id=RP_ID, origin=ORIGIN, **made)

    def registration(
        self, person: str, nonce: str, *, flags: int = PRESENT | VERIFIED, **client: Any
    ) -> dict[str, str]:
        """Return what a browser sends of a new passkey."""
        public = self.private.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")})
        attested = b"a" * 16 + len(self.credential).to_bytes(2, "big") + self.credential + cose
        data = self._data(flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        challenge = registration_challenge(person, nonce)
        return {
            "client_data": written(self._client("webauthn.create", challenge, **client)),
            "attestation": written(attestation),
        }

    def sign(
        self, signed: Signed, nonce: str = NONCE, *, flags: int = PRESENT | VERIFIED, rp_id: str = "", **client: Any
    ) -> Assertion:
        """Return what it signs about a decision."""
        return self.sign_challenge(challenge_of(signed, nonce), nonce, flags=flags, rp_id=rp_id, **client)

    def sign_challenge(
        self, challenge: bytes, nonce: str, *, flags: int = PRESENT | VERIFIED, rp_id: str = "", **client: Any
    ) -> Assertion:
        """Return what it signs about a challenge."""
        self.count += 1
        data, text = self._data(flags, rp_id), self._client("webauthn.get", challenge, **client)
        signature = self.private.sign(data + hashlib.sha256(text).digest(), ec.ECDSA(hashes.SHA256()))
        return Assertion(
            credential_id=written(self.credential),
            nonce=nonce,
            client_data=written(text),
            authenticator_data=written(data),
            signature=written(signature),
        )

    def _data(self, flags: int, rp_id: str = "") -> bytes:
        return hashlib.sha256((rp_id or self.rp_id).encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: bytes, **client: Any) -> bytes:
        said = {"type": kind, "challenge": written(challenge), "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | client).encode()
