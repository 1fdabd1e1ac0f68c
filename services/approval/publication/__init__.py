"""Publishing an event after all that the relay passed over, decided by two persons."""
