"""Wires the relay: PostgreSQL, Kafka, its key, and the routing of HAWK's events. The only place here that names them
together."""

from shared.events.routing import messages
from shared.messaging.kafka import kafka_connection
from shared.relay.anchors import Anchors, HeadsRead, Missing, read_heads
from shared.relay.outlet import KafkaOutlet, Outlet
from shared.relay.relay import Relay, RelaySettings
from shared.relay.settings import RelayProcessSettings
from shared.security.keys import read_pems, read_private_pem
from shared.security.message_signing import public_half
from shared.service import Service


def build(settings: RelayProcessSettings) -> Service:
    """Return the relay as a process: ready while it holds or awaits the lock and the database answers, with or
    without Kafka.

    Raises:
        Defect: its key cannot be read, may be read by others, or is not an Ed25519 key.
    """
    kafka = kafka_connection(settings)
    private_key = read_private_pem(settings.relay_private_key_file)
    known = (public_half(private_key), *read_pems(settings.relay_public_key_file or ()))

    async def open_outlet() -> Outlet:
        return await KafkaOutlet.open(kafka.options(), private_key)

    async def heads() -> HeadsRead | Missing:
        return await read_heads(Anchors(kafka.options(), known))

    relay = Relay(RelaySettings(settings.postgres_dsn.get_secret_value(), messages, open_outlet, heads))
    service = Service("relay", settings)
    service.first("transaction_ids", relay.check)
    service.background("relay", relay.run)
    return service
