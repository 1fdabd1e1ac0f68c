"""Key files are made once, private to their owner, and the public half always fits."""

from pathlib import Path

import pytest

from shared.errors import Defect
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem, signing_key, verifying_key


def test_keys_stay_the_same_when_ensured_again(tmp_path: Path) -> None:
    pair = ensure_grant_keys(tmp_path / "keys")
    before = (pair.private.read_bytes(), pair.public.read_bytes())
    assert ensure_grant_keys(tmp_path / "keys") == pair
    assert (pair.private.read_bytes(), pair.public.read_bytes()) == before
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        "grant_private.pem",
        "grant_public.pem",
    ]


def test_private_file_is_readable_by_its_owner_alone_when_made(tmp_path: Path) -> None:
    pair = ensure_issuer_keys(tmp_path)
    assert pair.private.name == "issuer_private.pem"
    assert pair.private.stat().st_mode & 0o777 == 0o600


def test_ensure_refuses_when_others_may_read_the_private_file(tmp_path: Path) -> None:
    ensure_grant_keys(tmp_path).private.chmod(0o644)
    with pytest.raises(Defect, match="chmod 600"):
        ensure_grant_keys(tmp_path)


def test_public_file_is_restored_when_it_was_lost_or_swapped(tmp_path: Path) -> None:
    pair = ensure_grant_keys(tmp_path)
    public = pair.public.read_bytes()
    pair.public.write_bytes(ensure_issuer_keys(tmp_path).public.read_bytes())
    ensure_grant_keys(tmp_path)
    assert pair.public.read_bytes() == public


def test_key_is_refused_when_the_wrong_half_is_configured(tmp_path: Path) -> None:
    pair = ensure_grant_keys(tmp_path)
    with pytest.raises(Defect, match="private half"):
        signing_key(read_pem(pair.public))
    with pytest.raises(Defect, match="public half"):
        verifying_key(read_pem(pair.private))
    with pytest.raises(Defect, match="ES256"):
        verifying_key("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n")
    with pytest.raises(Defect, match="cannot be read"):
        read_pem(tmp_path / "absent.pem")
