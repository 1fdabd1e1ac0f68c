"""What others on the machine, on the database server and on the network can do to a HAWK that is set up carelessly."""

import os
import stat
from pathlib import Path

import asyncpg
import pytest
import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client import REGISTRY

from cli.stack import _simulates
from services.approval.settings import ApprovalSettings
from services.monitor.app import build
from services.monitor.settings import MonitorSettings
from shared.errors import Defect
from shared.events.topics import Topic
from shared.relay.watch import Blocker, Lag, show
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys
from tests.attacks.attack import Attacker, attack
from tests.support.eventually import eventually_async
from tests.support.scratch import scratch_folder
from tests.support.stack import Servers, TestDatabase, on_database
from tools.local_stack.paths import DataDir
from tools.local_stack.topics import ensure_topics

ROOT = Path(__file__).resolve().parents[2]
MACHINE = ("127.0.0.1", 40_000)


def monitor(**settings: object) -> FastAPI:
    app = build(MonitorSettings.model_validate(settings)).app
    assert isinstance(app, FastAPI)
    return app


async def status_of(app: FastAPI, path: str) -> int:
    """What a proxy with nginx's defaults gets: it connects from this machine and names it as the host."""
    transport = ASGITransport(app=app, client=MACHINE, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8082") as http:
        return (await http.get(path)).status_code


@attack(
    by=Attacker.ANYBODY,
    does="reads the monitor through a reverse proxy on the same machine, which hides where the caller is",
    before="200 for every workflow: the proxy's own address is a loopback address",
    cure="only the demo reads without a token; on servers of one's own every read needs one",
    remains="a demo that somebody puts behind a proxy",
)
@pytest.mark.parametrize("issuer", [True, False])
async def test_a_proxy_on_the_machine_opens_nothing(tmp_path: Path, issuer: bool) -> None:
    keys = ensure_issuer_keys(tmp_path)
    bank = {"token_issuer": "https://login.bank.example", "token_public_key_file": keys.public} if issuer else {}
    app = monitor(profile="own", **bank)
    for path in (
        "/workflows",
        "/workflows/x",
        "/workflows/x/events",
        "/events",
        "/deadletters",
        "/windows",
        "/health/overview",
        "/speed",
    ):
        assert await status_of(app, path) == 401, path
    assert await status_of(app, "/health/live") == 200


@attack(
    by=Attacker.ANYBODY,
    does="has an account on the machine and connects to the local PostgreSQL as its superuser",
    before="connected without a password: the server trusted the loopback",
    cure="the local server asks every role for its own random password (scram-sha-256), kept in a file of mode 600",
)
@pytest.mark.parametrize("role", ["postgres", "hawk_executor", "hawk_relay"])
async def test_nobody_connects_to_the_local_database_without_a_password(stack: Servers, role: str) -> None:
    place = stack.dsn.rpartition("@")[2]
    for given in (role, f"{role}:", f"{role}:hawk", f"{role}:{role}"):
        with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)):
            await asyncpg.connect(f"postgresql://{given}@{place}")


