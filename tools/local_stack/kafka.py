"""Apache Kafka on this machine: one node in KRaft mode (broker and controller in one), run from its jars."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import uuid
from importlib import resources
from pathlib import Path

from tools.local_stack import probes
from tools.local_stack.errors import StartFailed
from tools.local_stack.jars import cache_folder, fetch_jars, locked_jars
from tools.local_stack.java import find_java
from tools.local_stack.launch import Launch
from tools.local_stack.leftovers import Identity
from tools.local_stack.paths import DataDir
from tools.local_stack.ports import HOST

MESSAGE_BYTES_MAX = 8 * 1024 * 1024 + 64 * 1024
"""8 MiB as the topics allow, and room for the headers of a full batch: the parser, not the broker, refuses
what is too large (interfaces 3)."""

FORMAT_SECONDS_MAX = 60
"""Writing the empty storage takes a second; a minute means the machine is stuck."""

SESSION_MILLISECONDS = 2000
"""The time for which the controller trusts a silent broker. The usual 9 s would delay every start after a
kill by as much, and what dies must be back within 5 s; far below two seconds a machine under load
would lose sessions that are alive."""

HEARTBEAT_MILLISECONDS = 300

HEAP = ("-Xms128m", "-Xmx512m")
"""One node with a few dozen small partitions uses about 200 MB; half a GiB leaves room for 8 MiB messages."""

SMALL_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""Starts in half the time and in a third of the memory of the server defaults, which are made for large
machines."""


NODE_ID = 1

#: Files of an empty storage: whose it is, and the features of this release.
IDENTITY = "meta.properties"
CHECKPOINT = "bootstrap.checkpoint"


class KafkaNode:
    """The broker of one data directory, on the ports it was given."""

    name = "kafka"
    stop_signal = signal.SIGTERM
    stop_seconds_max = 20.0
    """A controlled shutdown writes its clean marker within about two seconds; after a kill recovery costs
    more."""

    def __init__(self, data: DataDir, port: int, controller_port: int) -> None:
        self._data = data
        self._port = port
        self._controller_port = controller_port
        self.identity = Identity(folder=data.run("kafka"), marker="kafka.Kafka")

    @property
    def bootstrap(self) -> str:
        """The address that clients connect to, host:port."""
        return f"{HOST}:{self._port}"

    def prepare(self) -> Launch:
        """Fetch the missing jars, write the configuration, and format the storage once.

        Raises:
            StackError: the jars cannot be had, or the storage cannot be formatted.
        """
        jars = fetch_jars(locked_jars(), cache_folder())
        java: tuple[str, ...] = (
            str(find_java()),
            *HEAP,
            *SMALL_JVM,
            "-cp",
            os.pathsep.join(str(jar) for jar in jars),
        )
        self._data.run("kafka").mkdir(parents=True, exist_ok=True)
        self._data.kafka.mkdir(parents=True, exist_ok=True)
        logging = self._data.kafka / "log4j2.properties"
        logging.write_text(resources.files("tools.local_stack").joinpath("log4j2.properties").read_text())
        java = (*java, f"-Dlog4j2.configurationFile={logging}")
        storage = self._data.kafka / "data"
        if not (storage / IDENTITY).exists():
            self._format(java, storage)
        properties = self._write_properties("server.properties", storage)
        return Launch(
            command=(*java, "kafka.Kafka", str(properties)),
            environment=dict(os.environ),
            folder=self._data.run("kafka"),
        )

    async def is_ready(self) -> bool:
        """Ask the broker for its API versions; see `launch.Runnable`."""
        return await probes.kafka_answers(HOST, self._port)

    def _format(self, java: tuple[str, ...], storage: Path) -> None:
        """Format a folder and move it into place when done, so that an interrupted format is never used.

        But for its identity an empty storage of one release is like any other: what the first format on this machine
        wrote is kept, and spares the others a Java that costs as much as a third of the broker's start.
        """
        draft = storage.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(storage, ignore_errors=True)
        kept = kept_checkpoint()
        if kept.is_file():
            draft.mkdir()
            shutil.copyfile(kept, draft / CHECKPOINT)
            _write_identity(draft)
        else:
            self._format_by_kafka(java, draft)
            _keep(draft / CHECKPOINT, kept)
        os.replace(draft, storage)

    def _format_by_kafka(self, java: tuple[str, ...], draft: Path) -> None:
        properties = self._write_properties("format.properties", draft)
        done = subprocess.run(  # noqa: S603 - our own command line
            (*java, "kafka.tools.StorageTool", "format", f"--cluster-id={_new_id()}", "-c", str(properties)),
            capture_output=True,
            text=True,
            timeout=FORMAT_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            raise StartFailed(
                name="kafka", why=f"formatting its storage failed: {(done.stderr or done.stdout).strip()}"
            )

    def _write_properties(self, name: str, storage: Path) -> Path:
        file = self._data.kafka / name
        settings = self._settings(storage)
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
        return file

    def _settings(self, storage: Path) -> dict[str, str | int]:
        return {
            "process.roles": "broker,controller",
            "node.id": NODE_ID,
            "controller.quorum.voters": f"{NODE_ID}@{HOST}:{self._controller_port}",
            "listeners": f"PLAINTEXT://{HOST}:{self._port},CONTROLLER://{HOST}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self._port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(storage),
            # One node: there are no replicas, and no other members of a group to wait for.
            "default.replication.factor": 1,
            "min.insync.replicas": 1,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 2,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            # A mistyped topic name is an error, not a new topic.
            "auto.create.topics.enable": "false",
            "message.max.bytes": MESSAGE_BYTES_MAX,
            "replica.fetch.max.bytes": MESSAGE_BYTES_MAX,
            # After a kill the controller holds the dead broker's session for so long before it lets the new
            # one in.
            "broker.session.timeout.ms": SESSION_MILLISECONDS,
            "broker.heartbeat.interval.ms": HEARTBEAT_MILLISECONDS,
            # Small: a handful of clients on the same machine.
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
        }


def kept_checkpoint() -> Path:
    """Return the place where the first metadata of an empty storage are kept, for exactly these jars."""
    lock = resources.files("tools.local_stack").joinpath("kafka.lock").read_bytes()
    return cache_folder().parent / "kafka" / f"{hashlib.sha256(lock).hexdigest()[:16]}.checkpoint"


def _keep(checkpoint: Path, kept: Path) -> None:
    """Copy by a file of its own: two that start at once do no harm."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy = kept.with_name(f".{kept.name}.{os.getpid()}")
    shutil.copyfile(checkpoint, copy)
    os.replace(copy, kept)


def _write_identity(storage: Path) -> None:
    """Write what no two storages share, as `StorageTool format` does."""
    lines = ("version=1", f"node.id={NODE_ID}", f"cluster.id={_new_id()}", f"directory.id={_new_id()}")
    (storage / IDENTITY).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _new_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
