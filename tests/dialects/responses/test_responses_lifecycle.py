"""Events that upstream skipped are made up for: each item reaches the client with its whole lifecycle."""

import orjson
import pytest

from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import Rules
from tray_app.dialects.responses.native import NativeResponses
from tray_app.dialects.sse import Reader

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
}
CALL = {
    "id": "fc_1",
    "type": "function_call",
    "call_id": "call_1",
    "name": "read",
    "arguments": '{"path":"a"}',
    "status": "completed",
}
THOUGHT = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "sealed",
}
CREATED = {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}}
TEXT_DELTA = {"type": "response.output_text.delta", "item_id": "x", "content_index": 0, "delta": "Hello"}
ARGUMENTS_DONE = {
    "type": "response.function_call_arguments.done",
    "item_id": "x",
    "arguments": CALL["arguments"],
}


def done(item: dict) -> dict:
    return {"type": "response.output_item.done", "item": item}


def added(item: dict) -> dict:
    return {"type": "response.output_item.added", "item": item | {"arguments": ""}}


def completed(*output: dict, **more) -> dict:
    response = {"id": "resp_1", "status": "completed", "output": list(output), **more}
    return {"type": "response.completed", "response": response}


def passed(*events: dict) -> list[dict]:
    """What the client gets of events of the item at index 0, numbered as they stand."""
    rules = Rules(model=Model(id="gpt-9", endpoints=("/responses",)), memory=Memory())
    stream = NativeResponses({"model": "gpt-9"}, rules)
    body = b"".join(
        b"data: %b\n\n" % orjson.dumps(event | {"output_index": 0, "sequence_number": number})
        for number, event in enumerate(events)
    )
    reader = Reader()
    return [orjson.loads(event.data) for event in reader.feed(stream.feed(body) + stream.finish())]


TEXT = ["output_item.added", "content_part.added", "output_text.delta", "output_text.done"]
TEXT = [*TEXT, "content_part.done", "output_item.done"]
THINKING = [f"reasoning_summary_{part}" for part in ("part.added", "text.delta", "text.done", "part.done")]
THINKING = ["output_item.added", *THINKING, "output_item.done"]
CALLING = ["output_item.added", "function_call_arguments.delta", "function_call_arguments.done"]
CALLING = [*CALLING, "output_item.done"]


@pytest.mark.parametrize(
    ("events", "whole"),
    [
        pytest.param([CREATED, done(MESSAGE), completed(MESSAGE)], TEXT, id="text in output_item.done only"),
        pytest.param([CREATED, done(CALL), completed(CALL)], CALLING, id="call in output_item.done only"),
        pytest.param([CREATED, done(THOUGHT), completed(THOUGHT)], THINKING, id="reasoning, done only"),
        pytest.param([CREATED, completed(MESSAGE)], TEXT, id="text in the last event only"),
        pytest.param([completed(CALL)], CALLING, id="nothing but the last event"),
        pytest.param([TEXT_DELTA, done(MESSAGE), completed(MESSAGE)], TEXT, id="delta without beginnings"),
        pytest.param([CREATED, TEXT_DELTA, completed(MESSAGE)], TEXT, id="delta and the last event"),
        pytest.param(
            [CREATED, added(CALL), ARGUMENTS_DONE, done(CALL), completed(CALL)], CALLING, id="call, no delta"
        ),
    ],
)
def test_an_item_has_its_whole_lifecycle(events: list[dict], whole: list[str]) -> None:
    seen = passed(*events)
    kinds = [event["type"].removeprefix("response.") for event in seen]
    assert [kind for kind in kinds if kind not in ("created", "in_progress", "completed")] == whole
    assert kinds[0] == "created"
    assert kinds[-1] == "completed"
    numbers = [event["sequence_number"] for event in seen]
    assert numbers == sorted(set(numbers))
    ids = {event["item_id"] for event in seen if "item_id" in event}
    assert ids | {event["item"]["id"] for event in seen if "item" in event} == {
        seen[-1]["response"]["output"][0]["id"]
    }


def test_deltas_that_are_made_up_hold_the_whole_text() -> None:
    deltas = [
        event["delta"] for event in passed(CREATED, completed(THOUGHT, MESSAGE, CALL)) if "delta" in event
    ]
    assert deltas == ["hm", "Hello", CALL["arguments"]]


@pytest.mark.parametrize("usage", [None, {"input_tokens": 3, "output_tokens": 2}], ids=["none", "thin"])
def test_a_finished_response_has_whole_usage(usage: dict | None) -> None:
    """opencode never ends a turn without it; strict SDKs want both details."""
    given = passed(CREATED, done(MESSAGE), completed(MESSAGE, usage=usage))[-1]["response"]["usage"]
    assert given["input_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 0}
    assert given["output_tokens_details"] == {"reasoning_tokens": 0}
    assert given["total_tokens"] == (5 if usage else 0)


def test_events_without_numbers_are_numbered() -> None:
    events = [CREATED, added(CALL), done(CALL), completed(CALL)]
    bare = [{**event, "sequence_number": None} for event in events]
    rules = Rules(model=Model(id="gpt-9", endpoints=("/responses",)), memory=Memory())
    stream = NativeResponses({}, rules)
    out = stream.feed(b"".join(b"data: %b\n\n" % orjson.dumps(e | {"output_index": 0}) for e in bare))
    numbers = [orjson.loads(event.data)["sequence_number"] for event in Reader().feed(out)]
    assert numbers == list(range(len(numbers)))
