"""Responses clients that name items of earlier answers by id, as the AI SDK does unless `store` is false."""

from typing import Any

import pytest
from ways import WAYS, Way, events

from tests.harness import Jumpseat

TOOL = {"type": "function", "name": "read", "parameters": {"type": "object", "properties": {}}}
WAYS_OF_RESPONSES = [way for way in WAYS if way.dialect == "responses"]


async def first_items(jumpseat: Jumpseat, way: Way, *, stream: bool, **more: Any) -> list[Any]:
    reply = await jumpseat.post(way.path, way.body("say: hello", stream=stream, tools=[TOOL], **more))
    if not stream:
        return list(reply.json["output"])
    return [event.data["item"] for event in events(reply) if event.name == "response.output_item.done"]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("way", WAYS_OF_RESPONSES, ids=str)
async def test_known_items_are_put_back(jumpseat: Jumpseat, way: Way, stream: bool) -> None:
    items = await first_items(jumpseat, way, stream=stream)
    references = [{"type": "item_reference", "id": item["id"]} for item in items]
    question = {"role": "user", "content": "say: again"}
    reply = await jumpseat.post(way.path, way.body() | {"input": [question, *references, question]})
    assert reply.status == 200
    assert b"hello" in (jumpseat.sim.requests[-1].body or b"")
    assert any("items put back" in note for note in jumpseat.last["notes"])
    assert jumpseat.last["initiator"] == "user"


@pytest.mark.parametrize("way", WAYS_OF_RESPONSES, ids=str)
async def test_unknown_items_and_those_not_to_be_stored_are_refused(jumpseat: Jumpseat, way: Way) -> None:
    items = await first_items(jumpseat, way, stream=False, store=False)
    for id in (items[-1]["id"], "msg_unknown"):
        body = way.body() | {
            "input": [{"type": "item_reference", "id": id}, {"role": "user", "content": "x"}]
        }
        reply = await jumpseat.post(way.path, body)
        assert reply.status == 400
        assert "store" in reply.json["error"]["message"]
