"""Collects the approvals a plan calls for and signs the grant to apply it."""
