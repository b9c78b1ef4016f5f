"""What is done to a Messages body before it is sent, and after upstream refused it."""

import copy
from typing import Any

import orjson
import pytest
from repair_bodies import HAIKU, OPUS, PLAIN, rules

from tray_app.dialects import carrier
from tray_app.dialects.capabilities import Model
from tray_app.dialects.neutral import Opaque
from tray_app.dialects.protocol import Prepared
from tray_app.dialects.repairs import messages, messages_refusals
from tray_app.dialects.repairs.messages_cache import (
    ADVANCED_TOOLS,
    CONTEXT_MANAGEMENT,
    INTERLEAVED,
    LONG_TTL,
    ONE_MILLION,
)
from tray_app.dialects.tool_names import safe_call_id
from tray_app.errors import BadRequest, JumpseatError

GO_ON = {"role": "user", "content": "Please continue."}
MARK = {"type": "ephemeral"}
USER = {"role": "user", "content": "hi"}
DATA_URL = "data:image/png;base64,AAAA"
SAFE_ID = safe_call_id("functions.read:0")
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


def use(id: str = "toolu_1") -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": "read", "input": {}}


def result(id: str = "toolu_1", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id, "content": "ok", **more}


def tool(name: str = "read", **more: Any) -> dict[str, Any]:
    return {"name": name, "input_schema": {"type": "object", "properties": {}}, **more}


def one_block(block: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [block]}]}


def before(body: dict[str, Any], model: Model = OPUS, *learned: str, **changes: Any) -> Prepared:
    full = {"model": "m", "max_tokens": 4000, "messages": [USER], **copy.deepcopy(body)}
    return messages.before(full, rules(model, *learned, **changes))


FIELDS = {
    "model is the catalog's": ({}, OPUS, {"model": "claude-opus-9"}),
    "max_tokens clamped": ({"max_tokens": 128_000}, OPUS, {"max_tokens": 64_000}),
    "service_tier dropped": ({"service_tier": "auto"}, OPUS, {"service_tier": None}),
    "speed dropped": ({"speed": "fast"}, OPUS, {"speed": None}),
    "unknown key dropped": ({"mcp_servers": []}, OPUS, {"mcp_servers": None}),
    "billing line removed": (
        {"system": [text("x-anthropic-billing-header: cc_version=1"), text("You help.")]},
        OPUS,
        {"system": [text("You help.")]},
    ),
    "account id dropped": (
        {"metadata": {"user_id": '{"device_id":"d","account_uuid":"a","session_id":"s"}'}},
        OPUS,
        {"metadata": {"user_id": "s"}},
    ),
    "enabled becomes adaptive": (
        {"thinking": {"type": "enabled", "budget_tokens": 8191}},
        OPUS,
        {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}},
    ),
    "big budget is high effort": (
        {"thinking": {"type": "enabled", "budget_tokens": 31_999}},
        OPUS,
        {"output_config": {"effort": "high"}},
    ),
    "the client's effort stays": (
        {"thinking": {"type": "enabled", "budget_tokens": 31_999}, "output_config": {"effort": "low"}},
        OPUS,
        {"output_config": {"effort": "low"}},
    ),
    "adaptive becomes enabled": (
        {"thinking": {"type": "adaptive"}, "max_tokens": 20_000},
        HAIKU,
        {"thinking": {"type": "enabled", "budget_tokens": 16_000}},
    ),
    "budget below max_tokens": (
        {"thinking": {"type": "enabled", "budget_tokens": 9000}},
        HAIKU,
        {"thinking": {"type": "enabled", "budget_tokens": 3999}},
    ),
    "max_tokens raised for thinking": (
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 100},
        HAIKU,
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1124},
    ),
    "updates shown as summaries": (
        {"thinking": {"type": "adaptive", "display": "updates"}},
        OPUS,
        {"thinking": {"type": "adaptive", "display": "summarized"}},
    ),
    "budget of adaptive removed": (
        {"thinking": {"type": "adaptive", "display": "omitted", "budget_tokens": 5}},
        OPUS,
        {"thinking": {"type": "adaptive", "display": "omitted"}},
    ),
    "no thinking on a model without": ({"thinking": {"type": "adaptive"}}, PLAIN, {"thinking": None}),
    "forced tool drops thinking": (
        {"thinking": {"type": "adaptive"}, "tools": [tool()], "tool_choice": {"type": "any"}},
        OPUS,
        {"thinking": None},
    ),
    "unknown effort dropped": ({"output_config": {"effort": "max"}}, OPUS, {"output_config": None}),
    "effort without levels dropped": ({"output_config": {"effort": "low"}}, HAIKU, {"output_config": None}),
    "format flattened": (
        {
            "output_config": {
                "format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}
            }
        },
        OPUS,
        {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}}}},
    ),
    "temperature beats top_p": ({"temperature": 0, "top_p": 0.9}, HAIKU, {"temperature": 0, "top_p": None}),
    "no sampling from 4.7 on": ({"temperature": 0, "top_p": 0.9}, OPUS, {"temperature": None, "top_p": None}),
    "clearing without thinking dropped": (
        {"context_management": {"edits": [{"type": "clear_thinking_20251015"}]}},
        OPUS,
        {"context_management": None},
    ),
    "top-level mark moved on older models": (
        {"cache_control": MARK},
        HAIKU,
        {"cache_control": None, "messages": [{"role": "user", "content": [text("hi", cache_control=MARK)]}]},
    ),
    "top-level mark stays on newer models": ({"cache_control": MARK}, OPUS, {"cache_control": MARK}),
}


