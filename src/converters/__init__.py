"""Typed bodies: from bytes to objects and back."""
