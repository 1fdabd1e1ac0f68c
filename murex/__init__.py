"""Murex's side of the two topics: the gateway that a bank puts before its Murex, and a simulator of Murex itself."""
