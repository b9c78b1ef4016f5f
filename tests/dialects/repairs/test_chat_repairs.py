"""What is done to a chat body before it is sent, and after upstream refused it."""

import copy
from typing import Any

import pytest
from repair_bodies import GEMINI, GPT, GROK, HAIKU, OPUS, rules

from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Opaque, Thinking
from tray_app.dialects.protocol import Prepared
from tray_app.dialects.repairs import chat, chat_refusals
from tray_app.errors import BadRequest

USER = {"role": "user", "content": "hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def tool(name: str = "read", parameters: Any = None) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "parameters": parameters or {"type": "object", "properties": {}}},
    }


def calling(*ids: str) -> dict[str, Any]:
    calls = [{"id": id, "type": "function", "function": {"name": "read", "arguments": "{}"}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def answer(id: str, content: Any = "ok") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


def before(body: dict[str, Any], model: Model = GPT, *learned: str, **changes: Any) -> Prepared:
    return chat.before(
        {"model": "m", "messages": [USER], **copy.deepcopy(body)}, rules(model, *learned, **changes)
    )


FIELDS = {
    "max_tokens clamped": ({"max_tokens": 900_000}, GPT, {"max_tokens": 128_000}),
    "new name kept on GPT": (
        {"max_completion_tokens": 9},
        GPT,
        {"max_completion_tokens": 9, "max_tokens": None},
    ),
    "old name for others": (
        {"max_completion_tokens": 9},
        GROK,
        {"max_completion_tokens": None, "max_tokens": 9},
    ),
    "empty tools": (
        {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True},
        GPT,
        {"tools": None, "tool_choice": None, "parallel_tool_calls": None},
    ),
    "service_tier": ({"service_tier": "flex"}, GPT, {"service_tier": None}),
    "extensions": (
        {"snippy": {}, "copilot_references": []},
        GPT,
        {"snippy": None, "copilot_references": None},
    ),
    "unknown fields pass": ({"vendor_extra": 1}, GPT, {"vendor_extra": 1}),
    "effort of the catalog": ({"reasoning_effort": "low"}, GPT, {"reasoning_effort": "low"}),
    "other effort": ({"reasoning_effort": "max"}, GPT, {"reasoning_effort": None}),
    "effort beside tools": ({"reasoning_effort": "low", "tools": [tool()]}, GPT, {"reasoning_effort": None}),
    "effort without levels": ({"reasoning_effort": "low"}, GROK, {"reasoning_effort": None}),
    "Claude: one of the pair": ({"temperature": 0, "top_p": 1}, HAIKU, {"temperature": 0, "top_p": None}),
    "new Claude: no sampling": ({"temperature": 0}, OPUS, {"temperature": None}),
    "GPT: both": ({"temperature": 0, "top_p": 1}, GPT, {"temperature": 0, "top_p": 1}),
    "long user": ({"user": "u" * 65}, GPT, {"user": None}),
    "stops": ({"stop": ["", "a", "b", "c", "d", "e"]}, GPT, {"stop": ["a", "b", "c", "d"]}),
    "empty prediction": ({"prediction": {"type": "content", "content": ""}}, GPT, {"prediction": None}),
    "legacy functions": (
        {"functions": [{"name": "read"}], "function_call": {"name": "read"}},
        GPT,
        {
            "functions": None,
            "function_call": None,
            "tools": [{"type": "function", "function": {"name": "read"}}],
            "tool_choice": {"type": "function", "function": {"name": "read"}},
        },
    ),
    "$schema": (
        {"tools": [tool("read", {"$schema": "s", "properties": {}})]},
        GPT,
        {"tools": [tool()]},
    ),
    "schema format": (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"schema": {"$schema": "s", "type": "object"}},
            }
        },
        GPT,
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "output", "schema": {"type": "object"}},
            }
        },
    ),
}


