"""Until when the quota lasts, and when nothing is said about it."""

from datetime import UTC, datetime, timedelta

import pytest

from tray_app.history.forecast import Forecast, forecast, period_start
from tray_app.history.noted import Reading

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
RESET = datetime(2026, 2, 1, tzinfo=UTC)


def reading(days_ago: float, remaining: float | None, **more: object) -> Reading:
    given = {
        "at": NOW - timedelta(days=days_ago),
        "source": "quota",
        "sku": "premium",
        "login": "me",
        "entitlement": 300.0,
        "remaining": remaining,
        "percent_remaining": None,
        "unlimited": False,
        "resets_at": RESET,
    }
    return Reading(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "readings",
    [[], [reading(1, None)], [reading(1, 300, unlimited=True), reading(0, 300, unlimited=True)]],
    ids=["none", "unknown", "unlimited"],
)
def test_without_figures_nothing_is_said(readings: list[Reading]) -> None:
    assert forecast(readings, NOW) is None


def test_at_this_pace_it_ends_before_it_is_renewed() -> None:
    found = forecast([reading(4, 200), reading(2, 150), reading(0, 100)], NOW)
    assert found == Forecast("premium", 25.0, NOW + timedelta(days=4), False, RESET)


def test_at_this_pace_it_lasts() -> None:
    found = forecast([reading(4, 200), reading(0, 196)], NOW)
    assert found == Forecast("premium", 1.0, None, True, RESET)


def test_nothing_used_lasts() -> None:
    found = forecast([reading(4, 200), reading(0, 200)], NOW)
    assert found == Forecast("premium", 0.0, None, True, RESET)


@pytest.mark.parametrize("left", [0, -12.5])
def test_what_is_used_up_or_overdrawn_has_ended(left: float) -> None:
    found = forecast([reading(4, 40), reading(0, left)], NOW)
    assert found is not None
    assert (found.lasts_until, found.past_reset) == (NOW, False)


def test_a_renewal_in_between_begins_anew() -> None:
    """300 came back two days ago; since then 20 a day."""
    readings = [reading(6, 100), reading(3, 10), reading(2, 300), reading(1, 280), reading(0, 260)]
    found = forecast(readings, NOW)
    assert found is not None
    assert found.per_day == pytest.approx(20.0)
    assert (found.lasts_until, found.past_reset) == (None, True)  # thirteen days, and the reset is before


def test_a_small_correction_is_no_renewal() -> None:
    found = forecast([reading(4, 200), reading(3, 203), reading(0, 100)], NOW)
    assert found is not None
    assert found.per_day == pytest.approx(25.0)


def test_only_the_last_week_is_the_pace() -> None:
    found = forecast([reading(11, 300), reading(7, 107), reading(0, 100)], NOW)
    assert found is not None
    assert found.per_day == pytest.approx(1.0)


def test_a_morning_is_no_pace_but_a_period_is() -> None:
    """Two readings an hour apart; the period began 19.5 days ago and 195 are gone."""
    found = forecast([reading(0.04, 150), reading(0, 105)], NOW)
    assert found is not None
    assert found.per_day == pytest.approx(10.0)
    assert found.lasts_until == NOW + timedelta(days=10.5)


def test_on_the_first_day_of_a_period_nothing_is_said() -> None:
    first = datetime(2026, 2, 1, 8, tzinfo=UTC)
    march = datetime(2026, 3, 1, tzinfo=UTC)
    now = [reading(0, 290, at=first, resets_at=march)]
    assert forecast(now, first) == Forecast("premium", reset_at=march)


def test_without_a_reset_there_is_an_end_or_none() -> None:
    found = forecast([reading(4, 200, resets_at=None), reading(0, 100, resets_at=None)], NOW)
    assert found == Forecast("premium", 25.0, NOW + timedelta(days=4), False, None)
    assert forecast([reading(0, 100, resets_at=None)], NOW) == Forecast("premium")


@pytest.mark.parametrize(
    ("reset", "begun"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
        (datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_period_begins_a_month_before_its_end(reset: datetime | None, begun: datetime | None) -> None:
    assert period_start(reset) == begun
