"""The misbehaviours: each returns an act for one connection of a ScriptedServer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .scripted_server import PATIENCE, Act, Peer, reply

__all__ = [
    "answer",
    "answer_at_gate",
    "answer_early",
    "answer_endlessly",
    "answer_in_pieces",
    "answer_then",
    "close_at_once",
    "cut",
    "expect",
    "expect_late",
    "expect_refused",
    "ignore_upload",
    "reset_after",
    "say_after",
    "say_at_once",
    "say_later",
    "silent",
    "silent_before_tls",
]

WAYS: dict[str, Callable[[Peer], None]] = {
    "close": Peer.close,
    "close_notify": Peer.close_notify,
    "reset": Peer.reset,
    "open": Peer.read_to_end,
    "deaf": Peer.wait_for_hangup,
}
"""How an act ends: FIN without and with close_notify, RST, or the connection stays (reading, or not)."""


def silent(peer: Peer) -> None:
    """Read, and never say a word."""
    peer.read_to_end()


silent_before_tls = Act(silent, before_tls=True)


def close_at_once(*, before_tls: bool = False, reset: bool = False) -> Act:
    """Accept, and close before the request was read."""
    return Act(Peer.reset if reset else Peer.close, before_tls)


def answer(data: bytes, then: str = "open", *, hold: float = 0.0) -> Act:
    """Read a request, send these bytes as they are, wait, and leave in one of WAYS."""

    def play(peer: Peer) -> None:
        peer.read_request()
        if data:
            peer.send(data)
        peer.pause(hold)
        if then != "open":
            WAYS[then](peer)
            peer.server.acted.set()
        if then != "reset":
            peer.read_to_end()

    return Act(play)


def answer_at_gate(peer: Peer) -> None:
    """Serve well, but the first request not before the gate opens."""
    request = peer.read_request()
    peer.server.gate.wait(PATIENCE)
    peer.answer(request)
    peer.serve()


def say_later(data: bytes) -> Act:
    """Serve one request well, and a moment later send bytes that nobody asked for."""

    def play(peer: Peer) -> None:
        peer.answer(peer.read_request())
        peer.pause(0.02)
        peer.send(data)
        peer.server.acted.set()
        peer.read_to_end()

    return Act(play)


def cut(data: bytes, at: int, then: str = "close") -> Act:
    """Answer with the beginning of a response, and leave."""
    return answer(data[:at], then)


def reset_after(stage: str) -> Act:
    """Reset the connection at a stage: accept, request, head, body."""
    data = reply(b"0123456789")
    if stage == "accept":
        return close_at_once(reset=True)
    # What was sent before the reset may be lost with it: time to arrive.
    return answer({"request": b"", "head": data[:30], "body": data[:-5]}[stage], "reset", hold=0.05)


def answer_then(acts: Iterable[Act | Callable[[Peer], object]]) -> Act:
    """Serve one request well, then play other acts on the same connection."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(reply(b"first"))
        for act in acts:
            (act.play if isinstance(act, Act) else act)(peer)

    return Act(play)


def answer_in_pieces(pieces: Iterable[bytes], interval: float) -> Act:
    """Answer piece by piece, a moment between two."""

    def play(peer: Peer) -> None:
        peer.read_request()
        for piece in pieces:
            peer.send(piece)
            peer.pause(interval)
        peer.read_to_end()

    return Act(play)


def answer_early(data: bytes, after: int, then: str) -> Act:
    """Answer after so many bytes of the request body, read no more of it, and leave in one of WAYS."""

    def play(peer: Peer) -> None:
        peer.read_head()
        taken = 0
        while taken < after:
            taken += len(peer.receive(after - taken))
        peer.send(data)
        if then != "deaf":
            peer.pause(0.05)
        WAYS[then](peer)

    return Act(play)


def answer_meanwhile(first: bytes, rest: bytes, after: int) -> Act:
    """Begin to answer after so many bytes of the request body, take the rest of it, finish the answer, serve on."""

    def play(peer: Peer) -> None:
        head = peer.read_head()
        begun = peer.exactly(after)
        peer.send(first)
        peer.unread(begun)
        peer.read_body(head)
        peer.send(rest)
        peer.serve()

    return Act(play)


def ignore_upload(peer: Peer) -> None:
    """Read the head and not a byte of the body."""
    peer.read_head()
    peer.wait_for_hangup()


def say_at_once(data: bytes, then: str = "open", *, before_tls: bool = False) -> Act:
    """Send bytes without waiting for a request."""

    def play(peer: Peer) -> None:
        peer.send(data)
        WAYS[then](peer)
        peer.read_to_end()

    return Act(play, before_tls)


def say_after(data: bytes, size: int) -> Act:
    """Send bytes when some came, and close: what a server says to a protocol it does not know."""

    def play(peer: Peer) -> None:
        taken = 0
        while taken < size:
            taken += len(peer.receive())
        peer.send(data)
        peer.close()
        peer.read_to_end()

    return Act(play, before_tls=True)


def answer_endlessly(start: bytes, more: bytes) -> Act:
    """Answer without end, until the client has enough."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(start)
        while not peer.server.closing.is_set():
            peer.send(more)

    return Act(play)


def expect(word: bytes, final: bytes) -> Act:
    """Answer an expectation with these informational responses, take the body, answer, and serve on."""

    def play(peer: Peer) -> None:
        head = peer.read_head()
        assert head.headers["expect"] == "100-continue"
        if word:
            peer.send(word)
        peer.read_body(head)
        peer.send(final)
        peer.serve()

    return Act(play)


def expect_late(delay: float, word: bytes, final: bytes) -> Act:
    """Say the word when the client has lost patience and the body is on its way."""

    def play(peer: Peer) -> None:
        head = peer.read_head()
        peer.pause(delay)
        peer.send(word)
        peer.read_body(head)
        peer.send(final)
        peer.serve()

    return Act(play)


def expect_refused(final: bytes) -> Act:
    """Answer a head finally, and wait for the body all the same."""

    def play(peer: Peer) -> None:
        head = peer.read_head()
        if final:
            peer.send(final)
        peer.read_body(head)
        peer.read_to_end()

    return Act(play)
