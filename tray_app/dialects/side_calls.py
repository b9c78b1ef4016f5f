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


# The beginnings of Gemini CLI's own prompts: of the system prompt, and of the last message.
_GEMINI_SYSTEMS = (
    ("You are a specialized system component responsible for distilling chat history", "compaction"),
    ("You are a specialized Task Routing AI", "background"),
    ("You are a diagnostic agent that determines whether a conversational AI assistant", "background"),
    ("You are an expert code-editing assistant", "background"),
    ("You are a Visual Analysis Agent", "background"),
    ("### Role\nYou are the **Lead Orchestrator** for an AI system", "background"),
)
_GEMINI_PROMPTS = (
    ("Analyze *only* the content and structure of your immediately preceding response", "background"),
    ("Summarize the user's primary intent or goal in this conversation in ONE sentence", "title"),
    ("Summarize the following tool output to be a maximum of", "background"),
    ("You are a security expert responsible for generating fine-grained security policies", "background"),
    ("You are a security enforcement engine.", "background"),
)
_GEMINI_DONE = "complete_task"  # a tool that only its subagents have


def of_gemini_cli(contents: list[Json], body: Json, headers: Headers) -> str | None:
    """Gemini CLI's own requests beside the conversation: no tools and a prompt of its own, nothing but
    Google's search to run one, or the tool by which a subagent says that it is done."""
    if not headers.get("user-agent", "").startswith("GeminiCLI"):
        return None
    tools = body.get("tools")
    if isinstance(tools, list) and tools:
        return _of_gemini_tools(tools)
    system = _gemini_text(body.get("systemInstruction"))
    last = _gemini_text(contents[-1])
    pairs = ((system, _GEMINI_SYSTEMS), (last, _GEMINI_PROMPTS))
    return next(
        (kind for text, known in pairs for start, kind in known if text.lstrip().startswith(start)), None
    )


def _of_gemini_tools(tools: list[Json]) -> str | None:
    names: list[object] = []
    for group in tools:
        declared = group.get("functionDeclarations", group.get("function_declarations"))
        for function in declared if isinstance(declared, list) else ():
            names.append(function.get("name") if isinstance(function, dict) else None)
    if not names and all("googleSearch" in group for group in tools):
        return "subagent"
    return "subagent" if _GEMINI_DONE in names else None


def _gemini_text(content: object) -> str:
    """The first text of a content, of a bare text, or of nothing."""
    if isinstance(content, str):
        return content
    parts = content.get("parts", content) if isinstance(content, dict) else content
    part = parts[0] if isinstance(parts, list) and parts else parts
    text = part.get("text") if isinstance(part, dict) else part
    return text if isinstance(text, str) else ""


def first_system(messages: list[Json]) -> object:
    first = messages[0]
    return first.get("content") if first.get("role") in ("system", "developer") else None
