# ruff: noqa: E501 - a table reads better in one line a row
"""Every refusal that the wire reference lists, with its words."""

from typing import Any

import pytest
from plain_client import PIXEL, SHELL, Seat, asking, tools

CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
VISION = {"Copilot-Vision-Request": "true"}
DATA_URL = f"data:image/png;base64,{PIXEL}"
ADAPTIVE, ENABLED = {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2000}
MARK = {"type": "ephemeral"}
PLAIN = {"type": "object", "properties": {}}
ONE_CHAT = tools(CHAT, f=PLAIN)
ONE_RESPONSES = tools(RESPONSES, f=PLAIN)
ONE_MESSAGES = tools(MESSAGES, f=PLAIN)


def marked(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": MARK | more}


def user(*blocks: Any) -> list[Any]:
    return [{"role": "user", "content": list(blocks)}]


def image_part(url: str = DATA_URL) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def call(call_id: str = "toolu_1", name: str = "f") -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": {}}


def result(call_id: str = "toolu_1", content: Any = "ok") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


def chat_call(call_id: str = "call_1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}}


ASKED = {"role": "user", "content": "hi"}
CHAT_ROWS: list[tuple[str, str, dict[str, Any], str]] = [
    ("no messages", "gpt-4.1", {"messages": []}, "messages must be a non-empty array"),
    ("max_tokens on newest", "gpt-5.1-chat", {"max_tokens": 5},
     "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
    ("max_tokens too large", "gpt-4.1", {"max_tokens": 99999}, "max_tokens is too large: 99999"),
    ("service_tier", "gpt-5-mini", {"service_tier": "auto"}, "service_tier is not supported"),
    ("n", "gpt-4.1", {"n": 2}, "only 1 is supported"),
    ("no tools in the list", "gpt-4.1", {"tools": []}, "[] is too short - 'tools'"),
    ("129 tools", "gpt-4.1", {"tools": tools(CHAT, **{f"f{n}": PLAIN for n in range(129)})}, "array too long"),
    ("tool name", "gpt-4.1", {"tools": tools(CHAT, **{"a.b": PLAIN})}, "string does not match pattern"),
    ("effort unknown", "gpt-5.2", {"reasoning_effort": "minimal"}, "does not support 'minimal'"),
    ("effort on a model without", "gpt-4.1", {"reasoning_effort": "low"}, "Unrecognized request argument"),
    ("effort with tools", "gpt-5.2", {"reasoning_effort": "low", "tools": ONE_CHAT}, "Please use /v1/responses"),
    ("both samplings on claude", "claude-haiku-4.5", {"temperature": 1, "top_p": 1}, "cannot both be specified"),
    ("any sampling on new claude", "claude-opus-5", {"temperature": 1}, "`temperature` is deprecated"),
    ("logit_bias on claude", "claude-opus-5", {"logit_bias": {}}, "logit_bias: Extra inputs"),
    ("blank text on claude", "claude-opus-5", {"messages": user({"type": "text", "text": " "})},
     "text content blocks must contain non-whitespace text"),
    ("audio", "gpt-4.1", {"messages": user({"type": "input_audio"})},
     "type has to be either 'image_url' or 'text'"),
    ("web image", "gpt-4.1", {"messages": user(image_part("https://example.com/a.png"))},
     "external image URLs are not supported"),
    ("too many images", "claude-opus-5", {"messages": user(*[image_part()] * 21)}, "too many URL images in request"),
    ("bmp", "gpt-4.1", {"messages": user(image_part("data:image/bmp;base64,AAAA"))}, "unsupported image media type"),
    ("huge image", "gpt-4.1", {"messages": user(image_part("data:image/png;base64," + "A" * 4_300_000))},
     "image exceeds the size limit"),
    ("image without eyes", "grok-code-fast-1", {"messages": user(image_part())}, "does not support image input"),
    ("orphan result", "gpt-4.1", {"messages": [ASKED, {"role": "tool", "tool_call_id": "x", "content": "y"}]},
     "messages with role 'tool' must be a response"),
    ("unanswered call", "gpt-4.1",
     {"messages": [ASKED, {"role": "assistant", "content": None, "tool_calls": [chat_call()]}, ASKED]},
     "did not have response messages: call_1"),
    ("odd id on claude", "claude-opus-5",
     {"messages": [ASKED, {"role": "assistant", "content": None, "tool_calls": [chat_call("a:1")]}]},
     "should match pattern"),
    ("unsigned call on gemini", "gemini-3.1-pro",
     {"messages": [ASKED, {"role": "assistant", "content": None, "tool_calls": [chat_call()]},
                   {"role": "tool", "tool_call_id": "call_1", "content": "ok"}]},
     "Function call is missing a thought_signature in functionCall parts"),
    ("foreign opaque", "claude-opus-5",
     {"messages": [ASKED, {"role": "assistant", "content": "a", "reasoning_opaque": "x"}, ASKED]},
     "in `thinking` block"),
    ("schema without structured outputs", "grok-code-fast-1", {"response_format": {"type": "json_object"}},
     "is not supported with this model"),
    ("empty prediction", "gpt-4.1", {"prediction": {"type": "content", "content": ""}}, "must not be empty"),
    ("stream options alone", "gpt-4.1", {"stream_options": {"include_usage": True}}, "when 'stream' is enabled"),
    ("developer on claude", "claude-opus-5", {"messages": [{"role": "developer", "content": "x"}, ASKED]},
     "developer"),
]  # fmt: skip

CALLED = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
ASK = {"role": "user", "content": "hi"}
RESPONSES_ROWS: list[tuple[str, str, dict[str, Any], str]] = [
    ("store", "gpt-5.2", {"store": True}, "store is not supported"),
    ("service_tier", "gpt-5.2", {"service_tier": "auto"}, "service_tier is not supported"),
    ("previous response", "gpt-5.2", {"previous_response_id": "resp_1"}, "previous_response_not_found"),
    ("background", "gpt-5.2", {"background": True}, "background is not supported"),
    ("unknown key", "gpt-5.2", {"stop": ["x"]}, "Unknown parameter: 'stop'."),
    ("too few tokens", "gpt-5.2", {"max_output_tokens": 15}, "Expected a value >= 16"),
    ("effort", "gpt-5.3-codex", {"reasoning": {"effort": "minimal"}}, "'minimal' is not supported"),
    ("temperature", "gpt-5.2", {"temperature": 0.5}, "'temperature' is not supported with this model"),
    ("context management", "gpt-5.2", {"context_management": []}, "context_management"),
    ("passthrough", "gpt-5.2", {"input": [ASK | {"internal_chat_message_metadata_passthrough": {}}]},
     "internal_chat_message_metadata_passthrough"),
    ("original detail", "gpt-5.2",
     {"input": user({"type": "input_image", "image_url": DATA_URL, "detail": "original"})}, "'original'"),
    ("web image", "gpt-5.2", {"input": user({"type": "input_image", "image_url": "https://example.com/a.png"})},
     "external image URLs are not supported"),
    ("null status", "gpt-5.2", {"input": [{"type": "reasoning", "id": "rs", "summary": [], "status": None}, ASK]},
     "status"),
    ("foreign blob", "gpt-5.2",
     {"input": [{"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"}, ASK]},
     "could not be verified. Reason: Encrypted content could not be decrypted or parsed."),
    ("empty tools", "gpt-5.2", {"tools": []}, "too short"),
    ("empty description", "gpt-5.2", {"tools": [ONE_RESPONSES[0] | {"description": ""}]}, "empty string"),
    ("empty description in a namespace", "gpt-5.3-codex",
     {"tools": [{"type": "namespace", "name": "n", "tools": [ONE_RESPONSES[0] | {"description": ""}]}]},
     "empty string"),
    ("custom on an older model", "gpt-5-mini", {"tools": [{"type": "custom", "name": "apply_patch"}]}, "'custom'"),
    ("namespace on an older model", "gpt-5.2",
     {"tools": [{"type": "namespace", "name": "n", "tools": ONE_RESPONSES}]}, "'namespace'"),
    ("collaboration", "gpt-5.5",
     {"tools": [{"type": "namespace", "name": "collaboration", "tools": ONE_RESPONSES}]}, "reserved"),
    ("function named tool_search", "gpt-5.5", {"tools": tools(RESPONSES, tool_search=PLAIN)}, "reserved"),
    ("image generation", "gpt-5.5", {"tools": [{"type": "image_generation"}]}, "image_generation is not supported"),
    ("code interpreter", "gpt-5.5", {"tools": [{"type": "code_interpreter"}]}, "not supported"),
    ("orphan output", "gpt-5.2",
     {"input": [ASK, {"type": "function_call_output", "call_id": "call_9", "output": "x"}]},
     "No tool call found for function call output with call_id call_9."),
    ("unanswered call", "gpt-5.2", {"input": [ASK, CALLED]}, "No tool output found for function call call_1."),
    ("part of the other side", "gpt-5.2", {"input": user({"type": "output_text", "text": "x"})}, "'output_text'"),
    ("schema without type", "gpt-5.2", {"tools": [{"type": "function", "name": "f", "parameters": {}}]},
     "Invalid schema for function 'f'"),
    ("choice of nothing", "gpt-5.2", {"tools": ONE_RESPONSES, "tool_choice": {"type": "image_generation"}},
     "not found in 'tools'"),
]  # fmt: skip

MESSAGES_ROWS: list[tuple[str, str, dict[str, Any], str]] = [
    ("max_tokens", "claude-opus-5", {"max_tokens": None}, "max_tokens: Field required"),
    ("max_tokens above", "claude-sonnet-4.5", {"max_tokens": 64000},
     "max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens for claude-sonnet-4-5"),
    ("unknown key", "claude-opus-5", {"speed": "fast"}, "speed: Extra inputs are not permitted"),
    ("container", "claude-opus-5", {"container": "x"}, "container: Extra inputs are not permitted"),
    ("thread", "claude-opus-5", {"thread": {"type": "create"}}, "thread: Extra inputs are not permitted"),
    ("cache scope", "claude-opus-5", {"system": [marked(), marked(scope="global")]},
     "system.1.cache_control.ephemeral.scope: Extra inputs are not permitted"),
    ("five marks", "claude-opus-5", {"messages": user(*[marked()] * 5)}, "A maximum of 4 blocks"),
    ("mark inside a result", "claude-opus-5",
     {"messages": [ASK, {"role": "assistant", "content": [call()]}, *user(result(content=[marked()]))]},
     "cache_control may not be specified within tool_result.content"),
    ("mark at the top on older", "claude-haiku-4.5", {"cache_control": MARK}, "cache_control: Extra inputs"),
    ("ttl on older", "claude-haiku-4.5", {"messages": user(marked(ttl="1h"))}, "ephemeral.ttl: Extra inputs"),
    ("long after short", "claude-opus-5", {"messages": user(marked(), marked(ttl="1h"))}, "must not come after"),
    ("editing without beta", "claude-opus-5", {"context_management": {"edits": []}}, "context_management: Extra"),
    ("eager streaming", "claude-opus-5", {"tools": [ONE_MESSAGES[0] | {"eager_input_streaming": True}]},
     "tools.0.custom.eager_input_streaming: Extra inputs are not permitted"),
    ("deferred without beta", "claude-opus-5", {"tools": [ONE_MESSAGES[0] | {"defer_loading": True}]},
     "defer_loading: Extra inputs"),
    ("$schema", "claude-opus-5", {"tools": tools(MESSAGES, f=PLAIN | {"$schema": "x"})}, "$schema: Extra inputs"),
    ("schema without type", "claude-opus-5", {"tools": tools(MESSAGES, f={})}, "type: Field required"),
    ("no tools in the list", "claude-opus-5", {"tools": []}, "at least 1 item"),
    ("web search", "claude-opus-5", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
     "The use of the web search tool is not supported."),
    ("server tool", "claude-opus-5", {"tools": [{"type": "code_execution_20250825", "name": "x"}]}, "Input tag"),
    ("enabled on new", "claude-opus-5", {"thinking": ENABLED}, '"thinking.type.enabled" is not supported'),
    ("adaptive on old", "claude-sonnet-4.5", {"thinking": ADAPTIVE}, "adaptive thinking is not supported"),
    ("adaptive budget", "claude-opus-5", {"thinking": ADAPTIVE | {"budget_tokens": 2000}},
     "thinking.adaptive.budget_tokens: Extra inputs are not permitted"),
    ("budget above max", "claude-sonnet-4.5", {"thinking": ENABLED, "max_tokens": 2000}, "must be greater than"),
    ("budget too small", "claude-sonnet-4.5", {"thinking": ENABLED | {"budget_tokens": 9}}, "1024"),
    ("display updates", "claude-opus-5", {"thinking": ADAPTIVE | {"display": "updates"}}, "display: Input should"),
    ("thinking and a forced tool", "claude-opus-5",
     {"thinking": ADAPTIVE, "tools": ONE_MESSAGES, "tool_choice": {"type": "any"}},
     "Thinking may not be enabled when tool_choice forces tool use"),
    ("effort unknown", "claude-sonnet-5", {"output_config": {"effort": "xhigh"}}, "output_config.effort"),
    ("effort on a model without", "claude-haiku-4.5", {"output_config": {"effort": "low"}}, "effort parameter"),
    ("format with a name", "claude-opus-5",
     {"output_config": {"format": {"type": "json_schema", "schema": PLAIN, "name": "x"}}}, "format.name: Extra"),
    ("format on a model without", "claude-opus-4.5",
     {"output_config": {"format": {"type": "json_schema", "schema": PLAIN}}}, "format: Extra"),
    ("temperature and top_p", "claude-sonnet-4.5", {"temperature": 1, "top_p": 1}, "cannot both"),
    ("top_k on new", "claude-opus-5", {"top_k": 5}, "deprecated"),
    ("blank text", "claude-opus-5", {"messages": user({"type": "text", "text": "\n"})}, "non-whitespace"),
    ("empty content", "claude-opus-5", {"messages": [{"role": "user", "content": []}]}, "non-empty content"),
    ("prefill", "claude-opus-5", {"messages": [ASK, {"role": "assistant", "content": "{"}]}, "prefill"),
    ("system in the list on old", "claude-sonnet-4.5", {"messages": [ASK, {"role": "system", "content": "x"}]},
     'Unexpected role "system"'),
    ("system in the middle", "claude-opus-5", {"messages": [ASK, {"role": "system", "content": "x"}, ASK]},
     'Unexpected role "system"'),
    ("image by URL", "claude-opus-5",
     {"messages": user({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}})},
     "external image URLs are not supported"),
    ("document by file id", "claude-opus-5",
     {"messages": user({"type": "document", "source": {"type": "file", "file_id": "x"}})}, "document.source"),
    ("foreign signature", "claude-sonnet-4.5",
     {"messages": [ASK, {"role": "assistant", "content": [
         {"type": "thinking", "thinking": "a", "signature": "b"}, {"type": "text", "text": "c"}]}, ASK]},
     "messages.1.content.0: Invalid `signature` in `thinking` block"),
    ("redacted signature", "claude-sonnet-4.5",
     {"messages": [ASK, {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "b"}]}, ASK]},
     "Invalid `data` in `redacted_thinking` block"),
    ("odd tool id", "claude-opus-5", {"messages": [ASK, {"role": "assistant", "content": [call("a:1")]}, *user(result("a:1"))]}, "pattern"),
    ("reference without search", "claude-opus-5",
     {"messages": [ASK, {"role": "assistant", "content": [call()]},
                   *user(result(content=[{"type": "tool_reference", "tool_name": "f"}]))]}, "tool_reference"),
    ("orphan result", "claude-opus-5", {"messages": user(result("toolu_01Ab"))},
     "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01Ab. Each "
     "`tool_result` block must have a corresponding `tool_use` block in the previous message."),
    ("unanswered call", "claude-opus-5", {"messages": [ASK, {"role": "assistant", "content": [call()]}, ASK]},
     "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each "
     "`tool_use` block must have a corresponding `tool_result` block in the next message."),
]  # fmt: skip

