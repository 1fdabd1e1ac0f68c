"""Progress of a workflow for dashboards: its messages, and the sentences in them."""
