"""What a request becomes on its way to `/chat/completions`."""

from dataclasses import replace
from typing import Any

import pytest

from tray_app.dialects.capabilities import Model
from tray_app.dialects.chat.ask_reader import read_ask
from tray_app.dialects.chat.ask_writer import write_ask
from tray_app.dialects.fields import Json
from tray_app.dialects.messages.ask_reader import read_ask as read_messages_ask
from tray_app.dialects.neutral import Ask, Document, Message, Reasoning, Text, Tool, ToolChoice
from tray_app.errors import BadRequest

GPT = Model("gpt-9", vendor="OpenAI", structured_outputs=True, reasoning_effort=("low", "medium", "high"))
CLAUDE = Model("claude-opus-9", vendor="Anthropic")
HI = (Message("user", (Text("hi"),)),)

CLAUDE_CODE: Json = {
    "model": "claude-opus-9",
    "max_tokens": 32_000,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330.abc;"},
        {"type": "text", "text": "You help."},
        {"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral"}},
    ],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Look at it."}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "toolu:1", "name": "shot", "input": {}},
                {"type": "tool_use", "id": "toolu_2", "name": "ls", "input": {"p": "."}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu:1",
                    "content": [
                        {"type": "text", "text": "Taken."},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                        },
                    ],
                },
                {"type": "text", "text": "And now?", "cache_control": {"type": "ephemeral"}},
                {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": True, "content": "No."},
            ],
        },
    ],
    "tools": [
        {"name": "shot", "input_schema": {"type": "object", "properties": {}}},
        {"name": "DeferredToolPlaceholder", "input_schema": {"type": "object"}, "defer_loading": True},
    ],
    "thinking": {"type": "adaptive", "display": "updates"},
    "output_config": {"effort": "max"},
    "context_management": {"edits": []},
    "metadata": {"user_id": "u" * 150},
}


def test_a_turn_of_claude_code_arrives_in_the_order_chat_demands() -> None:
    ask, read_notes = read_messages_ask(CLAUDE_CODE)
    body, notes = write_ask(ask, GPT)
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "user", "user"]
    system, _, assistant, first, second, images, rest = body["messages"]
    assert system["content"] == "You help.\n\nLong."
    assert assistant["content"] == "Looking."
    assert assistant["reasoning_text"] == "Hm."
    assert "reasoning_opaque" not in assistant
    assert [call["id"] for call in assistant["tool_calls"]] == ["toolu:1", "toolu_2"]
    assert (first["tool_call_id"], first["content"]) == ("toolu:1", "Taken.")
    assert (second["tool_call_id"], second["content"]) == ("toolu_2", "[ERROR] No.")
    assert "toolu:1" in images["content"][0]["text"]
    assert images["content"][1]["image_url"]["url"] == "data:image/png;base64,AAAA"
    assert rest["content"] == "And now?"
    assert [tool["function"]["name"] for tool in body["tools"]] == ["shot"]
    assert body["reasoning_effort"] == "high"
    assert "user" not in body
    named = {note.field for note in read_notes + notes}
    assert {"system", "tools", "reasoning_effort", "user", "context_management", "messages"} <= named


def test_for_claude_ids_are_cleaned_alike_and_marks_are_kept() -> None:
    body, _ = write_ask(read_messages_ask(CLAUDE_CODE)[0], CLAUDE)
    call = body["messages"][2]["tool_calls"][0]["id"]
    assert call == body["messages"][3]["tool_call_id"] != "toolu:1"
    marked = [i for i, message in enumerate(body["messages"]) if "copilot_cache_control" in message]
    assert marked == [0, 6]


@pytest.mark.parametrize(
    ("model", "role"),
    [
        pytest.param(GPT, "developer", id="OpenAI"),
        pytest.param(CLAUDE, "system", id="others-know-no-developer"),
        pytest.param(Model("o1", vendor="OpenAI", family="o1"), "user", id="o1-knows-no-system"),
    ],
)
def test_instructions_take_the_role_the_model_knows(model: Model, role: str) -> None:
    body, _ = write_ask(Ask("m", (Message("developer", (Text("Be kind."),)), *HI)), model)
    assert body["messages"][0] == {"role": role, "content": "Be kind."}


@pytest.mark.parametrize(
    ("reasoning", "levels", "effort"),
    [
        pytest.param(Reasoning(effort="high"), None, "high", id="unknown-levels-pass"),
        pytest.param(Reasoning(effort="high"), (), None, id="no-levels-drop"),
        pytest.param(Reasoning(effort="xhigh"), ("low", "high"), "high", id="nearest-below"),
        pytest.param(Reasoning(effort="minimal"), ("low", "high"), "low", id="else-above"),
        pytest.param(Reasoning("on", budget=4096), ("low", "medium"), "low", id="small-budget"),
        pytest.param(Reasoning("on", budget=16_384), ("low", "medium"), "medium", id="middle-budget"),
        pytest.param(Reasoning("on", budget=31_999), ("low", "high"), "high", id="large-budget"),
        pytest.param(Reasoning("off"), ("none", "low"), "none", id="off-where-it-can"),
        pytest.param(Reasoning("off"), ("low",), None, id="off-where-it-cannot"),
        pytest.param(Reasoning("adaptive"), ("low",), None, id="adaptive-is-the-model's-choice"),
    ],
)
def test_effort_fits_the_catalog(
    reasoning: Reasoning, levels: tuple[str, ...] | None, effort: str | None
) -> None:
    model = replace(GPT, reasoning_effort=levels)
    body, notes = write_ask(Ask("m", HI, reasoning=reasoning), model)
    assert body.get("reasoning_effort") == effort
    asked = reasoning.effort or (reasoning.mode == "off" and "none")
    if asked and asked != effort:
        assert "reasoning_effort" in {note.field for note in notes}


