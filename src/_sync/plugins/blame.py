# Generated from src/_async/plugins/blame.py by scripts/generate_sync.py. Do not edit.
"""Errors tell which plugin they come from."""

from __future__ import annotations

from ...values.request import Request

__all__ = ["blame", "blamed", "in_time"]

CHAIN = __name__.partition(".plugins.")[0]
"""The package of the chain and its handlers."""
CONCURRENCY = CHAIN.partition(".")[0] + "._concurrency"
RAISED_BY = "raised by the plugin "


def blame(error: BaseException, name: str) -> None:
    """Add a note that names the plugin which raised an error, unless it only let one from further inside pass."""
    trace = error.__traceback__
    # What was raised right here came of calling the plugin: it takes other arguments, or returns no awaitable.
    in_plugin = direct = trace is not None and trace.tb_next is None
    while trace is not None and not direct:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith(CHAIN):
            if in_plugin:
                return
        elif not module.startswith(CONCURRENCY):
            in_plugin = True
        trace = trace.tb_next
    note = f"{RAISED_BY}{name}"
    if in_plugin and note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def blamed(error: BaseException | None) -> str:
    """Return the name in the note that ``blame`` has added; nothing where there is none."""
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(RAISED_BY)]
    return notes[0].removeprefix(RAISED_BY) if notes else ""


def in_time(request: Request, name: str) -> None:
    """Raise the deadline's error, with the name of a plugin that came back after it."""
    deadline = request.deadline
    if deadline is not None and deadline.expired:
        error = deadline.overrun(f"in the plugin {name}")
        error.request = request
        raise error
