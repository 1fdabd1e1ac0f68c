"""A stand-in for the Murex gateway: replies to booking requests by a script and remembers them in a book."""
