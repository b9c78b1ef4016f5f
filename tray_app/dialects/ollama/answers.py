"""PURE. Answers of `/api/chat` and `/api/generate`: one JSON object, or one on each line while it streams.

Durations, which Ollama measures on its own machine, are left out: nobody here knows them.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from tray_app.dialects import faults, tool_arguments
from tray_app.dialects.deltas import Closed, Delta, Failed, Measured, Opened, Piece, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import (
    Ask,
    Part,
    Refusal,
    Reply,
    Stop,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tray_app.dialects.tool_names import ToolNames

Shape = Callable[[str, str, list[Json]], Json]  # text, thinking, calls -> the fields of an answer


def as_message(text: str, thinking: str, calls: list[Json]) -> Json:
    """`/api/chat`."""
    message: Json = {"role": "assistant", "content": text}
    if thinking:
        message["thinking"] = thinking
    return {"message": message | ({"tool_calls": calls} if calls else {})}


def as_response(text: str, thinking: str, calls: list[Json]) -> Json:
    """`/api/generate`, which has no tools."""
    return {"response": text, **({"thinking": thinking} if thinking else {})}


def write_chat(reply: Reply, model_asked: str, ask: Ask) -> Json:
    return _whole(reply, model_asked, ask, as_message)


def write_generate(reply: Reply, model_asked: str, ask: Ask) -> Json:
    return _whole(reply, model_asked, ask, as_response)


def chat_writer(model_asked: str, ask: Ask) -> "OllamaWriter":
    return OllamaWriter(model_asked, ask, as_message)


def generate_writer(model_asked: str, ask: Ask) -> "OllamaWriter":
    return OllamaWriter(model_asked, ask, as_response)


def loaded(model_asked: str, shape: Shape, now: int) -> Json:
    """The answer to a request without words. `now` in Unix seconds."""
    return {**_head(model_asked, now), **shape("", "", []), "done": True, "done_reason": "load"}


def _whole(reply: Reply, model_asked: str, ask: Ask, shape: Shape) -> Json:
    names = ToolNames(ask.tools)
    text = "\n\n".join(part.text for part in reply.parts if isinstance(part, Text | Refusal) and part.text)
    thinking = "\n\n".join(part.text for part in reply.parts if isinstance(part, Thinking) and part.text)
    calls = [_call(part, part.arguments, names) for part in reply.parts if isinstance(part, ToolCall)]
    said = shape(text, thinking, calls)
    return {**_head(model_asked, ask.asked_at), **said, **_ending(reply.stop, reply.usage)}


def _head(model: str, now: int) -> Json:
    return {"model": model, "created_at": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")}


def _ending(stop: Stop, usage: Usage) -> Json:
    reason = "length" if stop.reason in (StopReason.MAX_TOKENS, StopReason.CONTEXT_FULL) else "stop"
    counts = {"prompt_eval_count": usage.input_tokens, "eval_count": usage.output_tokens}
    known = {name: count for name, count in counts.items() if count is not None}
    return {"done": True, "done_reason": reason, **known}


def _call(call: ToolCall, arguments: str, names: ToolNames) -> Json:
    tool = names.find(call.name)
    function = {"name": tool.name if tool else call.name, "arguments": tool_arguments.to_object(arguments)}
    return {"id": call.id, "function": function}


class OllamaWriter:
    """Implements `protocol.StreamWriter`. Calls go out whole, as Ollama's clients expect them."""

    def __init__(self, model_asked: str, ask: Ask, shape: Shape) -> None:
        self._head, self._shape = _head(model_asked, ask.asked_at), shape
        self._names = ToolNames(ask.tools)
        self._usage = Usage()
        self._open: Part | None = None
        self._arguments: list[str] = []
        self._said: set[type[Part]] = set()
        self._before = ""

    def feed(self, delta: Delta) -> bytes:
        match delta:
            case Opened(part):
                self._open, self._arguments = part, []
                self._before = "\n\n" if type(part) in self._said else ""
            case Piece(text):
                return self._piece(text)
            case Closed():
                return self._close()
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                return self._line({**self._shape("", "", []), **_ending(stop, self._usage)})
            case Failed(fault):
                return orjson.dumps(faults.render("ollama", fault)) + b"\n"
        return b""

    def _piece(self, text: str) -> bytes:
        match self._open:
            case ToolCall():
                self._arguments.append(text)
            case Text() | Refusal() | Thinking() if text:
                text, self._before = self._before + text, ""
                self._said.add(type(self._open))
                thinks = isinstance(self._open, Thinking)
                said = self._shape("" if thinks else text, text if thinks else "", [])
                return self._line({**said, "done": False})
        return b""

    def _close(self) -> bytes:
        part, self._open = self._open, None
        if not isinstance(part, ToolCall):
            return b""
        call = _call(part, "".join(self._arguments), self._names)
        return self._line({**self._shape("", "", [call]), "done": False})

    def _line(self, body: Json) -> bytes:
        return orjson.dumps({**self._head, **body}) + b"\n"
