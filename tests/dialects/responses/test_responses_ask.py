"""Requests of Responses clients, read; requests of other clients, written for Copilot's /responses."""

import orjson
import pytest
import responses_fuzz
from hypothesis import event, given, settings

from tray_app.dialects.capabilities import Model
from tray_app.dialects.neutral import (
    Ask,
    Document,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tray_app.dialects.responses.ask_reader import read_ask
from tray_app.dialects.responses.ask_writer import write_ask
from tray_app.errors import BadRequest

GPT = Model(
    id="gpt-9.1-codex",
    vendor="OpenAI",
    endpoints=("/responses",),
    max_output_tokens=128_000,
    reasoning_effort=("low", "medium", "high", "xhigh"),
)
PLAIN = Model(id="gpt-4.1", vendor="Azure OpenAI", reasoning_effort=())
PNG = "data:image/png;base64,iVBORw0K"


def read(input, **more):
    return read_ask({"model": "m", "input": input, **more})


def messages(input, **more):
    return read(input, **more)[0].messages


# --- reading -------------------------------------------------------------------------------------

INPUTS = {
    "a string": ("hi", (Message("user", (Text("hi"),)),)),
    "an untyped item": ([{"role": "user", "content": "hi"}], (Message("user", (Text("hi"),)),)),
    "roles": (
        [{"role": role, "content": "x"} for role in ("system", "developer", "user", "assistant")],
        tuple(Message(role, (Text("x"),)) for role in ("system", "developer", "user", "assistant")),
    ),
    "text parts": (
        [
            {
                "type": "message",
                "id": "msg_1",
                "role": "user",
                "content": [{"type": "input_text", "text": "a"}, {"type": "text", "text": "b"}],
            }
        ],
        (Message("user", (Text("a"), Text("b"))),),
    ),
    "an image": (
        [{"role": "user", "content": [{"type": "input_image", "image_url": PNG, "detail": "high"}]}],
        (Message("user", (Image("image/png", "iVBORw0K", detail="high"),)),),
    ),
    "an image on the web": (
        [{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.org/a.png"}]}],
        (Message("user", (Image(url="https://example.org/a.png"),)),),
    ),
    "a file": (
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "input_file",
                        "filename": "a.pdf",
                        "file_data": "data:application/pdf;base64,JVBE",
                    }
                ],
            }
        ],
        (Message("user", (Document("application/pdf", "JVBE", name="a.pdf"),)),),
    ),
    "phases": (
        [
            {
                "role": "assistant",
                "phase": "commentary",
                "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}],
            }
        ],
        (Message("assistant", (Text("a", phase="commentary"), Refusal("no"))),),
    ),
    "a turn with a tool": (
        [
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "encrypted_content": "blob"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look"}]},
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "c1",
                "name": "read",
                "arguments": "{}",
                "namespace": "fs",
            },
            {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "***"},
            {"type": "function_call_output", "id": "fco_1", "call_id": "c1", "output": "text"},
            {
                "type": "custom_tool_call_output",
                "call_id": "c2",
                "output": [{"type": "input_text", "text": "done"}, {"type": "input_image", "image_url": PNG}],
            },
        ],
        (
            Message(
                "assistant",
                (
                    Thinking("", Opaque("responses", "blob", "rs_1")),
                    Text("I look"),
                    ToolCall("c1", "read", "{}", namespace="fs"),
                    ToolCall("c2", "apply_patch", "***", "custom"),
                ),
            ),
            Message(
                "tool",
                (
                    ToolResult("c1", (Text("text"),)),
                    ToolResult("c2", (Text("done"), Image("image/png", "iVBORw0K")), kind="custom"),
                ),
            ),
        ),
    ),
    "summary parts": (
        [
            {
                "type": "reasoning",
                "id": "r",
                "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
            }
        ],
        (Message("assistant", (Thinking("a\n\nb"),)),),
    ),
}


@pytest.mark.parametrize(("input", "expected"), INPUTS.values(), ids=INPUTS.keys())
def test_input(input, expected):
    assert messages(input) == expected


def test_instructions_lead():
    assert messages("hi", instructions="Be kind")[0] == Message("system", (Text("Be kind"),))


def test_unknown_items_and_compaction_are_dropped_with_a_note():
    ask, notes = read(
        [
            {"type": "web_search_call", "id": "ws"},
            {"type": "compaction", "encrypted_content": "x"},
            {"role": "user", "content": "hi"},
        ]
    )
    assert len(ask.messages) == 1
    assert [note.field for note in notes] == ["input[0]", "input[1]"]


