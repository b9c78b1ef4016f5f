"""Who started this call: the person ("user") or the tool working on its own ("agent").

It is a billing statement, so it says the truth and follows Microsoft's client: the last element of the
client's own request decides, before any translation; history does not. Only what a client itself marks
as a side call (title, compaction, subagent, background) is taken for one.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from tray_app.dialects.protocol import Initiator

Headers = Mapping[str, str]

# Elements that Claude Code and Codex wrap around text of their own, and lines beside tool results.
_HARNESS_TAGS = (
    "system-reminder",
    "command-name",
    "command-message",
    "command-args",
    "command-contents",
    "local-command-stdout",
    "local-command-stderr",
    "local-command-caveat",
    "bash-stdout",
    "bash-stderr",
    "user-prompt-submit-hook",
    "task-notification",
    "new-diagnostics",
    "subagent_notification",
)
_HARNESS_LINES = ("Tool loaded.",)
_NOTIFICATION = "[SYSTEM NOTIFICATION - NOT USER INPUT]"
_HARNESS_STARTS = ("Base directory for this skill:", _NOTIFICATION)
# Codex 0.169 puts it in front of what a compaction has left of a conversation.
_CODEX_SUMMARY = "Another language model started to solve this problem and produced a summary"
_HOOKS = (
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "UserPromptSubmit",
    "SessionStart",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "PreCompact",
    "Notification",
)


def is_harness_text(text: str) -> bool:
    """Whether the tool wrote this beside a tool result: reminders, hook output, "Tool loaded."."""
    rest = text.strip()
    if rest in _HARNESS_LINES or rest.startswith(_HARNESS_STARTS) or _is_hook_output(rest):
        return True
    at = 0  # an index, not a shorter text: a body may hold many thousand elements
    while at < len(rest):
        tag = next((tag for tag in _HARNESS_TAGS if rest.startswith(f"<{tag}>", at)), None)
        if tag is None:
            return rest[at:] in _HARNESS_LINES
        end = rest.find(f"</{tag}>", at)
        if end < 0:
            return False
        at = end + len(tag) + 3
        while rest[at : at + 1].isspace():
            at += 1
    return True


def _is_hook_output(text: str) -> bool:
    """`PostToolUse:Edit hook additional context: …`, `Stop hook feedback: …`."""
    first = text.split("\n", 1)[0][:200]
    name, hook, _ = first.partition(" hook ")
    return bool(hook) and name.partition(":")[0] in _HOOKS


# --- the last element -----------------------------------------------------------------------------


def of_chat(messages: list[Any]) -> Initiator:
    last = messages[-1] if messages else None
    role = last.get("role") if isinstance(last, dict) else None
    return "agent" if role in ("tool", "function", "assistant") else "user"


def of_responses(input: object) -> Initiator:
    """A user message that Codex wrote (a subagent is done) is no prompt: what stands before it decides.

    After a compaction in mid-turn Codex goes on by itself, behind a summary in the user's name; the prompts
    that it keeps in front of that have been counted.
    """
    if not isinstance(input, list):
        return "user"
    if input and any((text or "").startswith(_CODEX_SUMMARY) for text in _user_texts(input[-1])):
        return "agent"
    last = next((item for item in reversed(input) if not _is_written_by_codex(item)), None)
    if last is None:
        return "user"
    role = last.get("role") if isinstance(last, dict) else None
    return "user" if role in ("user", "developer", "system") else "agent"


def _is_written_by_codex(item: object) -> bool:
    texts = _user_texts(item)
    return bool(texts) and all(text is not None and is_harness_text(text) for text in texts)


def _user_texts(item: object) -> list[str | None]:
    """The parts of a user's message; None for what is no text."""
    if not isinstance(item, dict) or item.get("role") != "user":
        return []
    content = item.get("content")
    parts = [{"text": content}] if isinstance(content, str) else _blocks(content)
    return [text if isinstance(text := part.get("text"), str) else None for part in parts]


