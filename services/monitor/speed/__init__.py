"""How fast HAWK is: the last hour of Faust's windows as a document."""
