"""Bodies put right before Copilot refuses them, and after it did."""

import copy
import time

import orjson
import pytest
import responses_fuzz
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tray_app.dialects.capabilities import Model
from tray_app.dialects.carrier import pack
from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Opaque
from tray_app.dialects.protocol import Rules
from tray_app.dialects.repairs.body_paths import without_path
from tray_app.dialects.repairs.responses import before
from tray_app.dialects.repairs.responses_image_cures import PLACEHOLDER_IMAGE
from tray_app.dialects.repairs.responses_refusals import after
from tray_app.errors import BadRequest

GPT = Model(
    id="gpt-9.1-codex",
    vendor="OpenAI",
    endpoints=("/responses",),
    max_output_tokens=1000,
    reasoning_effort=("low", "high"),
    max_image_bytes=3000,
)
GROK = Model(id="grok-9", vendor="xAI", endpoints=("/responses",))
PNG = "data:image/png;base64,iVBORw0K"
USER = {"type": "message", "role": "user", "content": "hi"}


def rules(model=GPT, **more) -> Rules:
    return Rules(model=model, memory=more.pop("memory", Memory()), **more)


def repaired(body: dict, given: Rules | None = None):
    body = {"model": "gpt-9.1-codex", "store": False, "input": [USER], **body}
    kept = copy.deepcopy(body)
    prepared = before(body, given or rules())
    assert body == kept, "the client's body was changed"
    return prepared


def function(name: str, **more) -> dict:
    return {"type": "function", "name": name, "parameters": {"type": "object"}, **more}


# --- ahead ---------------------------------------------------------------------------------------


def test_of_many_images_the_newest_twenty_stay():
    image, older = (
        {"type": "input_image", "image_url": PNG},
        {"type": "input_text", "text": "[older image left out]"},
    )
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    shots = {"type": "function_call_output", "call_id": "c", "output": [image] * 12}
    user = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "t"}, *[image] * 11],
    }
    prepared = repaired({"input": [call, shots, user]})
    sent = prepared.body["input"]
    assert sent[1]["output"] == [older] * 3 + [image] * 9
    assert sent[2] == user
    assert [str(note) for note in prepared.notes] == ["input: the 3 oldest images left out, 20 is the most"]
    assert repaired({"input": [call, shots]}).notes == []


def test_a_body_with_nothing_wrong_passes_as_it_is():
    body = {
        "model": "gpt-9.1-codex",
        "store": False,
        "input": [USER, {"type": "brand_new_item", "x": 1}],
        "tools": [function("read", description="d"), {"type": "web_search"}],
        "tool_choice": "auto",
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "k",
        "brand_new": {"a": 1},
    }
    prepared = repaired(body)
    assert prepared.body == body
    assert (prepared.repairs, prepared.notes, prepared.has_image) == ([], [], False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service_tier", "fast"),
        ("client_metadata", {"a": "b"}),
        ("internal_chat_message_metadata_passthrough", {}),
    ],
)
def test_refused_fields_are_dropped_with_a_note(field, value):
    prepared = repaired({field: value})
    assert field not in prepared.body
    assert [note.field for note in prepared.notes] == [field]


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "prompt", "background"])
def test_server_state_is_refused(field):
    with pytest.raises(BadRequest) as caught:
        repaired({field: True if field == "background" else "x"})
    assert caught.value.fault.param == field


def test_null_and_false_state_is_dropped_quietly():
    prepared = repaired({"previous_response_id": None, "background": False, "service_tier": None})
    assert prepared.body.keys() == {"model", "store", "input"}
    assert prepared.notes == []


@pytest.mark.parametrize("store", [True, None])
def test_nothing_is_stored_so_reasoning_comes_along(store):
    body = repaired({"store": store, "include": ["x"]}).body
    assert body["store"] is False
    assert body["include"] == ["x", "reasoning.encrypted_content"]


@pytest.mark.parametrize(("wanted", "sent"), [(1, 16), (50, 50), (9999, 1000)])
def test_max_output_tokens(wanted, sent):
    assert repaired({"max_output_tokens": wanted}).body["max_output_tokens"] == sent