@pytest.mark.parametrize(("body", "model", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_fields(body: dict[str, Any], model: Model, expected: dict[str, Any]) -> None:
    sent = before(body, model).body
    assert {key: sent.get(key) for key in expected} == expected


FOREIGN = carrier.pack(Opaque("responses", "blob", "rs_1"), "messages")
TURNS = {
    "empty texts": ([{"role": "user", "content": [text(" "), text("hi")]}], [("user", [text("hi")])]),
    "empty messages": (
        [USER, {"role": "assistant", "content": ""}, {"role": "user", "content": "go"}],
        [("user", [text("hi"), text("go")])],
    ),
    "foreign thinking": (
        [
            USER,
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": FOREIGN},
                    {"type": "thinking", "thinking": "t", "signature": ""},
                    {"type": "redacted_thinking", "data": FOREIGN},
                    {"type": "thinking", "thinking": "own", "signature": "sig"},
                    text("a"),
                ],
            },
            USER,
        ],
        [
            ("user", "hi"),
            ("assistant", [{"type": "thinking", "thinking": "own", "signature": "sig"}, text("a")]),
            ("user", "hi"),
        ],
    ),
    "orphaned result": ([{"role": "user", "content": [result(), text("hi")]}], [("user", [text("hi")])]),
    "missing result": (
        [USER, {"role": "assistant", "content": [use()]}, USER],
        [
            ("user", "hi"),
            ("assistant", [use()]),
            ("user", [result(is_error=True, content="(no result)"), text("hi")]),
        ],
    ),
    "call at the very end": (
        [USER, {"role": "assistant", "content": [use()]}],
        [("user", "hi"), ("assistant", [use()]), ("user", [result(is_error=True, content="(no result)")])],
    ),
    "results come first": (
        [USER, {"role": "assistant", "content": [use()]}, {"role": "user", "content": [text("x"), result()]}],
        [("user", "hi"), ("assistant", [use()]), ("user", [result(), text("x")])],
    ),
    "ids cleaned in call and result": (
        [
            USER,
            {"role": "assistant", "content": [use("functions.read:0")]},
            {"role": "user", "content": [result("functions.read:0")]},
        ],
        [
            ("user", "hi"),
            ("assistant", [use(SAFE_ID)]),
            ("user", [result(SAFE_ID)]),
        ],
    ),
    "mark inside a result moves onto it": (
        [
            USER,
            {"role": "assistant", "content": [use()]},
            {"role": "user", "content": [result(content=[text("x", cache_control={**MARK, "scope": "g"})])]},
        ],
        [
            ("user", "hi"),
            ("assistant", [use()]),
            ("user", [result(content=[text("x")], cache_control=MARK)]),
        ],
    ),
    "begun answer": (
        [USER, {"role": "assistant", "content": "{"}],
        [("user", "hi"), ("assistant", "{"), ("user", "Please continue.")],
    ),
    "system message in the middle": (
        [USER, {"role": "system", "content": "note"}, {"role": "assistant", "content": "a"}, USER],
        [
            ("user", [text("hi"), text("<system-reminder>\nnote\n</system-reminder>")]),
            ("assistant", "a"),
            ("user", "hi"),
        ],
    ),
    "system message last stays": (
        [USER, {"role": "system", "content": "n"}],
        [("user", "hi"), ("system", "n")],
    ),
    "system message last with a mark, as it will read a turn later": (
        [USER, {"role": "system", "content": [text("n", cache_control=MARK)]}],
        [("user", [text("hi"), text("<system-reminder>\nn\n</system-reminder>", cache_control=MARK)])],
    ),
    "system message last, behind nothing that stays": (
        [{"role": "user", "content": [result()]}, {"role": "system", "content": "n"}],
        [("user", [text("<system-reminder>\nn\n</system-reminder>")])],
    ),
    "system message that is a reminder already": (
        [
            USER,
            {"role": "system", "content": "<system-reminder>\nn\n</system-reminder>"},
            {"role": "assistant", "content": "a"},
            USER,
        ],
        [
            ("user", [text("hi"), text("<system-reminder>\nn\n</system-reminder>")]),
            ("assistant", "a"),
            ("user", "hi"),
        ],
    ),
    "answer first": (
        [{"role": "assistant", "content": "a"}, USER],
        [("user", "Please continue."), ("assistant", "a"), ("user", "hi")],
    ),
    "data URL": (
        one_block({"type": "image", "source": {"type": "url", "url": "data:image/png;base64,AAAA"}})[
            "messages"
        ],
        [("user", [PNG])],
    ),
}


