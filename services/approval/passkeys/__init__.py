"""Passkeys of those who approve: proposed by their owner, confirmed by another person, and used to sign decisions."""
