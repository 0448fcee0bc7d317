# Generated from src/_async/engines/native/__init__.py by scripts/generate_sync.py. Do not edit.
"""The native engine."""
