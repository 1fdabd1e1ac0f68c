"""Sample answers, reference data, the Murex simulator and the one-command demo."""
