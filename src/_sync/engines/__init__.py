# Generated from src/_async/engines/__init__.py by scripts/generate_sync.py. Do not edit.
"""Engines: what turns one request into one response."""
