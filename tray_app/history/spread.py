"""PURE. How latencies are spread, as counts in bins of a logarithmic scale, each 4 % wider than the one
before: the middle of a bin is within 2 % of everything in it.

All counts are one large number, 32 bits for each bin, so that the sum of a month is as many additions as it
has half hours.
"""

import math
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

_GROWTH = math.log(1.04)
_BITS = 32
_LAST = 500  # 1.04 ** 500 milliseconds are ten days
STEPS = (50, 95, 99)


def one(ms: float) -> int:
    """The counts of a single value."""
    bin = min(_LAST, math.floor(math.log(ms) / _GROWTH)) if ms >= 1 else 0
    return 1 << (_BITS * bin)


def packed(counts: int) -> bytes:
    return counts.to_bytes((counts.bit_length() + 7) // 8, "little")


def unpacked(data: bytes) -> int:
    return int.from_bytes(data, "little")


def squeezed(counts: int) -> bytes:
    """Smaller, and slower to read: most bins are empty where few requests were counted."""
    return zlib.compress(packed(counts), 1)


def unsqueezed(data: bytes) -> int:
    return unpacked(zlib.decompress(data))


def of_each(counts: int) -> "array[int]":
    """The count of each bin, from the lowest."""
    size = -(-counts.bit_length() // _BITS) * _BITS // 8
    found = array("I")
    found.frombytes(counts.to_bytes(size, "little"))
    return found


def percentiles(counts: int, wanted: Sequence[int] = STEPS) -> dict[str, float | None]:
    """The middle of the bin that holds each rank; None without values."""
    reached = list(accumulate(of_each(counts)))
    if not reached:
        return {f"p{p}": None for p in wanted}
    bins = {p: bisect_left(reached, max(1, -(-reached[-1] * p // 100))) for p in wanted}
    return {f"p{p}": round(math.exp((bin + 0.5) * _GROWTH), 1) for p, bin in bins.items()}


def exactly(values: Iterable[float], wanted: Sequence[int] = STEPS) -> dict[str, float | None]:
    """Nearest rank among the values themselves; None without any."""
    known = sorted(values)
    if not known:
        return {f"p{p}": None for p in wanted}
    return {f"p{p}": round(known[max(0, -(-len(known) * p // 100) - 1)], 1) for p in wanted}
