"""Murex's side of the exchange with HAWK: the port a gateway stands on, over the topics and over a recording."""
