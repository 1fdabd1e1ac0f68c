"""The rollout in force: decisions are taken in, and read by whoever begins something."""
