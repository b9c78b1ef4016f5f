"""Streams that fail at their beginning: an HTTP error, or one more try; and failures behind the first words,
whose fate does not depend on how the network cut the answer."""

import pytest
from ways import EVERY, WAYS, Way, assert_broken, assert_error, streamed_text, whole_text

from tests.harness import Jumpseat

RESPONSES = [way for way in EVERY if way.upstream == "/responses"]


@pytest.mark.parametrize("way", RESPONSES, ids=str)
async def test_a_failure_behind_the_announcements_is_an_http_error(jumpseat: Jumpseat, way: Way) -> None:
    jumpseat.sim.faults.add(
        "error_event", after=2, form="failed", message="Invalid thing", code="invalid_request_body"
    )
    reply = await jumpseat.post(way.path, way.body())
    assert assert_error(way.dialect, reply, 400)["message"] == "Invalid thing"


@pytest.mark.parametrize("way", RESPONSES, ids=str)
async def test_an_internal_error_behind_the_announcements_is_tried_once_more(
    jumpseat: Jumpseat, way: Way
) -> None:
    jumpseat.sim.faults.add(
        "error_event", after=2, form="failed", message="Internal server error.", code="internal_error"
    )
    reply = await jumpseat.post(way.path, way.body())
    assert reply.status == 200
    assert jumpseat.last["attempts"] == 2
    assert jumpseat.last["repairs"] == ["asked again after an early internal server error"]


async def test_an_early_refusal_is_repaired_like_one_with_a_status(jumpseat: Jumpseat) -> None:
    way = next(way for way in RESPONSES if way.dialect == "responses")
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "from elsewhere"}
    body = way.body() | {
        "input": [{"role": "user", "content": "a"}, reasoning, {"role": "user", "content": "b"}]
    }
    jumpseat.sim.faults.add(
        "error_event",
        after=2,
        form="failed",
        message="The encrypted content for item rs_1 could not be verified.",
        code="invalid_encrypted_content",
    )
    reply = await jumpseat.post(way.path, body)
    assert reply.status == 200
    assert any("reasoning that Copilot could not read" in repair for repair in jumpseat.last["repairs"])


@pytest.mark.parametrize("way", EVERY, ids=str)
async def test_words_before_a_failure_reach_the_client_in_one_piece_too(jumpseat: Jumpseat, way: Way) -> None:
    """The simulator sends everything at once here."""
    jumpseat.sim.faults.add("error_event", after=7, message="it fell over")
    reply = await jumpseat.post(way.path, way.body())
    assert reply.status == 200
    assert assert_broken(way, reply)["message"].startswith("it fell over")
    assert streamed_text(way, reply)


@pytest.mark.parametrize("dialect", ["chat", "responses"])
async def test_a_whole_answer_where_a_stream_was_asked_for_is_taken(jumpseat: Jumpseat, dialect: str) -> None:
    """Long answers of Claude are streamed upstream also for a client that wants them whole."""
    way = next(way for way in WAYS if way.dialect == dialect and way.upstream == "/v1/messages")
    content = [{"type": "text", "text": "Hello"}]
    answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": way.model, "content": content}
    answer |= {"stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2}}
    jumpseat.sim.faults.add("json_200", body=answer)
    reply = await jumpseat.post(way.path, way.body(stream=False))
    assert b'"stream":true' in jumpseat.sim.requests[-1].body
    assert reply.status == 200
    assert whole_text(way, reply) == "Hello"
