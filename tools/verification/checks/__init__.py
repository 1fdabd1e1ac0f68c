"""What the event store itself proves: the checks of `hawk verify` that know no service."""
