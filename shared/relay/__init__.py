"""The relay: seals settled events in one global order and publishes them to Kafka in that order."""
