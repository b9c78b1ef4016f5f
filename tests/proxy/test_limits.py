"""The owner's own limits: a gap between requests, a cap for the day, approval of each request."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from ways import NATIVE, Way, assert_error, assert_neat

from tests.harness import running
from tray_app.errors import JumpseatError
from tray_app.proxy.approvals import Wanted
from tray_app.proxy.limits import Left, Limits
from tray_app.proxy.noting import note_quota
from tray_app.settings import LimitSettings

THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
NONE = LimitSettings()
GAP = LimitSettings(rate_limit_seconds=10)
PATIENT = LimitSettings(rate_limit_seconds=10, rate_limit_wait=True)
CAPPED = LimitSettings(daily_quota_percent=5)
PROMPT = Wanted("Claude Code", "claude-sonnet-5", 4_000)


class Desk:
    """Limits with a clock, a calendar and a quota that the test sets. Waiting moves the clock."""

    def __init__(self) -> None:
        self.now, self.day = 100.0, date(2026, 1, 31)
        self.login, self.noted = "octocat", {"octocat": 0.0}
        self.left: float | None = 80.0
        self.waited: list[float] = []
        self.limits = Limits(
            self._left,
            noted=self._noted,
            monotonic=lambda: self.now,
            today=lambda: self.day,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    def _left(self) -> Left | None:
        return None if self.left is None else Left(self.login, "premium_interactions", self.left)

    async def _noted(self, left: Left) -> float | None:
        return self.noted.get(left.login or "")

    async def status(self, settings: LimitSettings) -> int:
        """200, or the status of the refusal."""
        try:
            await self.limits.admit(settings, PROMPT)
        except JumpseatError as error:
            return error.fault.status
        return 200


async def test_without_limits_everything_may_go() -> None:
    desk = Desk()
    assert [await desk.status(NONE) for _ in range(3)] == [200] * 3


async def test_a_request_too_soon_is_told_when() -> None:
    desk = Desk()
    assert await desk.status(GAP) == 200
    desk.now += 3.5
    with pytest.raises(JumpseatError) as refused:
        await desk.limits.admit(GAP, PROMPT)
    assert (refused.value.fault.status, refused.value.fault.retry_after) == (429, "7")
    desk.now += 6.5
    assert await desk.status(GAP) == 200, "a refused request does not count"


async def test_those_who_wait_go_one_after_the_other() -> None:
    desk = Desk()
    assert await asyncio.gather(*(desk.status(PATIENT) for _ in range(4))) == [200] * 4
    assert desk.waited == [10, 10, 10]


async def test_one_who_leaves_while_waiting_gives_the_place_back() -> None:
    class Leaving(Desk):
        async def _sleep(self, seconds: float) -> None:
            raise asyncio.CancelledError

    desk = Leaving()
    await desk.limits.admit(PATIENT, PROMPT)
    with pytest.raises(asyncio.CancelledError):
        await desk.limits.admit(PATIENT, PROMPT)
    desk.now += 10
    assert await desk.status(GAP) == 200


async def test_the_cap_counts_from_the_days_first_request() -> None:
    desk = Desk()
    assert await desk.status(CAPPED) == 200
    desk.left = 75.1
    assert await desk.status(CAPPED) == 200
    desk.left = 75.0
    assert await desk.status(CAPPED) == 402
    desk.day = date(2026, 2, 1)
    assert await desk.status(CAPPED) == 200
    desk.left = 100.0  # the period began anew
    assert await desk.status(CAPPED) == 200
    desk.left = 95.0
    assert await desk.status(CAPPED) == 402


async def test_a_lifted_cap_counts_again_when_its_time_is_over() -> None:
    desk = Desk()
    clock = datetime(2026, 1, 31, 12, tzinfo=UTC)
    desk.limits._clock = lambda: clock
    assert await desk.status(CAPPED) == 200
    assert not desk.limits.is_cap_reached(CAPPED)
    desk.left = 60.0
    assert desk.limits.is_cap_reached(CAPPED)
    assert await desk.status(CAPPED) == 402
    desk.limits.lift_cap(1)
    assert desk.limits.lifted_until == clock + timedelta(hours=1)
    assert await desk.status(CAPPED) == 200
    assert desk.limits.is_cap_reached(CAPPED), "reached it is, lifted or not"
    clock += timedelta(hours=1)
    assert desk.limits.lifted_until is None
    assert await desk.status(CAPPED) == 402
    assert not desk.limits.is_cap_reached(NONE)


async def test_the_cap_of_one_account_is_not_another_s() -> None:
    desk = Desk()
    assert await desk.status(CAPPED) == 200
    desk.login, desk.left = "hubot", 30.0
    assert await desk.status(CAPPED) == 200
    desk.left = 25.0
    assert await desk.status(CAPPED) == 402
    desk.login, desk.left = "octocat", 76.0
    assert await desk.status(CAPPED) == 200
    desk.left = 75.0
    assert await desk.status(CAPPED) == 402


async def test_a_program_started_anew_knows_what_the_day_began_with() -> None:
    desk = Desk()
    desk.noted["octocat"] = 85.0
    assert await desk.status(CAPPED) == 402
    desk.day = date(2026, 2, 1)
    desk.noted["octocat"] = 80.0
    assert await desk.status(CAPPED) == 200


async def test_the_cap_outlives_the_program(sim, tmp_path) -> None:
    for left, status in ((80, 200), (70, 402)):
        quota = sim.account().quota
        quota.remaining = left / 100 * quota.plan.entitlement
        async with running(sim, tmp_path, limits={"daily_quota_percent": 5.0}) as jumpseat:
            await jumpseat.seat.quota.refresh()
            assert (await jumpseat.post(NATIVE[0].path, NATIVE[0].body())).status == status
            await note_quota(jumpseat.seat, {})


async def test_an_unknown_quota_caps_nothing() -> None:
    desk = Desk()
    desk.left = None
    assert await desk.status(CAPPED) == 200


@THREE
async def test_a_client_sees_the_gap(sim, tmp_path, way: Way) -> None:
    async with running(sim, tmp_path, limits={"rate_limit_seconds": 60}) as jumpseat:
        assert_neat(way, await jumpseat.post(way.path, way.body()))
        reply = await jumpseat.post(way.path, way.body())
        assert "rate_limit_seconds" in assert_error(way.dialect, reply, 429)["message"]
        assert 1 <= int(reply.headers["Retry-After"]) <= 60
        assert len(sim.ledger) == 1
        counted = await jumpseat.post(
            "/v1/messages/count_tokens", {"model": "gpt-4.1", "messages": [{"role": "user", "content": "x"}]}
        )
        assert counted.status == 200, "counting never waits"


@THREE
async def test_where_nobody_can_be_asked_approval_is_refused(sim, tmp_path, way: Way) -> None:
    async with running(sim, tmp_path, limits={"manual_approval": True}) as jumpseat:
        error = assert_error(way.dialect, await jumpseat.post(way.path, way.body()), 403)
        assert "manual_approval" in error["message"]
        assert sim.ledger == []