@attack(
    by=Attacker.ROLE,
    does="connects to HAWK's database with the login of another application on the bank's server, and fills its disk",
    before="connected, and made temporary tables: both are PUBLIC's rights by default",
    cure="CONNECT and TEMPORARY are revoked from PUBLIC; the login roles of HAWK alone may connect",
)
async def test_a_login_of_another_application_is_kept_out(database: TestDatabase) -> None:
    admin = await asyncpg.connect(database.admin_dsn)
    try:
        await admin.execute("CREATE ROLE hawk_test_other LOGIN PASSWORD 'other'")
        stranger = on_database(database.dsn("hawk_reader"), database.name).replace(
            "hawk_reader:hawk-test", "hawk_test_other:other"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
            await asyncpg.connect(stranger)
        for role in ("hawk_parser", "hawk_monitor", "hawk_relay"):
            connection = await asyncpg.connect(database.dsn(role))
            try:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute("CREATE TEMPORARY TABLE filling (bytes text)")
            finally:
                await connection.close()
    finally:
        await admin.execute("DROP ROLE IF EXISTS hawk_test_other")
        await admin.close()


@attack(
    by=Attacker.ANYBODY,
    does="has an account on the machine and reads answers, plans and logs in the data directory",
    before="Kafka's segments, the logs and Murex's book were readable by everybody (644 in folders of 755)",
    cure="all that HAWK and its servers write has mode 600 in folders of mode 700",
)
def test_the_data_directory_is_its_owners_alone() -> None:
    with scratch_folder() as folder:
        data = DataDir.at(folder / "data")
        data.create()
        made = [place for place in data.root.iterdir() if place.is_dir()]
        assert {place.name for place in made} >= {"kafka", "keys", "logs", "murex", "run"}
        assert [place for place in made if stat.S_IMODE(place.stat().st_mode) & 0o077] == []


@attack(
    by=Attacker.ANYBODY,
    does="has an account on the machine and reads the key that signs grants, which was put there with mode 644",
    before="the approval service started and signed with it; only the file it had made itself was checked",
    cure="the service refuses to start with a private key that others may read, and names the command that mends it",
)
def test_a_grant_key_that_others_may_read_is_refused_at_the_start(tmp_path: Path) -> None:
    from services.approval.app import build as build_approval

    keys = ensure_grant_keys(tmp_path)
    keys.private.chmod(0o644)
    with pytest.raises(Defect, match="chmod 600"):
        build_approval(ApprovalSettings(grant_private_key_file=keys.private, profile="own"))


@attack(
    by=Attacker.BROKER,
    does="waits until HAWK starts on the bank's cluster, which sets the retention of the bank's topics back",
    before="`hawk up` reset cleanup.policy, retention.ms and max.message.bytes of every topic that was there",
    cure="topics that exist are left as they are: settings and partitions",
)
async def test_the_banks_topic_settings_stay_as_they_are(kafka_bootstrap: str) -> None:
    topic = Topic(f"bank.topic.{os.getpid()}", partitions=4, retention_ms=1_000)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        theirs = {"retention.ms": "7777777", "cleanup.policy": "compact,delete", "max.message.bytes": "123456"}
        await admin.create_topics([NewTopic(topic.name, 2, 1, topic_configs=theirs)])
        await ensure_topics({"bootstrap_servers": kafka_bootstrap}, [topic])

        async def settings() -> dict[str, str]:
            [described] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
            return {entry[0]: entry[1] for entry in described.resources[0][4]}

        # A broker that has just made a topic may not know its settings yet.
        kept = await eventually_async(settings, 30.0)
        assert {name: kept[name] for name in theirs} == theirs
        [partitions] = await admin.describe_topics([topic.name])
        assert len(partitions["partitions"]) == 2
    finally:
        await admin.delete_topics([topic.name])
        await admin.close()


@attack(
    by=Attacker.ANYBODY,
    does="starts HAWK on the bank's servers as on a laptop: the simulator acknowledges deals that Murex never saw",
    before="`hawk up` started the simulator on any servers",
    cure="on servers of one's own the simulator runs only by name: --murex simulator",
)
def test_no_simulator_answers_on_servers_of_ones_own_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HAWK_KAFKA_BOOTSTRAP", "HAWK_POSTGRES_DSN"):
        monkeypatch.delenv(name, raising=False)
    assert _simulates(None)
    monkeypatch.setenv("HAWK_KAFKA_BOOTSTRAP", "kafka.bank.example:9092")
    assert not _simulates(None)
    assert _simulates("simulator")


@attack(
    by=Attacker.ANYBODY,
    does="reads customers' data in the metrics of the relay, which needs no token",
    before="`hawk_relay_feed_blocker_seconds` had 200 characters of SQL as a label",
    cure="the metric names process id, role and application; the query stands in the log alone",
)
def test_no_metric_of_the_relay_holds_sql() -> None:
    blocker = Blocker(4711, "hawk_executor", "psql", "SELECT secret FROM customers", 6.0)
    show(Lag(0, 0, 0, 0.0, 6.0, blocker))
    labels = [sample.labels for metric in REGISTRY.collect() for sample in metric.samples]
    assert {"pid": "4711", "role": "hawk_executor", "application": "psql"} in labels
    assert not [each for each in labels if "secret" in str(each)]
    show(Lag(0, 0, 0, 0.0, 0.0, None))


@attack(
    by=Attacker.ROLE,
    does="knows the password of one service's role in the containers, and logs in as another service",
    before="one password, HAWK_ROLE_PASSWORD, opened all six roles",
    cure="each role has a password of its own, in containers as on one machine",
)
def test_each_role_has_a_password_of_its_own_in_the_containers() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    dsns = [service.get("environment", {}).get("HAWK_POSTGRES_DSN", "") for service in services.values()]
    secrets = [dsn.partition("://")[2].rpartition("@")[0].partition(":")[2] for dsn in dsns if "//hawk_" in dsn]
    assert len(secrets) == 5
    assert len(set(secrets)) == 5