def test_an_effort_that_the_catalog_lacks_is_dropped():
    prepared = repaired({"reasoning": {"effort": "minimal", "summary": "auto"}})
    assert prepared.body["reasoning"] == {"summary": "auto"}
    assert [note.field for note in prepared.notes] == ["reasoning.effort"]
    assert repaired({"reasoning": {"effort": "high"}}).body["reasoning"] == {"effort": "high"}


# --- input ---


def items(*given_items, given: Rules | None = None, **more):
    return repaired({"input": list(given_items), **more}, given).body["input"]


def reasoning(id: str | None, blob: str | None, **more) -> dict:
    return {"type": "reasoning", "id": id, "summary": [], "encrypted_content": blob, **more}


def test_reasoning_goes_back_under_the_id_its_blob_came_with():
    memory = Memory()
    memory.keep_item_id("blob", "real")
    prepared = repaired({"input": [reasoning("shown", "blob"), USER]}, rules(memory=memory))
    assert prepared.body["input"][0]["id"] == "real"
    assert prepared.repairs


def test_reasoning_nobody_remembers_keeps_its_id():
    assert items(reasoning("shown", "blob"), USER)[0]["id"] == "shown"


def test_a_carrier_of_this_kind_is_unpacked_with_its_id():
    sealed = pack(Opaque("responses", "blob", "real"), "messages")
    item = items(reasoning("shown", sealed), USER)[0]
    assert (item["id"], item["encrypted_content"]) == ("real", "blob")


@pytest.mark.parametrize(
    "item",
    [
        reasoning("shown", pack(Opaque("messages", "signature"), "responses")),
        reasoning("shown", "jumpseat1.damaged"),
        reasoning("shown", None),
        reasoning(None, "blob"),
    ],
    ids=["of another model", "damaged", "without a blob", "without an id"],
)
def test_reasoning_upstream_cannot_read_is_left_out(item):
    prepared = repaired({"input": [item, USER]})
    assert prepared.body["input"] == [USER]
    assert prepared.repairs


def test_null_fields_go():
    item = items(reasoning("r", "blob", status=None, content=None), USER)[0]
    assert item == {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "blob"}
    assert items({**USER, "id": None, "status": None, "internal_chat_message_metadata_passthrough": 1}) == [
        USER
    ]


@pytest.mark.parametrize("place", ["content", "output"])
def test_images_are_seen_everywhere(place):
    image = {"type": "input_image", "image_url": PNG, "detail": "original"}
    if place == "content":
        given_items = [{"role": "user", "content": [image]}]
    else:
        call = {"type": "function_call", "call_id": "c", "name": "view", "arguments": "{}"}
        given_items = [call, {"type": "function_call_output", "call_id": "c", "output": [image]}, USER]
    prepared = repaired({"input": given_items})
    assert prepared.has_image
    holder = prepared.body["input"][0 if place == "content" else 1]
    assert holder[place][0]["detail"] == "auto"


def test_an_image_on_the_web_is_refused_with_a_remedy():
    image = {"type": "input_image", "image_url": "https://example.org/a.png"}
    with pytest.raises(BadRequest, match="data URL") as caught:
        items({"role": "user", "content": [image]})
    assert caught.value.fault.param == "input[0].content[0].image_url"


def test_calls_and_outputs_are_paired_by_call_id():
    def call(id, call_id):
        return {"type": "function_call", "id": id, "call_id": call_id, "name": "f", "arguments": "{}"}

    def output(call_id, **more):
        return {"type": "function_call_output", "call_id": call_id, "output": "x", **more}

    prepared = repaired(
        {"input": [call("fc_1", "a"), call("fc_2", "b"), output("a", id="fc_9"), output("fc_1"), USER]}
    )
    assert [(item["type"], item.get("call_id")) for item in prepared.body["input"]] == [
        ("function_call", "a"),
        ("function_call", "b"),
        ("function_call_output", "b"),
        ("function_call_output", "a"),
        ("message", None),
    ]
    assert len(prepared.repairs) == 2


def test_an_output_behind_a_compaction_stays():
    compaction = {"type": "compaction", "encrypted_content": "x"}
    output = {"type": "function_call_output", "call_id": "a", "output": "x"}
    assert items(compaction, output) == [compaction, output]


# --- tools ---


def test_empty_tools_go_with_their_choice():
    body = repaired({"tools": [], "tool_choice": "required"}).body
    assert body.keys() == {"model", "store", "input"}


