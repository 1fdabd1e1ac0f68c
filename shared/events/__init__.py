"""The facts HAWK records and the topics they travel on. Facts without behaviour."""