def test_tools_of_every_kind():
    ask, _ = read(
        [
            {
                "type": "additional_tools",
                "role": "developer",
                "tools": [
                    {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}
                ],
            },
            {"role": "user", "content": "go"},
        ],
        tools=[
            {
                "type": "function",
                "name": "read",
                "description": "d",
                "parameters": {"type": "object"},
                "strict": True,
            },
            {"type": "custom", "name": "apply_patch", "format": {"type": "text"}},
            {
                "type": "namespace",
                "name": "agents",
                "description": "Helpers",
                "tools": [{"type": "function", "name": "spawn"}],
            },
            {"type": "web_search", "external_web_access": True},
        ],
    )
    found = [(tool.kind, tool.namespace, tool.name) for tool in ask.tools]
    assert found == [
        ("custom", "functions", "exec"),
        ("function", None, "read"),
        ("custom", None, "apply_patch"),
        ("function", "agents", "spawn"),
        ("hosted", None, "web_search"),
    ]
    assert ask.tools[1].strict is True
    assert ask.tools[3].namespace_description == "Helpers"
    assert ask.tools[4].raw["external_web_access"] is True
    assert len(ask.messages) == 1


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", ToolChoice("auto")),
        ("required", ToolChoice("required")),
        ("none", ToolChoice("none")),
        ({"type": "function", "name": "read"}, ToolChoice("tool", "read")),
        ({"type": "custom", "name": "apply_patch"}, ToolChoice("tool", "apply_patch")),
        ({"type": "web_search"}, ToolChoice("tool", "web_search")),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "a"}]},
            ToolChoice("required", allowed=("a",)),
        ),
        (None, None),
    ],
)
def test_tool_choice(choice, expected):
    assert read("hi", tool_choice=choice)[0].tool_choice == expected


def test_the_rest_of_the_request():
    ask, notes = read(
        "hi",
        stream=True,
        max_output_tokens=50,
        temperature=0.5,
        top_p=1,
        parallel_tool_calls=False,
        reasoning={"effort": "high", "summary": "detailed"},
        text={
            "verbosity": "low",
            "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True},
        },
        metadata={"a": "b"},
        prompt_cache_key="k",
        safety_identifier="s",
        store=True,
        service_tier="flex",
        client_metadata={"x": "y"},
        truncation="auto",
        brand_new=1,
    )
    assert ask.stream
    assert (ask.max_tokens, ask.temperature, ask.top_p, ask.parallel_tool_calls) == (50, 0.5, 1, False)
    assert ask.reasoning == Reasoning(effort="high", summary="detailed")
    assert ask.output == OutputFormat("json_schema", {"type": "object"}, "n", strict=True)
    assert (ask.verbosity, ask.cache_key, ask.safety_identifier, ask.metadata) == (
        "low",
        "k",
        "s",
        {"a": "b"},
    )
    assert ask.extra == {"truncation": "auto", "brand_new": 1}
    assert {note.field for note in notes} == {"service_tier", "client_metadata"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "x", "conversation": "conv_1"}, "conversation"),
        ({"input": "x", "prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"input": "x", "background": True}, "background"),
        ({}, "input"),
        ({"input": 5}, "input"),
        ({"input": ["x"]}, "input[0]"),
        ({"input": [{"type": "message", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"type": "function_call", "name": "x"}]}, "input[0].call_id"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
            "input[0].content[0].image_url",
        ),
        ({"input": "x", "tools": [{"type": "function"}]}, "tools[0].name"),
        ({"input": "x", "tools": [{"type": "namespace", "name": "n", "tools": [1]}]}, "tools[0].tools[0]"),
        ({"input": "x", "tool_choice": "maybe"}, "tool_choice"),
        ({"input": "x", "text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"input": "x", "temperature": "warm"}, "temperature"),
        ({"input": "x", "reasoning": {"effort": 3}}, "reasoning.effort"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_requests_name_the_field(body, param):
    with pytest.raises(BadRequest) as caught:
        read_ask({"model": "m", **body})
    assert caught.value.fault.param == param
    assert caught.value.fault.status == 400


def test_a_store_reference_says_how_to_send_whole_items():
    with pytest.raises(BadRequest, match="store"):
        read([{"type": "item_reference", "id": "x"}])


@settings(max_examples=100, deadline=None)
@given(responses_fuzz.bodies)
def test_any_json_is_read_or_refused(body):
    try:
        ask, _ = read_ask(body)
    except BadRequest as error:
        event(f"refused: {error.fault.param is not None}")
        return
    orjson.dumps(write_ask(ask, GPT))


# --- writing -------------------------------------------------------------------------------------


def write(*found: Message, model: Model = GPT, **more):
    return write_ask(Ask("asked", found, **more), model)


HI = Message("user", (Text("hi"),))


def test_what_every_body_has():
    body, notes = write(
        Message("system", (Text("A"), Text("B"))), Message("system", (Text("C"),)), HI, stream=True
    )
    assert body == {
        "model": "gpt-9.1-codex",
        "instructions": "A\n\nB\n\nC",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    assert notes == []


def test_only_a_system_prompt_still_has_an_input():
    body, _ = write(Message("system", (Text("A"),)))
    assert body["input"][0]["role"] == "system"
    assert "instructions" not in body


def test_later_system_and_developer_messages_stay_in_place():
    body, _ = write(HI, Message("system", (Text("S"),)), Message("developer", (Text("D"),)))
    assert [item["role"] for item in body["input"]] == ["user", "system", "developer"]


def test_a_turn_with_a_tool_is_written():
    body, notes = write(
        HI,
        Message(
            "assistant",
            (
                Thinking("why", Opaque("responses", "blob", "rs_1")),
                Thinking("foreign", Opaque("messages", "sig")),
                Text("I look"),
                ToolCall("c1", "read", '{"a":1}'),
                ToolCall("c2", "patch", "raw", "custom"),
            ),
        ),
        Message(
            "tool",
            (
                ToolResult("c1", (Text("a"), Image("image/png", "iVBORw0K")), is_error=True),
                ToolResult("c2", (Text("a"), Text("b"))),
            ),
        ),
    )
    assert body["input"][1:] == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "why"}],
            "encrypted_content": "blob",
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "I look"}],
            "phase": "commentary",
        },
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "read",
            "arguments": '{"a":1}',
            "status": "completed",
        },
        {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "raw", "status": "completed"},
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": [
                {"type": "input_text", "text": "[ERROR]"},
                {"type": "input_text", "text": "a"},
                {"type": "input_image", "image_url": PNG, "detail": "auto"},
            ],
            "status": "incomplete",
        },
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "a\nb"},
    ]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("gpt-5.3-codex", "final_answer"),
        ("gpt-5.3", None),
        ("gpt-5.2-codex", None),
        ("gpt-5.4", "final_answer"),
        ("grok-9", None),
    ],
)
def test_phase_is_told_to_models_that_know_it(id, expected):
    body, _ = write(HI, Message("assistant", (Text("done"),)), model=Model(id=id))
    assert body["input"][1].get("phase") == expected


