"""A captured request as people read it: the same parts in every dialect, whole, streamed, cut or hostile."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_cases import rules

from tray_app.dialects.deltas import play
from tray_app.dialects.neutral import (
    Ask,
    Image,
    Message,
    Opaque,
    Reply,
    Stop,
    StopReason,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from tray_app.dialects.protocol import Dialect
from tray_app.dialects.table import CHAT, GEMINI, MESSAGES, RESPONSES
from tray_app.history.conversation import conversation

PNG = "iVBORw0KGgo="
ASK = Ask(
    "some-model",
    (
        Message("system", (Text("Be brief."),)),
        Message("user", (Text("What is in it?"), Image("image/png", PNG))),
        Message("assistant", (ToolCall("call_1", "look", '{"at":"it"}'),)),
        Message("tool", (ToolResult("call_1", (Text("a cat"),)),)),
        Message("user", (Text("And now?"),)),
    ),
    tools=(Tool("look", parameters={"type": "object", "properties": {}}),),
)
REPLY = Reply(
    "msg_1",
    "some-model",
    (
        Thinking("It is a cat.", Opaque("messages", "c2VhbA==")),
        Text("A cat & a <b>dog</b>."),
        ToolCall("call_2", "look", '{"at":"dog"}'),
    ),
    Stop(StopReason.TOOLS),
    Usage(10, 5),
)
UPSTREAM_FORMS = [CHAT, RESPONSES, MESSAGES]


def written(dialect: Dialect) -> str:
    body, _ = dialect.write_ask(ASK, rules().model)
    return orjson.dumps(body).decode()


def kinds(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(part["kind"], part.get("text", "")) for part in parts]


@pytest.mark.parametrize("dialect", UPSTREAM_FORMS, ids=lambda one: one.name)
def test_a_request_is_read_in_every_dialect(dialect):
    found = conversation(dialect.name, written(dialect), None)
    assert found is not None
    assert found["problem"] is None
    assert found["tools"] == ["look"]
    said = [(message["role"], kinds(message["parts"])) for message in found["messages"]]
    assert ("user", [("text", "And now?")]) in said
    assert ("assistant", [("tool_call", '{"at":"it"}')]) in said
    flat = [part for message in found["messages"] for part in message["parts"]]
    assert f"data:image/png;base64,{PNG}" in [part.get("url") for part in flat]
    results = [part for part in flat if part["kind"] == "tool_result"]
    assert [kinds(part["parts"]) for part in results] == [[("text", "a cat")]]


@pytest.mark.parametrize("dialect", UPSTREAM_FORMS, ids=lambda one: one.name)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_answer_is_read_in_every_dialect(dialect, streamed):
    if streamed:
        writer = dialect.write_stream("some-model", ASK)
        text = b"".join(writer.feed(delta) for delta in play(REPLY)).decode()
    else:
        text = orjson.dumps(dialect.write_reply(REPLY, "some-model", ASK)).decode()
    found = conversation(dialect.name, written(dialect), text)
    assert found is not None
    answer = found["answer"]
    assert answer["stop"] == "tools"
    assert kinds(answer["parts"])[-2:] == [
        ("text", "A cat & a <b>dog</b>."),
        ("tool_call", '{"at":"dog"}'),
    ]


@pytest.mark.parametrize("dialect", UPSTREAM_FORMS, ids=lambda one: one.name)
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_stream_cut_anywhere_shows_what_had_come(dialect, data):
    writer = dialect.write_stream("some-model", ASK)
    text = b"".join(writer.feed(delta) for delta in play(REPLY)).decode()
    cut = text[: data.draw(st.integers(0, len(text)))]
    found = conversation(dialect.name, written(dialect), cut)
    assert found is not None
    for part in (found["answer"] or {"parts": []})["parts"]:
        assert part["kind"] in ("text", "thinking", "tool_call")


@pytest.mark.parametrize("form", ["sse", "array", "whole"])
def test_gemini_chunks_are_joined(form):
    chunks = [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hm", "thought": True}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "Good "}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "day"}]}, "finishReason": "STOP"}]},
    ]
    if form == "whole":
        parts = [part for one in chunks for part in one["candidates"][0]["content"]["parts"]]
        text = orjson.dumps({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}).decode()
    elif form == "array":
        text = orjson.dumps(chunks).decode()
    else:
        text = "".join(f"data: {orjson.dumps(chunk).decode()}\r\n\r\n" for chunk in chunks)
    request = orjson.dumps({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}).decode()
    found = conversation(GEMINI.name, request, text)
    assert found is not None
    assert kinds(found["messages"][0]["parts"]) == [("text", "Hello")]
    assert kinds(found["answer"]["parts"]) == [("thinking", "Hm"), ("text", "Good day")]
    assert found["answer"]["stop"] == "stop"


def test_what_is_no_conversation_gives_none():
    assert conversation("chat", '{"model": "text-embedding-3-small", "input": "hello"}', None) is None
    assert conversation("chat", None, None) is None
    assert conversation("unheard of", '{"messages": []}', None) is None


def test_a_body_that_cannot_be_read_says_why():
    found = conversation("messages", '{"model": "m", "messages": [7]}', "")
    assert found is not None
    assert found["messages"] == []
    assert "messages" in found["problem"]


def test_only_pictures_become_addresses():
    """What a page puts into `src` is a picture's data and nothing else."""
    for media_type, data in [("image/svg+xml", PNG), ("text/html", PNG), ("image/png", 'x" onload="1')]:
        body = {
            "model": "m",
            "max_tokens": 5,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": media_type, "data": data},
                        }
                    ],
                }
            ],
        }
        found = conversation("messages", orjson.dumps(body).decode(), None)
        assert found is not None
        parts = [part for message in found["messages"] for part in message["parts"]]
        assert all(part.get("url") is None for part in parts)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "messages",
                    "contents",
                    "input",
                    "content",
                    "parts",
                    "role",
                    "text",
                    "candidates",
                    "type",
                    "model",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["chat", "responses", "messages", "gemini"]), json, json, st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_nothing_foreign_breaks_it(dialect, request, response, text):
    for answer in (orjson.dumps(response).decode(), text, f"data: {text}\n\n"):
        conversation(dialect, orjson.dumps(request).decode(), answer)


@pytest.mark.parametrize("generates", [False, True])
def test_a_stream_of_ollamas_is_read_line_by_line(generates: bool) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "What time is it?"}]}
    heard: list[dict[str, Any]] = [{"thinking": "Hm"}, {"content": "Half "}, {"content": "past one"}]
    calls = [{"function": {"name": "look", "arguments": {"at": "it"}}}]
    if generates:
        names = {"thinking": "thinking", "content": "response"}
        lines = [{names[key]: text for key, text in said.items()} for said in heard]
    else:
        lines = [{"message": said} for said in (*heard, {"content": "", "tool_calls": calls})]
    lines.append({"done": True, "done_reason": "stop"})
    shown = conversation(
        "ollama", orjson.dumps(request).decode(), "\n".join(orjson.dumps(line).decode() for line in lines)
    )
    assert shown is not None
    assert shown["messages"][0]["parts"][0]["text"] == "What time is it?"
    said = [(part["kind"], part["text"]) for part in shown["answer"]["parts"]]
    assert said[:2] == [("thinking", "Hm"), ("text", "Half past one")]
    assert said[2:] == ([] if generates else [("tool_call", '{"at":"it"}')])
    assert shown["answer"]["stop"] == "stop"
