"""From a proposal to a plan: read the facts, draw the plan, name its digests."""
