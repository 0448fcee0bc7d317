"""Layout: shorter lines are joined, comments stay."""

from __future__ import annotations


async def long(async_first_argument_of_all_arguments: int, async_second_argument_of_all_arguments: int, third: int) -> int:
    result = await long(
        async_first_argument_of_all_arguments=1, async_second_argument_of_all_arguments=2, third=await long(1, 2, 3)
    )
    return (
        await  long(  # why
            result,
            # what follows
            await long(1, 2, 3), 1,
        )
    )
