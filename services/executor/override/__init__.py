"""Settling by hand a deal that HAWK cannot settle with Murex."""
