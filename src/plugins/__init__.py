"""The public plugin classes: options, and the decisions that need no waiting."""
