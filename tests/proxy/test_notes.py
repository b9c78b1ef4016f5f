"""What the record of a request says, and what its user is told, about names, models and compaction."""

import pytest
from ways import NATIVE, WAYS, Way, assert_error

from tests.harness import Jumpseat, running

ALL = pytest.mark.parametrize("way", WAYS, ids=str)
THREE = pytest.mark.parametrize("way", NATIVE, ids=str)


@THREE
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_listed_model_that_copilot_refuses(jumpseat: Jumpseat, stream: bool, way: Way) -> None:
    body = {"error": {"message": "The requested model is not supported.", "code": "model_not_supported",
                      "param": "model", "type": "invalid_request_error"}}  # fmt: skip
    jumpseat.sim.faults.add("status", status=400, body=body)
    error = assert_error(way.dialect, await jumpseat.post(way.path, way.body(stream=stream)), 400)
    assert error["message"].startswith("The requested model is not supported. Copilot lists")
    assert way.model in error["message"]
    assert "github.com/settings/copilot/features" in error["message"]


@THREE
async def test_a_small_model_that_nobody_has_is_noted(sim, tmp_path, way: Way) -> None:
    """A title must not fail for that, but its owner should see it."""
    async with running(sim, tmp_path, models={"small_model": "gpt-0-nano"}) as jumpseat:
        await jumpseat.post(way.path, way.body(), **{"X-Interaction-Type": "conversation-background"})
        record = jumpseat.last
        assert record["model_requested"] == way.model
        assert sim.ledger[-1].model == way.model
        noted = [note for note in record["notes"] if "small_model" in note]
        assert len(noted) == 1
        assert "gpt-0-nano" in noted[0]
        await jumpseat.post(way.path, way.body())
        assert not [note for note in jumpseat.last["notes"] if "small_model" in note]


async def test_item_ids_made_stable_are_noted(jumpseat: Jumpseat) -> None:
    """Copilot's change from event to event; a whole answer has one of each."""
    way = next(way for way in NATIVE if way.dialect == "responses")
    for stream in (True, False):
        await jumpseat.post(way.path, way.body(stream=stream))
        assert ("output: item ids made stable" in jumpseat.last["notes"]) == stream


async def test_dropped_fields_of_embeddings_are_noted(jumpseat: Jumpseat) -> None:
    body = {"model": "text-embedding-3-small", "input": "a", "user": "me", "encoding_format": "float"}
    reply = await jumpseat.post("/v1/embeddings", body)
    assert reply.status == 200
    assert any("user" in note for note in jumpseat.last["notes"])
    assert jumpseat.last["upstream_endpoint"] == "/embeddings"


@pytest.mark.parametrize("path", ["/v1/responses/compact", "/responses/compact"])
async def test_compaction(jumpseat: Jumpseat, path: str) -> None:
    talk = [
        {"type": "message", "role": "user", "content": "MARKER-first question"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "an answer"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "MARKER-second"}]},
    ]
    reply = await jumpseat.post(path, {"model": "gpt-5.3-codex", "input": talk})
    assert reply.status == 200, reply.text
    assert reply.json["object"] == "response.compaction"
    kinds = [item["type"] for item in reply.json["output"]]
    assert kinds == ["message", "message", "compaction"]
    assert reply.json["output"][-1]["encrypted_content"]
    record = jumpseat.last
    assert (record["initiator"], record["status"], record["stream"]) == ("agent", 200, False)
    assert record["input_tokens"]
    assert jumpseat.sim.ledger[-1].interaction_type == "conversation-compaction"
    follow_up = [*reply.json["output"], {"type": "message", "role": "user", "content": "say: go on"}]
    next_turn = await jumpseat.post("/v1/responses", {"model": "gpt-5.3-codex", "input": follow_up})
    assert next_turn.status == 200, next_turn.text


async def test_compaction_where_there_is_none(jumpseat: Jumpseat) -> None:
    path = "/v1/responses/compact"
    error = assert_error("responses", await jumpseat.post(path, {"model": "gpt-4.1", "input": "x"}), 400)
    assert "gpt-4.1 cannot compact" in error["message"]
    assert_error("responses", await jumpseat.post(path, {"input": "x"}), 400)
    assert_error("responses", await jumpseat.post(path, {"model": "nobody", "input": "x"}), 404)
    for broken in (5, None, {}, [], [5], [None]):
        reply = await jumpseat.post(path, {"model": "gpt-5.3-codex", "input": broken})
        assert_error("responses", reply, 400)
    assert all(entry.endpoint != "/responses" for entry in jumpseat.sim.ledger)