@pytest.mark.parametrize(("body", "model", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_chat_fields(body: dict[str, Any], model: Model, expected: dict[str, Any]) -> None:
    sent = before(body, model).body
    assert {key: sent.get(key) for key in expected} == expected


TURNS = {
    "developer on others": (
        [{"role": "developer", "content": "s"}, USER],
        GROK,
        [{"role": "system", "content": "s"}, USER],
    ),
    "developer on GPT": (
        [{"role": "developer", "content": "s"}, USER],
        GPT,
        [{"role": "developer", "content": "s"}, USER],
    ),
    "empty parts": (
        [{"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]}],
        HAIKU,
        [{"role": "user", "content": [{"type": "text", "text": "x"}]}],
    ),
    "empty content of a call": (
        [USER, calling("call_1") | {"content": ""}, answer("call_1")],
        GPT,
        [USER, calling("call_1"), answer("call_1")],
    ),
    "orphaned result": ([USER, answer("call_1")], GPT, [USER]),
    "missing result": (
        [USER, calling("call_1"), USER],
        GPT,
        [USER, calling("call_1"), answer("call_1", "(no result)"), USER],
    ),
    "result behind a user message": (
        [USER, calling("call_1"), USER, answer("call_1")],
        GPT,
        [USER, calling("call_1"), answer("call_1"), USER],
    ),
    "Claude ids": (
        [USER, calling("call_1"), answer("call_1")],
        HAIKU,
        [USER, calling("call_1"), answer("call_1")],
    ),
    "image of a tool": (
        [USER, calling("call_1", "call_2"), answer("call_1", [IMAGE]), answer("call_2")],
        GPT,
        [
            USER,
            calling("call_1", "call_2"),
            answer("call_1", "(image follows)"),
            answer("call_2"),
            {"role": "user", "content": [{"type": "text", "text": "Image of tool call call_1:"}, IMAGE]},
        ],
    ),
    "other part of a tool": (
        [USER, calling("call_1"), answer("call_1", [{"type": "resource", "uri": "x"}])],
        GPT,
        [
            USER,
            calling("call_1"),
            answer("call_1", [{"type": "text", "text": '{"type":"resource","uri":"x"}'}]),
        ],
    ),
    "legacy call and result": (
        [
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "read", "arguments": "{}"}},
            {"role": "function", "name": "read", "content": "ok"},
        ],
        GPT,
        [USER, calling("call_function_1"), answer("call_function_1")],
    ),
    "prefill on new Claude": (
        [USER, {"role": "assistant", "content": "{"}],
        OPUS,
        [USER, {"role": "assistant", "content": "{"}, {"role": "user", "content": "Please continue."}],
    ),
    "replayed extras": (
        [USER, {"role": "assistant", "content": "a", "refusal": None, "annotations": [1]}, USER],
        GPT,
        [USER, {"role": "assistant", "content": "a"}, USER],
    ),
    "carrier of another model": (
        [
            USER,
            {"role": "assistant", "content": "a", "reasoning_opaque": "jumpseat1.x", "reasoning_text": "t"},
            USER,
        ],
        GPT,
        [USER, {"role": "assistant", "content": "a"}, USER],
    ),
}


@pytest.mark.parametrize(("turns", "model", "expected"), TURNS.values(), ids=TURNS.keys())
def test_chat_turns(turns: list[Any], model: Model, expected: list[Any]) -> None:
    assert before({"messages": turns}, model).body["messages"] == expected


def test_foreign_ids_are_renamed_alike_for_claude() -> None:
    sent = before({"messages": [USER, calling("a.b:1"), answer("a.b:1")]}, HAIKU).body["messages"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"]
    assert "." not in sent[2]["tool_call_id"]


@pytest.mark.parametrize(("model", "restored"), [(GEMINI, True), (HAIKU, True), (GPT, False)])
def test_reasoning_that_the_client_dropped_is_put_back(model: Model, restored: bool) -> None:
    memory = Memory()
    memory.keep_thinking("call_1", Thinking("why", Opaque("chat", "sig")))
    done = before({"messages": [USER, calling("call_1"), answer("call_1")]}, model, memory=memory)
    assert ("reasoning_opaque" in done.body["messages"][1]) is restored
    assert bool(done.repairs) is restored


def test_images_are_seen() -> None:
    assert before({"messages": [{"role": "user", "content": [IMAGE]}, calling(), USER]}).has_image
    assert not before({}).has_image


REFUSED = {
    "several answers": ({"n": 2}, "n"),
    "web image": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a"}}],
                }
            ]
        },
        "messages[0].content[0].image_url.url",
    ),
    "audio": (
        {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
        "messages[0].content[0]",
    ),
    "tool name": ({"tools": [tool("a b")]}, "tools[0].function.name"),
    "too many tools": ({"tools": [tool(f"t{n}") for n in range(129)]}, "tools"),
}


