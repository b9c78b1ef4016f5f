"""Each hand-made upstream stream, through every writer, cut at every place."""

import json

import orjson
import pytest
from anthropic.types import RawMessageStreamEvent
from openai.types.chat import ChatCompletionChunk
from pydantic import TypeAdapter
from wire_cases import Case, an_ask, load, meaning, params, run, split_at, wanted

from tray_app.dialects.chat.reader import ChatReader
from tray_app.dialects.chat.writer import ChatWriter
from tray_app.dialects.deltas import Collector, Failed
from tray_app.dialects.memory import Memory
from tray_app.dialects.messages.reader import MessagesReader
from tray_app.dialects.messages.writer import MessagesWriter
from tray_app.dialects.neutral import Opaque, Reply, Thinking
from tray_app.dialects.protocol import StreamReader
from tray_app.dialects.sse import Event, Reader
from tray_app.dialects.translated import Translated
from tray_app.errors import Fault, Kind

READERS = {"chat": ChatReader, "messages": MessagesReader}
WRITERS = {"chat": ChatWriter, "messages": MessagesWriter}
CASES = load("chat") + load("messages")
GOOD = [case for case in CASES if case.is_good]
BROKEN = [case for case in CASES if not case.is_good]
FAULT = Fault(502, Kind.UPSTREAM, "It broke.")
ANTHROPIC: TypeAdapter[object] = TypeAdapter(RawMessageStreamEvent)


def translated(case: Case, writer: str, memory: Memory | None = None) -> Translated:
    ask = an_ask(include_usage=True)
    return Translated(READERS[case.dialect](), WRITERS[writer]("asked", ask), memory)


def events_of(data: bytes) -> list[Event]:
    reader = Reader()
    return reader.feed(data) + reader.flush()


def collected(reader: StreamReader, data: bytes) -> Reply:
    collector = Collector()
    for event in events_of(data):
        for delta in reader.feed(event):
            collector.feed(delta)
    for delta in reader.finish():
        collector.feed(delta)
    return collector.reply()


@pytest.mark.parametrize("case", params(GOOD))
def test_a_stream_means_what_it_says(case: Case) -> None:
    assert meaning(collected(READERS[case.dialect](), case.sse)) == wanted(case)


@pytest.mark.parametrize("writer", sorted(WRITERS))
@pytest.mark.parametrize("case", params(GOOD))
def test_a_translated_stream_keeps_its_meaning(case: Case, writer: str) -> None:
    stream = translated(case, writer)
    out = run(stream, case.sse)
    assert stream.ended
    assert stream.fault is None
    found = meaning(collected(READERS[writer](), out))
    want = wanted(case)
    if "opaque" in want:
        assert found.pop("opaque", None) == want.pop("opaque")
    if case.name == "refusal" and writer == "chat":
        want["stop"] = "filtered"
    if case.name == "content_filter" and writer == "messages":
        want["stop"] = "refused"
    if case.name == "context_full" and writer == "chat":
        want["stop"] = "max_tokens"
    for name, count in want.pop("usage", {}).items():
        if name != "nano_aiu":
            assert found["usage"][name] == count, name
        assert getattr(stream.usage, name) == count, name
    found.pop("usage", None)
    assert found == want


@pytest.mark.parametrize("writer", sorted(WRITERS))
@pytest.mark.parametrize("case", params(CASES))
def test_the_client_gets_the_same_bytes_however_the_body_is_cut(case: Case, writer: str) -> None:
    whole = run(translated(case, writer), case.sse)
    assert run(translated(case, writer), case.sse, size=1) == whole
    for place in range(0, len(case.sse), 7):
        assert split_at(translated(case, writer), case.sse, place) == whole


@pytest.mark.parametrize("case", params(BROKEN))
def test_a_broken_stream_ends_with_one_error_for_a_chat_client(case: Case) -> None:
    stream = translated(case, "chat")
    events = events_of(run(stream, case.sse))
    assert [event.data for event in events].count(b"[DONE]") == 1
    assert events[-1].data == b"[DONE]"
    error = json.loads(events[-2].data)["error"]
    assert case.want["fault"] in error["message"]
    assert stream.fault is not None
    assert stream.fault.status == case.want.get("status", 502)
    assert not any(b'"finish_reason":"' in event.data for event in events)


