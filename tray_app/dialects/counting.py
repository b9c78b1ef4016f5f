"""What there is to count in a request: its texts, and the tokens that forms and pictures cost.

The scheme is that of Microsoft's client for Copilot: 3 tokens for the reply, 3 per message, every string
of it, 1 more for a `name`; tool calls × 1.5; 16 for tools, 8 per tool, their texts, all × 1.1; pictures by
the tile formula; documents bytes / 8. Claude and Gemini are counted with the catalog's encoding as well,
with no factor of ours on top: nobody has published one that holds, and the answer says it is an estimate.

Base64 is never tokenised. A body that is malformed counts as what can be read of it: counting must not
fail, or clients never compact.
"""

from collections.abc import Callable, Iterable

from tray_app.dialects.countable import PER_NAME, Countable, Counted, Group, Pile, dig, either, objects
from tray_app.dialects.fields import Json

# Each gives what to count in a client's body of its dialect, and never raises.


def count_messages(body: Json) -> Countable:
    return _read(body, _messages)


def count_chat(body: Json) -> Countable:
    return _read(body, _chat)


def count_responses(body: Json) -> Countable:
    return _read(body, _responses)


def count_gemini(body: Json) -> Countable:
    """Of a generateContent body, or of a countTokens body that holds one."""
    return _read(body, _gemini)


def _read(body: Json, read: Callable[[Json, Counted], None]) -> Countable:
    counted = Counted()
    read(body, counted)
    return counted.countable()


# --- Anthropic Messages -----------------------------------------------------------------------------


def _messages(body: Json, counted: Counted) -> None:
    if system := body.get("system"):
        _blocks(system, counted.message("system"), counted)
    for message in objects(body.get("messages")):
        _blocks(message.get("content"), counted.message(message.get("role")), counted)
    for tool in objects(body.get("tools")):
        counted.tool(tool.get("name"), tool.get("description"), tool.get("input_schema"))
    counted.plain.strings(dig(body, "output_config", "format", "schema"), keys=True)


def _blocks(content: object, pile: Pile, counted: Counted) -> None:
    if isinstance(content, str):
        return pile.text(content)
    for block in objects(content):
        match block.get("type"):
            case "text":
                pile.text(block.get("text"))
            case "thinking":
                pile.text(block.get("thinking"))
            case "redacted_thinking":
                pile.opaque(block.get("data"))
            case "image":
                pile.image(dig(block, "source", "data"))
            case "document":
                _document(block, pile, counted)
            case "tool_use" | "server_tool_use" | "mcp_tool_use":
                counted.call(block.get("id"), block.get("name"), block.get("input"))
            case "tool_result" | "mcp_tool_result":
                pile.text(block.get("tool_use_id"))
                _blocks(block.get("content"), pile, counted)
            case _:
                pile.strings(block)
    return None


def _document(block: Json, pile: Pile, counted: Counted) -> None:
    source = block.get("source")
    source = source if isinstance(source, dict) else {}
    pile.text(block.get("title"))
    pile.text(block.get("context"))
    match source.get("type"):
        case "base64":
            pile.opaque(source.get("data"))
        case "text":
            pile.text(source.get("data"))
        case "content":
            _blocks(source.get("content"), pile, counted)


# --- Chat Completions -------------------------------------------------------------------------------


def _chat(body: Json, counted: Counted) -> None:
    for message in objects(body.get("messages")):
        pile = counted.message(message.get("role"))
        if isinstance(name := message.get("name"), str):
            pile.text(name)
            pile.extra += PER_NAME
        pile.text(message.get("tool_call_id"))
        pile.text(message.get("refusal"))
        pile.text(message.get("reasoning_text"))
        pile.opaque(message.get("reasoning_opaque"))
        _parts(message.get("content"), pile)
        for call in objects(message.get("tool_calls")):
            called = call.get("function") or call.get("custom")
            counted.call(call.get("id"), call.get("type"), called)
    for tool in objects(body.get("tools")):
        counted.tool(*_tool_texts(tool))
    counted.plain.strings(dig(body, "response_format", "json_schema"), keys=True)