ROWS = [
    pytest.param(path, *row[1:], id=f"{path.strip('/')}: {row[0]}")
    for path, rows in ((CHAT, CHAT_ROWS), (RESPONSES, RESPONSES_ROWS), (MESSAGES, MESSAGES_ROWS))
    for row in rows
]


# What some backends answer with another status.
OTHER_STATUSES = {
    "The use of the web search tool is not supported.": (400, 422),
    "tool_reference": (400, 503),
}


@pytest.mark.parametrize(("path", "model", "change", "words"), ROWS)
async def test_refused(seat: Seat, path: str, model: str, change: dict[str, Any], words: str) -> None:
    answer = await seat.post(path, asking(path, model, "hi") | change, VISION)
    assert answer.status in OTHER_STATUSES.get(words, (400,)), answer.text
    assert words.replace("`", "") in answer.text.replace("`", "").replace("\\", "")
    assert seat.sim.ledger == []


async def test_refusals_of_claude_are_wrapped_in_three_ways(seat: Seat) -> None:
    body = asking(MESSAGES, "claude-sonnet-4.5", "hi", speed="fast")
    shapes = [tuple((await seat.post(MESSAGES, body)).json) for _ in range(3)]
    assert set(shapes) == {("message",), ("error",), ("type", "error", "request_id")}


