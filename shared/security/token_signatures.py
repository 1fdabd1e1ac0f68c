"""Whether an issuer signed a person's token (RFC 7515, RFC 7519). Says nothing about what the token claims.

Issuers add fields to the header as they like: they are read by nobody, and a key that a token brings along counts for
nothing. Which algorithm and which key may count is fixed by the configured keys.
"""

from collections.abc import Sequence
from typing import Any, Final

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError

from shared.security.signing import (
    TOKEN_CHARACTERS_MAX,
    FailedCheck,
    SignatureProblem,
    algorithm_of,
    header_of,
    json_object,
)
from shared.security.token_keys import ALGORITHMS, TokenKey, keys_for

#: Types of a person's token, without `application/` and in small letters (RFC 7519, RFC 9068). It may be left out.
PERSON_TYPES: Final = frozenset({"jwt", "at+jwt"})
#: Header fields that the library looks at: the others are none of its business.
_READ: Final = ("alg", "kid", "typ")


class _Registry(jws.JWSRegistry):
    """Takes headers as issuers write them, whatever else is in them. Their length is bounded with the token's."""

    max_header_length = TOKEN_CHARACTERS_MAX

    def check_header(self, header: dict[str, Any]) -> None:
        """Check the header fields that say how a token is signed."""
        super().check_header({name: header[name] for name in _READ if name in header})


_REGISTRY: Final = _Registry(algorithms=sorted(ALGORITHMS))


def verify_signature(token: str, keys: Sequence[TokenKey], types: frozenset[str] = PERSON_TYPES) -> dict[str, Any]:
    """Give the claims of a token that one of these keys signed.

    Args:
        types: what `typ` may be, if it is there: without `application/` and in small letters.
    Raises:
        SignatureProblem: with the first check that failed.
    """
    header = header_of(token)
    algorithm = algorithm_of(header)
    if algorithm not in ALGORITHMS:
        counting = ", ".join(sorted(ALGORITHMS))
        raise SignatureProblem(FailedCheck.ALGORITHM, f"it is signed with {algorithm[:20]}; only {counting} counts")
    _check_type(header, types)
    if "crit" in header:
        raise SignatureProblem(FailedCheck.MALFORMED, "its header has fields that must be understood (crit); none is")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise SignatureProblem(FailedCheck.MALFORMED, "its kid is not text")
    chosen = keys_for(keys, algorithm, kid)
    if not token.rpartition(".")[2]:
        raise SignatureProblem(FailedCheck.UNSIGNED, "it carries no signature")
    for key in chosen:
        payload = _signed_by(token, key, algorithm)
        if payload is not None:
            return json_object(payload, "payload")
    raise SignatureProblem(FailedCheck.SIGNATURE, "its signature does not match its content")


def _signed_by(token: str, key: TokenKey, algorithm: str) -> bytes | None:
    try:
        return jws.deserialize_compact(token, key.key, algorithms=[algorithm], registry=_REGISTRY).payload
    except BadSignatureError:
        return None
    except (JoseError, ValueError) as error:
        raise SignatureProblem(FailedCheck.MALFORMED, "it is not a compact JWS") from error


def _check_type(header: dict[str, Any], types: frozenset[str]) -> None:
    given = header.get("typ")
    if given is None and "typ" not in header:
        return
    if not isinstance(given, str) or given.lower().removeprefix("application/") not in types:
        named = " nor ".join(sorted(types))
        raise SignatureProblem(FailedCheck.TYPE, f"its type is neither {named}")