@pytest.mark.parametrize(("turns", "expected"), TURNS.values(), ids=TURNS.keys())
def test_turns(turns: list[Any], expected: list[Any]) -> None:
    sent = before({"messages": turns}).body["messages"]
    assert [(turn["role"], turn["content"]) for turn in sent] == expected


def test_a_turn_reads_the_same_a_turn_later() -> None:
    """Claude Code ends each turn with a marked system message; what upstream cached must be found again."""
    note = {"role": "system", "content": [text("left: 9")]}
    marked = {"role": "system", "content": [text("left: 9", cache_control=MARK)]}
    first = before({"messages": [USER, marked]}).body["messages"]
    later = before({"messages": [USER, note, {"role": "assistant", "content": "a"}, USER, marked]})
    unmarked = [{key: block[key] for key in ("type", "text")} for block in first[0]["content"]]
    assert later.body["messages"][0]["content"] == unmarked


def test_every_change_is_told() -> None:
    done = before({"messages": [{"role": "user", "content": [result(), text("hi")]}], "speed": "fast"})
    assert done.repairs == ["stripped orphaned tool results"]
    assert [str(note) for note in done.notes] == ["speed: dropped, not taken upstream"]


BASH = {"type": "bash_20250124", "name": "bash"}
TOOLS = {
    "Zed's streaming flag": (tool(eager_input_streaming=True), OPUS, tool()),
    "$schema": ({"name": "read", "input_schema": {"$schema": "s"}}, OPUS, tool()),
    "no schema": ({"name": "read"}, OPUS, tool()),
    "union at the top": (
        {"name": "read", "input_schema": {"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}},
        OPUS,
        {"name": "read", "input_schema": {"type": "object", "properties": {"a": {}, "b": {}}}},
    ),
    "deferred without tool search": (tool(defer_loading=True), HAIKU, tool()),
    "empty description": (tool(description=" "), OPUS, tool()),
    "code execution stripped": ({"type": "code_execution_20260101", "name": "c"}, OPUS, None),
    "web search stripped": ({"type": "web_search_20250305", "name": "web_search"}, OPUS, None),
    "placeholder without tool search": (tool("DeferredToolPlaceholder", defer_loading=True), HAIKU, None),
    "client tool passes": (
        {"type": "bash_20250124", "name": "bash"},
        OPUS,
        {"type": "bash_20250124", "name": "bash"},
    ),
}


@pytest.mark.parametrize(("given", "model", "expected"), TOOLS.values(), ids=TOOLS.keys())
def test_tools(given: dict[str, Any], model: Model, expected: dict[str, Any] | None) -> None:
    sent = before({"tools": [tool("other"), given]}, model).body["tools"]
    assert sent == [tool("other"), *([expected] if expected else [])]


def test_tool_search_is_passed_with_its_beta_where_the_model_has_it() -> None:
    reference = {"type": "tool_reference", "tool_name": "later"}
    body = {
        "tools": [tool(), tool("later", defer_loading=True, cache_control=MARK)],
        "messages": [
            USER,
            {"role": "assistant", "content": [use()]},
            {"role": "user", "content": [result(content=[reference])]},
        ],
    }
    done = before(body)
    assert done.body["tools"][1] == tool("later", defer_loading=True)
    assert done.body["messages"][2]["content"][0]["content"] == [reference]
    assert ADVANCED_TOOLS in done.betas
    done = before(body, HAIKU)
    assert done.body["messages"][2]["content"][0]["content"] == [text("[tool: later]")]
    assert done.betas == ()


BETAS = {
    "Claude Code's list on an adaptive model": (
        {"thinking": {"type": "adaptive"}},
        {"client_betas": ("claude-code-20250219", "effort-2025-11-24", "advanced-tool-use-2025-11-20")},
        OPUS,
        (),
    ),
    "a budget thinks between tools": (
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        {},
        HAIKU,
        (INTERLEAVED,),
    ),
    "context management": ({"context_management": {"edits": []}}, {}, OPUS, (CONTEXT_MANAGEMENT,)),
    "one hour": ({"system": [text("s", cache_control={**MARK, "ttl": "1h"})]}, {}, OPUS, (LONG_TTL,)),
    "1M asked for": ({}, {"wants_1m": True}, OPUS, (ONE_MILLION,)),
    "1M by the client's beta": (
        {},
        {"client_betas": (f"x, {ONE_MILLION}",)},
        OPUS,
        (ONE_MILLION,),
    ),
    "1M not there": ({}, {"wants_1m": True}, HAIKU, ()),
}


@pytest.mark.parametrize(("body", "changes", "model", "expected"), BETAS.values(), ids=BETAS.keys())
def test_betas(body: dict[str, Any], changes: dict[str, Any], model: Model, expected: Any) -> None:
    assert before(body, model, **changes).betas == expected


def marks(body: dict[str, Any]) -> list[str]:
    """The names of what carries a mark."""
    found = [tool["name"] for tool in body.get("tools", []) if "cache_control" in tool]
    blocks = [
        *body.get("system", []),
        *(b for m in body["messages"] for b in m["content"] if isinstance(b, dict)),
    ]
    return found + [block["text"] for block in blocks if "cache_control" in block]


def test_at_most_four_marks() -> None:
    body = {
        "tools": [tool("t1", cache_control=MARK), tool("t2", cache_control=MARK)],
        "system": [text("s1", cache_control=MARK), text("s2", cache_control=MARK)],
        "messages": [{"role": "user", "content": [text(f"m{n}", cache_control=MARK) for n in range(3)]}],
    }
    assert marks(before(body).body) == ["t2", "s2", "m1", "m2"]


def test_the_long_cache_is_asked_for_where_wished() -> None:
    done = before({"system": [text("s", cache_control=MARK)]}, extend_cache_ttl=True)
    assert done.body["system"][0]["cache_control"] == {**MARK, "ttl": "1h"}
    assert done.betas == (LONG_TTL,)


def test_images_count_inside_results_and_above_twenty_the_oldest_go() -> None:
    turns = [
        USER,
        {"role": "assistant", "content": [use()]},
        {"role": "user", "content": [result(content=[PNG]), *[PNG] * 20]},
    ]
    done = before({"messages": turns})
    assert done.has_image
    content = done.body["messages"][2]["content"]
    assert content[0]["content"] == [text("[older image left out]")]
    assert content[1:] == [PNG] * 20
    assert not before({}).has_image


REFUSED = {
    "web image": one_block({"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}),
    "file": one_block({"type": "document", "source": {"type": "file", "file_id": "f"}}),
    "forced web search": {
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "tool_choice": {"type": "tool", "name": "web_search"},
    },
    "tool name": {"tools": [tool("a b")]},
    "no text at all": {"messages": [{"role": "user", "content": " "}]},
    "thinking type": {"thinking": {"type": "maybe"}},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_sent_is_refused_with_its_field(body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        before(body)
    assert caught.value.fault.param


def test_threads_are_declined_in_the_words_the_sdk_knows() -> None:
    with pytest.raises(JumpseatError) as caught:
        before({"thread": {"type": "create"}})
    details = {"error_code": "thread_unsupported_request", "unsupported": []}
    assert (caught.value.fault.status, caught.value.fault.details) == (400, details)


# --- after a refusal ------------------------------------------------------------------------------------

PAIR = [
    USER,
    {"role": "assistant", "content": [text("a"), use()]},
    {"role": "user", "content": [result(), text("b")]},
]
STRIPPED = [USER, {"role": "assistant", "content": [text("a")]}, {"role": "user", "content": [text("b")]}]
UNEXPECTED = "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each"
THOUGHT = {"type": "thinking", "thinking": "t", "signature": "sig"}
AFTER = {
    "orphan, backticks": ({"messages": PAIR}, UNEXPECTED, {"messages": STRIPPED}, None),
    "orphan, bare": ({"messages": PAIR}, UNEXPECTED.replace("`", ""), {"messages": STRIPPED}, None),
    "orphan, missing result": (
        {"messages": PAIR},
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
        {"messages": STRIPPED},
        None,
    ),
    "signature": (
        {"messages": [USER, {"role": "assistant", "content": [THOUGHT, text("a")]}, USER]},
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        {"messages": [USER, {"role": "assistant", "content": [text("a")]}, USER]},
        None,
    ),
    "redacted": (
        {"messages": [USER, {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}]}]},
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        {
            "messages": [
                USER,
                {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "d"}]},
            ]
        },
        None,
    ),
    "context_management": (
        {"context_management": {"edits": []}},
        "context_management: Extra inputs are not permitted",
        {"context_management": None},
        "no_context_management",
    ),
    "extra input": (
        {"tools": [tool(strict=True), tool("b", strict=True)]},
        "tools.1.custom.strict: Extra inputs are not permitted",
        {"tools": [tool(), tool("b")]},
        "drop:tools.*.custom.strict",
    ),
    "prefill": (
        {"messages": [USER, {"role": "assistant", "content": "{"}]},
        "This model does not support assistant message prefill.",
        {
            "messages": [
                USER,
                {"role": "assistant", "content": "{"},
                {"role": "user", "content": "Please continue."},
            ]
        },
        "no_prefill",
    ),
    "sampling": (
        {"temperature": 0},
        "`temperature` is deprecated for this model",
        {"temperature": None},
        "no_sampling",
    ),
    "effort": (
        {"output_config": {"effort": "high"}},
        "output_config.effort: high is not supported, use medium",
        {"output_config": None},
        "no_effort",
    ),
    "format": (
        {"output_config": {"format": {}, "effort": "low"}},
        "output_config.format is not supported by this model",
        {"output_config": {"effort": "low"}},
        "no_format",
    ),
    "thinking with a forced tool": (
        {"thinking": {"type": "adaptive"}},
        "Thinking may not be enabled when tool_choice forces tool use.",
        {"thinking": None},
        None,
    ),
}
WRAPS = {
    "plain": lambda text: text,
    "gateway": lambda text: orjson.dumps(
        {"error": {"message": text, "code": "invalid_request_body"}}
    ).decode(),
    "bare message": lambda text: orjson.dumps({"message": text}).decode(),
    "packed": lambda text: orjson.dumps(
        {"error": {"message": orjson.dumps({"type": "error", "error": {"message": text}}).decode()}}
    ).decode(),
}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS.keys())
@pytest.mark.parametrize(("body", "said", "expected", "learned"), AFTER.values(), ids=AFTER.keys())
def test_after_a_refusal(body: Any, said: str, expected: Any, learned: str | None, wrap: Any) -> None:
    sent = copy.deepcopy({"messages": [USER], **body})
    recovery = messages_refusals.after(sent, 400, wrap(said), rules(HAIKU))
    assert recovery is not None
    assert {key: recovery.body.get(key) for key in expected} == expected
    assert recovery.learned == learned


ENABLED = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and …'


def test_refused_thinking_is_turned_once_and_then_given_up() -> None:
    body = {"messages": [USER], "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000}}
    first = messages_refusals.after(body, 400, ENABLED, rules(HAIKU))
    assert first is not None
    assert first.body["thinking"]["type"] == "adaptive"
    assert first.learned == "adaptive_thinking"
    second = messages_refusals.after(
        first.body, 400, "adaptive thinking is not supported", rules(HAIKU, first.learned)
    )
    assert second is not None
    assert "thinking" not in second.body


def test_a_refused_beta_goes_with_what_needs_it() -> None:
    body = {"messages": [USER], "context_management": {"edits": []}}
    said = f"Unexpected value(s) `{CONTEXT_MANAGEMENT}` for the `anthropic-beta` header."
    recovery = messages_refusals.after(body, 400, said, rules(OPUS))
    assert recovery is not None
    assert (recovery.body, recovery.betas) == ({"messages": [USER]}, ())


def test_large_images_shrink_after_a_413() -> None:
    big = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 5_000_000}}
    body = {"messages": [{"role": "user", "content": [big, PNG]}]}
    recovery = messages_refusals.after(body, 413, "failed to parse request", rules(OPUS))
    assert recovery is not None
    content = recovery.body["messages"][0]["content"]
    assert len(content[0]["source"]["data"]) < 200
    assert content[1] == PNG


