"""The async source of truth; scripts/generate_sync.py compiles it into the blocking twin."""
