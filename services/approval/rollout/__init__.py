"""What HAWK may do: mode, limits and the stop switch, decided by people."""