LEARNED = {
    "no_prefill": (
        {"messages": [USER, {"role": "assistant", "content": "{"}]},
        lambda body: len(body["messages"]) == 3,
    ),
    "no_sampling": ({"temperature": 0}, lambda body: "temperature" not in body),
    "adaptive_thinking": (
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        lambda body: body["thinking"]["type"] == "adaptive",
    ),
    "no_context_management": (
        {"context_management": {"edits": []}},
        lambda body: "context_management" not in body,
    ),
    "drop:tools.*.custom.strict": ({"tools": [tool(strict=True)]}, lambda body: body["tools"] == [tool()]),
    "no_client_tools": (
        {"tools": [{"type": "bash_20250124", "name": "bash"}]},
        lambda body: "input_schema" in body["tools"][0],
    ),
}


@pytest.mark.parametrize(("fact", "case"), LEARNED.items(), ids=LEARNED.keys())
def test_what_was_learned_is_repaired_ahead(fact: str, case: Any) -> None:
    body, check = case
    assert not check(before(body, HAIKU).body)
    assert check(before(body, HAIKU, fact).body)


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_other_statuses_are_not_repaired(status: int) -> None:
    assert messages_refusals.after({"messages": PAIR}, status, UNEXPECTED, rules()) is None


def reference(name: str) -> dict[str, Any]:
    return {"type": "tool_reference", "tool_name": name}