@pytest.mark.parametrize(("body", "param"), REFUSED.values(), ids=REFUSED.keys())
def test_what_chat_cannot_send_is_refused_by_name(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        before(body)
    assert caught.value.fault.param == param


SCHEMAS = {
    "type list": ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    "const": ({"const": "a"}, {"enum": ["a"], "type": "string"}),
    "number enum": ({"type": "integer", "enum": [1, 2]}, {"type": "integer"}),
    "format": ({"type": "string", "format": "uri"}, {"type": "string"}),
    "date-time stays": ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
    "additionalProperties": ({"type": "object", "additionalProperties": False}, {"type": "object"}),
    "array without items": ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
    "null variant": ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "nullable": True}),
    "oneOf": (
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    ),
    "reference": ({"$ref": "#/$defs/n"}, {"type": "integer"}),
    "property called format": (
        {"type": "object", "properties": {"format": {"type": "string"}}},
        {"type": "object", "properties": {"format": {"type": "string"}}},
    ),
}


@pytest.mark.parametrize(("schema", "expected"), SCHEMAS.values(), ids=SCHEMAS.keys())
def test_gemini_schemas(schema: Any, expected: Any) -> None:
    parameters = {"type": "object", "properties": {"a": schema}, "$defs": {"n": {"type": "integer"}}}
    done = before({"tools": [tool("read", parameters)]}, GEMINI)
    assert done.body["tools"][0]["function"]["parameters"]["properties"]["a"] == expected
    assert done.notes[0].field == "tools.read.parameters"
    kept = before({"tools": [tool("read", parameters)]}, GPT).body["tools"][0]["function"]["parameters"]
    assert kept["properties"]["a"] == schema


# --- after a refusal ------------------------------------------------------------------------------------

TOO_OLD = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
AFTER = {
    "rename": (
        {"max_tokens": 9},
        TOO_OLD,
        {"max_completion_tokens": 9, "max_tokens": None},
        "max_completion_tokens",
    ),
    "rename back": (
        {"max_completion_tokens": 9},
        "Unsupported parameter: 'max_completion_tokens'",
        {"max_tokens": 9, "max_completion_tokens": None},
        "max_tokens",
    ),
    "stop": ({"stop": ["a"]}, "Unsupported parameter: 'stop' is not supported", {"stop": None}, "drop:stop"),
    "penalty": (
        {"presence_penalty": 1},
        "presence_penalty is not supported",
        {"presence_penalty": None},
        "drop:presence_penalty",
    ),
    "named by param": (
        {"seed": 1},
        '{"error":{"message":"not allowed","param":"seed","code":"unsupported_value"}}',
        {"seed": None},
        "drop:seed",
    ),
    "temperature": (
        {"temperature": 0},
        "Unsupported value: 'temperature' does not support 0 with this model.",
        {"temperature": None},
        "drop:temperature",
    ),
    "orphan": (
        {"messages": [USER, calling("call_1"), answer("call_1")]},
        "messages with role 'tool' must be a response to a preceding message with 'tool_calls': call_1",
        {"messages": [USER]},
        None,
    ),
    "developer": (
        {"messages": [{"role": "developer", "content": "s"}, USER]},
        "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
        {"messages": [{"role": "system", "content": "s"}, USER]},
        "no_developer",
    ),
    "signature": (
        {"messages": [USER, {"role": "assistant", "content": "a", "reasoning_opaque": "x"}, USER]},
        "Invalid `signature` in `thinking` block",
        {"messages": [USER, {"role": "assistant", "content": "a"}, USER]},
        None,
    ),
}


