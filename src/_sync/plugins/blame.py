# Generated from src/_async/plugins/blame.py by scripts/generate_sync.py. Do not edit.
"""Errors tell which plugin they come from."""

from __future__ import annotations

__all__ = ["blame"]

CHAIN = __name__.partition(".plugins.")[0]
"""The package of the chain and its handlers."""
CONCURRENCY = CHAIN.partition(".")[0] + "._concurrency"


def blame(error: BaseException, name: str) -> None:
    """Add a note that names the plugin which raised an error, unless it only let one from further inside pass."""
    trace = error.__traceback__
    in_plugin = False
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith(CHAIN):
            if in_plugin:
                return
        elif not module.startswith(CONCURRENCY):
            in_plugin = True
        trace = trace.tb_next
    note = f"raised by the plugin {name}"
    if in_plugin and note not in getattr(error, "__notes__", ()):
        error.add_note(note)