@pytest.mark.parametrize("case", params(BROKEN))
def test_a_broken_stream_ends_with_one_error_for_a_messages_client(case: Case) -> None:
    events = events_of(run(translated(case, "messages"), case.sse))
    assert [event.name for event in events].count("error") == 1
    assert events[-1].name == "error"
    assert case.want["fault"] in json.loads(events[-1].data)["error"]["message"]
    assert "message_stop" not in [event.name for event in events]
    opened = [event.name for event in events].count("content_block_start")
    assert opened == [event.name for event in events].count("content_block_stop")


@pytest.mark.parametrize("case", params(CASES))
def test_chat_chunks_are_what_the_openai_sdk_accepts_strictly(case: Case) -> None:
    chunks = [
        ChatCompletionChunk.model_validate_json(event.data, strict=True)
        for event in events_of(run(translated(case, "chat"), case.sse))
        if event.data != b"[DONE]" and b'"error"' not in event.data
    ]
    if not case.is_good:
        return
    assert chunks[0].choices[0].delta.role == "assistant"
    finishes = [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason]
    assert len(finishes) == 1
    if "usage" in case.want:
        assert chunks[-1].choices == []
        assert chunks[-1].usage is not None


@pytest.mark.parametrize("case", params(CASES))
def test_events_are_what_the_anthropic_sdk_accepts_strictly(case: Case) -> None:
    """And their order is that of copilot-wire 11.3."""
    events = events_of(run(translated(case, "messages"), case.sse))
    open_index, next_index, names = None, 0, []
    for event in events:
        data = orjson.loads(event.data)
        assert data["type"] == event.name
        names.append(event.name)
        if event.name == "error":
            continue
        ANTHROPIC.validate_json(event.data, strict=True)
        match event.name:
            case "content_block_start":
                assert open_index is None
                assert data["index"] == next_index
                open_index, next_index = next_index, next_index + 1
            case "content_block_delta":
                assert data["index"] == open_index
            case "content_block_stop":
                assert data["index"] == open_index
                open_index = None
            case "message_delta":
                assert open_index is None
    if case.is_good:
        assert names[0] == "message_start"
        assert names[-2:] == ["message_delta", "message_stop"]
        assert names.count("message_start") == names.count("message_delta") == 1


def test_without_being_asked_no_usage_goes_to_a_chat_client() -> None:
    case = next(case for case in GOOD if case.name == "plain_text")
    out = run(Translated(READERS[case.dialect](), ChatWriter("asked", an_ask())), case.sse)
    assert b'"usage"' not in out


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_failing_from_outside_gives_one_error_and_then_silence(writer: str) -> None:
    case = next(case for case in GOOD if case.name == "plain_text")
    stream = translated(case, writer)
    stream.feed(case.sse[: len(case.sse) // 2])
    assert b"It broke." in stream.fail(FAULT)
    assert stream.ended
    assert stream.fault == FAULT
    assert stream.feed(case.sse) == stream.finish() == stream.fail(FAULT) == b""


@pytest.mark.parametrize("writer", sorted(WRITERS))
@pytest.mark.bug(43)
def test_an_endless_event_is_an_error_not_a_crash(writer: str) -> None:
    case = GOOD[0]
    stream = translated(case, writer)
    stream._events = Reader(limit=100)
    out = stream.feed(b"data: " + b"x" * 200)
    assert b"too large" in out
    assert stream.ended


def test_thinking_is_remembered_by_the_call_behind_it() -> None:
    memory = Memory()
    case = next(case for case in GOOD if case.name == "opaque_beside_the_call")
    run(translated(case, "chat", memory), case.sse)
    thinking = memory.thinking("call_g")
    assert thinking is not None
    assert thinking.opaque is not None
    assert thinking.opaque.value == "Z2VtaW5p"


def test_a_writer_that_never_saw_a_start_still_ends() -> None:
    for writer in WRITERS.values():
        assert b"It broke." in writer("asked", an_ask()).feed(Failed(FAULT))


def test_an_opaque_value_behind_the_calls_is_remembered_for_them() -> None:
    call = b'{"index":0,"id":"call_late","type":"function","function":{"name":"ls","arguments":"{}"}}'
    chunks = (
        b'{"reasoning_text":"Hm."}',
        b'{"tool_calls":[%b]}' % call,
        b'{"reasoning_opaque":"sealed"}',
    )
    stream = b"".join(b'data: {"choices":[{"index":0,"delta":%b}]}\n\n' % delta for delta in chunks)
    memory = Memory()
    run(
        Translated(READERS["chat"](), WRITERS["messages"]("asked", an_ask()), memory),
        stream
        + b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n',
    )
    assert memory.thinking("call_late") == Thinking("Hm.", Opaque("chat", "sealed"))
