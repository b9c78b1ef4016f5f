"""Chat to chat: what passes untouched, what is mended, and that no cut changes anything."""

import orjson
import pytest
from openai.types.chat import ChatCompletionChunk
from wire_cases import Case, load, meaning, params, rules, run, split_at, wanted

from tray_app.dialects.chat.native import NativeChat
from tray_app.dialects.chat.reader import ChatReader
from tray_app.dialects.chat.reply import native_reply
from tray_app.dialects.deltas import Collector
from tray_app.dialects.fields import Json
from tray_app.dialects.sse import Event, Reader
from tray_app.errors import Fault, Kind

CASES = load("chat")
GOOD = [case for case in CASES if case.is_good]
BROKEN = [case for case in CASES if not case.is_good]
WANTS_USAGE: Json = {"stream_options": {"include_usage": True}}


def events_of(data: bytes) -> list[Event]:
    reader = Reader()
    return reader.feed(data) + reader.flush()


def case_named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


@pytest.mark.parametrize("case", params(GOOD))
def test_the_client_sees_one_choice_with_everything(case: Case) -> None:
    """The client's view is that of a naive one: choice 0, calls by index, one finish reason."""
    stream = NativeChat(WANTS_USAGE, rules())
    events = events_of(run(stream, case.sse))
    assert [event.data for event in events].count(b"[DONE]") == 1
    assert events[-1].data == b"[DONE]"
    text, finishes, calls = "", [], {}
    for event in events[:-1]:
        chunk = ChatCompletionChunk.model_validate_json(event.data, strict=True)
        if not chunk.choices:
            assert chunk.usage is not None
            continue
        assert len(chunk.choices) == 1
        choice = chunk.choices[0]
        assert choice.index == 0
        text += choice.delta.content or ""
        finishes += [choice.finish_reason] if choice.finish_reason else []
        for piece in choice.delta.tool_calls or ():
            call = calls.setdefault(piece.index, [piece.id, piece.function.name, ""])
            call[2] += piece.function.arguments or ""
    if not case.want.get("native_differs"):
        assert text == case.want.get("text", "")
    assert list(calls) == list(range(len(calls)))
    assert list(calls.values()) == case.want.get("calls", [])
    assert len(finishes) == 1
    if calls:
        assert finishes == ["tool_calls"]
    for name, count in case.want.get("usage", {}).items():
        assert getattr(stream.usage, name) == count


@pytest.mark.parametrize("case", params(GOOD))
def test_what_passes_still_means_the_same(case: Case) -> None:
    collector, reader = Collector(), ChatReader()
    for event in events_of(run(NativeChat(WANTS_USAGE, rules()), case.sse)):
        for delta in reader.feed(event):
            collector.feed(delta)
    found, want = meaning(collector.reply()), wanted(case)
    found.pop("usage", None)
    want.pop("usage", None)
    assert found == want


@pytest.mark.parametrize("case", params(CASES))
def test_the_client_gets_the_same_bytes_however_the_body_is_cut(case: Case) -> None:
    whole = run(NativeChat({}, rules()), case.sse)
    assert run(NativeChat({}, rules()), case.sse, size=1) == whole
    for place in range(0, len(case.sse), 5):
        assert split_at(NativeChat({}, rules()), case.sse, place) == whole


@pytest.mark.parametrize("case", params(BROKEN))
def test_a_broken_stream_ends_with_an_error_chunk_and_no_finish_reason(case: Case) -> None:
    stream = NativeChat({}, rules())
    events = events_of(run(stream, case.sse))
    assert events[-1].data == b"[DONE]"
    assert case.want["fault"] in orjson.loads(events[-2].data)["error"]["message"]
    assert stream.ended
    assert stream.fault is not None
    assert not any(b'"finish_reason":"' in event.data for event in events)


def test_ordinary_events_pass_byte_for_byte() -> None:
    case = case_named("plain_text")
    lines = case.sse.split(b"\n\n")
    out = run(NativeChat({}, rules()), case.sse)
    assert lines[0].startswith(b'data: {"choices":[],')
    assert out.startswith(b"\n\n".join(lines[1:4]) + b"\n\n")


def test_usage_goes_only_to_who_asked_and_once() -> None:
    for name in ("plain_text", "late_usage", "calls_in_choice_1"):
        case = case_named(name)
        assert b'"usage"' not in run(NativeChat({}, rules()), case.sse)
        assert run(NativeChat(WANTS_USAGE, rules()), case.sse).count(b'"usage"') == 1


def test_the_opaque_value_is_remembered_for_the_calls_behind_it() -> None:
    its_rules = rules()
    run(NativeChat({}, its_rules), case_named("opaque_beside_the_call").sse)
    thinking = its_rules.memory.thinking("call_g")
    assert thinking is not None
    assert thinking.opaque is not None
    assert thinking.opaque.value == "Z2VtaW5p"


def test_failing_from_outside_gives_one_error_and_then_silence() -> None:
    case = case_named("plain_text")
    stream = NativeChat({}, rules())
    stream.feed(case.sse[:-100])
    out = stream.fail(Fault(504, Kind.TIMEOUT, "Silence."))
    assert out.startswith(b"data: {")
    assert out.endswith(b"data: [DONE]\n\n")
    assert stream.at_boundary
    assert stream.feed(case.sse) == stream.finish() == b""


def chunk(delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: %b\n\n" % orjson.dumps(data | {"choices": [choice]})


def chunks_of(body: bytes) -> list[Json]:
    out = run(NativeChat({}, rules()), body)
    return [orjson.loads(event.data) for event in events_of(out) if event.data != b"[DONE]"]


def test_the_first_chunk_has_the_role_also_where_upstream_left_it_out() -> None:
    seen = chunks_of(chunk({"content": "Hi"}) + chunk({"content": "."}) + chunk({}, "stop"))
    assert [part["choices"][0]["delta"] for part in seen] == [
        {"content": "Hi", "role": "assistant"},
        {"content": "."},
        {},
    ]


def test_a_call_without_arguments_gets_an_empty_object() -> None:
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "now", "arguments": ""}}
    seen = chunks_of(chunk({"role": "assistant", "tool_calls": [call]}) + chunk({}, "tool_calls"))
    pieces = [part for one in seen for part in one["choices"][0]["delta"].get("tool_calls", [])]
    assert "".join(part["function"]["arguments"] for part in pieces) == "{}"


def test_a_whole_answer_has_what_every_sdk_reads() -> None:
    message = {"role": "assistant", "content": "Hi"}
    reply = native_reply(
        {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}, {}, rules()
    )
    assert reply["id"].startswith("chatcmpl-")
    assert (reply["object"], reply["created"], reply["model"]) == ("chat.completion", 0, rules().model.id)
