"""The read tables derived from the events anew: to compare them (`hawk verify`) or to replace them (`hawk rebuild`)."""
