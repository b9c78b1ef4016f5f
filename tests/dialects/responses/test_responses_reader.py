"""Copilot's streams, with everything that is unusual about them, read into neutral deltas."""

import orjson
import pytest

from tray_app.dialects.deltas import Collector, Failed, Piece
from tray_app.dialects.neutral import (
    Opaque,
    Refusal,
    Searched,
    Source,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tray_app.dialects.responses.reader import ResponsesReader
from tray_app.dialects.responses.reply import read_reply, read_usage
from tray_app.dialects.sse import Event
from tray_app.errors import Kind, Rejected

RESPONSE = {"id": "resp_1", "object": "response", "model": "gpt-9.1-codex-2026", "status": "completed"}
USAGE = {
    "input_tokens": 50,
    "input_tokens_details": {"cached_tokens": 40},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 59,
}


def stream(*data: dict) -> list[Event]:
    return [Event(one["type"], orjson.dumps(one)) for one in data]


def read(*data: dict) -> Collector:
    reader, collector = ResponsesReader(), Collector()
    for event in stream(*data):
        for delta in reader.feed(event):
            collector.feed(delta)
    for delta in reader.finish():
        collector.feed(delta)
    return collector


CREATED = {"type": "response.created", "response": RESPONSE | {"status": "in_progress"}}
COMPLETED = {"type": "response.completed", "response": RESPONSE | {"usage": USAGE}}


def item(index: int, **fields) -> dict:
    return {"type": "response.output_item.done", "output_index": index, "item": fields}


def added(index: int, **fields) -> dict:
    return {"type": "response.output_item.added", "output_index": index, "item": fields}


def text_delta(index: int, text: str, content: int = 0, **more) -> dict:
    return {
        "type": "response.output_text.delta",
        "output_index": index,
        "content_index": content,
        "delta": text,
        **more,
    }


def summary_delta(index: int, part: int, text: str) -> dict:
    return {
        "type": "response.reasoning_summary_text.delta",
        "output_index": index,
        "summary_index": part,
        "delta": text,
    }


def test_items_are_told_apart_by_output_index_whatever_their_ids():
    reply = read(
        CREATED,
        added(0, type="message", id="a", role="assistant", content=[], phase="final_answer"),
        text_delta(0, "Hel", item_id="b"),
        text_delta(0, "lo", item_id="c"),
        item(0, type="message", id="d", content=[{"type": "output_text", "text": "Hello"}]),
        COMPLETED,
    ).reply()
    assert reply.parts == (Text("Hello", phase="final_answer"),)
    assert (reply.id, reply.model) == ("resp_1", "gpt-9.1-codex-2026")
    assert reply.usage == Usage(50, 9, 40, None, 4)


def test_summary_parts_are_joined_and_the_blob_keeps_the_id_it_came_with():
    reply = read(
        CREATED,
        added(0, type="reasoning", id="first", summary=[]),
        summary_delta(0, 0, "One "),
        summary_delta(0, 0, "two."),
        summary_delta(0, 1, "Three."),
        item(
            0,
            type="reasoning",
            id="last",
            summary=[
                {"type": "summary_text", "text": "One two."},
                {"type": "summary_text", "text": "Three."},
            ],
            encrypted_content="blob",
        ),
        COMPLETED,
    ).reply()
    assert reply.parts == (Thinking("One two.\n\nThree.", Opaque("responses", "blob", "last")),)


def test_reasoning_with_nothing_in_it_leaves_no_part():
    reply = read(
        CREATED, added(0, type="reasoning", id="a", summary=[]), item(0, type="reasoning", id="b"), COMPLETED
    )
    assert reply.reply().parts == ()


def test_interleaved_calls_come_one_after_the_other():
    def arguments(index, text):
        return {"type": "response.function_call_arguments.delta", "output_index": index, "delta": text}

    reply = read(
        CREATED,
        added(0, type="function_call", call_id="c0", name="read", arguments=""),
        added(1, type="function_call", call_id="c1", name="list", arguments="", namespace="fs"),
        arguments(1, '{"b":'),
        arguments(0, '{"a":'),
        arguments(1, "2}"),
        arguments(0, "1}"),
        item(1, type="function_call", call_id="c1", name="list", arguments='{"b":2}', namespace="fs"),
        item(0, type="function_call", call_id="c0", name="read", arguments='{"a":1}'),
        COMPLETED,
    ).reply()
    assert reply.parts == (
        ToolCall("c0", "read", '{"a":1}'),
        ToolCall("c1", "list", '{"b":2}', namespace="fs"),
    )
    assert reply.stop.reason is StopReason.TOOLS


FOUND = Source("https://example.org/", "Example")
CITATION = {"type": "url_citation", "url": FOUND.url, "title": FOUND.title}


@pytest.mark.parametrize("told", ["in the item", "in the text", "nowhere"])
def test_a_search_gets_its_pages_from_where_they_are_told(told):
    """Copilot names them in the item only where it takes that `include`."""
    action = {"type": "search", "query": "cats"}
    if told == "in the item":
        action["sources"] = [{"type": "url", "url": FOUND.url, "title": FOUND.title}]
    cited = [CITATION, CITATION, {"type": "file_citation"}] if told == "in the text" else []
    output = [
        {"type": "web_search_call", "id": "ws_1", "action": action},
        {"type": "web_search_call", "id": "ws_2", "action": {"type": "open_page", "url": FOUND.url}},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi", "annotations": cited}]},
    ]
    expected = Searched("ws_1", "cats", (FOUND,) if told != "nowhere" else ())
    streamed = read(CREATED, *(item(index, **one) for index, one in enumerate(output)), COMPLETED).reply()
    whole = read_reply(RESPONSE | {"output": output})
    assert set(streamed.parts) == set(whole.parts) == {expected, Text("Hi")}


OUTPUT = [
    {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "blob"},
    {
        "type": "message",
        "content": [{"type": "output_text", "text": "Hi"}, {"type": "refusal", "refusal": "But no"}],
    },
    {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""},
    {"type": "custom_tool_call", "call_id": "d", "name": "p", "input": "raw"},
]
PARTS = (
    Thinking("", Opaque("responses", "blob", "r")),
    Text("Hi"),
    Refusal("But no"),
    ToolCall("c", "f", "{}"),
    ToolCall("d", "p", "raw", "custom"),
)


def test_completed_alone_may_carry_the_whole_answer():
    whole = {"type": "response.completed", "response": RESPONSE | {"output": OUTPUT}}
    assert read(whole).reply().parts == PARTS


def test_items_alone_may_carry_the_whole_answer():
    items = [item(index, **one) for index, one in enumerate(OUTPUT)]
    assert read(CREATED, *items, COMPLETED).reply().parts == PARTS


def test_a_whole_body_reads_the_same():
    assert read_reply(RESPONSE | {"output": OUTPUT}).parts == PARTS


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, StopReason.MAX_TOKENS),
        ({"reason": "content_filter"}, StopReason.FILTERED),
        (None, StopReason.MAX_TOKENS),
    ],
)
def test_incomplete(details, reason):
    ending = {
        "type": "response.incomplete",
        "response": {"id": "r", "model": "m", "incomplete_details": details},
    }
    assert read(CREATED, text_delta(0, "Hi"), ending).reply().stop.reason is reason