def test_limits_are_kept_and_said() -> None:
    ask = Ask("m", HI, max_tokens=10**6, stop=("a", "b", "c", "d", "e"), user="u" * 65)
    body, notes = write_ask(ask, replace(GPT, max_output_tokens=1000))
    assert (body["max_tokens"], body["stop"]) == (1000, ["a", "b", "c", "d"])
    assert {"max_tokens", "stop", "user"} == {note.field for note in notes}


def test_nothing_is_invented() -> None:
    body, notes = write_ask(Ask("m", HI), GPT)
    assert body == {"model": "gpt-9", "messages": [{"role": "user", "content": "hi"}], "stream": False}
    assert notes == []


def test_custom_tools_become_functions_and_hosted_ones_are_named() -> None:
    tools = (Tool("patch", kind="custom", namespace="functions"), Tool("web_search", kind="hosted"))
    ask = Ask("m", HI, tools=tools, tool_choice=ToolChoice("tool", "web_search"))
    body, notes = write_ask(ask, GPT)
    function = body["tools"][0]["function"]
    assert function["name"] == "functions__patch"
    assert function["parameters"]["required"] == ["input"]
    assert "tool_choice" not in body
    assert {"tools", "tool_choice"} == {note.field for note in notes}


def test_a_pdf_is_refused_with_a_reason() -> None:
    with pytest.raises(BadRequest, match=r"report\.pdf cannot be sent"):
        write_ask(Ask("m", (Message("user", (Document(data="AA", name="report.pdf"),)),)), GPT)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"model": 3}, "model"),
        ({"n": 2}, "n"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "narrator", "content": "x"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            "messages[0].content[0].type",
        ),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
    ],
)
def test_a_wrong_field_is_named(change: Json, param: str) -> None:
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **change}
    with pytest.raises(BadRequest) as refused:
        read_ask(body)
    assert refused.value.fault.param == param


def test_the_legacy_form_reads_as_tools() -> None:
    ask, _ = read_ask(
        {
            "model": "m",
            "functions": [{"name": "f", "parameters": {"type": "object"}}],
            "function_call": {"name": "f"},
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
                {"role": "function", "name": "f", "content": "done"},
            ],
        }
    )
    body, _ = write_ask(ask, GPT)
    assert body["tools"][0]["function"]["name"] == "f"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert body["messages"][1]["tool_calls"][0]["id"] == body["messages"][2]["tool_call_id"]


def asked(**more: Any) -> Ask:
    """A Messages client's request."""
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **more}
    return read_messages_ask(body)[0]


def test_client_tools_of_anthropic_become_functions() -> None:
    tools = [{"type": "bash_20250124", "name": "bash"}, {"type": "memory_20250818", "name": "memory"}]
    body, _ = write_ask(asked(tools=tools), GPT)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["bash", "memory"]
    assert "command" in body["tools"][0]["function"]["parameters"]["properties"]


SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
LIST = {"name": "ls", "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    "more",
    [{"tools": [SEARCH]}, {"tools": [SEARCH, LIST], "tool_choice": {"type": "tool", "name": "web_search"}}],
    ids=["the only tool", "forced"],
)
def test_a_search_that_was_the_point_is_refused(more: Json) -> None:
    with pytest.raises(BadRequest, match="no web search"):
        write_ask(asked(**more), GPT)


def test_a_search_beside_other_tools_is_left_out() -> None:
    body, notes = write_ask(asked(tools=[SEARCH, LIST]), GPT)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["ls"]
    assert any("web_search" in str(note) for note in notes)


def test_results_and_arguments_of_odd_shapes_are_kept() -> None:
    """MCP servers answer with strings and kinds of their own (bug 6 of the wire reference)."""
    content = ["plain", {"type": "resource", "uri": "file:///a"}]
    call = {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": '{"p":1}'}
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": content}]},
    ]
    body, _ = write_ask(asked(messages=messages, tools=[LIST]), GPT)
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"p":1}'
    assert body["messages"][2]["content"] == 'plain\n{"type":"resource","uri":"file:///a"}'


def test_a_jpg_is_called_a_jpeg() -> None:
    source = {"type": "base64", "media_type": "image/jpg", "data": "AAAA"}
    body, _ = write_ask(
        asked(messages=[{"role": "user", "content": [{"type": "image", "source": source}]}]), GPT
    )
    assert body["messages"][0]["content"][0]["image_url"]["url"] == "data:image/jpeg;base64,AAAA"
