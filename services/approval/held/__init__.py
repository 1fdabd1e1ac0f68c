"""Reference rows that are not plausible: people see them here, and confirm or reject them."""
