"""The stream a Responses client gets: every event strict, accumulated by the SDK's own state."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tray_app.dialects.deltas import Collector, Failed, Opened, Piece, Started, Stopped, collect, play
from tray_app.dialects.neutral import (
    Ask,
    Opaque,
    Refusal,
    Reply,
    Stop,
    StopReason,
    Text,
    Thinking,
    Tool,
    ToolCall,
    Usage,
)
from tray_app.dialects.responses.reader import ResponsesReader
from tray_app.dialects.responses.reply import read_reply, write_reply
from tray_app.dialects.responses.writer import ResponsesWriter
from tray_app.dialects.sse import Reader
from tray_app.errors import Fault, Kind

EVENT = TypeAdapter(ResponseStreamEvent)
ASK = Ask(
    model="claude-opus-9",
    messages=(),
    max_tokens=100,
    tools=(
        Tool("read", "Read a file", {"type": "object", "properties": {}}),
        Tool("apply_patch", kind="custom", format={"type": "grammar", "syntax": "lark", "definition": "x"}),
        Tool("exec", kind="custom", namespace="functions", namespace_description="Things to run"),
        Tool("spawn", parameters={"type": "object"}, namespace="agents"),
    ),
)
FULL = Reply(
    id="msg_01",
    model="claude-opus-9",
    parts=(
        Thinking("First I look.\n\nThen I act.", Opaque("messages", "sig-1")),
        Text("Let me see. ä🙂", phase="commentary"),
        ToolCall("toolu_1", "read", '{"path":"a.py"}'),
        ToolCall("toolu_2", "read", "{}"),
    ),
    stop=Stop(StopReason.TOOLS),
    usage=Usage(120, 40, 100, 7, 12),
)


def written(reply: Reply, ask: Ask = ASK) -> list[dict]:
    writer = ResponsesWriter("opus", ask)
    return events(b"".join(writer.feed(delta) for delta in play(reply)))


def events(data: bytes) -> list[dict]:
    reader = Reader()
    found = reader.feed(data) + reader.flush()
    for event in found:
        assert event.name == orjson.loads(event.data)["type"]
    return [orjson.loads(event.data) for event in found]


def accumulated(stream: list[dict]) -> Response:
    state = ResponseStreamState(input_tools=[], text_format=omit)
    for event in stream:
        state.handle_event(EVENT.validate_python(event))
    return state._completed_response


def test_every_event_is_strictly_valid():
    for event in written(FULL):
        EVENT.validate_python(event)


def test_the_lifecycle_is_complete_and_in_order():
    kinds = [event["type"].removeprefix("response.") for event in written(FULL)]
    assert kinds == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_sequence_numbers_count_up_from_zero():
    stream = written(FULL)
    assert [event["sequence_number"] for event in stream] == list(range(len(stream)))


def test_one_short_id_per_item_in_every_event():
    stream, ids = written(FULL), {}
    for event in stream:
        id = event.get("item_id") or event.get("item", {}).get("id")
        if id:
            assert ids.setdefault(event["output_index"], id) == id
            assert len(id) <= 64
    assert [id.split("_")[0] for id in ids.values()] == ["rs", "msg", "fc", "fc"]
    assert [item["id"] for item in stream[-1]["response"]["output"]] == list(ids.values())


def test_the_sdk_accumulates_the_answer():
    response = accumulated(written(FULL))
    assert response.output_text == "Let me see. ä🙂"
    assert [item.type for item in response.output] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]
    assert response.usage.input_tokens_details.cached_tokens == 100
    assert response.usage.input_tokens_details.cache_write_tokens == 7
    assert response.usage.total_tokens == 160


def test_a_foreign_signature_travels_in_a_carrier_and_comes_back():
    stream = written(FULL)
    item = next(event["item"] for event in stream if event["type"] == "response.output_item.done")
    assert item["encrypted_content"].startswith("jumpseat1.")
    assert "sig-1" not in item["encrypted_content"]


def test_a_custom_tool_gets_its_input_unwrapped():
    reply = Reply(
        "m", "x", (ToolCall("c1", "apply_patch", '{"input":"*** Begin\\n"}'),), Stop(StopReason.TOOLS)
    )
    stream = written(reply)
    added = next(e["item"] for e in stream if e["type"] == "response.output_item.added")
    assert (added["type"], added["input"]) == ("custom_tool_call", "")
    kinds = [e["type"] for e in stream]
    assert "response.custom_tool_call_input.delta" in kinds
    assert not any("function_call" in kind for kind in kinds)
    done = next(e for e in stream if e["type"] == "response.custom_tool_call_input.done")
    assert done["input"] == "*** Begin\n"
    assert stream[-1]["response"]["output"][0]["input"] == "*** Begin\n"
    for event in stream:
        EVENT.validate_python(event)


@pytest.mark.parametrize(
    ("wire", "name", "namespace", "type"),
    [
        ("functions__exec", "exec", "functions", "custom_tool_call"),
        ("agents__spawn", "spawn", "agents", "function_call"),
    ],
)
def test_namespaces_are_restored(wire, name, namespace, type):
    reply = Reply("m", "x", (ToolCall("c1", wire, '{"input":"run"}'),), Stop(StopReason.TOOLS))
    item = written(reply)[-1]["response"]["output"][0]
    assert (item["name"], item["namespace"], item["type"]) == (name, namespace, type)


def test_a_call_without_arguments_gets_an_object():
    reply = Reply("m", "x", (ToolCall("c1", "read", ""),), Stop(StopReason.TOOLS))
    stream = written(reply)
    assert stream[-1]["response"]["output"][0]["arguments"] == "{}"
    assert accumulated(stream).output[0].arguments == "{}"


@pytest.mark.parametrize(
    ("reason", "kind", "details"),
    [
        (StopReason.END, "completed", None),
        (StopReason.STOP_SEQUENCE, "completed", None),
        (StopReason.MAX_TOKENS, "incomplete", "max_output_tokens"),
        (StopReason.CONTEXT_FULL, "incomplete", "max_output_tokens"),
        (StopReason.FILTERED, "incomplete", "content_filter"),
        (StopReason.REFUSED, "incomplete", "content_filter"),
    ],
)
def test_stop_reasons(reason, kind, details):
    reply = Reply("m", "x", (Text("a"),), Stop(reason))
    last = written(reply)[-1]
    assert last["type"] == f"response.{kind}"
    assert last["response"]["status"] == kind
    assert (last["response"]["incomplete_details"] or {}).get("reason") == details
    EVENT.validate_python(last)
    assert write_reply(reply, "opus", ASK)["status"] == kind


def test_text_goes_out_at_once():
    writer = ResponsesWriter("opus", ASK)
    writer.feed(Started("m", "x"))
    writer.feed(Opened(Text("")))
    (event,) = events(writer.feed(Piece("Hel")))
    assert (event["type"], event["delta"]) == ("response.output_text.delta", "Hel")


@pytest.mark.parametrize("early", [True, False], ids=["before anything", "in the middle of a block"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(502, Kind.UPSTREAM, "broken"), "server_error"),
        (Fault(429, Kind.RATE_LIMITED, "slow down", retry_after="7"), "rate_limit_exceeded"),
        (Fault(402, Kind.BILLING, "no quota"), "insufficient_quota"),
        (Fault(400, Kind.INVALID, "prompt is too long: 9 tokens > 8 maximum"), "context_length_exceeded"),
        (Fault(400, Kind.INVALID, "x", code="model_max_prompt_tokens_exceeded"), "context_length_exceeded"),
        (Fault(400, Kind.INVALID, "bad"), "invalid_prompt"),
        (Fault(503, Kind.OVERLOADED, "busy"), "server_error"),
    ],
)
def test_a_failure_ends_with_response_failed(fault, code, early):
    writer = ResponsesWriter("opus", ASK)
    deltas = [] if early else [Started("m", "x"), Opened(Text("")), Piece("Hel")]
    stream = events(b"".join(writer.feed(delta) for delta in [*deltas, Failed(fault)]))
    assert stream[0]["type"] == "response.created"
    flat, failed = stream[-2:]
    assert (flat["type"], flat["code"]) == ("error", code)
    assert "error" not in flat
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"]["code"] == code
    if fault.retry_after:
        assert "try again in 7s" in failed["response"]["error"]["message"]
    assert not any(event["type"] == "response.completed" for event in stream)
    numbers = [event["sequence_number"] for event in stream]
    assert numbers == sorted(set(numbers))
    if code in ("server_error", "rate_limit_exceeded", "invalid_prompt"):
        for event in stream:
            EVENT.validate_python(event)


def test_a_whole_reply_is_a_strict_response():
    Response.model_validate(write_reply(FULL, "opus", ASK))
    empty = Reply("", "", (), Stop(StopReason.END))
    response = Response.model_validate(write_reply(empty, "opus", Ask("opus", ())))
    assert response.id.startswith("resp_")
    assert response.usage.total_tokens == 0


def test_stream_and_whole_reply_agree():
    whole, final = write_reply(FULL, "opus", ASK), written(FULL)[-1]["response"]
    assert whole == final


# --- there and back again ---

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
names = st.sampled_from(["read", "write", "list_files"])
opaques = st.builds(Opaque, st.sampled_from(["messages", "chat"]), texts)
parts = st.one_of(
    st.builds(Text, texts, phase=st.sampled_from([None, "commentary", "final_answer"])),
    st.builds(Refusal, texts),
    st.builds(Thinking, texts, st.none() | opaques),
    st.builds(Thinking, st.just(""), opaques),
    st.builds(ToolCall, st.uuids().map(str), names, st.just('{"a":1}')),
    st.builds(ToolCall, st.uuids().map(str), st.just("apply_patch"), texts, st.just("custom")),
)


def stop_for(found: list) -> Stop:
    if any(isinstance(part, ToolCall) for part in found):
        return Stop(StopReason.TOOLS)
    return Stop(StopReason.REFUSED if any(isinstance(part, Refusal) for part in found) else StopReason.END)


@st.composite
def replies(draw):
    found = draw(st.lists(parts, max_size=6))
    stop = draw(st.sampled_from([stop_for(found), Stop(StopReason.MAX_TOKENS)]))
    if stop.reason is StopReason.REFUSED:
        stop = Stop(StopReason.FILTERED)  # a refusal is `incomplete` for clients
    numbers = draw(st.lists(st.integers(0, 10**9), min_size=5, max_size=5))
    return Reply("resp_" + draw(st.uuids()).hex, "opus", tuple(found), stop, Usage(*numbers))


def unsealed(reply: Reply) -> Reply:
    """The reply with carriers opened, as our own `read_ask` would."""
    from dataclasses import replace

    from tray_app.dialects.carrier import unpack

    def opened(part):
        if isinstance(part, Thinking) and part.opaque:
            return replace(part, opaque=unpack(part.opaque.value, "responses"))
        return part

    return replace(reply, parts=tuple(opened(part) for part in reply.parts), created=None)


@settings(max_examples=150, deadline=None)
@given(replies())
def test_play_write_read_collect_gives_the_reply_again(reply):
    writer, reader, sse = ResponsesWriter("opus", ASK), ResponsesReader(), Reader()
    data = b"".join(writer.feed(delta) for delta in play(reply))
    deltas = [delta for event in sse.feed(data) for delta in reader.feed(event)] + reader.finish()
    assert unsealed(collect(deltas)) == reply
    assert unsealed(read_reply(write_reply(reply, "opus", ASK))) == reply


@settings(max_examples=60, deadline=None)
@given(replies(), st.data())
def test_the_reader_does_not_care_where_chunks_are_cut_or_deltas_are_missing(reply, data):
    writer = ResponsesWriter("opus", ASK)
    whole = b"".join(writer.feed(delta) for delta in play(reply))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    dropped = data.draw(st.sampled_from(["none", "deltas", "all but completed", "items"]))
    reader, sse, collector = ResponsesReader(), Reader(), Collector()
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    for event in [event for piece in pieces for event in sse.feed(piece)]:
        if dropped == "deltas" and event.name.endswith((".delta", "content_part.added")):
            continue
        if dropped == "items" and event.name == "response.output_item.done":
            continue
        if dropped == "all but completed" and not event.name.endswith(("completed", "incomplete")):
            continue
        for delta in reader.feed(event):
            collector.feed(delta)
    assert reader.finish() == []
    assert unsealed(collector.reply()) == reply


def test_redacted_thinking_comes_back_redacted():
    from tray_app.dialects.responses.ask_reader import read_ask

    part = Thinking("", Opaque("messages", "data-1"), redacted=True)
    body = write_reply(Reply("m", "x", (part,), Stop(StopReason.END)), "opus", ASK)
    ask, _ = read_ask({"model": "opus", "input": body["output"]})
    assert ask.messages[0].parts == (part,)


def test_nothing_after_stopped_is_needed():
    writer = ResponsesWriter("opus", ASK)
    stream = events(writer.feed(Stopped(Stop(StopReason.END))))
    assert [event["type"] for event in stream] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]
