"""Plans proposals, applies granted plans, drives Murex, compensates, keeps the tables."""