def of_messages(messages: list[Any]) -> Initiator:
    """A mid-conversation `system` message is the tool's, so the message before it decides."""
    turns = [message for message in messages if isinstance(message, dict)]
    while turns and turns[-1].get("role") == "system":
        turns.pop()
    if not turns:
        return "user"
    if turns[-1].get("role") == "assistant":
        return "agent"
    return _of_user_turn(turns)


def _of_user_turn(turns: list[dict[str, Any]]) -> Initiator:
    """Neighbouring user messages are one turn to the model: harness text may stand behind its result.

    Claude Code goes on by itself when a background task ends; it says that this is no user's input.
    """
    notified = False
    for message in reversed(turns):
        content = message.get("content")
        if message.get("role") != "user":
            return "agent" if notified else "user"
        if _has_person_text(content):
            return "user"
        if _has_tool_result(content):
            return "agent"
        notified = notified or any(_is_notification(text) for text in _texts(content))
    return "user"


def _is_notification(text: str) -> bool:
    return text.strip().removeprefix("<system-reminder>").lstrip().startswith(_NOTIFICATION)


def _blocks(content: object) -> list[dict[str, Any]]:
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _has_tool_result(content: object) -> bool:
    return any(block.get("type") == "tool_result" for block in _blocks(content))


def _texts(content: object) -> list[str]:
    if isinstance(content, str):
        return [content]
    texts = [block.get("text") for block in _blocks(content) if block.get("type") == "text"]
    return [text for text in texts if isinstance(text, str)]


def _has_person_text(content: object) -> bool:
    return any(not is_harness_text(text) for text in _texts(content))


def of_gemini(contents: list[Any]) -> Initiator:
    """The last content with nothing but function responses, and what a tool shows beside them, is the tool's;
    parts are named in camelCase."""
    last = contents[-1] if contents else None
    if not isinstance(last, dict):
        return "user"
    if last.get("role") in ("function", "tool"):
        return "agent"
    parts = _blocks(last.get("parts"))
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    answers = any("functionResponse" in part for part in parts)
    return "agent" if answers and all(is_harness_text(text) for text in texts) else "user"


# --- what the client says itself ------------------------------------------------------------------

_INTERACTIONS = {
    "conversation-subagent": "subagent",
    "conversation-background": "background",
    "conversation-compaction": "compaction",
}
_CODEX_KINDS = {
    "compact": "compaction",
    "compaction": "compaction",
    "subagent": "subagent",
    "collab_spawn": "subagent",
    "thread_spawn": "subagent",
    "review": "subagent",
    "title": "title",
    "warmup": "warmup",
    "prewarm": "warmup",
    "background": "background",
    "memory_consolidation": "background",
}


def claimed(headers: Headers) -> Initiator | None:
    """The client's own X-Initiator; anything but the two words is ignored."""
    value = headers.get("x-initiator", "").strip().lower()
    if value == "agent":
        return "agent"
    return "user" if value == "user" else None


def background_by_headers(headers: Headers) -> str | None:
    """The kind of side call that the headers name, of Copilot's own clients, of opencode and of Codex."""
    if headers.get("x-parent-session-id", "").strip():
        return "subagent"
    if kind := _INTERACTIONS.get(headers.get("x-interaction-type", "").strip().lower()):
        return kind
    if value := headers.get("x-openai-subagent", "").strip().lower():
        return _CODEX_KINDS.get(value, "subagent")
    return _codex_metadata(headers.get("x-codex-turn-metadata", ""))


def _codex_metadata(text: str) -> str | None:
    if not text:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    for key in ("request_kind", "requestKind", "kind"):
        if isinstance(word := value.get(key), str) and (kind := _CODEX_KINDS.get(word.lower())):
            return kind
    marks = ("is_subagent", "subagent", "subagent_source", "subagent_kind")
    return "subagent" if any(value.get(mark) for mark in marks) else None
