"""Delegations and absences: who decides in whose place, and who is away, as people say and confirm it."""
