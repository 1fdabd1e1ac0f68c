"""Tools around the services: verification, simulation, the stack of one machine, the writers of the docs."""
