"""Several public keys are valid at once, so that a new signing key breaks no grant that waits."""

from pathlib import Path

import pytest

from shared.errors import Defect
from shared.security.keys import ensure_grant_keys, read_pem, read_private_pem, verifying_keys
from shared.security.signing import FailedCheck, SignatureProblem, sign, verify


def test_several_public_keys_are_valid_at_once_and_the_token_names_its_own(tmp_path: Path) -> None:
    before, after, foreign = (ensure_grant_keys(tmp_path / name) for name in ("before", "after", "foreign"))
    both = read_pem(before.public) + read_pem(after.public)
    for pair in (before, after):
        token = sign({"jti": "1"}, typ="hawk-grant+jws", private_pem=read_pem(pair.private))
        assert verify(token, typ="hawk-grant+jws", public_pem=both) == {"jti": "1"}
    with pytest.raises(SignatureProblem) as refused:
        verify(
            sign({"jti": "1"}, typ="hawk-grant+jws", private_pem=read_pem(foreign.private)),
            typ="hawk-grant+jws",
            public_pem=both,
        )
    assert refused.value.problem is FailedCheck.KEY


def test_a_token_that_names_one_key_and_is_signed_by_another_is_refused(tmp_path: Path) -> None:
    before, after = (ensure_grant_keys(tmp_path / name) for name in ("before", "after"))
    both = read_pem(before.public) + read_pem(after.public)
    ours, theirs = (sign({"jti": "1"}, typ="t", private_pem=read_pem(pair.private)) for pair in (before, after))
    mixed = ".".join((ours.split(".")[0], theirs.split(".")[1], theirs.split(".")[2]))
    with pytest.raises(SignatureProblem) as refused:
        verify(mixed, typ="t", public_pem=both)
    assert refused.value.problem is FailedCheck.SIGNATURE


def test_one_bad_block_among_the_public_keys_stops_the_start(tmp_path: Path) -> None:
    pair = ensure_grant_keys(tmp_path)
    with pytest.raises(Defect):
        verifying_keys(read_pem(pair.public) + read_pem(pair.private))
    with pytest.raises(Defect):
        verifying_keys("no key at all")


def test_a_private_key_that_others_may_read_stops_the_start(tmp_path: Path) -> None:
    pair = ensure_grant_keys(tmp_path)
    assert "PRIVATE KEY" in read_private_pem(pair.private)
    pair.private.chmod(0o640)
    with pytest.raises(Defect, match="chmod 600"):
        read_private_pem(pair.private)
