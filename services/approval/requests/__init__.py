"""Requests for approval: what is shown, who may decide, and what follows. Pure."""
