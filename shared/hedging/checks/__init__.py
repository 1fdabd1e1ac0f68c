"""Checks of reference data: every finding at once, before a set is taken in."""