REFERENCES = {
    "one is not listed": ([reference("later"), reference("gone")], [reference("later")]),
    "none is listed": ([reference("gone")], [text("(no such tool)")]),
}


@pytest.mark.parametrize(("found", "sent"), REFERENCES.values(), ids=REFERENCES.keys())
def test_references_to_tools_that_are_not_listed_are_dropped(found: list[Any], sent: list[Any]) -> None:
    body = {
        "tools": [tool(), tool("later", defer_loading=True)],
        "messages": [
            USER,
            {"role": "assistant", "content": [use()]},
            {"role": "user", "content": [result(content=found)]},
        ],
    }
    assert before(body).body["messages"][2]["content"][0]["content"] == sent


def test_a_refused_clearing_of_thinking_goes_alone_and_is_not_learned() -> None:
    """Other clearing stays, in this request and in those that follow (bug 13 of the wire reference)."""
    tools_edit = {"type": "clear_tool_uses_20250919"}
    edits = [{"type": "clear_thinking_20251015", "keep": "all"}, tools_edit]
    body = {"messages": [USER], "thinking": {"type": "adaptive"}, "context_management": {"edits": edits}}
    said = "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive"
    recovery = messages_refusals.after(body, 400, said, rules())
    assert recovery is not None
    assert recovery.body["context_management"] == {"edits": [tools_edit]}
    assert recovery.learned is None
    assert recovery.betas == (CONTEXT_MANAGEMENT,)
    assert messages_refusals.after(recovery.body, 400, said, rules()) is None


