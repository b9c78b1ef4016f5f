"""A Responses request as a `Conversation`."""

from typing import Any

from tray_app.simulated.conversation import Conversation, Offered, mapping, number, objects, string
from tray_app.simulated.models import Model

OUTPUTS = {"function_call_output", "custom_tool_call_output", "tool_search_output", "shell_call_output"}
CALLS = {"function_call", "custom_tool_call", "tool_search_call", "shell_call"}


def read(body: dict[str, Any], model: Model) -> Conversation:
    talk = Conversation()
    _offer(talk, body.get("tools"))
    if body.get("tools"):
        talk.add(body["tools"])
    if string(body.get("instructions")):
        talk.add(body["instructions"])
        talk.background.append(string(body["instructions"]))
    calling = after_result = False
    for item in items(body.get("input")):
        kind = item_type(item)
        text, images, opaque = _content(item)
        talk.add(_hashed(item), images=images, opaque=opaque)
        if kind in CALLS:
            if not calling:
                talk.call_made()
            calling = True
            continue
        if kind in OUTPUTS:
            talk.results.append(text)
        elif kind == "additional_tools":
            _offer(talk, item.get("tools"))
        elif kind == "message":
            _message(talk, item, text, after_result=after_result)
        calling = calling and kind == "reasoning"
        after_result = kind in OUTPUTS
    talk.ends_with_result = after_result
    _wishes(talk, body, model)
    return talk


def items(value: object) -> list[dict[str, Any]]:
    """Input as items; a string is one user message."""
    return [{"role": "user", "content": value}] if isinstance(value, str) else list(objects(value))


def item_type(item: dict[str, Any]) -> str:
    """The item's type; an untyped one with a role is a message."""
    return string(item.get("type")) or ("message" if "role" in item else "")


def parts(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Content or output parts; a string is one text part."""
    content = item.get("content") if item_type(item) == "message" else item.get("output")
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else list(objects(content))


def _hashed(item: dict[str, Any]) -> dict[str, Any]:
    """An item without what changes from turn to turn although it is the same."""
    return {key: value for key, value in item.items() if key not in ("id", "status")}


def _content(item: dict[str, Any]) -> tuple[str, int, int]:
    texts, images, opaque = [], 0, len(string(item.get("encrypted_content")))
    for part in parts(item):
        if part.get("type") == "input_image":
            images += 1
            opaque += len(string(part.get("image_url")))
        elif part.get("type") == "input_file":
            opaque += len(string(part.get("file_data")))
        else:
            texts.append(string(part.get("text")))
    return "\n".join(texts), images, opaque


def _message(talk: Conversation, item: dict[str, Any], text: str, *, after_result: bool) -> None:
    role = item.get("role")
    if role == "user":
        talk.hear(text, beside_results=after_result)
    elif role in ("system", "developer"):
        talk.background.append(text)


def _offer(talk: Conversation, tools: object, namespace: str | None = None) -> None:
    for tool in objects(tools):
        kind, name = tool.get("type"), string(tool.get("name"))
        if kind == "namespace":
            _offer(talk, tool.get("tools"), name)
        elif kind in ("function", "custom"):
            schema = mapping(tool.get("parameters"))
            text = string(tool.get("description"))
            talk.tools.append(Offered(name, text, schema, custom=kind == "custom", namespace=namespace))
        else:
            talk.tools.append(Offered(string(kind), server=True))


def _wishes(talk: Conversation, body: dict[str, Any], model: Model) -> None:
    choice = body.get("tool_choice")
    if isinstance(choice, str):
        talk.choice = choice
    elif isinstance(choice, dict):
        talk.choice = string(choice.get("name")) or "auto"
    talk.parallel = body.get("parallel_tool_calls") is not False
    wanted = mapping(mapping(body.get("text")).get("format"))
    if wanted.get("type") == "json_schema":
        talk.schema = mapping(wanted.get("schema"))
    talk.json_mode = wanted.get("type") == "json_object"
    talk.limit = number(body.get("max_output_tokens"))
    reasoning = mapping(body.get("reasoning"))
    talk.thinks = model.reasons and reasoning.get("effort") not in (None, "none", "minimal")
