"""Byte streams and how they are opened."""
