"""The executor's checks of the rollout, made before anything new begins."""