def test_a_phase_from_the_client_is_kept():
    body, _ = write(HI, Message("assistant", (Text("a", phase="commentary"),)), model=PLAIN)
    assert body["input"][1]["phase"] == "commentary"


@pytest.mark.parametrize(
    ("reasoning", "model", "expected"),
    [
        (None, GPT, None),
        (Reasoning(effort="high"), GPT, {"effort": "high", "summary": "auto"}),
        (Reasoning(effort="max"), GPT, {"effort": "xhigh", "summary": "auto"}),
        (Reasoning(effort="minimal"), GPT, {"effort": "low", "summary": "auto"}),
        (Reasoning(effort="high", summary="detailed"), GPT, {"effort": "high", "summary": "detailed"}),
        (Reasoning("on", budget=31_999), GPT, {"effort": "high", "summary": "auto"}),
        (Reasoning("on", budget=2000), GPT, {"effort": "low", "summary": "auto"}),
        (Reasoning("adaptive"), GPT, {"summary": "auto"}),
        (Reasoning("off"), GPT, {"effort": "low"}),
        (Reasoning("off"), Model("x", reasoning_effort=("none", "low")), {"effort": "none"}),
        (Reasoning("off"), Model("x"), None),
        (Reasoning(effort="high", show=False), GPT, {"effort": "high"}),
        (Reasoning(effort="high"), PLAIN, None),
        (Reasoning(effort="high"), Model("x"), {"effort": "high", "summary": "auto"}),
    ],
)
def test_reasoning(reasoning, model, expected):
    assert write(HI, reasoning=reasoning, model=model)[0].get("reasoning") == expected


@pytest.mark.parametrize(("wanted", "sent"), [(1, 16), (500, 500), (10**6, 128_000)])
def test_max_tokens_stays_within_the_limits(wanted, sent):
    body, notes = write(HI, max_tokens=wanted)
    assert body["max_output_tokens"] == sent
    assert [note.field for note in notes] == ([] if wanted == sent else ["max_tokens"])


