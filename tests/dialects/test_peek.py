"""Who started a call, what routing reads of a body, and what is refused with the field's name."""

from typing import Any

import orjson
import pytest

from tray_app.dialects.peek import peek_chat, peek_messages, peek_responses, session_id
from tray_app.errors import BadRequest


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


RESULT = {"type": "tool_result", "tool_use_id": "toolu_01", "content": "ok"}
CALLED = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "toolu_01", "name": "read", "input": {}}],
}
REMINDER = "<system-reminder>\nThe list is empty.\n</system-reminder>"
ANSWERED = {"role": "assistant", "content": "done"}
NOTIFIED = (
    "<system-reminder>\n[SYSTEM NOTIFICATION - NOT USER INPUT]\n<task-notification>x</task-notification>\n"
    "</system-reminder>"
)

MESSAGES = {
    "string": ([{"role": "user", "content": "hi"}], "user"),
    "history does not decide": ([CALLED, {"role": "user", "content": "hi"}], "user"),
    "only results": ([CALLED, {"role": "user", "content": [RESULT]}], "agent"),
    "results and reminder": ([{"role": "user", "content": [RESULT, text(REMINDER)]}], "agent"),
    "results and two reminders in one": (
        [{"role": "user", "content": [RESULT, text(REMINDER * 2)]}],
        "agent",
    ),
    "results and Tool loaded": ([{"role": "user", "content": [RESULT, text("Tool loaded.")]}], "agent"),
    "results and hook output": (
        [{"role": "user", "content": [RESULT, text("PostToolUse:Edit hook additional context: formatted")]}],
        "agent",
    ),
    "results and command output": (
        [{"role": "user", "content": [RESULT, text("<local-command-stdout>x</local-command-stdout>")]}],
        "agent",
    ),
    "results and a prompt": (
        [{"role": "user", "content": [RESULT, text(REMINDER), text("stop that")]}],
        "user",
    ),
    "prompt behind a reminder in one text": (
        [{"role": "user", "content": [RESULT, text(REMINDER + "\nnow do this")]}],
        "user",
    ),
    "open reminder is a prompt": (
        [{"role": "user", "content": [RESULT, text("<system-reminder> hm")]}],
        "user",
    ),
    "interrupted by the person": (
        [{"role": "user", "content": [RESULT, text("[Request interrupted by user for tool use]")]}],
        "user",
    ),
    "Claude Code's first turn": ([{"role": "user", "content": [text(REMINDER), text("hi")]}], "user"),
    "only a reminder, no result": ([{"role": "user", "content": [text(REMINDER)]}], "user"),
    "a subagent is done, after the answer": (
        [ANSWERED, {"role": "user", "content": [text(NOTIFIED)]}],
        "agent",
    ),
    "the same without reminder tags": (
        [ANSWERED, {"role": "user", "content": "[SYSTEM NOTIFICATION - NOT USER INPUT]\nDone."}],
        "agent",
    ),
    "a prompt beside it": (
        [ANSWERED, {"role": "user", "content": [text(NOTIFIED), text("go on")]}],
        "user",
    ),
    "any other reminder after the answer": (
        [ANSWERED, {"role": "user", "content": [text(REMINDER)]}],
        "user",
    ),
    "prefill": ([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{"}], "agent"),
    "reminder in a message of its own": (
        [CALLED, {"role": "user", "content": [RESULT]}, {"role": "user", "content": REMINDER}],
        "agent",
    ),
    "prompt before a result's reminder": (
        [{"role": "user", "content": "hi"}, {"role": "user", "content": REMINDER}],
        "user",
    ),
    "system message last, after results": (
        [CALLED, {"role": "user", "content": [RESULT]}, {"role": "system", "content": "note"}],
        "agent",
    ),
    "system message last, after a prompt": (
        [{"role": "user", "content": "hi"}, {"role": "system", "content": "note"}],
        "user",
    ),
}


@pytest.mark.parametrize(("messages", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_initiator_of_messages(messages: list[Any], expected: str) -> None:
    assert peek_messages({"model": "m", "messages": messages}, {}).initiator == expected


CHAT = {
    "user": ([{"role": "user", "content": "hi"}], "user"),
    "user after an answer": (
        [{"role": "assistant", "content": "a"}, {"role": "user", "content": "hi"}],
        "user",
    ),
    "tool": ([{"role": "tool", "tool_call_id": "c", "content": "x"}], "agent"),
    "assistant": ([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "a"}], "agent"),
    "user with images only": ([{"role": "user", "content": [{"type": "image_url"}]}], "user"),
    "system": ([{"role": "system", "content": "s"}], "user"),
}


@pytest.mark.parametrize(("messages", "expected"), CHAT.values(), ids=CHAT.keys())
def test_initiator_of_chat(messages: list[Any], expected: str) -> None:
    assert peek_chat({"model": "m", "messages": messages}, {}).initiator == expected


DONE = '<subagent_notification>\n{"status":{"completed":"ok"}}\n</subagent_notification>'
SUMMARY = (
    "Another language model started to solve this problem and produced a summary of its thinking process"
)
RESPONSES = {
    "string": ("hi", "user"),
    "user message": ([{"type": "message", "role": "user", "content": "hi"}], "user"),
    "message without type": ([{"role": "user", "content": "hi"}], "user"),
    "developer": ([{"role": "developer", "content": "be brief"}], "user"),
    "system": ([{"role": "system", "content": "be brief"}], "user"),
    "assistant": ([{"role": "assistant", "content": "a"}], "agent"),
    "function output": ([{"type": "function_call_output", "call_id": "c", "output": "x"}], "agent"),
    "custom output": ([{"type": "custom_tool_call_output", "call_id": "c", "output": "x"}], "agent"),
    "tool search output": ([{"type": "tool_search_output", "call_id": "c"}], "agent"),
    "compaction": ([{"role": "user", "content": "hi"}, {"type": "compaction_trigger"}], "agent"),
    "Codex tells of a subagent that is done": (
        [{"type": "function_call_output", "call_id": "c", "output": "x"}, {"role": "user", "content": DONE}],
        "agent",
    ),
    "the same in parts": (
        [
            {"role": "assistant", "content": "a"},
            {"role": "user", "content": [{"type": "input_text", "text": DONE}]},
        ],
        "agent",
    ),
    "a prompt behind it": (
        [{"role": "assistant", "content": "a"}, {"role": "user", "content": f"{DONE} go on"}],
        "user",
    ),
    "nothing but it": ([{"role": "user", "content": DONE}], "user"),
    "Codex goes on behind a compaction of its own": (
        [{"role": "user", "content": "the prompt"}, {"role": "user", "content": f"{SUMMARY}: done."}],
        "agent",
    ),
    "a prompt behind a compaction": (
        [{"role": "user", "content": f"{SUMMARY}: done."}, {"role": "user", "content": "now this"}],
        "user",
    ),
    "an image alone": ([{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}], "user"),
    "an image": (
        [{"role": "assistant", "content": "a"}, {"role": "user", "content": [{"type": "input_image"}]}],
        "user",
    ),
}


@pytest.mark.parametrize(("input", "expected"), RESPONSES.values(), ids=RESPONSES.keys())
def test_initiator_of_responses(input: Any, expected: str) -> None:
    assert peek_responses({"model": "m", "input": input}, {}).initiator == expected


@pytest.mark.parametrize(
    ("value", "initiator", "source"),
    [
        ("agent", "agent", "client"),
        ("user", "user", "client"),
        ("nobody", "user", "decided"),
        ("", "user", "decided"),
    ],
)
def test_a_client_that_knows_its_turns_is_believed(value: str, initiator: str, source: str) -> None:
    seen = peek_chat({"model": "m", "messages": [{"role": "user", "content": "hi"}]}, {"x-initiator": value})
    assert (seen.initiator, seen.initiator_source) == (initiator, source)


SIDE_CALLS = {
    "subagent by type": ({"x-interaction-type": "conversation-subagent"}, "subagent"),
    "background by type": ({"x-interaction-type": "conversation-background"}, "background"),
    "compaction by type": ({"x-interaction-type": "conversation-compaction"}, "compaction"),
    "Codex' subagent header": ({"x-openai-subagent": "review"}, "subagent"),
    "Codex' compaction header": ({"x-openai-subagent": "compact"}, "compaction"),
    "Codex' turn metadata": ({"x-codex-turn-metadata": '{"request_kind": "compaction"}'}, "compaction"),
    "Codex' ordinary turn": ({"x-codex-turn-metadata": '{"request_kind": "turn"}'}, None),
    "metadata that is no JSON": ({"x-codex-turn-metadata": "{"}, None),
    "metadata that is no object": ({"x-codex-turn-metadata": "[1]"}, None),
    "opencode's subagent": ({"x-parent-session-id": "ses_1"}, "subagent"),
    "no parent": ({"x-parent-session-id": ""}, None),
    "conversation of a person": ({"x-interaction-type": "conversation-user"}, None),
}


@pytest.mark.parametrize(("headers", "kind"), SIDE_CALLS.values(), ids=SIDE_CALLS.keys())
def test_calls_that_the_headers_mark(headers: dict[str, str], kind: str | None) -> None:
    seen = peek_responses({"model": "m", "input": "hi"}, headers)
    assert (seen.background, seen.initiator) == (kind, "agent" if kind else "user")


def test_claude_codes_subagent_is_marked_in_its_billing_line() -> None:
    line = "x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli; cc_is_subagent=true;"
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "system": [text(line), text("p")]}
    assert peek_messages(body, {}).background == "subagent"
    body["system"] = [text("p"), text(line)]
    assert peek_messages(body, {}).initiator == "user"


def test_claude_codes_web_search_for_its_own_model() -> None:
    line = "x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=sdk-cli;"
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "Perform a web search for the query: x"}],
        "system": [text(line), text("You run a web search for another Claude model.")],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
    }
    assert peek_messages(body, {}).background == "subagent"
    assert peek_messages(body | {"system": "p"}, {}).initiator == "user"
    for wrong in ("x", [1], {"type": "web_search_1"}):
        with pytest.raises(BadRequest, match="tools"):
            peek_messages(body | {"tools": wrong}, {})
    body["tools"].append({"name": "Bash"})
    assert peek_messages(body, {}).initiator == "user"


