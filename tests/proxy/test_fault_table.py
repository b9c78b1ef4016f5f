"""The fault table: each fault of the simulated Copilot, what the client sees of it in each dialect, what was
tried again, and what the record says."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from ways import (
    EVERY,
    GEMINI,
    NATIVE,
    SAID,
    Way,
    assert_broken,
    assert_error,
    assert_neat,
    streamed_text,
    whole_text,
)

from tests.harness import Jumpseat, running

OWN = pytest.mark.parametrize("way", [*NATIVE, GEMINI[0]], ids=str)
ALL = pytest.mark.parametrize("way", EVERY, ids=str)
BOTH = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


def attempts(jumpseat: Jumpseat, way: Way) -> int:
    """How often the request reached Copilot."""
    return sum(1 for seen in jumpseat.sim.requests if seen.path == way.upstream)


@dataclass(frozen=True)
class Refused:
    """A fault before the first byte. `tries`: requests that Copilot sees when it lasts. `says`: words that
    the client's message must hold."""

    name: str
    kind: str
    status: int
    tries: int
    options: dict[str, Any] = field(default_factory=dict)
    says: str = ""
    code: str | None = None
    retry_after: str | None = None

    def __str__(self) -> str:
        return self.name


def status(which: int | str, sees: int, tries: int, name: str = "", **more: Any) -> Refused:
    options = {"preset": str(which), **more.pop("options", {})}
    return Refused(name or str(which), "status", sees, tries, options, **more)


REFUSALS = (
    status(400, 400, 1, says="invalid request"),
    status(400, 429, 4, "400 that is a rate limit", options={
        "body": {"error": {"message": "slow down", "code": "rate_limited"}}}, says="slow down"),
    status(401, 403, 2, "401 that stays", says="jumpseat login"),
    status("ide_token", 403, 2, "401 of an IDE token that stays", says="jumpseat login"),
    status("connection", 400, 1, "401 of a connection", says="does not belong to this connection"),
    status(401, 403, 1, "401 that wants consent", options={
        "body": {"error": {"message": "authorize", "authorize_url": "https://github.example/allow"}}},
        says="https://github.example/allow"),
    status(402, 402, 1, says="You have no quota", code="quota_exceeded"),
    status(402, 402, 1, "402 with a date", options={"retry_after": "Tue, 01 Dec 2026 00:00:00 GMT"},
           retry_after="Tue, 01 Dec 2026 00:00:00 GMT"),
    status(403, 403, 2, "403 that says nothing", says="forbidden"),
    status(403, 403, 1, "403 of a policy", options={"body": {"error": {"message": "off", "code": "policy"}}},
           says="off", code="policy"),
    status("expired_token", 403, 2, "403 of an expired token", says="token expired"),
    status(404, 404, 1, says="page not found"),
    status(408, 408, 3, says="Timed out"),
    status("entity_too_large", 413, 1, "413", says="413 Request Entity Too Large"),
    status(421, 502, 2, says="Misdirected"),
    status(422, 422, 1, says="filtered", code="content_filter"),
    status(424, 424, 1, says="failed dependency"),
    status(429, 429, 4, "429 without a time", says="rate limit"),
    status(429, 429, 4, "429 with a short time", options={"retry_after": "2"}, retry_after="2"),
    status(429, 429, 1, "429 with a long time", options={"retry_after": "3600"}, retry_after="3600"),
    status(466, 502, 1, says="API version"),
    status(500, 500, 4, says="internal server error"),
    status(502, 502, 4, says="Bad Gateway"),
    status(503, 503, 4, says="upstream provider is rate limited"),
    status(503, 503, 1, "503 with a long time", options={"retry_after": "60"}, retry_after="60"),
    status(504, 504, 4, says="timeout"),
    status(529, 529, 4, says="Overloaded"),
    Refused("a load balancer's page", "html_502", 502, 4, says="502 Bad Gateway"),
    Refused("a reset before the headers", "reset", 502, 4, says="closed the connection"),
    Refused("an error with status 200", "json_200", 502, 1, says="internal server error"),
    Refused("a rate limit with status 200", "json_200", 429, 1, {
        "body": {"error": {"message": "too fast", "code": "rate_limited"}}}, says="too fast"),
    Refused("a bare message with status 200", "json_200", 502, 1, {"body": {"message": "it is broken"}},
            says="it is broken"),
)  # fmt: skip


