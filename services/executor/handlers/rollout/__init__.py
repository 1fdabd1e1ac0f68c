"""The rollout in force: its decisions are recorded, and read before anything begins."""
