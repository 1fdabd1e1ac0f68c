"""Prepares existing servers for HAWK: `python -m tools.local_stack.prepare`.

Migrations, passwords of the login roles, topics, key pairs. Repeatable. For containers, where no supervisor runs; on
one machine `hawk up` does this. Settings: `PrepareSettings`.
"""

import asyncio
import shutil
import sys
from pathlib import Path

from pydantic import Field, SecretStr

from shared.errors import Defect, HawkError
from shared.messaging.kafka import kafka_connection
from shared.migrations import migrate
from shared.security.keys import copy_private
from shared.settings import ServiceSettings
from tools.local_stack.keys import ensure_keys
from tools.local_stack.paths import DataDir
from tools.local_stack.servers import ALL_ROLES, set_passwords
from tools.local_stack.services import MUREX, RELAY, KeyFiles
from tools.local_stack.topics import ensure_topics


class PrepareSettings(ServiceSettings):
    """Environment, prefix HAWK_. Here `postgres_dsn` is an administrator's."""

    data_dir: Path = Field(description="the key pairs are created in its folder `keys`")
    public_key_dir: Path | None = Field(default=None, description="the public keys are copied here")
    role_passwords: dict[str, SecretStr] = Field(
        default_factory=dict, description="JSON: password by login role; other roles keep theirs"
    )
    private_key_dir: Path | None = Field(
        default=None, description="each private key is copied here, into a folder that only its owner can see"
    )
    profile: str = "own"


async def prepare(settings: PrepareSettings) -> None:
    """Do all of it.

    Raises:
        HawkError, asyncpg.PostgresError: a step is refused; the steps before it stay done.
    """
    admin_dsn = settings.postgres_dsn.get_secret_value()
    await migrate(admin_dsn)
    unknown = sorted(set(settings.role_passwords) - set(ALL_ROLES))
    if unknown:
        known = ", ".join(ALL_ROLES)
        raise Defect(f"HAWK_ROLE_PASSWORDS names {unknown[0]}, which is not a role of HAWK. The roles are {known}.")
    passwords = {role: password.get_secret_value() for role, password in settings.role_passwords.items()}
    await set_passwords(admin_dsn, passwords)
    await ensure_topics(kafka_connection(settings).options())
    data = DataDir.at(settings.data_dir)
    keys = ensure_keys(data, with_issuer=settings.profile == "demo")
    if settings.public_key_dir is not None:
        for file in (
            keys.grant_public,
            keys.relay_public,
            keys.murex_public,
            keys.feed_public,
            keys.feeds,
            keys.issuer_public,
        ):
            if file is not None:
                shutil.copyfile(file, settings.public_key_dir / file.name)
    if settings.private_key_dir is not None:
        hand_out_private_keys(keys, settings.private_key_dir)


def hand_out_private_keys(keys: KeyFiles, directory: Path) -> None:
    """Copy each private key into its owner's folder below a directory: `approval`, `relay`, `murex`, `reference`."""
    owners = {
        "approval": keys.grant_private,
        RELAY: keys.relay_private,
        MUREX: keys.murex_private,
        "reference": keys.feed_private,
    }
    for owner, file in owners.items():
        folder = directory / owner
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy_private(file, folder / file.name)


def main() -> int:
    """Prepare the servers; return 1, with a message, when a step is refused."""
    try:
        asyncio.run(prepare(PrepareSettings()))
    except HawkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
