"""Wires the relay: PostgreSQL, Kafka and the routing of HAWK's events. The only place here that names them
together."""

from shared.events.routing import messages
from shared.eventstore.relay.outlet import KafkaOutlet, Outlet
from shared.eventstore.relay.relay import Relay, RelaySettings
from shared.messaging.kafka import kafka_connection
from shared.service import Service
from shared.settings import ServiceSettings


def build(settings: ServiceSettings) -> Service:
    """The relay as a process: ready while it holds or awaits the lock and the database answers, with or
    without Kafka."""
    kafka = kafka_connection(settings)

    async def open_outlet() -> Outlet:
        return await KafkaOutlet.open(kafka.options())

    relay = Relay(RelaySettings(settings.postgres_dsn.get_secret_value(), messages, open_outlet))
    service = Service("relay", settings)
    service.first("transaction_ids", relay.check)
    service.background("relay", relay.run)
    return service
