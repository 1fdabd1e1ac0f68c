"""Apache Kafka and PostgreSQL on one machine, and the supervisor that keeps HAWK running."""
