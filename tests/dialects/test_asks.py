"""Requests: no body, however odd, gives anything but an ask or a BadRequest; and what an ask means
survives being written for one endpoint and read again."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tray_app.dialects import tool_arguments
from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import (
    Ask,
    Image,
    Message,
    Note,
    Opaque,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from tray_app.dialects.table import CHAT, MESSAGES
from tray_app.errors import BadRequest

Reader = Callable[[Json], tuple[Ask, list[Note]]]
DIALECTS = {"chat": CHAT, "messages": MESSAGES}
GPT = Model("gpt-9-classic", vendor="Azure OpenAI", structured_outputs=True, max_output_tokens=16_384)
CLAUDE = Model("claude-opus-9", vendor="Anthropic", adaptive_thinking=True, max_output_tokens=64_000)

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
# fmt: off
words = st.sampled_from([
    "role", "content", "type", "text", "tool_use", "tool_result", "thinking", "image", "source", "url",
    "id", "name", "input", "signature", "tool_calls", "function", "arguments", "user", "assistant",
    "system", "tool", "image_url", "file", "custom", "cache_control", "auto", "any", "document", "data",
    "redacted_thinking", "refusal", "tool_call_id", "tool_use_id", "enabled", "json_schema", "schema",
])
# fmt: on
values = st.recursive(
    scalars | words,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)
# fmt: off
FIELDS = (
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "metadata",
    "max_tokens", "stop", "stop_sequences", "temperature", "response_format", "functions",
    "function_call", "stream_options", "reasoning_effort", "n", "stream", "top_k", "thread",
)
# fmt: on
bodies = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values))
blocks = st.dictionaries(words, values, max_size=4).map(lambda block: {"type": "text", **block})
conversations = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["user", "assistant", "system", "tool", "developer"]),
            "content": st.text() | st.lists(blocks, max_size=3) | values,
        },
        optional={"tool_calls": values, "tool_call_id": values, "cache_control": values},
    ),
    min_size=1,
    max_size=4,
)
likely = st.builds(
    lambda body, talk: {**body, "model": "m", "messages": talk}, st.just({}) | bodies, conversations
)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@given(body=bodies | likely)
@settings(max_examples=200, deadline=None)
@example(body={"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": None}]}]})
def test_any_body_is_read_and_written_or_refused_by_name(dialect: str, body: Json) -> None:
    asks: list[Ask] = []
    refusal = refused(lambda: asks.append(DIALECTS[dialect].read_ask(orjson.loads(orjson.dumps(body)))[0]))
    if refusal is not None:
        assert refusal.fault.status == 400
        assert refusal.fault.param
        assert refusal.fault.param.split(".")[0].split("[")[0] in refusal.fault.message
        return
    for writer in DIALECTS.values():
        for model in (GPT, CLAUDE):
            refusal = refused(lambda: orjson.dumps(writer.write_ask(asks[0], model)[0]))  # noqa: B023
            assert refusal is None or refusal.fault.param


def refused(call: Callable[[], object]) -> BadRequest | None:
    """The BadRequest that the call ends with, if any. Any other exception is a failure."""
    try:
        call()
    except BadRequest as refusal:
        return refusal
    return None


def test_input_nested_too_deeply_is_refused_not_a_crash() -> None:
    deep: Any = {}
    for _ in range(400):
        deep = {"a": deep}
    block = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": deep}
    body = {"model": "m", "messages": [{"role": "assistant", "content": [block]}]}
    with pytest.raises(BadRequest) as refused:
        MESSAGES.read_ask(body)
    assert refused.value.fault.param == "messages[0].content[0].input"


text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(lambda t: bool(t.strip()))
ids = st.from_regex(r"call_[a-z0-9]{4,8}", fullmatch=True)
json_text = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=5), st.integers(0, 9), max_size=3
).map(lambda value: orjson.dumps(value).decode())


@st.composite
def turns(draw: st.DrawFn) -> tuple[Message, ...]:
    """A conversation as both dialects can hold it: system, then user and assistant turns with tools."""
    talk = [Message("system", (Text(draw(text)),))] if draw(st.booleans()) else []
    for number in range(draw(st.integers(1, 3))):
        talk.append(Message("user", (Text(draw(text)),)))
        calls = tuple(
            ToolCall(f"{id}_{number}_{place}", "look", draw(json_text))
            for place, id in enumerate(draw(st.lists(ids, max_size=3)))
        )
        said = (Text(draw(text)),) if draw(st.booleans()) or not calls else ()
        talk.append(Message("assistant", (*said, *calls)))
        if calls:
            talk += [Message("tool", (ToolResult(c.id, (Text(draw(text)),)),)) for c in calls]
    return tuple(talk)


def flat(ask: Ask) -> list[Any]:
    """The meaning of a conversation, free of how it is cut into messages and of cache marks."""
    found: list[Any] = []
    for message in ask.messages:
        for part in message.parts:
            match part:
                case Text(words):
                    found.append((message.role, words))
                case ToolCall(id, name, given):
                    found.append(("call", id, name, tool_arguments.to_object(given)))
                case ToolResult(id, parts, is_error):
                    found.append(("result", id, is_error, [getattr(p, "text", p) for p in parts]))
                case Image():
                    found.append((message.role, part.data_url))
    return found


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@given(talk=turns())
@settings(max_examples=100, deadline=None)
def test_a_conversation_written_and_read_again_means_the_same(
    dialect: str, talk: tuple[Message, ...]
) -> None:
    tools = (Tool("look", "Looks.", {"type": "object", "properties": {"a": {"type": "integer"}}}),)
    ask = Ask("m", talk, tools=tools, max_tokens=100, temperature=0.5, stop=("END",))
    for model in (GPT, CLAUDE):
        written, _ = DIALECTS[dialect].write_ask(ask, model)
        again, _ = DIALECTS[dialect].read_ask(orjson.loads(orjson.dumps(written)))
        assert flat(again) == flat(ask)
        assert [(t.name, t.description, t.parameters) for t in again.tools] == [
            (t.name, t.description, t.parameters) for t in tools
        ]
        assert (again.max_tokens, again.temperature, again.stop) == (100, 0.5, ("END",))


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_notes_name_every_field_that_is_left_out(dialect: str) -> None:
    ask = Ask(
        "m", (Message("user", (Text("hi"),)),), extra={"service_tier": "fast", "widget": 1}, top_k=3, seed=4
    )
    _, notes = DIALECTS[dialect].write_ask(ask, GPT)
    named = {note.field for note in notes}
    assert {"service_tier", "widget"} <= named
    assert ("top_k" if dialect == "chat" else "seed") in named


def test_thinking_goes_back_only_where_it_was_sealed() -> None:
    talk = (
        Message("user", (Text("hi"),)),
        Message("assistant", (Thinking("a", Opaque("chat", "c")), Text("x"))),
        Message("assistant", (Thinking("b", Opaque("messages", "m")), Text("y"))),
        Message("user", (Text("go on"),)),
    )
    ask = Ask("m", talk)
    body, notes = MESSAGES.write_ask(ask, CLAUDE)
    thoughts = [b for m in body["messages"] for b in m["content"] if b["type"] == "thinking"]
    assert thoughts == [{"type": "thinking", "thinking": "b", "signature": "m"}]
    assert "thinking" in {note.field for note in notes}
    body, notes = CHAT.write_ask(ask, CLAUDE)
    # Claude's chat endpoint calls its signature reasoning_opaque; no other model can read one.
    assert [m.get("reasoning_opaque") for m in body["messages"]] == [None, "c", "m", None]
    assert [m.get("reasoning_text") for m in body["messages"]] == [None, "a", "b", None]
    body, notes = CHAT.write_ask(ask, GPT)
    assert [m.get("reasoning_opaque") for m in body["messages"]] == [None, "c", None, None]
    assert "thinking" in {note.field for note in notes}
