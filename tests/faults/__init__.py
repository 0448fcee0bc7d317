"""A server that misbehaves as told, and what proves that a client survived it.

``scripted_server`` is the server: real sockets and threads, plain or TLS. ``acts`` are the misbehaviours, each a
function of one connection. ``leaks`` tells what a test left behind.
"""
