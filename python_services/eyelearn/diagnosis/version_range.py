"""Whether a version is within a range such as `>=3.11,<3.13`, with nothing but Python."""

from __future__ import annotations

import operator
import re

_COMPARE = {"==": operator.eq, ">=": operator.ge, "<": operator.lt}
_BOUND = re.compile(r"(==|>=|<)(\d+(?:\.\d+)*)")


def fits(version: str, wanted: str) -> bool:
    """wanted: bounds, comma-separated. Raises ValueError where one can't be read."""
    return all(_holds(version, bound.strip()) for bound in wanted.split(",") if bound.strip())


def _holds(version: str, bound: str) -> bool:
    read = _BOUND.fullmatch(bound)
    if read is None:
        raise ValueError(f"{bound!r} is no bound of a version")
    return bool(_COMPARE[read[1]](_numbers(version), _numbers(read[2])))


def _numbers(version: str) -> tuple[int, ...]:
    """Of `4.11.0rc1` 4 and 11: what follows the release is left out, and so are zeros at its end,
    since 3.11 is 3.11.0."""
    release = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(number) for number in release[0].split(".")] if release else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
