"""Code that several services share. Nothing here imports a service."""
