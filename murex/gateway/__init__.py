"""Murex's side of the exchange with HAWK: the port of a gateway, over the topics and over a recording."""
