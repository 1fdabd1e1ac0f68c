"""Applying a granted plan: prepare, book, complete, post, or compensate."""
