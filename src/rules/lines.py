"""Cutting text that comes in pieces into lines."""

from __future__ import annotations

__all__ = ["LineSplitter"]


class LineSplitter:
    r"""Cuts pieces of text into lines, without their ends: LF, CRLF or CR, wherever the pieces are cut.

    A line is given as soon as its end is seen, a CR at the end of a piece included. The cost is linear in the text,
    also for one long line in many pieces. Unlike ``str.splitlines``, nothing else ends a line.
    """

    __slots__ = ("_after_cr", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._after_cr = False

    def feed(self, text: str) -> list[str]:
        """Take the next piece and return the lines that it completes."""
        if not text:
            return []
        if self._after_cr and text[0] == "\n":
            # The second half of a CRLF whose line was given already.
            text = text[1:]
            self._after_cr = False
            if not text:
                return []
        self._after_cr = text[-1] == "\r"
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        if len(lines) == 1:
            self._pieces.append(text)
            return []
        if self._pieces:
            self._pieces.append(lines[0])
            lines[0] = "".join(self._pieces)
            self._pieces.clear()
        if rest := lines.pop():
            self._pieces.append(rest)
        return lines

    def finish(self) -> list[str]:
        """Return the last line, if the text did not end with a line end."""
        line = "".join(self._pieces)
        self._pieces.clear()
        self._after_cr = False
        return [line] if line else []
