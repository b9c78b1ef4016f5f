"""What was said in one captured request, as people read it: who said what, in which parts. PURE.

The bodies are what a client and a model wrote, cut to size and without secrets: every text in here is
foreign, and a body that its dialect cannot read gives a sentence instead of messages.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from tray_app.dialects.deltas import Closed, Delta, Failed, Opened, Piece, Stopped
from tray_app.dialects.neutral import (
    Ask,
    Document,
    Image,
    Part,
    Refusal,
    Searched,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tray_app.dialects.protocol import ClientDialect, Dialect
from tray_app.dialects.sse import Event, EventTooLarge, Reader
from tray_app.dialects.table import CHAT, GEMINI, MESSAGES, OLLAMA_CHAT, RESPONSES
from tray_app.errors import JumpseatError
from tray_app.redaction import redact

Json = dict[str, Any]

_DIALECTS: dict[str, ClientDialect] = {
    one.name: one for one in (CHAT, RESPONSES, MESSAGES, GEMINI, OLLAMA_CHAT)
}
_TALK = {
    "chat": "messages",
    "responses": "input",
    "messages": "messages",
    "gemini": "contents",
    "ollama": "messages",
}
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]+")
_SHOWN_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def conversation(dialect: str, request: str | None, response: str | None) -> Json | None:
    """`{"messages": [{"role", "parts"}], "tools": [str], "answer": {"parts", "stop"} | None, "problem"}`.

    A part is `{"kind": "text" | "thinking" | "tool_call" | "tool_result" | "image" | "file" | "refusal",
    "text", ...}`. None when the dialect has no conversations (embeddings) or nothing was captured.
    """
    spoken = _DIALECTS.get(dialect)
    body = _json(request)
    if spoken is None or not _is_talk(dialect, body):
        return None
    try:
        ask, _ = spoken.read_ask({"model": ""} | body)  # Gemini names the model in the path
    except (JumpseatError, RecursionError) as error:
        return {"messages": [], "tools": [], "answer": None, "problem": str(error)}
    return {
        "messages": [_message(role, parts) for role, parts in _joined(ask)],
        "tools": [tool.name for tool in ask.tools],
        "answer": _answer(spoken, response or ""),
        "problem": None,
    }


def _is_talk(dialect: str, body: Json) -> bool:
    """Counts and embeddings share dialects with conversations; they have other fields."""
    return isinstance(body.get(_TALK[dialect]), list | str)


def _json(text: str | None) -> Json:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _joined(ask: Ask) -> Iterator[tuple[str, Sequence[Part]]]:
    for message in ask.messages:
        yield message.role, message.parts


def _message(role: str, parts: Iterable[Part]) -> Json:
    return {"role": role, "parts": [_part(part) for part in parts]}


def _part(part: Part) -> Json:
    match part:
        case Text(text):
            return {"kind": "text", "text": text}
        case Refusal(text):
            return {"kind": "refusal", "text": text}
        case Thinking(text, _, redacted):
            return {"kind": "thinking", "text": text, "hidden": redacted or not text}
        case ToolCall(id, name, arguments):
            return {"kind": "tool_call", "id": id, "name": name, "text": arguments}
        case ToolResult(call_id, parts, is_error):
            return {
                "kind": "tool_result",
                "id": call_id,
                "is_error": is_error,
                "parts": [_part(one) for one in parts],
            }
        case Image():
            return {"kind": "image", "url": _picture(part), "text": part.url, "media_type": part.media_type}
        case Document():
            return {"kind": "file", "text": part.text or part.name or "", "media_type": part.media_type}
        case Searched(id, query, sources):
            said = orjson.dumps({"query": query, "found": [page.url for page in sources]})
            return {"kind": "tool_call", "id": id, "name": "web_search", "text": said.decode()}


def _picture(image: Image) -> str | None:
    """A data URL that a page may show; None for what is elsewhere, was cut, or is no picture."""
    if image.media_type in _SHOWN_IMAGES and image.data and _BASE64.fullmatch(image.data):
        return image.data_url
    return None


# --- the answer ---------------------------------------------------------------------------------------


def _answer(spoken: ClientDialect, text: str) -> Json | None:
    if not text.strip():
        return None
    whole = _json(text)
    if "error" in whole and len(whole) <= 3:
        return None
    if spoken.name == "ollama":
        return _ollama(text)
    if not isinstance(spoken, Dialect):
        return _gemini(text)
    try:
        if whole:
            reply = spoken.read_reply(whole)
            return {"parts": [_part(part) for part in reply.parts], "stop": _stop(reply.stop)}
        return _streamed(spoken, text)
    except (JumpseatError, EventTooLarge, RecursionError, KeyError, TypeError, ValueError):
        return None  # cut off, or no answer of this dialect: the raw text is shown beside it


def _stop(stop: Stop | None) -> str | None:
    return str(stop.reason) if stop else None


def _streamed(spoken: Dialect, text: str) -> Json:
    """What had come when the stream ended, however it ended."""
    reader, stream = Reader(), spoken.read_stream()
    events = [*reader.feed(text.encode()), *reader.flush()]
    deltas = [delta for event in events for delta in stream.feed(event)]
    return _gathered([*deltas, *stream.finish()])


def _gathered(deltas: Iterable[Delta]) -> Json:
    parts: list[Json] = []
    pieces: list[str] = []
    opened: Part | None = None
    end: Json = {"stop": None}
    for delta in deltas:
        match delta:
            case Opened(part):
                opened, pieces = part, []
            case Piece(piece):
                pieces.append(piece)
            case Closed():
                parts += _closed(opened, pieces)
                opened = None
            case Stopped(stop):
                end = {"stop": _stop(stop)}
            case Failed(fault):
                end = {"stop": "failed", "failure": fault.message}
    return {"parts": [*parts, *_closed(opened, pieces)], **end}


def _closed(opened: Part | None, pieces: list[str]) -> list[Json]:
    if opened is None:
        return []
    # A secret that came in pieces is whole only here.
    part = _part(opened) | {"text": redact("".join(pieces))}
    if part["kind"] == "thinking":
        part["hidden"] = not part["text"]
    return [part]


def _gemini(text: str) -> Json | None:
    """Gemini is never an upstream form, so its answers have no reader of their own: chunks in a row."""
    parts: list[Json] = []
    stop = None
    for chunk in _gemini_chunks(text):
        for candidate in _objects(chunk.get("candidates")):
            stop = candidate.get("finishReason") or stop
            for content in _objects([candidate.get("content")]):
                for part in _objects(content.get("parts")):
                    _add_gemini(parts, part)
    return {"parts": parts, "stop": stop.lower() if isinstance(stop, str) else None} if parts else None


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _gemini_chunks(text: str) -> Iterator[Json]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        reader = Reader()
        events: list[Event] = [*reader.feed(text.encode()), *reader.flush()]
        yield from (_json(event.data.decode(errors="replace")) for event in events)
        return
    yield from _objects(value if isinstance(value, list) else [value])


def _add_gemini(parts: list[Json], part: Json) -> None:
    if isinstance(call := part.get("functionCall"), dict):
        arguments = orjson.dumps(call.get("args") or {}).decode()
        parts.append({"kind": "tool_call", "id": call.get("id"), "name": call.get("name"), "text": arguments})
    elif isinstance(text := part.get("text"), str):
        kind = "thinking" if part.get("thought") else "text"
        if parts and parts[-1]["kind"] == kind:
            parts[-1]["text"] = redact(parts[-1]["text"] + text)
        elif text:
            parts.append({"kind": kind, "text": text} | ({"hidden": False} if kind == "thinking" else {}))


def _ollama(text: str) -> Json | None:
    """One JSON object, or one on each line."""
    said: dict[str, list[str]] = {"thinking": [], "text": []}
    calls: list[Json] = []
    stop = None
    for line in map(_json, text.splitlines()):
        message = line.get("message")
        message = message if isinstance(message, dict) else {"content": line.get("response"), **line}
        for kind, given in (("thinking", message.get("thinking")), ("text", message.get("content"))):
            said[kind] += [given] if isinstance(given, str) else []
        for call in message.get("tool_calls") or ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                arguments = orjson.dumps(function.get("arguments")).decode()
                name = str(function.get("name"))
                calls.append({"kind": "tool_call", "id": "", "name": name, "text": arguments})
        stop = line.get("done_reason") or stop
    texts = [{"kind": kind, "text": "".join(words)} for kind, words in said.items() if any(words)]
    return {"parts": [*texts, *calls], "stop": str(stop) if stop else None}