@BOTH
@OWN
@pytest.mark.parametrize("fault", REFUSALS, ids=str)
async def test_a_fault_before_the_first_byte_is_an_http_error(
    jumpseat: Jumpseat, fault: Refused, way: Way, stream: bool
) -> None:
    sim = jumpseat.sim
    sim.faults.add(fault.kind, times=100, **fault.options)
    reply = await jumpseat.post(way.at(stream), way.body(stream=stream))
    error = assert_error(way.dialect, reply, fault.status)
    assert fault.says in error["message"]
    if fault.code and way.dialect in ("chat", "responses"):
        assert error["code"] == fault.code
    if fault.retry_after or fault.status != 429:
        assert reply.headers.get("Retry-After") == fault.retry_after
    assert attempts(jumpseat, way) == fault.tries
    assert sim.ledger == []
    record = jumpseat.last
    assert (record["status"], record["attempts"]) == (fault.status, fault.tries)
    assert record["error"]
    assert not record["cancelled"]
    assert sum(jumpseat.pauses) <= 20


@BOTH
@ALL
@pytest.mark.parametrize("kind", ["reset", "500", "502", "503", "504", "529", "429", "html_502", "408"])
async def test_a_fault_that_passes_is_mended_unseen(
    jumpseat: Jumpseat, kind: str, way: Way, stream: bool
) -> None:
    if kind.isdigit():
        jumpseat.sim.faults.add("status", preset=kind)
    else:
        jumpseat.sim.faults.add(kind)
    reply = await jumpseat.post(way.at(stream), way.body(stream=stream))
    assert reply.status == 200
    assert (streamed_text if stream else whole_text)(way, reply) == SAID
    assert attempts(jumpseat, way) == jumpseat.last["attempts"] == 2
    assert len(jumpseat.sim.ledger) == 1
    assert 0 < jumpseat.pauses[0] <= 1


# --- in the middle of a stream --------------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """A fault after the first bytes."""

    name: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    says: str = ""

    def __str__(self) -> str:
        return self.name


CUTS = (
    Cut("a reset", "reset_mid", says="broke off"),
    Cut("an early end", "close_early"),
    Cut("silence", "stall", {"seconds": 60}, says="nothing for"),
    Cut("an error event", "error_event", {"message": "the model fell over"}, says="the model fell over"),
    Cut("garbage", "malformed_sse"),
)


@ALL
@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_a_stream_that_breaks_ends_with_the_dialects_error(sim, tmp_path, cut: Cut, way: Way) -> None:
    sim.state.rate = 400
    sim.faults.add(cut.kind, after=7, **cut.options)
    async with running(sim, tmp_path, copilot={"read_timeout_seconds": 0.4}) as jumpseat:
        reply = await jumpseat.post(way.path, way.body())
        assert reply.status == 200
        error = assert_broken(way, reply)
        assert cut.says in error["message"]
        assert SAID.startswith(streamed_text_before_error(way, reply))
        assert (attempts(jumpseat, way), len(sim.ledger)) == (1, 1)
        record = jumpseat.last
        assert (record["status"], record["attempts"], record["cancelled"]) == (200, 1, False)
        assert record["error"]
        await sim.until(lambda sim: sim.active == 0, 2)


def streamed_text_before_error(way: Way, reply: Any) -> str:
    said = streamed_text(way, reply)
    assert said
    return said


@ALL
@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_a_whole_answer_that_breaks_is_an_http_error(sim, tmp_path, cut: Cut, way: Way) -> None:
    """Long answers of Claude come as a stream and are put together here."""
    sim.faults.add(cut.kind, after=7, **cut.options)
    async with running(sim, tmp_path, copilot={"read_timeout_seconds": 0.4}) as jumpseat:
        body = way.body(stream=False)
        for name in ("max_tokens", "max_output_tokens"):
            body.pop(name, None)
        if way.dialect == "messages":
            body["max_tokens"] = 32000
        reply = await jumpseat.post(way.at(False), body)
        if not sim.ledger[0].stream:
            assert reply.status == 200  # these faults are faults of streams
            return
        assert assert_error(way.dialect, reply, 504 if cut.kind == "stall" else reply.status)
        assert 500 <= reply.status < 600
        assert (attempts(jumpseat, way), len(sim.ledger)) == (1, 1)


