"""The append-only event store in PostgreSQL: audit trail and outbox at once."""
