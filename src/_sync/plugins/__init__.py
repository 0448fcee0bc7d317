# Generated from src/_async/plugins/__init__.py by scripts/generate_sync.py. Do not edit.
"""The handlers of the plugins that wait."""