@pytest.mark.parametrize(
    "kind", ["image_generation", "code_interpreter", "file_search", "computer_use_preview", "mcp"]
)
def test_refused_tools_are_stripped_with_the_choice_that_names_them(kind):
    prepared = repaired({"tools": [{"type": kind}, function("a")], "tool_choice": {"type": kind}})
    assert [tool["type"] for tool in prepared.body["tools"]] == ["function"]
    assert "tool_choice" not in prepared.body
    assert {note.field for note in prepared.notes} == {"tools", "tool_choice"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (rules(), True),
        (rules(web_search=False), False),
        (rules(Model(id="gpt-9", vendor="Azure OpenAI")), True),
        (rules(Model(id="other", vendor="Microsoft")), False),
        (rules(learned=frozenset({"no web_search_preview tool"})), False),
    ],
    ids=["gpt", "switched off", "azure", "other vendor", "learned"],
)
def test_web_search(given, kept):
    body = repaired({"tools": [{"type": "web_search_preview"}, function("a")]}, given).body
    assert any(tool["type"].startswith("web_search") for tool in body["tools"]) is kept


def test_empty_descriptions_are_left_out_in_namespaces_too():
    space = {"type": "namespace", "name": "n", "description": "", "tools": [function("a", description=" ")]}
    body = repaired({"tools": [function("b", description=""), space]}).body
    assert "description" not in body["tools"][0]
    assert "description" not in body["tools"][1]
    assert "description" not in body["tools"][1]["tools"][0]


PATCH = {"type": "custom", "name": "apply_patch", "description": "Edit", "format": {"definition": "start: x"}}
HISTORY = [
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "apply_patch", "input": "***"},
    {"type": "custom_tool_call_output", "id": "ctco_1", "call_id": "c", "output": "done"},
]


def test_apply_patch_becomes_a_function_in_tools_history_and_choice():
    body = repaired(
        {
            "tools": [PATCH],
            "input": [*HISTORY, USER],
            "tool_choice": {"type": "custom", "name": "apply_patch"},
        }
    ).body
    tool = body["tools"][0]
    assert (tool["type"], tool["name"]) == ("function", "apply_patch")
    assert list(tool["parameters"]["properties"]) == ["input"]
    assert "start: x" in tool["description"]
    assert body["input"][:2] == [
        {"type": "function_call", "call_id": "c", "name": "apply_patch", "arguments": '{"input":"***"}'},
        {"type": "function_call_output", "call_id": "c", "output": "done"},
    ]
    assert body["tool_choice"] == {"type": "function", "name": "apply_patch"}


def test_apply_patch_stays_custom_when_switched_off():
    body = repaired({"tools": [PATCH], "input": [*HISTORY, USER]}, rules(function_apply_patch=False)).body
    assert body["tools"] == [PATCH]
    assert body["input"][:2] == HISTORY


def test_other_custom_tools_stay():
    tool = {"type": "custom", "name": "exec"}
    assert repaired({"tools": [tool]}).body["tools"] == [tool]


def test_collaboration_is_renamed_everywhere():
    inner = function(
        "spawn", parameters={"type": "object", "properties": {"a": {"type": "string", "encrypted": True}}}
    )
    call = {
        "type": "function_call",
        "call_id": "c",
        "name": "spawn",
        "namespace": "collaboration",
        "arguments": "{}",
    }
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    tools = [{"type": "namespace", "name": "collaboration", "tools": [inner]}]
    body = repaired({"tools": tools, "input": [call, output]}).body
    space = body["tools"][0]
    assert space["name"] == body["input"][0]["namespace"] != "collaboration"
    assert space["tools"][0]["parameters"]["properties"] == {"a": {"type": "string"}}


