#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

"""What others on the machine, on the database server and on the network can do to a HAWK that is set up carelessly."""
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

import os
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

import stat
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from pathlib import Path
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

import asyncpg
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

import pytest
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

import yaml
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from fastapi import FastAPI
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from httpx import ASGITransport, AsyncClient
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from prometheus_client import REGISTRY
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from cli.stack import _simulates
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from services.approval.settings import ApprovalSettings
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from services.monitor.app import build
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from services.monitor.settings import MonitorSettings
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from shared.errors import Defect
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from shared.events.topics import Topic
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from shared.relay.watch import Blocker, Lag, show
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from shared.security.keys import ensure_grant_keys, ensure_issuer_keys
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from tests.attacks.attack import Attacker, attack
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from tests.support.eventually import eventually_async
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from tests.support.scratch import scratch_folder
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from tests.support.stack import Servers, TestDatabase, on_database
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from tools.local_stack.paths import DataDir
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

from tools.local_stack.topics import ensure_topics
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

ROOT = Path(__file__).resolve().parents[2]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

MACHINE = ("127.0.0.1", 40_000)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

def monitor(**settings: object) -> FastAPI:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    app = build(MonitorSettings.model_validate(settings)).app
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert isinstance(app, FastAPI)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    return app
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

async def status_of(app: FastAPI, path: str) -> int:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    """What a proxy with nginx's defaults gets: it connects from this machine and names it as the host."""
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    transport = ASGITransport(app=app, client=MACHINE, raise_app_exceptions=False)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8082") as http:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        return (await http.get(path)).status_code
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ANYBODY,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="reads the monitor through a reverse proxy on the same machine, which hides where the caller is",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="200 for every workflow: the proxy's own address is a loopback address",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="only the demo reads without a token; on servers of one's own every read needs one",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    remains="a demo that somebody puts behind a proxy",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@pytest.mark.parametrize("issuer", [True, False])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

