"""Real servers for the tests, on loopback, each with its own folder and ports the kernel chose."""
