"""One workflow on a page: how far it is, what was done by which event, how long it took, what was undone."""
