"""Fairness between origins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duohttp.rules.fair_queue import FairQueue


def test_one_origin_is_a_plain_queue() -> None:
    queue: FairQueue[int] = FairQueue()
    assert queue.pop() is None
    for number in range(5):
        queue.push("a", number)
    assert len(queue) == 5
    assert [queue.pop() for _ in range(6)] == [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 4), None]
    assert len(queue) == 0


def test_origins_take_turns() -> None:
    queue: FairQueue[int] = FairQueue()
    for number in range(3):
        for origin in "abc":
            queue.push(origin, number)
    assert "".join(str(origin) for origin, _ in iter(queue.pop, None)) == "abcabcabc"


def test_the_origin_with_the_fewest_in_flight_is_next() -> None:
    queue: FairQueue[int] = FairQueue()
    for number in range(10):
        queue.push("slow", number)
    for number in range(10):
        queue.push("quick", number)
    places = [queue.pop() for _ in range(4)]
    assert [taken[0] for taken in places if taken] == ["slow", "quick", "slow", "quick"]
    # The quick one ends and gets its places back, again and again; the slow one keeps its half.
    for _ in range(8):
        queue.done("quick")
        taken = queue.pop()
        assert taken is not None
        assert taken[0] == "quick"
    queue.done("quick")
    assert queue.pop() == ("slow", 2)


def test_an_origin_that_comes_back_counts_what_it_has_in_flight() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.push("a", 1)
    assert queue.pop() == ("a", 1)
    queue.push("a", 2)
    queue.push("b", 1)
    assert queue.pop() == ("b", 1)
    queue.done("a")
    assert queue.pop() == ("a", 2)
    queue.done("a")
    queue.done("b")
    assert queue._in_flight == {}
    assert queue._queues == {}
    assert not any(queue._levels)


@given(st.lists(st.tuples(st.sampled_from(["push", "pop", "done"]), st.sampled_from("abcd")), max_size=200))
def test_whatever_happens_nothing_is_lost_and_the_order_within_an_origin_stays(steps: list[tuple[str, str]]) -> None:
    queue: FairQueue[int] = FairQueue()
    waiting: dict[str, list[int]] = {origin: [] for origin in "abcd"}
    in_flight = dict.fromkeys("abcd", 0)
    for number, (step, origin) in enumerate(steps):
        if step == "push":
            queue.push(origin, number)
            waiting[origin].append(number)
        elif step == "done" and in_flight[origin]:
            queue.done(origin)
            in_flight[origin] -= 1
        elif step == "pop":
            taken = queue.pop()
            if taken is None:
                assert not any(waiting.values())
                continue
            key = str(taken[0])
            assert waiting[key].pop(0) == taken[1]
            least = min(in_flight[other] for other in "abcd" if waiting[other] or other == key)
            assert in_flight[key] == least
            in_flight[key] += 1
    assert len(queue) == sum(map(len, waiting.values()))