@pytest.mark.parametrize("beta", ["claude-code-20250219", "effort-2025-11-24", "oauth-2025-04-20"])
async def test_unknown_betas(seat: Seat, beta: str) -> None:
    answer = await seat.post(MESSAGES, asking(MESSAGES, "claude-opus-5", "hi"), {"anthropic-beta": beta})
    assert answer.status == 400
    assert f"Unexpected value(s) {beta} for the anthropic-beta header" in answer.text.replace("`", "")


@pytest.mark.parametrize(
    ("model", "beta", "change"),
    [
        ("claude-opus-5", "context-management-2025-06-27", {"context_management": {"edits": []}}),
        ("claude-haiku-4.5", "extended-cache-ttl-2025-04-11", {"messages": user(marked(ttl="1h"))}),
        ("claude-opus-5", "context-1m-2025-08-07", {}),
        (
            "claude-opus-5",
            "advanced-tool-use-2025-11-20",
            {"tools": [*ONE_MESSAGES, {"name": "g", "input_schema": PLAIN, "defer_loading": True}]},
        ),
        ("claude-sonnet-4.5", "interleaved-thinking-2025-05-14", {"thinking": ENABLED}),
        (
            "claude-opus-5",
            "",
            {"thinking": ADAPTIVE, "output_config": {"effort": "high"}, "cache_control": MARK},
        ),
        ("claude-opus-5", "", {"messages": [ASK, {"role": "system", "content": "x"}]}),
        ("claude-sonnet-4.5", "", {"messages": [ASK, {"role": "assistant", "content": "{"}]}),
    ],
)
async def test_taken(seat: Seat, model: str, beta: str, change: dict[str, Any]) -> None:
    headers = {"anthropic-beta": beta} if beta else {}
    answer = await seat.post(MESSAGES, asking(MESSAGES, model, "hi") | change, headers)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize(
    ("path", "model", "code"),
    [
        (CHAT, "gpt-5.5", "unsupported_api_for_model"),
        (CHAT, "claude-opus-4.5", "unsupported_api_for_model"),
        (RESPONSES, "claude-opus-5", "unsupported_api_for_model"),
        (MESSAGES, "gpt-5.2", "unsupported_api_for_model"),
        (CHAT, "text-embedding-3-small", "unsupported_api_for_model"),
        (CHAT, "gpt-0", "model_not_supported"),
        (CHAT, "claude-sonnet-4-5-20250929", "model_not_supported"),
        (CHAT, "gemini-3.5-ultra", "model_not_supported"),
        (MESSAGES, "claude-opus-5-fast", "model_not_supported"),
    ],
)
async def test_models_that_cannot_be_called(seat: Seat, path: str, model: str, code: str) -> None:
    answer = await seat.post(path, asking(path, model, "hi"))
    assert (answer.status, answer.json["error"]["code"]) == (400, code)


