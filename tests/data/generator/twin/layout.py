"""Layout: shorter lines are joined, comments stay."""

from __future__ import annotations


def long(first_argument_of_all_arguments: int, second_argument_of_all_arguments: int, third: int) -> int:
    result = long(first_argument_of_all_arguments=1, second_argument_of_all_arguments=2, third=long(1, 2, 3))
    return long(  # why
        result,
        # what follows
        long(1, 2, 3),
        1,
    )
