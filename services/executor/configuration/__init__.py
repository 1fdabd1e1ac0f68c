"""Changes of the configuration: planned, approved by two persons, and in force as an event on the row's own stream."""
