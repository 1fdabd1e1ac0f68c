"""The approval policy: shown, tried over past requests, and changed by three persons."""
