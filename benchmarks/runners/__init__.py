"""One module a library.

A module has some of these functions, each a context manager that opens a client for a ``Setup``:

- ``get``: yields ``call() -> body`` for ``setup.url``; ``async_get`` the same, awaited.
- ``download``: yields ``fetch(url) -> length``, streaming; ``upload``: yields ``send(url, body) -> status``.
- ``async_download`` and ``async_upload`` the same, awaited.
- ``echo``: yields ``call(message) -> message`` for a WebSocket; ``async_echo`` the same, awaited.

and these constants: ``DISTRIBUTIONS`` (whose versions are printed), ``IMPORT`` and ``CREATE`` (statements that are
timed in fresh processes), ``ENVIRONMENT``, ``NAME``, ``PER_TASK`` and ``PER_THREAD`` (True: a client for each, False:
one cannot be shared). Libraries are imported inside the functions, so that the constants can be read where nothing is
installed.

Certificates are not verified in any of them: a handshake is in no measured loop.
"""
