"""Derives the read tables from the events again, to compare (`hawk verify`) or to replace them (`hawk rebuild`)."""
