"""The engines as users name them: one options object serves both clients."""
