"""Models, rules and arbitrary bodies for the tests of repairs."""

import copy
from typing import Any

from hypothesis import strategies as st

from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import Rules

OPUS = Model(
    id="claude-opus-9",
    vendor="Anthropic",
    adaptive_thinking=True,
    reasoning_effort=("low", "medium", "high"),
    min_thinking_budget=1024,
    max_thinking_budget=32_000,
    max_output_tokens=64_000,
    context_window=1_000_000,
    tool_search=True,
)
HAIKU = Model(
    id="claude-haiku-4.5",
    vendor="Anthropic",
    thinking=True,
    min_thinking_budget=1024,
    max_thinking_budget=32_000,
    max_output_tokens=32_000,
    context_window=200_000,
)
PLAIN = Model(id="claude-3.5-sonnet", vendor="Anthropic", max_output_tokens=8192, context_window=90_000)
GPT = Model(
    id="gpt-9.1",
    vendor="OpenAI",
    max_output_tokens=128_000,
    reasoning_effort=("low", "medium", "high"),
)
GEMINI = Model(id="gemini-9-pro", vendor="Google", max_output_tokens=64_000, reasoning_effort=("low",))
GROK = Model(id="grok-9", vendor="xAI", max_output_tokens=64_000)


def rules(model: Model = OPUS, *learned: str, **changes: Any) -> Rules:
    return Rules(model, changes.pop("memory", None) or Memory(), learned=frozenset(learned), **changes)


_WORDS = st.sampled_from(
    (
        "",
        " ",
        "user",
        "assistant",
        "system",
        "developer",
        "tool",
        "text",
        "image",
        "document",
        "thinking",
        "tool_use",
        "tool_result",
        "tool_reference",
        "server_tool_use",
        "image_url",
        "enabled",
        "adaptive",
        "base64",
        "url",
        "toolu_01",
        "call.1",
        "x-anthropic-billing-header: cc_is_subagent=true",
        "jumpseat1.abc",
        "https://example.org/a.png",
        "data:image/png;base64,AAAA",
    )
)
_KEYS = st.sampled_from(
    (
        "type",
        "role",
        "content",
        "text",
        "id",
        "name",
        "input",
        "tool_use_id",
        "tool_call_id",
        "tool_calls",
        "function",
        "function_call",
        "arguments",
        "source",
        "url",
        "data",
        "signature",
        "thinking",
        "image_url",
        "cache_control",
        "ttl",
        "tools",
        "tool_choice",
        "input_schema",
        "parameters",
        "properties",
        "anyOf",
        "$ref",
        "allOf",
        "enum",
        "const",
        "items",
    )
)
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _WORDS | st.text(max_size=5)
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=24,
)
_IDS = st.sampled_from(("toolu_01", "toolu_02", "call.1", "call.2"))
_NAMES = st.sampled_from(("read", "write", "DeferredToolPlaceholder"))
_TEXTS = st.sampled_from(("", " ", "hello", "x-anthropic-billing-header: cc_version=1;", "more"))
_MARK = {
    "cache_control": st.sampled_from(
        ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h", "scope": "x"})
    )
}


def _block(type: str, required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(type), **required}, optional={**_MARK, **optional})