@pytest.mark.parametrize(("body", "said", "expected", "learned"), AFTER.values(), ids=AFTER.keys())
def test_chat_after_a_refusal(body: Any, said: str, expected: Any, learned: str | None) -> None:
    recovery = chat_refusals.after({"messages": [USER], **copy.deepcopy(body)}, 400, said, rules(GPT))
    assert recovery is not None
    assert {key: recovery.body.get(key) for key in expected} == expected
    assert recovery.learned == learned


def test_words_of_prose_are_no_field_names() -> None:
    body = {"messages": [USER], "user": "ada", "stop": ["a"], "n": 1}
    assert chat_refusals.after(body, 400, "The user must stop sending requests.", rules()) is None


def test_a_learned_name_is_used_ahead() -> None:
    assert before({"max_tokens": 9}, GPT, "max_completion_tokens").body["max_completion_tokens"] == 9
    assert "stop" not in before({"stop": ["a"]}, GPT, "drop:stop").body


LONG = {"role": "system", "content": "s" * 6000}
MARKED = {"copilot_cache_control": {"type": "ephemeral"}}


def marked(body: dict[str, Any], model: Model = OPUS) -> list[bool]:
    return ["copilot_cache_control" in message for message in before(body, model).body["messages"]]


def test_claude_caches_an_agents_conversation() -> None:
    turns = [LONG, USER, calling("c1"), answer("c1")]
    assert marked({"messages": turns, "tools": [tool()]}) == [True, False, True, True]
    assert marked({"messages": turns[:2], "tools": [tool()]}) == [True, True]


@pytest.mark.parametrize(
    ("body", "model", "expected"),
    [
        pytest.param({"messages": [LONG, USER]}, OPUS, [False, False], id="no tools"),
        pytest.param({"messages": [USER], "tools": [tool()]}, OPUS, [False], id="short"),
        pytest.param({"messages": [LONG, USER], "tools": [tool()]}, GPT, [False, False], id="not Claude"),
        pytest.param(
            {"messages": [{**LONG, **MARKED}, USER], "tools": [tool()]},
            OPUS,
            [True, False],
            id="marked by the client",
        ),
    ],
)
def test_conversations_left_as_they_are(body: dict[str, Any], model: Model, expected: list[bool]) -> None:
    assert marked(body, model) == expected


ANTHROPIC_MARK = {"cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    "marked_one",
    [
        pytest.param({**USER, **ANTHROPIC_MARK}, id="message"),
        pytest.param(
            {"role": "user", "content": [{"type": "text", "text": "hi", **ANTHROPIC_MARK}]}, id="part"
        ),
    ],
)
def test_marks_of_clients_get_copilots_name(marked_one: dict[str, Any]) -> None:
    done = before({"messages": [marked_one]}, OPUS)
    (sent,) = done.body["messages"]
    assert sent["copilot_cache_control"] == {"type": "ephemeral"}
    assert "'cache_control'" not in str(sent)
    assert [str(note) for note in done.notes] == ["cache_control: sent as copilot_cache_control"]


@pytest.mark.parametrize(
    "place", [{**tool(), **ANTHROPIC_MARK}, {"function": ANTHROPIC_MARK}], ids=["tool", "function"]
)
def test_marks_of_tools(place: dict[str, Any]) -> None:
    whole = tool()
    one = {**whole, **place, "function": {**whole["function"], **place.get("function", {})}}
    assert before({"tools": [one]}, OPUS).body["tools"] == [{**tool(), **MARKED}]


def test_marks_of_calls() -> None:
    """opencode marks the last call of an answer beside its result."""
    call = {**calling("c1")["tool_calls"][0], **ANTHROPIC_MARK}
    turns = [USER, {**calling("c1"), "tool_calls": [call]}, {**answer("c1"), **ANTHROPIC_MARK}]
    sent = before({"messages": turns}, OPUS).body["messages"]
    assert [message.get("copilot_cache_control") for message in sent] == [None, *[{"type": "ephemeral"}] * 2]
    assert "'cache_control'" not in str(sent)


def test_at_most_four_marks() -> None:
    turns = [{**LONG, **ANTHROPIC_MARK}, *[{**USER, **ANTHROPIC_MARK} for _ in range(6)]]
    assert marked({"messages": turns}) == [True, False, False, False, True, True, True]
