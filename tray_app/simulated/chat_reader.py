"""A chat completions request as a `Conversation`."""

from typing import Any

from tray_app.simulated.conversation import Conversation, Offered, mapping, number, objects, string
from tray_app.simulated.models import Model


def read(body: dict[str, Any], model: Model) -> Conversation:
    talk = Conversation()
    _tools(talk, body)
    after_result = False
    for message in objects(body.get("messages")):
        text, images, opaque = _content(message.get("content"))
        mark = "5m" if message.get("copilot_cache_control") else None
        plain = {key: value for key, value in message.items() if key != "copilot_cache_control"}
        talk.add(
            plain, mark=mark, images=images, opaque=opaque + len(string(message.get("reasoning_opaque")))
        )
        role = message.get("role")
        if role in ("system", "developer"):
            talk.background.append(text)
        elif role == "user":
            talk.hear(text, beside_results=after_result)
        elif role in ("tool", "function"):
            talk.results.append(text)
        elif message.get("tool_calls") or message.get("function_call"):
            talk.call_made()
        after_result = role in ("tool", "function")
    talk.ends_with_result = after_result
    _wishes(talk, body, model)
    return talk


def _content(content: object) -> tuple[str, int, int]:
    """Text, number of pictures, bytes that are no text."""
    if isinstance(content, str):
        return content, 0, 0
    texts, images, opaque = [], 0, 0
    for part in objects(content):
        if part.get("type") == "image_url":
            images += 1
            opaque += len(string(mapping(part.get("image_url")).get("url")))
        else:
            texts.append(string(part.get("text")))
    return "\n".join(texts), images, opaque


def _tools(talk: Conversation, body: dict[str, Any]) -> None:
    for tool in objects(body.get("tools")):
        function = mapping(tool.get("function"))
        talk.tools.append(
            Offered(
                string(function.get("name")),
                string(function.get("description")),
                mapping(function.get("parameters")),
            )
        )
    if talk.tools:
        offered = [
            {name: value for name, value in tool.items() if name != "copilot_cache_control"}
            for tool in objects(body["tools"])
        ]
        marked = any(tool.get("copilot_cache_control") for tool in objects(body["tools"]))
        talk.add(offered, mark="5m" if marked else None)
    choice = body.get("tool_choice")
    if isinstance(choice, str):
        talk.choice = choice
    elif isinstance(choice, dict):
        talk.choice = string(mapping(choice.get("function")).get("name")) or "auto"
    talk.parallel = body.get("parallel_tool_calls") is not False


def _wishes(talk: Conversation, body: dict[str, Any], model: Model) -> None:
    wanted = mapping(body.get("response_format"))
    if wanted.get("type") == "json_schema":
        talk.schema = mapping(mapping(wanted.get("json_schema")).get("schema"))
    talk.json_mode = wanted.get("type") == "json_object"
    stop = body.get("stop")
    words = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    talk.stops = [string(word) for word in words if string(word)]
    talk.limit = number(body.get("max_completion_tokens")) or number(body.get("max_tokens"))
    effort = body.get("reasoning_effort")
    talk.thinks = model.reasons and (bool(body.get("thinking_budget")) or effort not in (None, "none"))
