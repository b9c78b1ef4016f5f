"""What a request becomes on its way to `/v1/messages`."""

from typing import Any

import pytest

from tray_app.dialects.capabilities import Model
from tray_app.dialects.chat.ask_reader import read_ask as read_chat_ask
from tray_app.dialects.fields import Json
from tray_app.dialects.messages.ask_reader import read_ask
from tray_app.dialects.messages.ask_writer import write_ask
from tray_app.dialects.neutral import (
    Ask,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tray_app.errors import BadRequest

OPUS = Model("claude-opus-9", vendor="Anthropic", adaptive_thinking=True, reasoning_effort=("low", "high"))
SONNET = Model("claude-sonnet-8", vendor="Anthropic", max_thinking_budget=16_000, max_output_tokens=8000)
OLD = Model("claude-old", vendor="Anthropic")
HI = (Message("user", (Text("hi"),)),)


def test_a_chat_conversation_becomes_alternating_turns() -> None:
    ask, _ = read_chat_ask(
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "developer", "content": "Be quick."},
                {"role": "user", "content": "Go."},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [
                        {"id": "call.1", "type": "function", "function": {"name": "f", "arguments": "{"}},
                        {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                    ],
                },
                {"role": "tool", "tool_call_id": "call.1", "content": "one"},
                {"role": "tool", "tool_call_id": "call_2", "content": ""},
                {"role": "user", "content": "And?"},
                {"role": "system", "content": "Hurry."},
            ],
        }
    )
    body, notes = write_ask(ask, OLD)
    assert [text["text"] for text in body["system"]] == ["Be kind.", "Be quick."]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    calls, results = body["messages"][1]["content"], body["messages"][2]["content"]
    assert calls[0]["input"] == {"_raw_arguments": "{"}
    assert [block["type"] for block in results] == ["tool_result", "tool_result", "text", "text"]
    assert results[0]["tool_use_id"] == calls[0]["id"] != "call.1"
    assert "content" not in results[1]
    assert "Hurry." in results[3]["text"]
    assert body["max_tokens"] == 4096
    assert "messages" in {note.field for note in notes}


def test_cache_marks_are_set_as_microsofts_client_does() -> None:
    tools = (Tool("f"), Tool("g"))
    talk = (Message("system", (Text("s"),)), *HI, Message("assistant", (Text("x"),)), *HI)
    body, notes = write_ask(Ask("m", talk, tools=tools), OLD)
    assert ["cache_control" in tool for tool in body["tools"]] == [False, True]
    assert "cache_control" in body["system"][-1]
    assert ["cache_control" in m["content"][-1] for m in body["messages"]] == [False, True, True]
    assert "cache_control" in {note.field for note in notes}


def test_the_clients_own_marks_stand_and_never_exceed_four() -> None:
    talk = tuple(Message("user" if i % 2 else "assistant", (Text("x", cached=True),)) for i in range(1, 8))
    body, notes = write_ask(Ask("m", talk, has_cache_marks=True), OLD)
    marked = [i for i, message in enumerate(body["messages"]) if "cache_control" in message["content"][-1]]
    assert marked == [3, 4, 5, 6]
    assert "cache_control" in {note.field for note in notes}


def test_a_mark_inside_a_result_moves_to_the_result() -> None:
    result = ToolResult("c", (Text("a", cached=True), Image("image/png", "AA")))
    talk = (*HI, Message("assistant", (ToolCall("c", "f"),)), Message("tool", (result,)))
    body, _ = write_ask(Ask("m", talk, has_cache_marks=True), OLD)
    block = body["messages"][-1]["content"][0]
    assert block["cache_control"] == {"type": "ephemeral"}
    assert [inner["type"] for inner in block["content"]] == ["text", "image"]
    assert not any("cache_control" in inner for inner in block["content"])