@BOTH
@ALL
async def test_silence_before_the_headers_is_a_504(sim, tmp_path, way: Way, stream: bool) -> None:
    sim.faults.add("stall_headers", seconds=60)
    async with running(sim, tmp_path, copilot={"read_timeout_seconds": 0.3}) as jumpseat:
        await jumpseat.get("/v1/models")
        reply = await jumpseat.post(way.at(stream), way.body(stream=stream))
        assert_error(way.dialect, reply, 504)
        assert (attempts(jumpseat, way), jumpseat.last["error"]) == (1, "upstream_silent")


@ALL
async def test_an_error_event_at_the_very_start_is_an_http_error(jumpseat: Jumpseat, way: Way) -> None:
    jumpseat.sim.faults.add("error_event", after=0, message="no luck")
    reply = await jumpseat.post(way.path, way.body())
    error = assert_error(way.dialect, reply, reply.status)
    assert reply.status in (502, 529)
    assert "no luck" in error["message"]
    assert attempts(jumpseat, way) == 1


@ALL
async def test_a_lost_finish_signal_never_ends_neatly(jumpseat: Jumpseat, way: Way) -> None:
    """An end without one loops some clients for ever (client-traffic)."""
    jumpseat.sim.state.rate = 400
    jumpseat.sim.faults.add("close_early", after=9)
    assert_broken(way, await jumpseat.post(way.path, way.body()))


@ALL
async def test_a_lost_last_event(jumpseat: Jumpseat, way: Way) -> None:
    """A stream may end neatly when the finish reason came; what passes as bytes cannot be mended."""
    jumpseat.sim.state.rate = 400
    jumpseat.sim.faults.add("no_done")
    reply = await jumpseat.post(way.path, way.body())
    if way.upstream == "/responses":
        assert_broken(way, reply)
    elif str(way) == "messages native":
        assert reply.text.count("event: error\n") == 1
        assert "message_stop" not in reply.text
    else:
        assert_neat(way, reply)


# --- odd, but right -------------------------------------------------------------------------------

ODD = (
    "split_utf8", "one_byte_chunks", "crlf", "no_space", "no_final_blank_line", "wrong_content_type",
)  # fmt: skip


@ALL
@pytest.mark.parametrize("kind", ODD)
async def test_odd_spellings_give_the_same_stream(jumpseat: Jumpseat, kind: str, way: Way) -> None:
    jumpseat.sim.faults.add(kind)
    reply = await jumpseat.post(way.path, way.body())
    assert reply.status == 200
    assert_neat(way, reply)
    assert streamed_text(way, reply) == SAID
    assert jumpseat.last["output_tokens"] == jumpseat.sim.ledger[0].output_tokens


@BOTH
@ALL
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/octet-stream"])
async def test_a_wrong_content_type_fools_nobody(
    jumpseat: Jumpseat, content_type: str, way: Way, stream: bool
) -> None:
    jumpseat.sim.faults.add("wrong_content_type", content_type=content_type)
    reply = await jumpseat.post(way.at(stream), way.body(stream=stream))
    assert (streamed_text if stream else whole_text)(way, reply) == SAID


@ALL
async def test_a_whole_answer_to_a_streaming_request_becomes_a_stream(jumpseat: Jumpseat, way: Way) -> None:
    whole = await jumpseat.post(way.at(False), way.body(stream=False))
    native = next(other for other in NATIVE if other.upstream == way.upstream)
    upstream = await jumpseat.post(native.path, native.body(stream=False, model=way.model))
    assert whole.status == upstream.status == 200
    jumpseat.sim.faults.add("json_200", body=upstream.json)
    reply = await jumpseat.post(way.path, way.body())
    assert_neat(way, reply)
    assert streamed_text(way, reply) == SAID
    assert jumpseat.last["output_tokens"]
