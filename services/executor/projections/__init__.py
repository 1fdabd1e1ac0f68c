"""Read tables as folds of events: which fact changes which rows."""
