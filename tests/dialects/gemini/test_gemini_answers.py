"""Answers in Google's form, whole, as events and as one JSON array: they say and end the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.deltas import (
    Closed,
    Failed,
    Measured,
    Opened,
    Piece,
    Sealed,
    Started,
    Stopped,
    play,
)
from tray_app.dialects.gemini.ask_reader import read_ask
from tray_app.dialects.gemini.reply import write_reply
from tray_app.dialects.gemini.writer import GeminiWriter, array_writer
from tray_app.dialects.neutral import (
    Ask,
    Message,
    Opaque,
    Reasoning,
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
from tray_app.errors import Fault, Kind

END = Stop(StopReason.END)
UNKNOWN = Usage()
SEAL = Opaque("messages", "c2VhbA==")
LATE = Opaque("chat", "b3BhcXVl")


def an_ask(show=False, tools=()):
    return Ask("m", (Message("user", (Text("hi"),)),), tools=tools, reasoning=Reasoning(show=show))


def whole(*parts, stop=END, usage=UNKNOWN, show=False, tools=()):
    return write_reply(Reply("id1", "served", parts, stop, usage), "asked", an_ask(show, tools))


def parts_of(*parts, **more):
    return whole(*parts, **more)["candidates"][0]["content"]["parts"]


def chunks(data: bytes):
    """The chunks of a stream in either form."""
    if data.startswith(b"["):
        return json.loads(data)
    assert data.endswith(b"\n\n")
    blocks = data.decode().removesuffix("\n\n").split("\n\n")
    return [json.loads(block.removeprefix("data: ")) for block in blocks]


def streamed(deltas, writer):
    return b"".join(writer.feed(delta) for delta in deltas)


@pytest.mark.parametrize(
    ("stop", "parts", "reason", "message"),
    [
        (END, (Text("a"),), "STOP", None),
        (Stop(StopReason.TOOLS), (ToolCall("c", "f", "{}"),), "STOP", None),
        (Stop(StopReason.STOP_SEQUENCE, "X"), (Text("a"),), "STOP", None),
        (Stop(StopReason.PAUSED), (), "STOP", None),
        (Stop(StopReason.MAX_TOKENS), (Text("a"),), "MAX_TOKENS", None),
        (Stop(StopReason.CONTEXT_FULL), (), "MAX_TOKENS", None),
        (Stop(StopReason.FILTERED), (), "SAFETY", None),
        (Stop(StopReason.REFUSED, explanation="No."), (), "SAFETY", "No."),
        (END, (Refusal("I will not."),), "SAFETY", "I will not."),
        (Stop(StopReason.MAX_TOKENS), (ToolCall("c", "f", '{"a'),), "MAX_TOKENS", None),
    ],
)
def test_finish_reasons(stop, parts, reason, message):
    candidate = whole(*parts, stop=stop)["candidates"][0]
    assert candidate["finishReason"] == reason
    assert candidate.get("finishMessage") == message


def test_arguments_that_are_no_object():
    candidate = whole(ToolCall("c", "f", '{"a": '), ToolCall("d", "g", ""))["candidates"][0]
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert '{"a": ' in candidate["finishMessage"]
    assert [part["functionCall"]["name"] for part in candidate["content"]["parts"]] == ["g"]


@pytest.mark.parametrize(
    ("usage", "written"),
    [
        (Usage(), {}),
        (Usage(10, 7, 4, 2, 5), {
            "promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 2,
            "thoughtsTokenCount": 5, "totalTokenCount": 17}),
        (Usage(10, 7), {"promptTokenCount": 10, "candidatesTokenCount": 7, "totalTokenCount": 17}),
        (Usage(10), {"promptTokenCount": 10}),
    ],
)  # fmt: skip
def test_usage(usage, written):
    assert whole(Text("a"), usage=usage)["usageMetadata"] == written


def test_who_answered():
    body = whole(Text("a"))
    assert (body["modelVersion"], body["responseId"]) == ("served", "id1")


def test_thoughts_are_shown_on_demand_and_signed_in_any_case():
    parts = (Thinking("Hm.", SEAL), Text("a"))
    hidden, shown = parts_of(*parts), parts_of(*parts, show=True)
    assert shown[0] == {"text": "Hm.", "thought": True}
    assert hidden == shown[1:]
    assert list(hidden[0]) == ["text", "thoughtSignature"]


def test_a_seal_behind_the_calls_rides_on_the_first_call():
    """Copilot's chat endpoint tells it last, and Gemini wants it with its call."""
    parts = parts_of(ToolCall("c", "f", "{}"), ToolCall("d", "g", "{}"), Thinking("", LATE))
    assert ["thoughtSignature" in part for part in parts] == [True, False]


def test_a_seal_without_a_part_of_its_own_rides_on_an_empty_text():
    parts = parts_of(Text("a"), Thinking("", LATE))
    assert parts[0] == {"text": "a"}
    assert parts[1]["text"] == ""
    assert parts[1]["thoughtSignature"]


def test_a_long_name_is_the_clients_own_again():
    name = "mcp.server/" + "x" * 70
    from tray_app.dialects.tool_names import wire_name

    parts = parts_of(ToolCall("c", wire_name(name), "{}"), tools=(Tool(name),))
    assert parts[0]["functionCall"]["name"] == name


