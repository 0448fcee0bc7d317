# Generated from src/_async/__init__.py by scripts/generate_sync.py. Do not edit.
"""The ring that orders and waits: clients, the chain, the handlers of plugins, engines, responses."""
