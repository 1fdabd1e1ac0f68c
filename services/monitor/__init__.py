"""Shows the state of every workflow: status, live progress, metrics."""
