"""Engines: what turns one request into one response."""
