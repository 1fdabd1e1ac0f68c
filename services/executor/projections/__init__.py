"""Read tables as folds of events: row changes as values, and the one writer that applies them."""
