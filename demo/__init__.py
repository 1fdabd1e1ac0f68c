"""Sample answers, reference data and the one-command demo."""
