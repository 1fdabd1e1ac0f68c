"""What dashboards are told of a workflow: its messages, and the sentences in them."""
