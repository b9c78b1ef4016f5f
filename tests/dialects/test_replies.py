"""Answers: whole and streamed, written for a client and read again, and held against the SDKs."""

from typing import Any

import orjson
import pytest
from anthropic.types import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from wire_cases import an_ask, rules

from tray_app.dialects import tool_arguments
from tray_app.dialects.chat import reply as chat
from tray_app.dialects.chat.reader import ChatReader
from tray_app.dialects.chat.writer import ChatWriter
from tray_app.dialects.deltas import collect, play
from tray_app.dialects.fields import Json
from tray_app.dialects.messages import reply as messages
from tray_app.dialects.messages.reader import MessagesReader
from tray_app.dialects.messages.writer import MessagesWriter
from tray_app.dialects.neutral import (
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
from tray_app.dialects.sse import Reader
from tray_app.errors import JumpseatError

WHOLE = {"chat": chat, "messages": messages}
STREAMS: dict[str, Any] = {"chat": (ChatReader, ChatWriter), "messages": (MessagesReader, MessagesWriter)}
SDK: dict[str, Any] = {"chat": ChatCompletion, "messages": Message}

text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
opaque = st.builds(Opaque, st.sampled_from(["chat", "messages", "responses"]), st.text("abc", min_size=1))
thinking = st.builds(Thinking, text, st.none() | opaque)
calls = st.builds(
    ToolCall,
    st.uuids().map(lambda id: f"call_{id.hex[:8]}"),
    st.sampled_from(["read", "write_file"]),
    st.dictionaries(text, st.integers(0, 9), max_size=2).map(lambda value: orjson.dumps(value).decode()),
)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    parts: list[Any] = [draw(thinking)] if draw(st.booleans()) else []
    parts += [Text(draw(text))] if draw(st.booleans()) else []
    some = draw(st.lists(calls, max_size=3, unique_by=lambda call: call.id))
    if not parts and not some:
        parts = [Text(draw(text))]
    reason = StopReason.TOOLS if some else draw(st.sampled_from([StopReason.END, StopReason.MAX_TOKENS]))
    count = st.integers(0, 10**6)
    cached, reasoning = draw(count), draw(count)
    usage = Usage(cached + draw(count), reasoning + draw(count), cached, None, reasoning)
    return Reply("r1", "m", (*parts, *some), Stop(reason), usage)


def bare(reply: Reply) -> tuple[Any, ...]:
    """What must survive: parts with arguments as values, stop and the counts both dialects have."""
    parts = [
        (part.id, part.name, tool_arguments.to_object(part.arguments)) if isinstance(part, ToolCall) else part
        for part in reply.parts
    ]
    usage = reply.usage
    return parts, reply.stop.reason, usage.input_tokens, usage.output_tokens, usage.cached_tokens


@pytest.mark.parametrize("dialect", sorted(WHOLE))
@given(reply=replies())
@settings(max_examples=150, deadline=None)
def test_a_whole_answer_written_and_read_again_is_the_same(dialect: str, reply: Reply) -> None:
    body = WHOLE[dialect].write_reply(reply, "asked", an_ask())
    SDK[dialect].model_validate_json(orjson.dumps(body), strict=True)
    assert body["model"] == "asked"
    assert bare(WHOLE[dialect].read_reply(body)) == bare(reply)


@pytest.mark.parametrize("dialect", sorted(STREAMS))
@given(reply=replies())
@settings(max_examples=150, deadline=None)
def test_a_streamed_answer_written_and_read_again_is_the_same(dialect: str, reply: Reply) -> None:
    reader, writer = STREAMS[dialect][0](), STREAMS[dialect][1]("asked", an_ask(include_usage=True))
    data = b"".join(writer.feed(delta) for delta in play(reply))
    deltas = [delta for event in Reader().feed(data) for delta in reader.feed(event)] + reader.finish()
    assert bare(collect(deltas)) == bare(reply)


def test_broken_arguments_reach_a_messages_client_as_text() -> None:
    reply = Reply("r", "m", (ToolCall("call_1", "f", '{"a":'),), Stop(StopReason.TOOLS))
    body = messages.write_reply(reply, "asked", an_ask())
    assert body["content"][0]["input"] == {"_raw_arguments": '{"a":'}


def test_a_refusal_reaches_each_client_in_its_own_way() -> None:
    reply = Reply("r", "m", (Refusal("I won't."),), Stop(StopReason.REFUSED))
    body = messages.write_reply(reply, "asked", an_ask())
    assert body["stop_reason"] == "refusal"
    assert body["stop_details"]["explanation"] == "I won't."
    Message.model_validate_json(orjson.dumps(body), strict=True)
    choice = chat.write_reply(reply, "asked", an_ask())["choices"][0]
    assert choice["message"]["refusal"] == "I won't."
    assert choice["finish_reason"] == "stop"


def test_long_and_custom_names_come_back_as_the_client_gave_them() -> None:
    long = "mcp__" + "x" * 80
    ask = an_ask(tools=(Tool(long), Tool("patch", kind="custom")))
    from tray_app.dialects.tool_names import wire_name

    parts = (ToolCall("a", wire_name(long), "{}"), ToolCall("b", "patch", '{"input":"*** Begin"}'))
    reply = Reply("r", "m", parts, Stop(StopReason.TOOLS))
    assert messages.write_reply(reply, "asked", ask)["content"][0]["name"] == long
    written = chat.write_reply(reply, "asked", ask)["choices"][0]["message"]["tool_calls"]
    assert written[0]["function"]["name"] == long
    assert written[1]["custom"] == {"name": "patch", "input": "*** Begin"}


CLAUDE_ON_CHAT: Json = {
    "id": "1",
    "model": "claude-opus-9",
    "created": 1795000001,
    "choices": [
        {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Look."}},
        {
            "index": 1,
            "finish_reason": "stop",
            "message": {
                "role": "assistant",
                "reasoning_opaque": "b3A=",
                "tool_calls": [
                    {"id": "toolu_1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
                ],
            },
        },
    ],
}


@pytest.mark.bug(44)
def test_calls_in_the_second_choice_are_not_lost() -> None:
    reply = chat.read_reply(CLAUDE_ON_CHAT)
    assert [type(part) for part in reply.parts] == [Thinking, Text, ToolCall]
    assert reply.stop.reason is StopReason.TOOLS
    its_rules = rules()
    body = chat.native_reply(CLAUDE_ON_CHAT, {}, its_rules)
    assert len(body["choices"]) == 1
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert body["choices"][0]["message"]["content"] == "Look."
    assert body["choices"][0]["message"]["tool_calls"][0]["id"] == "toolu_1"
    assert its_rules.memory.thinking("toolu_1") == Thinking("", Opaque("chat", "b3A="))


def test_an_answer_without_oddities_is_handed_on_as_the_same_object() -> None:
    message = {"role": "assistant", "content": "Hi."}
    body: Json = {"id": "1", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    assert chat.native_reply(body, {}, rules()) is body
    assert messages.native_reply(body, {}, rules()) is body


@pytest.mark.parametrize(
    ("usage", "output", "reasoning"),
    [
        pytest.param(
            {"prompt_tokens": 5, "completion_tokens": 1, "reasoning_tokens": 97, "total_tokens": 103},
            98,
            97,
            id="flat-beside",
        ),
        pytest.param(
            {
                "prompt_tokens": 5,
                "completion_tokens": 98,
                "total_tokens": 103,
                "completion_tokens_details": {"reasoning_tokens": 97},
            },
            98,
            97,
            id="nested-inside",
        ),
        pytest.param(
            {"prompt_tokens": 5, "completion_tokens": 98, "reasoning_tokens": 97, "total_tokens": 103},
            98,
            97,
            id="flat-inside",
        ),
        pytest.param({"prompt_tokens": 5}, None, None, id="not-reported"),
    ],
)
@pytest.mark.bug(48)
def test_reasoning_is_never_counted_twice(usage: Json, output: int | None, reasoning: int | None) -> None:
    found = chat.read_usage({"usage": usage})
    assert (found.output_tokens, found.reasoning_tokens) == (output, reasoning)


@pytest.mark.bug(47)
def test_anthropic_input_is_made_whole_and_taken_apart_again() -> None:
    body = {
        "usage": {
            "input_tokens": 10,
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 190,
            "output_tokens": 4,
        }
    }
    usage = messages.read_usage(body)
    assert (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens) == (1200, 1000, 190)
    reply = Reply("r", "m", (Text("x"),), Stop(StopReason.END), usage)
    assert messages.write_reply(reply, "m", an_ask())["usage"] == body["usage"]


@pytest.mark.parametrize("dialect", sorted(WHOLE))
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "No such luck.", "code": "oops"}},
        {"choices": None, "copilot_errors": [{"message": "No such luck."}]},
        {"message": "No such luck."},
        {},
    ],
    ids=["error", "copilot-errors", "bare-message", "empty"],
)
def test_an_error_with_status_200_is_an_error(dialect: str, body: Json) -> None:
    with pytest.raises(JumpseatError) as raised:
        WHOLE[dialect].read_reply(body)
    assert raised.value.fault.status >= 400
