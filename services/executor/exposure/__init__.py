"""What HAWK itself holds of capacities and USD limits: reservations and own hedges."""
