"""A passkey, and what it signed, as events and grants keep them. Bytes are Base64 for URLs."""

from typing import Annotated

from pydantic import Field

from shared.events.base import Value

#: Characters of the bytes of one part. The largest is a public key of RSA; a browser's client data are some 300.
PART_CHARACTERS_MAX = 2_000
#: Characters of the id of a credential: 1,023 bytes at most (WebAuthn, section 4).
CREDENTIAL_CHARACTERS_MAX = 1_364

Base64Url = Annotated[str, Field(min_length=1, max_length=PART_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9_-]+$")]
CredentialId = Annotated[str, Field(min_length=1, max_length=CREDENTIAL_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9_-]+$")]


class Passkey(Value):
    """A key pair of which one person holds the private half, on the site that `rp_id` and `origin` name.

    `public_key` is a COSE key; `sign_count` is from when it was registered; `name` is what its owner calls it.
    """

    credential_id: CredentialId
    public_key: Base64Url
    rp_id: str
    origin: str
    name: str
    sign_count: Annotated[int, Field(ge=0)]


class Assertion(Value):
    """What an authenticator signed about one decision. `nonce` is the single-use part of the challenge."""

    credential_id: CredentialId
    nonce: Base64Url
    client_data: Base64Url
    authenticator_data: Base64Url
    signature: Base64Url


class PersonSigned(Value):
    """An assertion in a grant, with whose approval it is."""

    person: str
    assertion: Assertion
