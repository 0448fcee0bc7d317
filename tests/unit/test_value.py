"""Plain frozen values."""

from __future__ import annotations

import copy
import pickle

import pytest

from duohttp.values.value import Value


class Point(Value):
    """Two numbers."""

    x: int
    y: int = 2

    def _check(self) -> None:
        if self.x < 0:
            raise ValueError("x must not be negative")


class Solid(Point):
    """Three."""

    z: int = 3


def test_fields() -> None:
    assert (Point(1).x, Point(1).y) == (1, 2)
    assert Point(1, y=5) == Point(1, 5) != Point(1)
    assert Solid(1, z=4).replace(x=7) == Solid(7, 2, 4)
    assert repr(Point(1)) == "Point(x=1, y=2)"
    assert hash(Point(1)) == hash(Point(1))
    assert Point(1) != Solid(1)
    assert pickle.loads(pickle.dumps(Solid(1))) == copy.copy(Solid(1)) == Solid(1)


@pytest.mark.parametrize(
    ("args", "kwargs", "says"),
    [((), {}, "needs 'x'"), ((1, 2, 3), {}, "takes 2"), ((1,), {"x": 2}, "twice"), ((1,), {"w": 2}, "has no 'w'")],
)
def test_wrong_arguments(args: tuple[int, ...], kwargs: dict[str, int], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        Point(*args, **kwargs)


def test_frozen_and_checked() -> None:
    with pytest.raises(AttributeError, match="replace"):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(ValueError, match="negative"):
        Point(1).replace(x=-1)