def test_a_function_called_tool_search_is_renamed():
    call = {"type": "function_call", "call_id": "c", "name": "tool_search", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    hosted = {"type": "tool_search", "execution": "client"}
    body = repaired({"tools": [function("tool_search"), hosted], "input": [call, output]}).body
    assert body["tools"][0]["name"] == body["input"][0]["name"] != "tool_search"
    assert body["tools"][1] == hosted


def test_schemas_and_names_are_made_fit():
    tools = [
        function("files.read", parameters={"$schema": "x"}),
        {"type": "namespace", "name": "a b", "tools": [function("c.d")]},
    ]
    tools = repaired({"tools": tools}).body["tools"]
    assert tools[0]["parameters"] == {"type": "object", "properties": {}}
    for name in (tools[0]["name"], tools[1]["name"], tools[1]["tools"][0]["name"]):
        assert name.replace("_", "").isalnum()


def test_text_parts_get_the_type_of_their_place():
    text = {"type": "text", "text": "a"}
    found = items({"role": "assistant", "content": [text]}, {"role": "user", "content": [text]})
    assert [item["content"][0]["type"] for item in found] == ["output_text", "input_text"]


def test_grok_gets_plain_functions_only():
    tools = [
        PATCH,
        {"type": "namespace", "name": "fs", "tools": [function("read")]},
        {"type": "web_search"},
        function("list"),
    ]
    extra = {"type": "additional_tools", "tools": [{"type": "custom", "name": "exec"}]}
    call = {"type": "function_call", "call_id": "c", "name": "read", "namespace": "fs", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    body = repaired(
        {"tools": tools, "input": [extra, call, output, USER], "reasoning": {"context": "all_turns"}},
        rules(GROK),
    ).body
    assert [(tool["type"], tool["name"]) for tool in body["tools"]] == [
        ("function", "apply_patch"),
        ("function", "fs__read"),
        ("function", "list"),
        ("function", "exec"),
    ]
    assert [item["type"] for item in body["input"]] == ["function_call", "function_call_output", "message"]
    assert body["input"][0]["name"] == "fs__read"
    assert "namespace" not in body["input"][0]
    assert "reasoning" not in body


def test_what_a_model_refused_before_is_left_out():
    prepared = repaired(
        {"temperature": 1, "text": {"verbosity": "low"}}, rules(learned=frozenset({"without temperature"}))
    )
    assert "temperature" not in prepared.body
    assert prepared.repairs


@settings(max_examples=100, deadline=None)
@given(responses_fuzz.bodies, st.sampled_from([GPT, GROK]))
def test_any_json_is_repaired_or_refused(body, model):
    kept = copy.deepcopy(body)
    try:
        prepared = before(body, rules(model))
    except BadRequest as error:
        event(f"refused: {error.fault.param is not None}")
        return
    assert body == kept
    orjson.dumps(prepared.body)
    again = before(prepared.body, rules(model))
    assert again.body == prepared.body  # repairing twice changes nothing


# --- after a refusal -----------------------------------------------------------------------------


def error(message: str, code: str = "", param: str | None = None) -> str:
    return orjson.dumps({"error": {"message": message, "code": code, "param": param}}).decode()


BODY = {
    "model": "m",
    "store": False,
    "input": [
        {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "blob"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "user",
            "content": [{"type": "input_image", "image_url": PNG * 200}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "f",
            "arguments": "{}",
            "status": None,
        },
        {
            "type": "function_call_output",
            "call_id": "call_1",
            "output": [{"type": "x", "encrypted_content": "b"}],
        },
    ],
    "temperature": 1,
    "reasoning": {"effort": "low", "summary": "auto"},
    "tools": [{"type": "web_search"}, {"type": "custom", "name": "exec"}, function("f")],
}


@pytest.mark.parametrize(
    "text",
    [
        error(
            "The encrypted content for item rs_1 could not be verified. Reason: item_id did not match",
            "invalid_encrypted_content",
        ),
        error("The encrypted content gAAA could not be decrypted or parsed.", "invalid_request_body"),
        error(error("Encrypted content could not be verified")),
        "encrypted content for item x could not be verified",
    ],
)
def test_unreadable_reasoning_is_removed(text):
    recovery = after(BODY, 400, text, rules())
    assert [item["type"] for item in recovery.body["input"]] == [
        "message",
        "function_call",
        "function_call_output",
    ]
    assert after(recovery.body, 400, text, rules()) is None


@pytest.mark.parametrize("status", [400, 401])
def test_a_foreign_connection_loses_its_ids(status):
    text = error("input item ID does not belong to this connection")
    recovery = after(BODY, status, text, rules())
    assert [item.get("id") for item in recovery.body["input"]] == ["r", None, None, None]
    assert recovery.fresh_connection
    second = after(recovery.body, status, text, rules())
    assert second.body["input"][0]["type"] == "message"
    assert after(second.body, status, text, rules()) is None


@pytest.mark.parametrize(
    ("text", "path", "learned"),
    [
        (
            error("Unsupported parameter: 'temperature' is not supported with this model."),
            "temperature",
            True,
        ),
        (error("nope", "unsupported_parameter", "temperature"), "temperature", True),
        (
            error("Unknown parameter: 'input[2].status'.", "unknown_parameter", "input[2].status"),
            "input[].status",
            True,
        ),
        (
            error("Unsupported value: 'low'", "unsupported_value", "reasoning.effort"),
            "reasoning.effort",
            False,
        ),
        ("temperature is not supported", "temperature", True),
        (error("reasoning.summary: Extra inputs are not permitted"), "reasoning.summary", True),
    ],
)
def test_a_field_named_by_the_refusal_is_removed_once(text, path, learned):
    recovery = after(BODY, 400, text, rules())
    assert recovery.body != BODY
    assert recovery.learned == (f"without {path}" if learned else None)
    assert after(recovery.body, 400, text, rules()) is None
    assert (
        recovery.learned is None
        or without_path(before(BODY, rules(learned=frozenset({recovery.learned}))).body, path) is None
    )


@pytest.mark.parametrize(
    "param", ["model", "input", "input[0]", "input[1].type", "tools", "store", "input[9].x", "x"]
)
def test_what_cannot_be_done_without_stays(param):
    assert after(BODY, 400, error("nope", "invalid_value", param), rules()) is None


def test_too_large_a_body_loses_its_large_images():
    recovery = after(BODY, 413, error("failed to parse request"), rules())
    assert recovery.body["input"][1]["content"][0]["image_url"] == PLACEHOLDER_IMAGE
    assert after(recovery.body, 413, "", rules()) is None


def test_small_images_of_earlier_turns_go_when_none_is_too_large():
    def shown():
        return {"role": "user", "content": [{"type": "input_image", "image_url": PNG}]}

    recovery = after({"input": [shown(), shown()]}, 413, "413 Request Entity Too Large", rules())
    urls = [item["content"][0]["image_url"] for item in recovery.body["input"]]
    assert urls == [PLACEHOLDER_IMAGE, PNG]


@pytest.mark.parametrize(
    "text",
    [
        error("No tool output found for function call call_1.", "invalid_request_body", "input"),
        error("No tool call found for function call output with call_id call_1."),
    ],
)
def test_orphans_named_by_the_refusal_go(text):
    recovery = after(BODY, 400, text, rules())
    assert [item["type"] for item in recovery.body["input"]] == ["reasoning", "message"]


def test_encrypted_outputs_are_replaced_on_a_new_connection():
    recovery = after(
        BODY, 400, error("Encrypted function output content could not be decrypted or decoded"), rules()
    )
    assert "encrypted_content" not in recovery.body["input"][3]["output"][0]
    assert recovery.fresh_connection


def test_custom_tools_become_functions_for_a_model_without_them():
    text = error(
        "Invalid value: 'custom'. Supported values are: 'function'.", "invalid_value", "tools[1].type"
    )
    recovery = after(BODY, 400, text, rules())
    assert [tool.get("name") for tool in recovery.body["tools"]] == ["exec", "f", None]
    assert [tool["type"] for tool in recovery.body["tools"]] == ["function", "function", "web_search"]
    assert after(recovery.body, 400, text, rules(learned=frozenset({recovery.learned}))) is None
    assert before(BODY, rules(learned=frozenset({recovery.learned}))).body["tools"][1]["type"] == "function"


def test_web_search_goes_when_refused():
    text = error("The use of the web search tool is not supported.", "unsupported_value")
    recovery = after(BODY, 400, text, rules())
    assert [tool["type"] for tool in recovery.body["tools"]] == ["custom", "function"]
    assert recovery.learned == "no web_search tool"


def test_a_hosted_tool_nobody_knows_goes_with_its_choice():
    body = BODY | {"tools": [function("f"), {"type": "shell"}], "tool_choice": {"type": "shell"}}
    text = error("The requested tool shell is not supported.", "unsupported_value", "tools[1]")
    recovery = after(body, 400, text, rules())
    assert [tool["type"] for tool in recovery.body["tools"]] == ["function"]
    assert "tool_choice" not in recovery.body
    assert before(body, rules(learned=frozenset({recovery.learned}))).body["tools"] == [function("f")]


def test_items_of_an_unknown_kind_go_but_never_a_message():
    odd = {"type": "agent_message", "x": 1}
    text = error("Invalid value: 'agent_message'.", "invalid_value", "input[1].type")
    assert after({"input": [USER, odd, odd]}, 400, text, rules()).body == {"input": [USER]}
    assert after({"input": [odd, USER]}, 400, text, rules()) is None


def test_a_phase_is_removed_from_every_message():
    said = {"role": "assistant", "content": "x", "phase": "commentary"}
    text = error("Unknown parameter: 'input[0].phase'.", "unknown_parameter", "input[0].phase")
    recovery = after({"input": [said, said, USER]}, 400, text, rules())
    assert not any("phase" in item for item in recovery.body["input"])
    assert recovery.learned == "without input[].phase"


def test_only_the_refused_include_goes():
    body = {"input": "x", "include": ["reasoning.encrypted_content", "odd"]}
    recovery = after(body, 400, error("Invalid value: 'odd'.", "invalid_value", "include"), rules())
    assert recovery.body["include"] == ["reasoning.encrypted_content"]


def test_a_previous_response_that_is_gone():
    body = {"input": "x", "previous_response_id": "resp_1"}
    text = error("gone", "previous_response_not_found")
    assert after(body, 400, text, rules()).body == {"input": "x"}
    assert after({"input": "x"}, 400, text, rules()) is None


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500])
def test_other_refusals_are_left_alone(status):
    assert after(BODY, status, error("Unsupported parameter: 'temperature'"), rules()) is None


PHRASES = [
    "could not be verified",
    "does not belong to this connection",
    "failed to parse request",
    "'custom' is not supported",
]
PHRASES += [
    "Unsupported parameter: 'temperature'",
    "no tool output found for call_1",
    "web search not supported",
    "[",
]


@settings(max_examples=100, deadline=None)
@given(
    responses_fuzz.bodies,
    st.sampled_from([400, 401, 413]),
    st.sampled_from(PHRASES) | st.text(max_size=20),
    st.none()
    | st.sampled_from(
        ["temperature", "input[0].id", "tools[0].name", "reasoning", "text.format", "[", "a..b"]
    ),
)
def test_repairs_come_to_an_end_and_never_repeat_a_body(body, status, phrase, param):
    try:
        sent = before(body, rules()).body
    except BadRequest:
        return
    learned, seen = frozenset(), [sent]
    for _ in range(12):
        recovery = after(sent, status, error(phrase, param=param), rules(learned=learned))
        if recovery is None:
            return
        assert recovery.body not in seen
        sent = recovery.body
        seen.append(sent)
        learned |= {recovery.learned} - {None}
        orjson.dumps(sent)
    pytest.fail("repairs without end")


@pytest.mark.parametrize(("model", "role"), [(GPT, "developer"), (GROK, "system")], ids=["gpt", "grok"])
def test_only_openai_models_have_the_role_developer(model, role):
    body = {"model": model.id, "input": [{"role": "developer", "content": "Be kind."}, USER]}
    assert repaired(body, rules(model)).body["input"][0]["role"] == role


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("detailed", {"effort": "high", "summary": "auto"}),
        ("high", {"summary": "detailed"}),
    ],
)
def test_a_word_that_only_the_text_names_goes(word, changed):
    body = {"input": [USER], "reasoning": {"effort": "high", "summary": "detailed"}}
    text = f"Unsupported value: '{word}' is not supported with the 'gpt-9.1-codex' model."
    recovery = after(body, 400, orjson.dumps({"error": {"message": text}}).decode(), rules())
    assert recovery.body["reasoning"] == changed


@pytest.mark.parametrize("code", ["unsupported_value", "unsupported_parameter", ""])
def test_a_field_that_the_text_names_is_learned_whatever_the_code(code):
    error = {"message": "metadata is not supported", "code": code}
    body = {"input": [USER], "metadata": {"a": "b"}}
    recovery = after(body, 400, orjson.dumps({"error": error}).decode(), rules())
    assert "metadata" not in recovery.body
    assert recovery.learned == "without metadata"


def test_a_large_text_is_not_read_letter_by_letter():
    began = time.process_time()
    before({"model": "gpt-9.1-codex", "input": "x" * 40_000_000}, rules())
    assert time.process_time() - began < 0.5
