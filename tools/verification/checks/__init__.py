"""The checks of `hawk verify` on the event store, which know no service."""
