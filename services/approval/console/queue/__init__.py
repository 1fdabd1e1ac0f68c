"""The queue of approvals: what waits for the person who looks, for others, and what was decided."""
