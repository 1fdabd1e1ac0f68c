"""HAWK's own use of capacities and USD limits: reservations and hedges."""