async def test_a_proxy_on_the_machine_opens_nothing(tmp_path: Path, issuer: bool) -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    keys = ensure_issuer_keys(tmp_path)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    bank = {"token_issuer": "https://login.bank.example", "token_public_key_file": keys.public} if issuer else {}
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    app = monitor(profile="own", **bank)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    for path in (
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/workflows",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/workflows/x",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/workflows/x/events",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/events",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/deadletters",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/windows",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/health/overview",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        "/speed",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    ):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        assert await status_of(app, path) == 401, path
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert await status_of(app, "/health/live") == 200
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ANYBODY,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="has an account on the machine and connects to the local PostgreSQL as its superuser",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="connected without a password: the server trusted the loopback",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="the local server asks every role for its own random password (scram-sha-256), kept in a file of mode 600",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@pytest.mark.parametrize("role", ["postgres", "hawk_executor", "hawk_relay"])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

async def test_nobody_connects_to_the_local_database_without_a_password(stack: Servers, role: str) -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    place = stack.dsn.rpartition("@")[2]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    for given in (role, f"{role}:", f"{role}:hawk", f"{role}:{role}"):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            await asyncpg.connect(f"postgresql://{given}@{place}")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ROLE,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="connects to HAWK's database with the login of another application on the bank's server, and fills its disk",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="connected, and made temporary tables: both are PUBLIC's rights by default",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="CONNECT and TEMPORARY are revoked from PUBLIC; the login roles of HAWK alone may connect",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

async def test_a_login_of_another_application_is_kept_out(database: TestDatabase) -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    admin = await asyncpg.connect(database.admin_dsn)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    try:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await admin.execute("CREATE ROLE hawk_test_other LOGIN PASSWORD 'other'")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        stranger = on_database(database.dsn("hawk_reader"), database.name).replace(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            "hawk_reader:hawk-test", "hawk_test_other:other"
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        )
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            await asyncpg.connect(stranger)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        for role in ("hawk_parser", "hawk_monitor", "hawk_relay"):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            connection = await asyncpg.connect(database.dsn(role))
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            try:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

                with pytest.raises(asyncpg.InsufficientPrivilegeError):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

                    await connection.execute("CREATE TEMPORARY TABLE filling (bytes text)")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            finally:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

                await connection.close()
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    finally:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await admin.execute("DROP ROLE IF EXISTS hawk_test_other")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await admin.close()
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ANYBODY,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="has an account on the machine and reads answers, plans and logs in the data directory",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="Kafka's segments, the logs and Murex's book were readable by everybody (644 in folders of 755)",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="all that HAWK and its servers write has mode 600 in folders of mode 700",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

def test_the_data_directory_is_its_owners_alone() -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    with scratch_folder() as folder:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        data = DataDir.at(folder / "data")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        data.create()
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        made = [place for place in data.root.iterdir() if place.is_dir()]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        assert {place.name for place in made} >= {"kafka", "keys", "logs", "murex", "run"}
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        assert [place for place in made if stat.S_IMODE(place.stat().st_mode) & 0o077] == []
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ANYBODY,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="has an account on the machine and reads the key that signs grants, which was put there with mode 644",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="the approval service started and signed with it; only the file it had made itself was checked",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="the service refuses to start with a private key that others may read, and names the command that mends it",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

def test_a_grant_key_that_others_may_read_is_refused_at_the_start(tmp_path: Path) -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    from services.approval.app import build as build_approval
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    keys = ensure_grant_keys(tmp_path)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    keys.private.chmod(0o644)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    with pytest.raises(Defect, match="chmod 600"):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        build_approval(ApprovalSettings(grant_private_key_file=keys.private, profile="own"))
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.BROKER,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="waits until HAWK starts on the bank's cluster, which sets the retention of the bank's topics back",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="`hawk up` reset cleanup.policy, retention.ms and max.message.bytes of every topic that was there",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="topics that exist are left as they are: settings and partitions",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

async def test_the_banks_topic_settings_stay_as_they_are(kafka_bootstrap: str) -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    topic = Topic(f"bank.topic.{os.getpid()}", partitions=4, retention_ms=1_000)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    await admin.start()
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    try:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        theirs = {"retention.ms": "7777777", "cleanup.policy": "compact,delete", "max.message.bytes": "123456"}
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await admin.create_topics([NewTopic(topic.name, 2, 1, topic_configs=theirs)])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await ensure_topics({"bootstrap_servers": kafka_bootstrap}, [topic])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        async def settings() -> dict[str, str]:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            [described] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

            return {entry[0]: entry[1] for entry in described.resources[0][4]}
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        # A broker that has just made a topic may not know its settings yet.
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        kept = await eventually_async(settings, KNOWN_SECONDS_MAX, until=bool)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        assert {name: kept[name] for name in theirs} == theirs
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        [partitions] = await admin.describe_topics([topic.name])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        assert len(partitions["partitions"]) == 2
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    finally:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await admin.delete_topics([topic.name])
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        await admin.close()
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ANYBODY,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="starts HAWK on the bank's servers as on a laptop: the simulator acknowledges deals that Murex never saw",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="`hawk up` started the simulator on any servers",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="on servers of one's own the simulator runs only by name: --murex simulator",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

def test_no_simulator_answers_on_servers_of_ones_own_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    for name in ("HAWK_KAFKA_BOOTSTRAP", "HAWK_POSTGRES_DSN"):
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

        monkeypatch.delenv(name, raising=False)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert _simulates(None)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    monkeypatch.setenv("HAWK_KAFKA_BOOTSTRAP", "kafka.bank.example:9092")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert not _simulates(None)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert _simulates("simulator")
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ANYBODY,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="reads customers' data in the metrics of the relay, which needs no token",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="`hawk_relay_feed_blocker_seconds` had 200 characters of SQL as a label",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="the metric names process id, role and application; the query stands in the log alone",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

def test_no_metric_of_the_relay_holds_sql() -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    blocker = Blocker(4711, "hawk_executor", "psql", "SELECT secret FROM customers", 6.0)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    show(Lag(0, 0, 0, 0.0, 6.0, blocker))
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    labels = [sample.labels for metric in REGISTRY.collect() for sample in metric.samples]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert {"pid": "4711", "role": "hawk_executor", "application": "psql"} in labels
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert not [each for each in labels if "secret" in str(each)]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    show(Lag(0, 0, 0, 0.0, 0.0, None))
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0


#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

@attack(
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    by=Attacker.ROLE,
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    does="knows the password of one service's role in the containers, and logs in as another service",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    before="one password, HAWK_ROLE_PASSWORD, opened all six roles",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    cure="each role has a password of its own, in containers as on one machine",
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

)
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

def test_each_role_has_a_password_of_its_own_in_the_containers() -> None:
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    dsns = [service.get("environment", {}).get("HAWK_POSTGRES_DSN", "") for service in services.values()]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    secrets = [dsn.partition("://")[2].rpartition("@")[0].partition(":")[2] for dsn in dsns if "//hawk_" in dsn]
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert len(secrets) == 5
#: Until a broker knows a topic that it has just made, on a busy machine.
KNOWN_SECONDS_MAX = 30.0

    assert len(set(secrets)) == 5
