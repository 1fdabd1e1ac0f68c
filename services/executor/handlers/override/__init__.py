"""Overrides by a person: proposals are planned, grants applied."""