@pytest.mark.parametrize(
    ("model", "reasoning", "thinking", "effort"),
    [
        pytest.param(OPUS, None, None, None, id="nothing-said-nothing-sent"),
        pytest.param(
            OPUS, Reasoning(effort="high"), {"type": "adaptive", "display": "summarized"}, "high", id="effort"
        ),
        pytest.param(
            OPUS,
            Reasoning("on", budget=2000),
            {"type": "adaptive", "display": "summarized"},
            "low",
            id="budget-on-an-adaptive-model",
        ),
        pytest.param(
            OPUS,
            Reasoning("adaptive", show=False),
            {"type": "adaptive", "display": "omitted"},
            None,
            id="not-shown",
        ),
        pytest.param(
            SONNET,
            Reasoning(effort="high"),
            {"type": "enabled", "budget_tokens": 7999},
            None,
            id="effort-as-a-budget-below-max-tokens",
        ),
        pytest.param(
            SONNET,
            Reasoning("on", budget=10),
            {"type": "enabled", "budget_tokens": 1024},
            None,
            id="least-budget",
        ),
        pytest.param(SONNET, Reasoning("off"), {"type": "disabled"}, None, id="off"),
        pytest.param(SONNET, Reasoning(effort="none"), {"type": "disabled"}, None, id="none"),
        pytest.param(OLD, Reasoning(effort="high"), None, None, id="cannot-think"),
    ],
)
def test_thinking_fits_the_model(
    model: Model, reasoning: Reasoning | None, thinking: Json | None, effort: str | None
) -> None:
    body, _ = write_ask(Ask("m", HI, reasoning=reasoning), model)
    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == effort


def test_thinking_gives_way_where_upstream_would_refuse_it() -> None:
    forced = Ask(
        "m", HI, tools=(Tool("f"),), tool_choice=ToolChoice("required"), reasoning=Reasoning(effort="high")
    )
    assert "thinking" not in write_ask(forced, SONNET)[0]
    call, result = Message("assistant", (ToolCall("c", "f"),)), Message("tool", (ToolResult("c"),))
    lost = Ask("m", (*HI, call, result), reasoning=Reasoning(effort="high"))
    assert "thinking" not in write_ask(lost, SONNET)[0]
    sealed = Thinking("t", Opaque("messages", "s"))
    kept = Ask(
        "m",
        (*HI, Message("assistant", (sealed, *call.parts)), result),
        reasoning=Reasoning(effort="high"),
        temperature=0.2,
    )
    body, notes = write_ask(kept, SONNET)
    assert body["thinking"]["type"] == "enabled"
    assert "temperature" not in body
    assert "temperature" in {note.field for note in notes}


def test_structured_output_is_flat() -> None:
    output = OutputFormat("json_schema", {"type": "object"}, name="n", strict=True)
    body, _ = write_ask(Ask("m", HI, output=output), OPUS)
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": {"type": "object"}}}


def test_parallel_calls_can_be_forbidden() -> None:
    body, _ = write_ask(Ask("m", HI, tools=(Tool("f"),), parallel_tool_calls=False), OLD)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_schemas_lose_their_dialect_and_descriptions_that_are_empty() -> None:
    tool = Tool("f", parameters={"$schema": "http://json-schema.org/draft-07/schema#"})
    body, _ = write_ask(Ask("m", HI, tools=(tool,)), OLD)
    assert body["tools"][0] == {
        "name": "f",
        "input_schema": {"type": "object", "properties": {}},
        "cache_control": {"type": "ephemeral"},
    }


def test_redacted_thinking_survives_a_way_through_another_dialect() -> None:
    ask, _ = read_ask(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "cmVk"}]},
            ],
        }
    )
    part = ask.messages[1].parts[0]
    assert isinstance(part, Thinking)
    through = Message("assistant", (Thinking(opaque=part.opaque),))
    body, _ = write_ask(Ask("m", (*HI, through, *HI)), OLD)
    assert body["messages"][1]["content"][0] == {
        "type": "redacted_thinking",
        "data": "cmVk",
    }


def test_threads_are_refused_so_that_the_sdk_sends_the_history() -> None:
    with pytest.raises(BadRequest) as refused:
        read_ask({"model": "m", "messages": [], "thread": {"type": "create"}})
    assert refused.value.fault.details == {"error_code": "thread_unsupported_request", "unsupported": []}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"system": 3}, "system"),
        ({"thinking": {"type": "maybe"}}, "thinking.type"),
        ({"tools": [{"description": "x"}]}, "tools[0].name"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
    ],
)
def test_a_wrong_field_is_named(change: Json, param: str) -> None:
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **change}
    with pytest.raises(BadRequest) as refused:
        read_ask(body)
    assert refused.value.fault.param == param