def _parts(content: object, pile: Pile) -> None:
    """Content of Chat Completions and of Responses: a text, or a list of parts."""
    if isinstance(content, str):
        return pile.text(content)
    for part in objects(content):
        match part.get("type"):
            case "image_url" | "input_image" | "computer_screenshot":
                image = part.get("image_url")
                if isinstance(image, dict):
                    pile.image(image.get("url"), image.get("detail"))
                else:
                    pile.image(image, part.get("detail"))
            case "file" | "input_file":
                file = part.get("file")
                file = file if isinstance(file, dict) else part
                pile.text(file.get("filename"))
                pile.opaque(file.get("file_data"))
            case "input_audio":
                pile.opaque(dig(part, "input_audio", "data"))
            case _:
                pile.strings(part)
    return None


def _tool_texts(tool: Json) -> Iterable[object]:
    """Name, description and schema or grammar of a tool, in OpenAI's two forms."""
    inner = tool.get("function") or tool.get("custom")
    of = inner if isinstance(inner, dict) else tool
    if of.get("name") is None:
        return [tool]
    return [of.get("name"), of.get("description"), of.get("parameters"), of.get("format")]


# --- Responses --------------------------------------------------------------------------------------


def _responses(body: Json, counted: Counted) -> None:
    if isinstance(instructions := body.get("instructions"), str) and instructions:
        counted.message("system").text(instructions)
    if isinstance(given := body.get("input"), str):
        counted.message("user").text(given)
    for item in objects(given):
        _item(item, counted)
    _response_tools(body.get("tools"), counted)
    counted.plain.strings(dig(body, "text", "format", "schema"), keys=True)


def _item(item: Json, counted: Counted) -> None:
    match item.get("type", "message"):
        case "message":
            _parts(item.get("content"), counted.message(item.get("role")))
        case "function_call" | "custom_tool_call" | "mcp_call":
            given = item.get("arguments", item.get("input"))
            counted.call(item.get("call_id"), item.get("name"), given)
        case "function_call_output" | "custom_tool_call_output" | "computer_call_output":
            pile = counted.message(None)
            pile.text(item.get("call_id"))
            output = item.get("output")
            _parts([output] if isinstance(output, dict) else output, pile)
        case "reasoning":
            pile = counted.message(None)
            pile.strings(item.get("summary"))
            pile.strings(item.get("content"))
            pile.opaque(item.get("encrypted_content"))
        case "additional_tools":
            _response_tools(item.get("tools"), counted)
        case _:
            counted.message(None).strings(item)


def _response_tools(tools: object, counted: Counted) -> None:
    for tool in objects(tools):
        if tool.get("type") == "namespace":
            counted.tools.text(tool.get("name"))
            counted.tools.text(tool.get("description"))
            for inner in objects(tool.get("tools")):
                counted.tool(*_tool_texts(inner))
        else:
            counted.tool(*_tool_texts(tool))


# --- Gemini -----------------------------------------------------------------------------------------


def _gemini(body: Json, counted: Counted) -> None:
    inner = either(body, "generateContentRequest", "generate_content_request")
    body = inner if isinstance(inner, dict) else body
    system = either(body, "systemInstruction", "system_instruction")
    if isinstance(system, dict):
        _gemini_parts(system, counted.message("system"), counted)
    elif isinstance(system, str):
        counted.message("system").text(system)
    given = body.get("contents")
    for content in objects([given] if isinstance(given, dict) else given):
        _gemini_parts(content, counted.message(content.get("role")), counted)
    for tool in objects(body.get("tools")):
        for function in objects(either(tool, "functionDeclarations", "function_declarations")):
            schemas = (value for key, value in function.items() if key.startswith("parameters"))
            counted.tool(function.get("name"), function.get("description"), *schemas)


def _gemini_parts(content: Json, pile: Pile, counted: Counted) -> None:
    parts = content.get("parts")
    for part in objects([parts] if isinstance(parts, dict) else parts):
        pile.text(part.get("text"))
        if isinstance(inline := either(part, "inlineData", "inline_data"), dict):
            kind = str(either(inline, "mimeType", "mime_type"))
            (pile.image if kind.startswith("image/") else pile.opaque)(inline.get("data"))
        if isinstance(call := either(part, "functionCall", "function_call"), dict):
            counted.call(call.get("id"), call.get("name"), call.get("args"))
        if isinstance(result := either(part, "functionResponse", "function_response"), dict):
            pile.text(result.get("name"))
            pile.strings(result.get("response"), keys=True)


__all__ = ["Countable", "Group", "count_chat", "count_gemini", "count_messages", "count_responses"]