def test_tools_and_choice():
    tools = (
        Tool("read", "", {"$schema": "x", "type": "object", "properties": {}}),
        Tool("apply_patch", "Edit", kind="custom", format={"type": "text"}),
        Tool("spawn", "d", {"type": "object"}, True, namespace="agents", namespace_description="Helpers"),
        Tool(
            "web_search",
            kind="hosted",
            raw={"type": "web_search_20250305", "allowed_domains": ["example.org"]},
        ),
        Tool("bash", kind="hosted", raw={"type": "bash_20250124"}),
    )
    body, notes = write(
        HI, tools=tools, tool_choice=ToolChoice("tool", "apply_patch"), parallel_tool_calls=False
    )
    assert body["tools"] == [
        {
            "type": "function",
            "name": "read",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {"type": "custom", "name": "apply_patch", "description": "Edit", "format": {"type": "text"}},
        {
            "type": "namespace",
            "name": "agents",
            "description": "Helpers",
            "tools": [
                {
                    "type": "function",
                    "name": "spawn",
                    "description": "d",
                    "parameters": {"type": "object", "properties": {}},
                    "strict": True,
                }
            ],
        },
        {"type": "web_search", "filters": {"allowed_domains": ["example.org"]}},
    ]
    assert body["tool_choice"] == {"type": "custom", "name": "apply_patch"}
    assert body["parallel_tool_calls"] is False
    assert [note.field for note in notes] == ["tools"]


def test_a_choice_of_the_search_tool():
    tools = (Tool("web_search", kind="hosted", raw={"type": "web_search_20250305"}),)
    choice = ToolChoice("tool", "web_search")
    assert write(HI, tools=tools, tool_choice=choice)[0]["tool_choice"] == {"type": "web_search"}
    body, notes = write(HI, tools=tools, tool_choice=choice, model=Model("grok-9", vendor="xAI"))
    assert "tools" not in body
    assert "tool_choice" not in body
    assert notes


def test_structured_output_and_names():
    body, _ = write(
        HI,
        output=OutputFormat("json_schema", {"type": "object"}, "my name"),
        verbosity="low",
        cache_key="k",
        metadata={"a": "b"},
    )
    assert body["text"] == {
        "format": {"type": "json_schema", "name": "my_name", "schema": {"type": "object"}},
        "verbosity": "low",
    }
    assert (body["prompt_cache_key"], body["metadata"]) == ("k", {"a": "b"})


def test_what_has_no_place_is_noted():
    body, notes = write(
        HI,
        stop=("x",),
        seed=1,
        top_k=3,
        user="u",
        temperature=1,
        n=1,
        extra={"thread": {}, "truncation": "auto"},
    )
    assert {note.field for note in notes} == {"stop", "seed", "top_k", "user", "temperature", "thread"}
    assert body["truncation"] == "auto"
    assert write(HI, temperature=0.2, model=PLAIN)[0]["temperature"] == 0.2


def test_a_chat_clients_images_of_tool_results_stand_behind_all_outputs():
    """Copilot's own client sends them so (wire 6.3, 11.5)."""
    calls = Message("assistant", (ToolCall("call_1", "look", "{}"), ToolCall("call_2", "look", "{}")))
    image = Image("image/png", "iVBORw0K")
    results = Message("tool", (ToolResult("call_1", (Text("a"), image)), ToolResult("call_2", (Text("b"),))))
    items = write(HI, calls, results, is_chat=True)[0]["input"]
    assert [item.get("output") for item in items[3:5]] == ["a", "b"]
    assert items[5] == {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Image of tool call call_1:"},
            {"type": "input_image", "image_url": PNG, "detail": "auto"},
        ],
    }


def test_a_chat_clients_sampling_passes():
    """11.5: the same; 11.4 drops it for Messages clients on models that reason."""
    assert write(HI, temperature=0.2, top_p=0.9, is_chat=True)[0]["temperature"] == 0.2
    assert "temperature" not in write(HI, temperature=0.2)[0]


def test_marks_of_encryption_are_not_read():
    schema = {"type": "object", "properties": {"m": {"type": "string", "encrypted": True}}}
    tool = {"type": "function", "name": "spawn", "parameters": schema}
    tools = read("hi", tools=[{"type": "namespace", "name": "collaboration", "tools": [tool]}])[0].tools
    assert tools[0].parameters == {"type": "object", "properties": {"m": {"type": "string"}}}
