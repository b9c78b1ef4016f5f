"""PURE. Requests of `/api/chat`, `/api/generate` and `/api/embed` as OpenAI's, which the rest reads."""

from typing import Any

from tray_app.dialects import fields, tool_arguments
from tray_app.dialects.fields import Json, at
from tray_app.dialects.neutral import Note
from tray_app.errors import BadRequest

_OPTIONS = ("temperature", "top_p", "top_k", "seed", "stop", "presence_penalty", "frequency_penalty")
_LOCAL = "options"  # what only a model on this machine has: context size, threads, GPU layers
_UNUSED = ("keep_alive", "template", "context", "raw", "truncate", "logprobs", "top_logprobs")
_PICTURES = (("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"))


def model_of(body: Json) -> str:
    """The name without the tag that Ollama's tools put behind it."""
    return fields.need_str(body, "model").removesuffix(":latest")


def chat_body(body: Json) -> tuple[Json, list[Note]]:
    """A request of `/api/chat`. Raises BadRequest naming the field."""
    chat, notes = _common(body)
    calls = _Calls()
    values = fields.get_list(body, "messages")
    chat["messages"] = [_message(value, at("messages", index), calls) for index, value in enumerate(values)]
    if tools := fields.get_list(body, "tools"):
        chat["tools"] = tools
    return chat, notes


def generate_body(body: Json) -> tuple[Json, list[Note]]:
    """A request of `/api/generate`: one prompt, perhaps with pictures. Raises BadRequest."""
    if fields.get_str(body, "suffix"):
        text = "suffix: Copilot's models continue a text; they do not fill a gap in one."
        raise BadRequest(text, "suffix", code="unsupported_value")
    chat, notes = _common(body)
    prompt, system = fields.get_str(body, "prompt") or "", fields.get_str(body, "system")
    user: Json = {"role": "user", "content": _content(prompt, body, "")}
    chat["messages"] = [{"role": "system", "content": system}, user] if system else [user]
    return chat, notes


def is_only_loading(body: Json, key: str) -> bool:
    """A request without words asks Ollama to have the model ready; here it always is."""
    return not body.get(key) and not body.get("images")


def embeddings_body(body: Json) -> Json:
    """A request of `/api/embed`, or of the older `/api/embeddings` with its one `prompt`."""
    given = body["input"] if body.get("input") is not None else fields.need_str(body, "prompt")
    more = {"dimensions": body["dimensions"]} if body.get("dimensions") is not None else {}
    return {"model": model_of(body), "input": given, **more}


def _common(body: Json) -> tuple[Json, list[Note]]:
    chat: Json = {"model": model_of(body), "stream": fields.get_bool(body, "stream") is not False}
    options = dict(fields.get_object(body, "options") or {})
    limit = options.pop("num_predict", None)
    if isinstance(limit, int) and limit > 0:
        chat["max_tokens"] = limit
    chat |= {name: value for name in _OPTIONS if (value := options.pop(name, None)) is not None}
    notes = [
        Note(f"{_LOCAL}.{name}"[:80], "dropped, the model runs elsewhere") for name in list(options)[:20]
    ]
    notes += [Note(name, "dropped, Copilot has no such field") for name in _UNUSED if body.get(name)]
    _think(body, chat)
    _format(body, chat)
    return chat, notes


def _think(body: Json, chat: Json) -> None:
    """Off, on, or an effort; unsaid it is the model's own."""
    think = body.get("think")
    if think is False:
        chat["reasoning_effort"] = "none"
    elif think is True:
        chat["reasoning_effort"] = "medium"
    elif think is not None:
        chat["reasoning_effort"] = fields.as_str(think, "think")


def _format(body: Json, chat: Json) -> None:
    wanted = body.get("format")
    if wanted == "json":
        chat["response_format"] = {"type": "json_object"}
    elif wanted not in (None, ""):
        schema = fields.as_object(wanted, "format")
        chat["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


class _Calls:
    """Ids for calls of tools: many of Ollama's clients send none, results follow in the calls' order."""

    def __init__(self) -> None:
        self._count = 0
        self._open: list[tuple[str, str]] = []  # id, name

    def add(self, given: object, name: str) -> str:
        self._count += 1
        id = given if isinstance(given, str) and given else f"call_{self._count}"
        self._open.append((id, name))
        return id

    def answered(self, given: object, name: object) -> str:
        """The call that a result belongs to: by its id, by its name, or the first that waits."""
        for place, (id, called) in enumerate(self._open):
            if given == id or (not given and name in (None, "", called)):
                del self._open[place]
                return id
        return given if isinstance(given, str) and given else "call_unknown"


def _message(value: Any, path: str, calls: _Calls) -> Json:
    message = fields.as_object(value, path)
    role = fields.need_str(message, "role", path)
    text = fields.get_str(message, "content", path) or ""
    if role == "tool":
        name = message.get("tool_name") or message.get("name")
        return {
            "role": "tool",
            "tool_call_id": calls.answered(message.get("tool_call_id"), name),
            "content": text,
        }
    written: Json = {"role": role, "content": _content(text, message, path)}
    if asked := fields.get_list(message, "tool_calls", path):
        where = at(path, "tool_calls")
        written["tool_calls"] = [_call(one, at(where, index), calls) for index, one in enumerate(asked)]
    if thinking := fields.get_str(message, "thinking", path):
        written["reasoning_text"] = thinking
    return written


def _call(value: Any, path: str, calls: _Calls) -> Json:
    call = fields.as_object(value, path)
    function, where = fields.need_object(call, "function", path), at(path, "function")
    name = fields.need_str(function, "name", where)
    given = function.get("arguments")
    arguments = given if isinstance(given, str) else tool_arguments.to_text(given, at(where, "arguments"))
    id = calls.add(call.get("id"), name)
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _content(text: str, owner: Json, path: str) -> Any:
    """The text, or a list with the pictures behind it: bare base64, as Ollama wants it."""
    images = fields.get_list(owner, "images", path)
    if not images:
        return text
    parts: list[Json] = [{"type": "text", "text": text}] if text else []
    for index, image in enumerate(images):
        data = fields.as_str(image, at(at(path, "images"), index))
        kind = next((kind for start, kind in _PICTURES if data.startswith(start)), "image/png")
        parts.append({"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}})
    return parts
