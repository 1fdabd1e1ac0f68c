"""Consuming and producing Kafka messages: CloudEvents, inbox, dead letters."""
