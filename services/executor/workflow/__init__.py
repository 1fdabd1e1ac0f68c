"""The way of a workflow from its grant to its end: which decision is due, and all that follows from one message."""
