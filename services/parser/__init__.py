"""Reads what the upstream AI said and turns it into proposals, or refuses it."""
