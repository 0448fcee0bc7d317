# Generated from src/_async/__init__.py by scripts/generate_sync.py. Do not edit.
"""The async source of truth; scripts/generate_sync.py compiles it into the blocking twin."""
