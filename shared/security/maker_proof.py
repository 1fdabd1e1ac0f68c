"""Proof of who asked: the approval service vouches for whom it authenticated.

hawk.ai.responses is open to plain publishers, whose `user_id` is a claim. Only this signature makes it known. It
travels with the maker through proposal and plan, so that each service that enforces four eyes checks it itself.
"""

import hashlib
from typing import Any, Final

from shared.errors import InvalidInput
from shared.events.responses import Maker, Originated
from shared.events.reversals import ReversalPlanned, ReversalRequested
from shared.security.signing import SignatureProblem, sign, verify

#: Of a person who handed in an answer.
MAKER_PROOF_TYPE: Final = "hawk-maker+jws"
#: Of a person who asked for a reversal: of another type, so that neither can replace the other.
REVERSAL_PROOF_TYPE: Final = "hawk-reversal+jws"


def content_sha256(answer: str, prompt: str) -> str:
    """Return the digest of what the proof binds the maker to, answer and prompt, as `sha256:<64 hex digits>`.

    The lengths come before the texts, so that no other pair of texts gives these bytes.
    """
    hashed = hashlib.sha256()
    for text in (answer, prompt):
        data = text.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(8, "big"))
        hashed.update(data)
    return f"sha256:{hashed.hexdigest()}"


def sign_maker_proof(*, response_id: str, maker: str, answer: str, prompt: str, private_pem: str) -> str:
    """Return a compact JWS over response, maker and content.

    Raises:
        Defect: the key cannot sign.
    """
    payload = _of_answer(response_id, maker, content_sha256(answer, prompt))
    return sign(payload, typ=MAKER_PROOF_TYPE, private_pem=private_pem)


def sign_reversal_proof(*, reverses: str, maker: str, reason: str, private_pem: str) -> str:
    """Return a compact JWS over the workflow that is to be reversed, who asks for it and why. It holds for every
    attempt.

    Raises:
        Defect: the key cannot sign.
    """
    return sign(_of_reversal(reverses, maker, reason), typ=REVERSAL_PROOF_TYPE, private_pem=private_pem)


def verify_maker_proof(token: str, public_pem: str, *, response_id: str, answer: Any, prompt: str) -> str:
    """Return the maker of an envelope whose proof holds for this response, answer and prompt.

    Args:
        answer: the envelope's `answer`. The approval service publishes text; anything else was changed.
    Returns:
        The name of the person.
    Raises:
        InvalidInput: MAKER_PROOF_INVALID. The answer may still be read; its maker is then only claimed.
        Defect: the configured key is not a public ES256 key.
    """
    try:
        payload = verify(token, typ=MAKER_PROOF_TYPE, public_pem=public_pem)
    except SignatureProblem as problem:
        raise _invalid(problem.sentence) from problem
    maker = payload.get("maker")
    if not isinstance(maker, str) or not maker:
        raise _invalid("it names no maker")
    if payload.get("response_id") != response_id:
        raise _invalid("it was given for another response")
    if not isinstance(answer, str) or payload.get("content_sha256") != content_sha256(answer, prompt):
        raise _invalid("the answer or the prompt was changed after it was given")
    return maker


def proved_maker(asked: Originated, public_pem: str) -> Maker:
    """Return who asked; `verified` exactly when the given proof holds for what was asked.

    What the event itself says of `verified` counts for nothing.

    Raises:
        Defect: the configured key is not a public ES256 key.
    """
    return asked.origin.maker.model_copy(update={"verified": _holds(asked, public_pem)})


def _holds(asked: Originated, public_pem: str) -> bool:
    maker = asked.origin.maker
    if maker.proof is None:
        return False
    if isinstance(asked, ReversalRequested | ReversalPlanned):
        typ, covered = REVERSAL_PROOF_TYPE, _of_reversal(asked.reverses, maker.name, asked.reason)
    else:
        typ, covered = MAKER_PROOF_TYPE, _of_answer(asked.response_id, maker.name, maker.content_sha256)
    try:
        return verify(maker.proof, typ=typ, public_pem=public_pem) == covered
    except SignatureProblem:
        return False


def _of_answer(response_id: str, maker: str, content: str | None) -> dict[str, Any]:
    return {"response_id": response_id, "maker": maker, "content_sha256": content}


def _of_reversal(reverses: str, maker: str, reason: str) -> dict[str, Any]:
    return {"reverses": reverses, "maker": maker, "content_sha256": content_sha256(reason, "")}


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(code="MAKER_PROOF_INVALID", reason=f"The proof of the maker does not hold: {why}.")
