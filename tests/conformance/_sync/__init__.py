# Generated from tests/conformance/_async/__init__.py by scripts/generate_sync.py. Do not edit.
