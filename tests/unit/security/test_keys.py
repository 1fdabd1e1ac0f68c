"""Key files are made once, private to their owner, and the public half always fits."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.errors import Defect
from shared.security.keys import (
    PUBLIC_KEYS_MAX,
    PublicKeyFiles,
    ensure_grant_keys,
    ensure_issuer_keys,
    ensure_murex_keys,
    ensure_relay_keys,
    read_pem,
    read_pems,
    read_private_pem,
    signing_key,
    verifying_key,
)
from shared.settings import ServiceSettings


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


class _Settings(ServiceSettings):
    keys_file: PublicKeyFiles


def test_a_setting_may_name_several_public_keys_with_the_path_separator_between(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = [tmp_path / "old.pem", tmp_path / "new.pem"]
    monkeypatch.setenv("HAWK_KEYS_FILE", os.pathsep.join(str(file) for file in files))
    assert _Settings().keys_file == tuple(files)
    monkeypatch.setenv("HAWK_KEYS_FILE", str(files[0]))
    assert _Settings().keys_file == (files[0],)


@pytest.mark.parametrize("given", ["", os.pathsep, os.pathsep.join(["/key.pem"] * (PUBLIC_KEYS_MAX + 1))])
def test_a_setting_that_names_no_public_key_or_too_many_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HAWK_KEYS_FILE", given)
    with pytest.raises(ValidationError):
        _Settings()


def test_a_private_key_that_others_may_read_is_refused_when_it_is_read(tmp_path: Path) -> None:
    pair = ensure_relay_keys(tmp_path)
    assert read_private_pem(pair.private) == read_pem(pair.private)
    pair.private.chmod(0o640)
    with pytest.raises(Defect, match="chmod 600"):
        read_private_pem(pair.private)


def test_public_keys_are_read_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    relay, murex = ensure_relay_keys(tmp_path), ensure_murex_keys(tmp_path)
    assert read_pems([murex.public, relay.public]) == (read_pem(murex.public), read_pem(relay.public))
    with pytest.raises(Defect, match="cannot be read"):
        read_pems([relay.public, tmp_path / "missing.pem"])
