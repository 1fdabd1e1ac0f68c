"""From a proposal to a plan: draw it, name its digests."""
