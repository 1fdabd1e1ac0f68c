"""What approval and executor must agree on about a plan: its digests, and what the policy judges of it. Pure."""