async def test_a_policy_that_is_accepted_opens_its_model(seat: Seat) -> None:
    seat.sim.enable("gemini-3.5-ultra")
    assert (await seat.post(CHAT, asking(CHAT, "gemini-3.5-ultra", "hi"))).status == 200


@pytest.mark.parametrize(
    ("path", "model", "body"),
    [
        (CHAT, "gpt-4.1", {"messages": user(image_part())}),
        (RESPONSES, "gpt-5.2", {"input": user({"type": "input_image", "image_url": DATA_URL})}),
        (
            MESSAGES,
            "claude-opus-5",
            {
                "messages": [
                    ASK,
                    {"role": "assistant", "content": [call()]},
                    *user(
                        result(
                            content=[
                                {
                                    "type": "image",
                                    "source": {"type": "base64", "media_type": "image/png", "data": PIXEL},
                                }
                            ]
                        )
                    ),
                ]
            },
        ),
    ],
)
async def test_images_need_their_header(seat: Seat, path: str, model: str, body: dict[str, Any]) -> None:
    answer = await seat.post(path, asking(path, model, "hi") | body)
    message = "missing required Copilot-Vision-Request header for vision requests"
    assert (answer.status, answer.json) == (400, {"error": {"message": message, "code": ""}})
    assert (await seat.post(path, asking(path, model, "hi") | body, VISION)).status == 200
    assert seat.sim.ledger[-1].is_vision


