"""Side-by-side benchmarks: run ``scripts/bench --help``."""
