"""The public keys of an issuer of people's tokens, and which of them a token is judged by.

PEM files name no key as the issuer does; a JWKS file (RFC 7517) does, by `kid`. An algorithm belongs to a kind of key,
so that no token can have a key used as something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from shared.errors import Defect
from shared.exact_json import JsonProblem, parse_json
from shared.security.keys import PUBLIC_KEYS_MAX, key_id, pem_blocks
from shared.security.signing import FailedCheck, SignatureProblem

#: Bytes of a JWKS file. That of a large provider has some 20,000.
JWKS_BYTES_MAX: Final = 256 * 1024
#: Keys of a JWKS file: those in use, those before and to come, and those for other purposes.
JWKS_KEYS_MAX: Final = 32
RSA_BITS_MIN: Final = 2048
_OF_EC: Final = frozenset({"ES256"})
_OF_RSA: Final = frozenset({"RS256", "PS256"})
ALGORITHMS: Final = _OF_EC | _OF_RSA
#: Members of a JWK that are read, by its kind; other members have no meaning here.
_NEEDED: Final = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e")}


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key. `named` says that `kid` is the issuer's own name of it, which a token must then use."""

    key: ECKey | RSAKey
    kid: str
    named: bool
    algorithms: frozenset[str]


def read_jwks(path: Path) -> str:
    """Give the text of a JWKS file.

    Raises:
        Defect: it cannot be read or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(JWKS_BYTES_MAX + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Defect(f"JWKS file {path} cannot be read: {error}.") from error
    if len(data) > JWKS_BYTES_MAX:
        raise Defect(f"JWKS file {path} has more than {JWKS_BYTES_MAX} bytes. Is it the issuer's set of keys?")
    return text


@lru_cache(maxsize=16)
def keys_of_pem(public_pems: str) -> tuple[TokenKey, ...]:
    """Give the keys of a text with one PEM block or several.

    Raises:
        Defect: a block holds no public key that counts, or there are too many.
    """
    blocks = pem_blocks(public_pems)
    if len(blocks) > PUBLIC_KEYS_MAX:
        raise Defect(f"The file of the issuer's keys has {len(blocks)} PEM blocks, at most {PUBLIC_KEYS_MAX} count.")
    return tuple(_of_pem(block) for block in blocks)


@lru_cache(maxsize=16)
def keys_of_jwks(text: str) -> tuple[TokenKey, ...]:
    """Give the keys of a JWKS that sign; those for other purposes and of other kinds are passed over.

    Raises:
        Defect: it is not a JWKS, no key of it counts, or it holds a key that is not a public one.
    """
    try:
        given = parse_json(text)
    except JsonProblem as error:
        raise Defect(f"The JWKS is not JSON: {error}.") from error
    entries = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Defect('The JWKS has no list "keys" of objects (RFC 7517).')
    if len(entries) > JWKS_KEYS_MAX:
        raise Defect(f"The JWKS has {len(entries)} keys; at most {JWKS_KEYS_MAX} are read.")
    found = tuple(key for number, entry in enumerate(entries, start=1) if (key := _of_jwk(number, entry)) is not None)
    if not found:
        raise Defect(f"The JWKS has no key that signs with {', '.join(sorted(ALGORITHMS))}.")
    return found


def keys_for(keys: Sequence[TokenKey], algorithm: str, kid: str | None) -> tuple[TokenKey, ...]:
    """Give the keys that a token may be signed with, by the header of the token.

    One key is judged by whatever the token calls it. Of several the token names one; a `kid` that none of them has can
    only mean one whose name the installation does not know.

    Raises:
        SignatureProblem: none of them fits.
    """
    fitting = tuple(key for key in keys if algorithm in key.algorithms)
    if not fitting:
        counting = ", ".join(sorted(frozenset[str]().union(*(key.algorithms for key in keys))))
        raise SignatureProblem(FailedCheck.ALGORITHM, f"it is signed with {algorithm[:20]}; only {counting} counts")
    if len(keys) == 1 or kid is None:
        return fitting
    chosen = tuple(key for key in fitting if key.kid == kid) or tuple(key for key in fitting if not key.named)
    if not chosen:
        raise SignatureProblem(FailedCheck.KEY, "it is signed with a key that is not known here")
    return chosen


def _of_pem(block: str) -> TokenKey:
    for kind in (ECKey, RSAKey):
        try:
            key = kind.import_key(block)
        except (JoseError, ValueError, TypeError):
            continue
        return TokenKey(key, key_id(key), named=False, algorithms=_checked(key, "The issuer's key"))
    raise Defect("The issuer's key is not PEM of a public key (EC P-256 for ES256, RSA for RS256 and PS256).")


def _of_jwk(number: int, entry: Mapping[str, Any]) -> TokenKey | None:
    """Return the key of an entry; None when it is for another purpose or of another kind."""
    place = f"Key {number} of the JWKS"
    if entry.get("kty") == "oct" or "d" in entry:
        raise Defect(f"{place} is secret. HAWK only checks tokens: give it the issuer's public keys only.")
    operations = entry.get("key_ops")
    if entry.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        return None
    needed = _NEEDED.get(str(entry.get("kty")))
    if needed is None or entry.get("crv", "P-256") != "P-256":
        return None
    kid = entry.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise Defect(f"{place}: kid is not text.")
    public: dict[str, str | list[str]] = {name: entry[name] for name in needed if isinstance(entry.get(name), str)}
    try:
        key = ECKey.import_key(public) if entry["kty"] == "EC" else RSAKey.import_key(public)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Defect(f"{place} cannot be read.") from error
    algorithms = _checked(key, place)
    if entry.get("alg") is not None:
        algorithms &= {str(entry["alg"])}
    return TokenKey(key, kid or key_id(key), named=kid is not None, algorithms=algorithms) if algorithms else None


def _checked(key: ECKey | RSAKey, place: str) -> frozenset[str]:
    """Return the algorithms of a key that counts."""
    if key.is_private:
        raise Defect(f"{place} is a private key; configure the public half.")
    if isinstance(key, ECKey):
        if key.curve_name != "P-256":
            raise Defect(f"{place} is on curve {key.curve_name}; ES256 needs P-256.")
        return _OF_EC
    bits = key.raw_value.key_size
    if bits < RSA_BITS_MIN:
        raise Defect(f"{place} has {bits} bits; an RSA key needs {RSA_BITS_MIN}.")
    return _OF_RSA