async def test_a_prompt_too_long(seat: Seat) -> None:
    answer = await seat.post(CHAT, asking(CHAT, "grok-code-fast-1", "x" * 500_000))
    assert answer.json["error"]["code"] == "model_max_prompt_tokens_exceeded"
    assert answer.json["error"]["message"].endswith("exceeds the limit of 109000")
    assert answer.json["error"]["message"].startswith("prompt token count of 1250")


async def test_reasoning_goes_back_with_its_own_id_only(seat: Seat) -> None:
    body = asking(RESPONSES, "gpt-5.3-codex", "think", include=["reasoning.encrypted_content"], stream=True)
    events = (await seat.post(RESPONSES, body)).events
    added = next(event["item"] for event in events if event["type"] == "response.output_item.added")
    done = next(event["item"] for event in events if event["type"] == "response.output_item.done")
    ask = {"role": "user", "content": "say: again"}
    good = await seat.post(RESPONSES, {"model": "gpt-5.3-codex", "input": [done, ask]})
    assert good.status == 200, good.text
    bad = await seat.post(RESPONSES, {"model": "gpt-5.3-codex", "input": [done | {"id": added["id"]}, ask]})
    assert "Encrypted content item_id did not match the target item id." in bad.text
    other = await seat.post(RESPONSES, {"model": "gpt-5.2", "input": [done, ask]})
    assert other.json["error"]["code"] == "invalid_encrypted_content"


