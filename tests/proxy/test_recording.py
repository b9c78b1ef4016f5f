"""What goes into the record beside the answer: every attempt, and what was said while capture is on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.harness import Jumpseat, running

MESSAGES = [{"role": "user", "content": "say: ok"}]
CHAT = {"model": "gpt-4.1", "messages": MESSAGES}


async def test_embeddings_and_counts_list_their_attempts(jumpseat: Jumpseat) -> None:
    jumpseat.sim.faults.add("status", preset="429")
    asked = {"model": "text-embedding-3-small", "input": "x"}
    assert (await jumpseat.post("/v1/embeddings", asked)).status == 200
    await jumpseat.post("/v1/messages/count_tokens", {"model": "claude-opus-4.5", "messages": MESSAGES})
    embedded, counted = jumpseat.seat.records.all()
    assert [one.status for one in embedded.tries] == [429, 200]
    assert len(counted.tries) == counted.attempts == 1
    assert all(one.ms >= 0 and one.reason for one in (*embedded.tries, *counted.tries))


async def test_capture_follows_its_settings_and_ends_by_itself(sim, tmp_path) -> None:
    now = datetime.now(UTC)
    async with running(sim, tmp_path, history={"capture_bodies": True, "capture_hours": 2.0}) as jumpseat:
        capture, settings = jumpseat.seat.capture, jumpseat.live.now
        assert capture.until is not None
        assert abs(capture.until - now - timedelta(hours=2)) < timedelta(minutes=1)
        await jumpseat.post("/v1/chat/completions", CHAT)
        capture._clock = lambda: now + timedelta(hours=2, minutes=1)
        assert not capture.is_on
        await jumpseat.post("/v1/chat/completions", CHAT)
        assert [one.captured for one in jumpseat.seat.records.all()] == [True, False]
        off = replace(settings, history=replace(settings.history, capture_bodies=False))
        jumpseat.live.replace(off)
        assert not capture.is_on
        jumpseat.live.replace(settings)
        assert capture.is_on
        jumpseat.live.replace(off)
        assert not capture.is_on


async def test_other_settings_do_not_begin_capture_anew(sim, tmp_path) -> None:
    async with running(sim, tmp_path, history={"capture_bodies": True}) as jumpseat:
        capture, settings = jumpseat.seat.capture, jumpseat.live.now
        capture.stop()
        jumpseat.live.replace(replace(settings, server=replace(settings.server, max_body_mb=1)))
        assert not capture.is_on


async def test_events_of_a_stream_are_counted(jumpseat: Jumpseat) -> None:
    for path, body in (
        ("/v1/chat/completions", CHAT),
        ("/v1/messages", {"model": "claude-opus-4.5", "max_tokens": 50, "messages": MESSAGES}),
        ("/v1/responses", {"model": "gpt-5.3-codex", "input": "say: ok"}),
    ):
        reply = await jumpseat.post(path, body | {"stream": True})
        assert jumpseat.last["frames"] == reply.body.count(b"\n\n") > 2, path
