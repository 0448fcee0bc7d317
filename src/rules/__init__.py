"""Rules that need no waiting: pure functions and small sans-I/O classes."""