async def test_thinking_goes_back_to_its_own_model_only(seat: Seat) -> None:
    first = asking(MESSAGES, "claude-sonnet-4.5", "hi", thinking=ENABLED)
    content = (await seat.post(MESSAGES, first)).json["content"]
    again = {**first, "messages": [ASK, {"role": "assistant", "content": content}, ASK]}
    assert (await seat.post(MESSAGES, again)).status == 200
    assert (await seat.post(MESSAGES, {**again, "model": "claude-haiku-4.5"})).status == 400
    seat.sim.bind_backends = True
    assert sorted([(await seat.post(MESSAGES, again)).status for _ in range(3)]) == [200, 400, 400]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"input": "one"}, "array of strings"),
        ({"input": [1, 2]}, "array of strings"),
        ({"input": [[1, 2]]}, "array of strings"),
        ({"input": []}, "must not be empty"),
        ({"input": ["x"] * 513}, "at most 512"),
        ({"input": ["x" * 40_000]}, "exceeds the limit of 8191 tokens"),
        ({"model": "text-embedding-ada-002", "input": ["x"], "dimensions": 5}, "dimensions is not supported"),
    ],
)
async def test_embeddings_are_picky(seat: Seat, body: dict[str, Any], words: str) -> None:
    answer = await seat.post("/embeddings", {"model": "text-embedding-3-small"} | body)
    assert (answer.status, words in answer.text) == (400, True)


async def test_the_socket_wants_an_upgrade(seat: Seat) -> None:
    assert (await seat.get(seat.sim.api_url + RESPONSES, seat.headers)).status == 426


async def test_shell_is_a_tool_that_all_take(seat: Seat) -> None:
    for path, model in ((CHAT, "gpt-4.1"), (RESPONSES, "gpt-5.5"), (MESSAGES, "claude-opus-4.5")):
        assert (await seat.post(path, asking(path, model, "hi", tools=tools(path, bash=SHELL)))).status == 200
