"""Latencies as counts: sums are additions, and percentiles stay within 2 %."""

import random

import pytest

from tray_app.history import spread


@pytest.mark.parametrize("seed", range(5))
def test_percentiles_are_within_two_percent(seed):
    rng = random.Random(seed)
    values = [rng.lognormvariate(7, 1.5) + 1 for _ in range(rng.randint(1, 3_000))]
    counts = sum(spread.one(value) for value in values)
    exact, near = spread.exactly(values), spread.percentiles(counts)
    for name, value in exact.items():
        assert near[name] == pytest.approx(value, rel=0.021)


def test_nothing_has_no_percentiles():
    assert spread.percentiles(0) == spread.exactly([]) == {"p50": None, "p95": None, "p99": None}


def test_what_is_stored_is_what_was_counted():
    counts = spread.one(0) + spread.one(3.0) + 70_000 * spread.one(900.0) + spread.one(1e12)
    assert spread.unpacked(spread.packed(counts)) == counts
    assert sum(spread.of_each(counts)) == 70_003
