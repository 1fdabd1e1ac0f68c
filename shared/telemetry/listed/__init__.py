"""The list of metrics: what each is, who exports it, and how it is made from its entry."""