@pytest.mark.parametrize(
    ("events", "kind", "message"),
    [
        (
            [{"type": "error", "error": {"code": "rate_limited", "message": "slow"}}],
            Kind.RATE_LIMITED,
            "slow",
        ),
        ([{"type": "error", "code": "quota_exceeded", "message": "none left"}], Kind.BILLING, "none left"),
        (
            [{"type": "response.failed", "response": {"error": {"code": "server_error", "message": "oops"}}}],
            Kind.UPSTREAM,
            "oops",
        ),
        (
            [
                {"type": "response.failed", "response": {"error": None}},
                {"type": "error", "error": {"code": "bad_request", "message": "no such tool"}},
            ],
            Kind.INVALID,
            "no such tool",
        ),
        ([{"type": "response.failed", "response": {}}], Kind.UPSTREAM, "gave no reason"),
        ([], Kind.UPSTREAM, "closed before response.completed"),
    ],
    ids=["nested", "flat", "failed", "failed, then error", "failed without a reason", "early end"],
)
def test_failures(events, kind, message):
    fault = read(CREATED, text_delta(0, "Hel"), *events).failed
    assert fault.kind is kind
    assert message in fault.message


def test_an_event_that_is_not_json_ends_in_a_failure():
    (failed,) = ResponsesReader().feed(Event("", b"{broken"))
    assert isinstance(failed, Failed)


def test_nothing_comes_after_the_ending():
    reader = ResponsesReader()
    (event,) = stream(COMPLETED)
    assert reader.feed(event)
    assert reader.feed(event) == []
    assert reader.finish() == []


def test_arguments_full_of_line_breaks_are_stopped():
    def arguments(text):
        return {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": text}

    start = [CREATED, added(0, type="function_call", call_id="c", name="glob"), arguments('{"a":')]
    assert read(*start, *[arguments("\n")] * 25).failed.code == "runaway_arguments"
    assert read(*start, *[arguments("\n  ")] * 10, arguments("1"), *[arguments("\n")] * 15).failed.code != (
        "runaway_arguments"
    )


def test_text_is_passed_on_at_once():
    reader = ResponsesReader()
    for event in stream(CREATED, text_delta(0, "a")):
        reader.feed(event)
    (event,) = stream(text_delta(0, "b"))
    assert reader.feed(event) == [Piece("b")]


@pytest.mark.parametrize(
    "body",
    [
        {"usage": USAGE, "copilot_usage": {"total_nano_aiu": 7}},
        {"usage": USAGE | {"copilot_usage": {"total_nano_aiu": 7}}},
    ],
)
def test_cost_is_found_in_either_place(body):
    assert read_usage(body).nano_aiu == 7


def test_cost_beside_the_response_of_a_stream():
    assert read(COMPLETED | {"copilot_usage": {"total_nano_aiu": 5}}).reply().usage.nano_aiu == 5


def test_a_failed_body_is_an_error():
    with pytest.raises(Rejected, match="oops"):
        read_reply({"status": "failed", "error": {"code": "server_error", "message": "oops"}})


def test_a_call_is_not_told_twice_when_the_final_output_counts_otherwise() -> None:
    """The final list may leave an item out, so that its places are not those of the events."""
    call = {"type": "function_call", "call_id": "call_1", "name": "ls", "arguments": "{}"}
    found = read(
        {"type": "response.output_item.done", "output_index": 1, "item": call},
        {"type": "response.completed", "response": {**RESPONSE, "output": [call], "usage": USAGE}},
    )
    assert [part.id for part in found.reply().parts if isinstance(part, ToolCall)] == ["call_1"]