FAULT = Fault(429, Kind.RATE_LIMITED, "Slow down.", retry_after="7")


@pytest.mark.parametrize("make", [GeminiWriter, array_writer], ids=["events", "array"])
@pytest.mark.parametrize("count", range(6))
def test_a_stream_that_breaks_anywhere_is_well_formed_and_ends_in_the_error(make, count):
    deltas = [Started("i", "m"), Opened(Text("")), Piece("a"), Piece("b"), Closed()][:count]
    *before, last = chunks(streamed([*deltas, Failed(FAULT)], make("m", an_ask())))
    assert last == {
        "error": {
            "code": 429,
            "message": "Slow down.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}],
        }
    }
    assert not any("finishReason" in chunk["candidates"][0] for chunk in before)


@pytest.mark.bug(67)
def test_a_call_that_was_not_finished_is_never_sent():
    deltas = [Opened(ToolCall("c", "f", "")), Piece('{"a":'), Failed(FAULT)]
    assert [list(chunk) for chunk in chunks(streamed(deltas, GeminiWriter("m", an_ask())))] == [["error"]]


def test_nothing_at_all_still_ends():
    for make in (GeminiWriter, array_writer):
        (last,) = chunks(make("m", an_ask()).feed(Stopped(END)))
        assert last["candidates"] == [
            {"content": {"role": "model", "parts": []}, "finishReason": "STOP", "index": 0}
        ]


# --- properties -----------------------------------------------------------------------------------

text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)
opaques = st.builds(
    Opaque,
    st.sampled_from(["messages", "responses", "chat"]),
    st.text("abc=/+", min_size=1, max_size=6),
    st.none() | st.just("rs_1"),
)
arguments = st.dictionaries(text, st.integers() | text, max_size=2).map(json.dumps)
part = st.one_of(
    st.builds(Text, text),
    st.builds(Thinking, text, st.none() | opaques, st.booleans()),
    st.builds(ToolCall, st.uuids().map(lambda id: f"call_{id.hex}"), st.sampled_from(["f", "g"]), arguments),
)
replies = st.builds(
    lambda parts: Reply("id", "m", tuple(parts), END, Usage(9, 8, 7, None, 3)), st.lists(part, max_size=6)
)


def joined(chunks_):
    """The parts of a stream as a client puts them together: neighbouring texts of one kind are one."""
    found = []
    for chunk in chunks_:
        for one in chunk["candidates"][0]["content"]["parts"]:
            last = found[-1] if found else {}
            plain = {"text", "thought"}
            same = last.get("thought") == one.get("thought") and set(one) <= plain
            if "text" in last and "text" in one and same and set(last) <= {*plain, "thoughtSignature"}:
                last["text"] += one["text"]
            else:
                found.append(dict(one))
    return found


@given(replies, st.booleans(), st.data())
@settings(max_examples=150, deadline=None)
def test_streams_and_whole_answers_say_the_same(reply, show, data):
    deltas = []
    for delta in play(reply):
        if isinstance(delta, Piece) and len(delta.text) > 1:
            cut = data.draw(st.integers(0, len(delta.text)))
            deltas += [Piece(delta.text[:cut]), Piece(delta.text[cut:])]
        else:
            deltas.append(delta)
    body = write_reply(reply, "m", an_ask(show))
    for make in (GeminiWriter, array_writer):
        found = chunks(streamed(deltas, make("m", an_ask(show))))
        assert joined(found) == joined([body])
        assert ["finishReason" in chunk["candidates"][0] for chunk in found] == [False] * (len(found) - 1) + [
            True
        ]
        assert found[-1]["usageMetadata"] == body["usageMetadata"]


@given(replies, st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_goes_back_is_what_came(reply, keeps_thoughts):
    """A client sends the parts back, as most do without the thoughts: seals and calls are all there."""
    body = write_reply(reply, "m", an_ask(show=True))
    kept = [
        one for one in body["candidates"][0]["content"]["parts"] if keeps_thoughts or not one.get("thought")
    ]
    ask, _ = read_ask(
        {"model": "m", "contents": [{"parts": [{"text": "hi"}]}, {"role": "model", "parts": kept}]}
    )
    came = [part for message in ask.messages[1:] for part in message.parts]
    calls = [part for part in reply.parts if isinstance(part, ToolCall)]
    assert [
        (call.id, call.name, json.loads(call.arguments)) for call in came if isinstance(call, ToolCall)
    ] == [(call.id, call.name, json.loads(call.arguments)) for call in calls]
    seals = {part.opaque for part in reply.parts if isinstance(part, Thinking) and part.opaque}
    assert {part.opaque for part in came if isinstance(part, Thinking) and part.opaque} == seals
    said = "".join(part.text for part in reply.parts if isinstance(part, Text))
    assert "".join(part.text for part in came if isinstance(part, Text)) == said


def _said(call):
    return call.id, call.name, json.loads(call.arguments)


def test_measured_figures_are_merged():
    writer = GeminiWriter("m", an_ask())
    deltas = [Measured(Usage(5)), Measured(Usage(None, 3)), Sealed(SEAL), Stopped(END)]
    (last,) = chunks(streamed(deltas, writer))
    assert last["usageMetadata"]["totalTokenCount"] == 8
