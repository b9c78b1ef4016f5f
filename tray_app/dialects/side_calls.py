"""Which calls a tool makes beside the conversation, by the marks in its own body: titles, compaction,
subagents. Marks in headers are in `initiator.py`. Every rule was seen in that tool's traffic (2026).
"""

from tray_app.dialects.fields import Json
from tray_app.dialects.initiator import Headers

_OPENCODE_PROMPTS = (
    ("You are a title generator", "title"),
    ("You are a context summarization agent", "compaction"),
)


def of_claude_code(body: Json) -> str | None:
    """Its billing line says "subagent", its own prompt asks for a summary, or nothing but web search is
    offered to a model that searches for another; its title request asks for a JSON object of one `title`, its
    look at the quota for one token of an answer to "quota"."""
    if _asks_quota(body):
        return "warmup"
    system = body.get("system")
    first = system[0].get("text") if isinstance(system, list) and system else system
    if isinstance(first, str) and first.startswith("x-anthropic-billing-header:"):
        marks = [mark.strip() for mark in first.split("\n", 1)[0].partition(":")[2].split(";")]
        if "cc_is_subagent=true" in marks or _only_searches(body):
            return "subagent"
        if _compacts(body["messages"]):
            return "compaction"
    thinking, config = body.get("thinking"), body.get("output_config")
    if body.get("tools") or not isinstance(thinking, dict) or not isinstance(config, dict):
        return None
    if thinking.get("type") == "disabled" and _wants_only_title(config.get("format")):
        return "title"
    return None


def _asks_quota(body: Json) -> bool:
    """Its first call, under its own metadata and typed by nobody: who wants one token? (wire 13.2)"""
    messages, metadata = body["messages"], body.get("metadata")
    if body.get("max_tokens") != 1 or body.get("tools") or len(messages) != 1:
        return False
    if not isinstance(metadata, dict) or not metadata.get("user_id"):
        return False
    content = messages[0].get("content")
    if isinstance(content, list) and len(content) == 1:
        content = content[0].get("text")
    return bool(messages[0].get("role") == "user" and content == "quota")


def _compacts(messages: list[Json]) -> bool:
    """Whether the last user message ends with the prompt of /compact, which compacts unasked too."""
    last = next((message for message in reversed(messages) if message.get("role") != "system"), {})
    content = last.get("content")
    text = content[-1].get("text") if isinstance(content, list) and content else content
    starts = isinstance(text, str) and text.startswith("CRITICAL: Respond with TEXT ONLY.")
    return starts and "create a detailed summary of the" in str(text)[:2000]


def _only_searches(body: Json) -> bool:
    tools = body.get("tools")
    if not isinstance(tools, list) or not tools:
        return False
    kinds = [tool.get("type") if isinstance(tool, dict) else None for tool in tools]
    return all(isinstance(kind, str) and kind.startswith("web_search_") for kind in kinds)


def _wants_only_title(format: object) -> bool:
    if not isinstance(format, dict) or format.get("type") != "json_schema":
        return False
    schema = format.get("schema")
    if not isinstance(schema, dict) and isinstance(nested := format.get("json_schema"), dict):
        schema = nested.get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and list(properties) == ["title"]


def of_opencode(system: object, body: Json, headers: Headers) -> str | None:
    """opencode's titles and compactions: no tools, and a system prompt of their own."""
    if body.get("tools") or not headers.get("user-agent", "").startswith("opencode/"):
        return None
    if isinstance(system, list):
        system = next((part.get("text") for part in system), None)
    text = system.lstrip() if isinstance(system, str) else ""
    return next((kind for start, kind in _OPENCODE_PROMPTS if text.startswith(start)), None)


def first_system(messages: list[Json]) -> object:
    first = messages[0]
    return first.get("content") if first.get("role") in ("system", "developer") else None
