"""The approval policy: a versioned decision table and the pure function that evaluates it."""
