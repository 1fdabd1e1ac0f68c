"""Notifications: what people and programs outside are told of requests, and how it reaches them."""
