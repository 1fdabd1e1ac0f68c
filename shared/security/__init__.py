"""Tokens of people, grants of the approval service."""
