"""Plain values: no waiting, no I/O."""