_TEXT = _block("text", {"text": _TEXTS})
_IMAGE = _block("image", {"source": st.just({"type": "base64", "media_type": "image/png", "data": "AAAA"})})
_REFERENCE = _block("tool_reference", {"tool_name": _NAMES})
_BLOCK = (
    _TEXT
    | _IMAGE
    | _REFERENCE
    | _block("thinking", {"thinking": _TEXTS}, signature=st.sampled_from(("c2ln", "", "jumpseat1.abc")))
    | _block("redacted_thinking", {"data": st.sampled_from(("c2ln", "", "jumpseat1.abc"))})
    | _block("tool_use", {"id": _IDS, "name": _NAMES, "input": JSON})
    | _block(
        "tool_result",
        {"tool_use_id": _IDS},
        content=st.none() | _TEXTS | st.lists(_TEXT | _IMAGE | _REFERENCE, max_size=3),
        is_error=st.booleans(),
    )
    | _block("server_tool_use", {"name": st.just("web_search"), "input": JSON})
)
_TURN = st.fixed_dictionaries(
    {
        "role": st.sampled_from(("user", "assistant", "user", "assistant", "system")),
        "content": _TEXTS | st.lists(_BLOCK, max_size=4),
    }
)
_PART = st.fixed_dictionaries({"type": st.just("text"), "text": _TEXTS}) | st.just(
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
)
_CALL = st.fixed_dictionaries(
    {"id": _IDS, "function": st.fixed_dictionaries({"name": _NAMES, "arguments": st.just("{}") | JSON})}
)
_CHAT_TURN = st.fixed_dictionaries(
    {
        "role": st.sampled_from(
            ("user", "assistant", "assistant", "tool", "system", "developer", "function")
        ),
        "content": st.none() | _TEXTS | st.lists(_PART, max_size=3),
        "tool_call_id": _IDS,
    },
    optional={
        "tool_calls": st.lists(_CALL, max_size=2),
        "function_call": st.just({"name": "read", "arguments": "{}"}),
        "reasoning_opaque": _TEXTS,
    },
)
_SHARED = {
    "max_tokens": st.sampled_from((1, 900, 1500, 40_000, 200_000)),
    "temperature": st.sampled_from((0, 0.5, 1, 2)),
    "top_p": st.sampled_from((0.5, 1)),
    "stream": st.booleans(),
    "metadata": st.just({"user_id": '{"account_uuid": "a", "session_id": "s"}'}) | st.just({}),
    "vendor_extra": JSON,
    "service_tier": st.just("auto"),
}
_MESSAGES_FIELDS = {
    "system": _TEXTS | st.lists(_TEXT, max_size=3),
    "tools": st.lists(
        st.fixed_dictionaries(
            {"name": _NAMES},
            optional={
                **_MARK,
                "input_schema": JSON,
                "defer_loading": st.booleans(),
                "eager_input_streaming": st.booleans(),
                "type": st.sampled_from(
                    ("custom", "bash_20250124", "web_fetch_20260101", "web_search_20250305")
                ),
            },
        ),
        max_size=4,
    ),
    "tool_choice": st.sampled_from(({"type": "any"}, {"type": "auto"}, {"type": "tool", "name": "read"})),
    "thinking": st.fixed_dictionaries(
        {"type": st.sampled_from(("enabled", "adaptive", "disabled"))},
        optional={"budget_tokens": st.integers(0, 70_000), "display": _TEXTS},
    ),
    "output_config": st.fixed_dictionaries(
        {},
        optional={
            "effort": st.sampled_from(("low", "max")),
            "format": st.just(
                {"type": "json_schema", "name": "x", "schema": {"$schema": "s", "type": "object"}}
            ),
            "other": JSON,
        },
    ),
    "context_management": st.just({"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}),
    **_MARK,
}
_CHAT_FIELDS = {
    "tools": st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(("function", "function", "custom")),
                "function": st.fixed_dictionaries({"name": _NAMES}, optional={"parameters": JSON}),
            }
        ),
        max_size=3,
    ),
    "tool_choice": st.sampled_from(("auto", {"type": "function", "function": {"name": "read"}})),
    "max_completion_tokens": st.integers(1, 300_000),
    "reasoning_effort": st.sampled_from(("low", "max")),
    "stop": st.lists(_TEXTS, max_size=6) | _TEXTS,
    "response_format": st.just({"type": "json_schema", "json_schema": {"schema": {"$schema": "s"}}}),
    "n": st.just(1),
}


def _body(turns: Any, fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    required = {"model": st.just("m"), "messages": st.lists(turns, min_size=1, max_size=7)}
    return st.fixed_dictionaries(required, optional={**_SHARED, **fields})


MESSAGES_BODIES = _body(_TURN, _MESSAGES_FIELDS)
CHAT_BODIES = _body(_CHAT_TURN, _CHAT_FIELDS)


@st.composite
def _spoilt(draw: st.DrawFn) -> Any:
    """A body in order but for one place that holds something else."""
    body = copy.deepcopy(draw(MESSAGES_BODIES | CHAT_BODIES))
    owner: Any = body
    for _ in range(draw(st.integers(0, 6))):
        inner = [item for item in (owner.values() if isinstance(owner, dict) else owner) if item]
        inner = [item for item in inner if isinstance(item, dict | list)]
        if not inner:
            break
        owner = draw(st.sampled_from(inner))
    place = draw(st.sampled_from(sorted(owner) if isinstance(owner, dict) else range(len(owner))))
    owner[place] = draw(JSON)
    return body


BODIES = MESSAGES_BODIES | CHAT_BODIES | _spoilt()
