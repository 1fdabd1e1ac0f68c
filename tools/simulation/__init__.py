"""HAWK in one thread of virtual time: the real decisions over parts in memory, driven by a seeded scheduler."""
