"""A stand-in for the Murex gateway: answers booking requests by a script and remembers them in a book."""
