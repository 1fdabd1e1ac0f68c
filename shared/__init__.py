"""What all services stand on. Nothing here imports a service."""