def test_claude_codes_compaction() -> None:
    """It has the tools and the model of the conversation; only its prompt, which nobody typed, tells."""
    line = "x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli;"
    prompt = (
        "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\n\n"
        "Your task is to create a detailed summary of the conversation so far, paying close attention"
    )
    note = {"role": "system", "content": REMINDER}
    body = {"model": "m", "system": [text(line)], "tools": [{"name": "Bash"}]}
    asked = {"role": "user", "content": [RESULT, text(prompt)]}
    assert peek_messages(body | {"messages": [CALLED, asked, note]}, {}).background == "compaction"
    assert peek_messages(body | {"messages": [{"role": "user", "content": prompt}]}, {}).initiator == "agent"
    later = [asked, ANSWERED, {"role": "user", "content": "hi"}]
    assert peek_messages(body | {"messages": later}, {}).initiator == "user"
    assert peek_messages(body | {"messages": [asked], "system": "p"}, {}).initiator == "user"


def asking(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize(
    ("change", "background"),
    [
        pytest.param({}, "warmup", id="as Claude Code sends it"),
        pytest.param({"messages": asking([{"type": "text", "text": "quota"}])}, "warmup", id="in a block"),
        pytest.param({"max_tokens": 100}, None, id="an answer is wanted"),
        pytest.param({"metadata": {}}, None, id="another client"),
        pytest.param({"messages": asking("quota?")}, None, id="another question"),
        pytest.param({"tools": [{"name": "f", "input_schema": {"type": "object"}}]}, None, id="with tools"),
        pytest.param(
            {"messages": asking("Warmup"), "max_tokens": 32000}, None, id="what a person could type"
        ),
    ],
)
def test_claude_codes_look_at_the_quota(change: dict[str, Any], background: str | None) -> None:
    body = {
        "model": "claude-haiku-4-5-20251001",
        "max_tokens": 1,
        "messages": asking("quota"),
        "metadata": {"user_id": "user_0a1b_account__session_5f0c"},
    }
    peek = peek_messages(body | change, {})
    assert (peek.background, peek.initiator) == (background, "agent" if background else "user")


def test_claude_codes_title_request() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "thinking": {"type": "disabled"},
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    assert peek_messages(body, {}).background == "title"
    assert peek_messages(body | {"tools": [{"name": "t"}]}, {}).initiator == "user"
    schema["properties"]["more"] = {}
    assert peek_messages(body, {}).initiator == "user"


TITLE = "You are a title generator. You output ONLY a thread title. Nothing else."
OPENCODE = {"user-agent": "opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14"}
HI = {"role": "user", "content": "hi"}
TITLES = {
    "chat": (peek_chat, {"messages": [{"role": "system", "content": TITLE}, HI]}),
    "chat in parts": (peek_chat, {"messages": [{"role": "system", "content": [text(TITLE)]}, HI]}),
    "responses": (peek_responses, {"input": [{"role": "developer", "content": TITLE}, HI]}),
    "responses in instructions": (peek_responses, {"instructions": TITLE, "input": [HI]}),
    "messages": (peek_messages, {"system": [text(TITLE)], "messages": [HI]}),
    "messages with a string": (peek_messages, {"system": TITLE, "messages": [HI]}),
}


@pytest.mark.parametrize(("peek", "body"), TITLES.values(), ids=TITLES.keys())
def test_opencodes_title_request(peek: Any, body: dict[str, Any]) -> None:
    body = {"model": "m", **body}
    assert peek(body, OPENCODE).background == "title"
    assert peek(body, {"user-agent": "curl/8"}).initiator == "user"
    tools = [{"type": "function", "name": "read", "function": {"name": "read"}}]
    assert peek(body | {"tools": tools}, OPENCODE).initiator == "user"


def test_opencodes_compaction() -> None:
    system = {
        "role": "system",
        "content": "You are a context summarization agent. You are given a conversation",
    }
    seen = peek_chat({"model": "m", "messages": [system, HI]}, OPENCODE)
    assert (seen.background, seen.initiator) == ("compaction", "agent")


WRONG = {
    "no model": (peek_chat, {"messages": [{"role": "user"}]}, "model"),
    "model is a number": (peek_chat, {"model": 1, "messages": [{"role": "user"}]}, "model"),
    "empty model": (peek_chat, {"model": " ", "messages": [{"role": "user"}]}, "model"),
    "stream is a word": (
        peek_chat,
        {"model": "m", "stream": "yes", "messages": [{"role": "user"}]},
        "stream",
    ),
    "no messages": (peek_messages, {"model": "m"}, "messages"),
    "empty messages": (peek_messages, {"model": "m", "messages": []}, "messages"),
    "messages an object": (peek_chat, {"model": "m", "messages": {}}, "messages"),
    "message a string": (peek_chat, {"model": "m", "messages": ["x"]}, "messages[0]"),
    "role missing": (peek_chat, {"model": "m", "messages": [{"content": "x"}]}, "messages[0].role"),
    "content a number": (
        peek_chat,
        {"model": "m", "messages": [{"role": "user", "content": 1}]},
        "messages[0].content",
    ),
    "part a string": (
        peek_messages,
        {"model": "m", "messages": [{"role": "user", "content": ["x"]}]},
        "messages[0].content[0]",
    ),
    "max_tokens zero": (
        peek_messages,
        {"model": "m", "max_tokens": 0, "messages": [{"role": "user"}]},
        "max_tokens",
    ),
    "max_tokens a word": (
        peek_messages,
        {"model": "m", "max_tokens": "9", "messages": [{"role": "user"}]},
        "max_tokens",
    ),
    "max_output_tokens": (
        peek_responses,
        {"model": "m", "input": "x", "max_output_tokens": 1.5},
        "max_output_tokens",
    ),
    "no input": (peek_responses, {"model": "m"}, "input"),
    "empty input": (peek_responses, {"model": "m", "input": []}, "input"),
    "input an object": (peek_responses, {"model": "m", "input": {}}, "input"),
    "item a string": (peek_responses, {"model": "m", "input": ["x"]}, "input[0]"),
    "tools an object": (peek_responses, {"model": "m", "input": "x", "tools": {}}, "tools"),
}


@pytest.mark.parametrize(("peek", "body", "param"), WRONG.values(), ids=WRONG.keys())
def test_wrong_types_are_refused_by_name(peek: Any, body: Any, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        peek(body, {})
    assert (caught.value.fault.status, caught.value.fault.param) == (400, param)
    assert param in caught.value.fault.message


def test_a_warm_up_needs_no_input() -> None:
    assert peek_responses({"model": "m", "generate": False}, {}).background == "warmup"


CLAUDE_USER = orjson.dumps({"device_id": "d" * 64, "account_uuid": "", "session_id": "s-1"}).decode()
SESSIONS = {
    "Claude Code header": ({}, {"x-claude-code-session-id": "h-1", "session-id": "x"}, "h-1"),
    "Claude Code metadata": ({"metadata": {"user_id": CLAUDE_USER}}, {}, "s-1"),
    "older form": ({"metadata": {"user_id": "user_ab_account_cd_session_ef-1"}}, {}, "ef-1"),
    "some other user id": ({"metadata": {"user_id": "ada"}}, {}, None),
    "Codex": ({"prompt_cache_key": "k"}, {"session-id": "c-1"}, "c-1"),
    "opencode": ({}, {"x-session-affinity": "ses_1"}, "ses_1"),
    "cache key": ({"prompt_cache_key": "k-1"}, {}, "k-1"),
    "long and unprintable": ({"prompt_cache_key": "a\x00\n" + "b" * 300}, {}, "a" + "b" * 127),
    "none": ({"metadata": 3, "prompt_cache_key": 4}, {}, None),
}


@pytest.mark.parametrize(("body", "headers", "expected"), SESSIONS.values(), ids=SESSIONS.keys())
def test_session_id(body: Any, headers: dict[str, str], expected: str | None) -> None:
    assert session_id(body, headers) == expected
