"""Passkeys: what one signs about a decision, whether it did, and which keys of a person count. Pure."""
