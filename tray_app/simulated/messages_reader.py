"""An Anthropic messages request as a `Conversation`, one cache chunk per block."""

from typing import Any

from tray_app.simulated.conversation import Conversation, Offered, mapping, number, objects, string
from tray_app.simulated.models import Model

_SEALED = ("signature", "data")


def read(body: dict[str, Any], model: Model) -> Conversation:
    talk = Conversation()
    _tools(talk, body)
    _system(talk, body.get("system"))
    for message in objects(body.get("messages")):
        _message(talk, message)
    if body.get("cache_control") and talk.chunks:
        last = talk.chunks.pop()
        talk.chunks.append(type(last)(last.content, last.tokens, _ttl(body["cache_control"])))
    _wishes(talk, body, model)
    return talk


def blocks(content: object) -> list[dict[str, Any]]:
    """Content as blocks; a string is one text block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(objects(content))


def pictures(block: dict[str, Any]) -> tuple[int, int]:
    """Images in a block, those inside a tool result included, and their bytes."""
    images, size = 0, 0
    for part in (block, *objects(block.get("content"))):
        if part.get("type") in ("image", "document"):
            images += part["type"] == "image"
            size += len(string(mapping(part.get("source")).get("data")))
    return images, size


def _message(talk: Conversation, message: dict[str, Any]) -> None:
    role, parts = message.get("role"), blocks(message.get("content"))
    texts, results, calls = [], [], 0
    for block in parts:
        _add(talk, block)
        kind = block.get("type")
        if kind == "text":
            texts.append(string(block.get("text")))
        elif kind == "tool_result":
            inner = blocks(block.get("content"))
            results.append(
                "\n".join(string(part.get("text")) for part in inner if part.get("type") == "text")
            )
        calls += kind == "tool_use"
    if role == "assistant":
        if calls:
            talk.call_made()
    elif role == "system":
        talk.background.extend(texts)
    else:
        talk.results.extend(results)
        talk.hear("\n".join(texts), beside_results=bool(results))
    talk.ends_with_result = bool(results)


def _add(talk: Conversation, block: dict[str, Any]) -> None:
    images, opaque = pictures(block)
    opaque += sum(len(string(block.get(key))) for key in _SEALED)
    plain = {key: value for key, value in block.items() if key != "cache_control"}
    talk.add(plain, mark=_ttl(block.get("cache_control")), images=images, opaque=opaque)


def _ttl(mark: object) -> str | None:
    return str(mark.get("ttl") or "5m") if isinstance(mark, dict) else None


def _system(talk: Conversation, system: object) -> None:
    for block in blocks(system):
        _add(talk, block)
        talk.background.append(string(block.get("text")))


def _tools(talk: Conversation, body: dict[str, Any]) -> None:
    for tool in objects(body.get("tools")):
        name, deferred = string(tool.get("name")), tool.get("defer_loading")
        if not deferred:
            plain = {key: value for key, value in tool.items() if key != "cache_control"}
            talk.add(plain, mark=_ttl(tool.get("cache_control")))
        server = "input_schema" not in tool
        schema = mapping(tool.get("input_schema"))
        if not deferred:
            talk.tools.append(Offered(name, string(tool.get("description")), schema, server=server))
    choice = mapping(body.get("tool_choice"))
    kind = choice.get("type")
    talk.choice = {"any": "required", "none": "none"}.get(string(kind), "auto")
    if kind == "tool":
        talk.choice = string(choice.get("name"))
    talk.parallel = not choice.get("disable_parallel_tool_use")


def _wishes(talk: Conversation, body: dict[str, Any], model: Model) -> None:
    output = mapping(body.get("output_config"))
    wanted = mapping(output.get("format"))
    if wanted.get("type") == "json_schema":
        talk.schema = mapping(wanted.get("schema"))
    talk.stops = [string(word) for word in body.get("stop_sequences") or [] if string(word)]
    talk.limit = number(body.get("max_tokens"))
    talk.thinks = mapping(body.get("thinking")).get("type") in ("enabled", "adaptive")