def test_an_output_config_of_which_nothing_is_left_goes_too() -> None:
    config = {"format": {"type": "json_schema", "schema": {}}}
    said = "output_config.format: Extra inputs are not permitted"
    recovery = messages_refusals.after({"messages": [USER], "output_config": config}, 400, said, rules())
    assert recovery is not None
    assert recovery.body == {"messages": [USER]}
    assert recovery.learned is not None
    assert "output_config" not in before({"output_config": config}, OPUS, recovery.learned).body


def test_flags_that_are_not_sent_are_noted() -> None:
    done = before({}, client_betas=("claude-code-20250219", "effort-2025-11-24"))
    assert done.betas == ()
    notes = [str(note) for note in done.notes if note.field == "anthropic-beta"]
    assert len(notes) == 1
    assert "claude-code-20250219, effort-2025-11-24" in notes[0]


SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [SEARCH]},
        {"tools": [SEARCH, tool()], "tool_choice": {"type": "tool", "name": "web_search"}},
    ],
    ids=["the only tool", "forced"],
)
def test_a_search_that_was_the_point_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="no web search"):
        before(body)


BUDGET = {"type": "enabled", "budget_tokens": 2000}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}


def turn_of(*answer: dict[str, Any]) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
    messages = [USER, {"role": "assistant", "content": list(answer)}, {"role": "user", "content": [result]}]
    return {"model": HAIKU.id, "max_tokens": 8000, "thinking": dict(BUDGET), "messages": messages}


def test_thinking_beside_a_turn_that_lost_its_own_is_dropped_ahead() -> None:
    prepared = messages.before(turn_of(text("Reading."), use()), rules(HAIKU))
    assert "thinking" not in prepared.body
    assert any("missing before its tool calls" in repair for repair in prepared.repairs)


def test_thinking_beside_a_turn_that_has_its_own_stays() -> None:
    prepared = messages.before(turn_of(THOUGHT, use()), rules(HAIKU))
    assert prepared.body["thinking"] == BUDGET
    assert prepared.repairs == []


def test_one_note_for_the_dialect_line_of_all_tool_schemas() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {}}
    tools = [{"name": f"tool_{n}", "input_schema": dict(schema)} for n in range(20)]
    body = {"model": HAIKU.id, "max_tokens": 100, "messages": [USER], "tools": tools}
    prepared = messages.before(body, rules(HAIKU))
    assert [str(note) for note in prepared.notes] == ["tools: $schema removed from their schemas"]
    assert all("$schema" not in tool["input_schema"] for tool in prepared.body["tools"])
