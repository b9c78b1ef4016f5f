"""The ways through the proxy: each client dialect, native and translated; and how their answers are read."""

import json
from dataclasses import dataclass
from typing import Any

from tests.harness import Reply

TEXT = "say: Grüße aus Köln 😀 eins zwei drei vier fünf sechs sieben acht neun zehn"
SAID = TEXT.removeprefix("say: ")


@dataclass(frozen=True)
class Way:
    """A client's dialect, and a model that has it (native) or has another one only (translated)."""

    dialect: str
    path: str
    model: str
    upstream: str

    def __str__(self) -> str:
        array = " array" if self.is_array else ""
        return f"{self.dialect}{array} {'native' if self.is_native else 'onto ' + self.upstream}"

    @property
    def is_array(self) -> bool:
        """Its streams are one JSON array."""
        return self.path.endswith(":streamGenerateContent")

    @property
    def is_native(self) -> bool:
        return self.path.endswith(self.upstream)

    def at(self, stream: bool) -> str:
        """The path to post to: Google's APIs say there whether the answer is streamed, and how."""
        if self.dialect == "gemini" and not stream:
            return self.path.partition(":")[0] + ":generateContent"
        return self.path

    def body(self, text: str = TEXT, *, stream: bool = True, **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "stream": stream, **more}
        if self.dialect == "gemini":
            return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}
        if self.dialect == "responses":
            return {"input": text, **body}
        messages = [{"role": "user", "content": text}]
        limit = {"max_tokens": 1000} if self.dialect == "messages" else {}
        return {"messages": messages, **limit, **body}


CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
WAYS = (
    Way("chat", "/v1/chat/completions", "gpt-4.1", CHAT),
    Way("chat", "/v1/chat/completions", "gpt-5.3-codex", RESPONSES),
    Way("chat", "/v1/chat/completions", "claude-opus-4.5", MESSAGES),
    Way("responses", "/v1/responses", "gpt-5.3-codex", RESPONSES),
    Way("responses", "/v1/responses", "gpt-4.1", CHAT),
    Way("responses", "/v1/responses", "claude-opus-4.5", MESSAGES),
    Way("messages", "/v1/messages", "claude-sonnet-5", MESSAGES),
    Way("messages", "/v1/messages", "gpt-4.1", CHAT),
    Way("messages", "/v1/messages", "gpt-5.3-codex", RESPONSES),
)
STREAMED = "/v1beta/models/{}:streamGenerateContent"
GEMINI = (
    Way("gemini", f"{STREAMED.format('gpt-4.1')}?alt=sse", "gpt-4.1", CHAT),
    Way("gemini", f"{STREAMED.format('gpt-5.3-codex')}?alt=sse", "gpt-5.3-codex", RESPONSES),
    Way("gemini", f"{STREAMED.format('claude-opus-4.5')}?alt=sse", "claude-opus-4.5", MESSAGES),
    Way("gemini", STREAMED.format("claude-opus-4.5"), "claude-opus-4.5", MESSAGES),
)
EVERY = WAYS + GEMINI
NATIVE = tuple(way for way in WAYS if way.is_native)


@dataclass(frozen=True)
class Event:
    name: str
    data: Any  # JSON, or the text "[DONE]"


def events(reply: Reply | str) -> list[Event]:
    """The events of a stream, read strictly: each ends with a blank line, comments stand alone. A JSON array
    has one for each of its members."""
    text = reply if isinstance(reply, str) else reply.text
    if text.lstrip().startswith("["):
        return [Event("", member) for member in json.loads(text)]
    text = text.replace("\r\n", "\n")
    assert text.endswith("\n\n"), f"the stream ends inside an event: {text[-200:]!r}"
    blocks = (block.lstrip("\n") for block in text.split("\n\n"))  # blank lines say nothing
    return [_event(block) for block in blocks if block and not block.startswith(":")]


def _event(block: str) -> Event:
    fields: dict[str, list[str]] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        assert name in ("event", "data"), f"an odd line: {line!r}"
        fields.setdefault(name, []).append(value.removeprefix(" "))
    data = "\n".join(fields["data"])
    return Event("".join(fields.get("event", [])), data if data == "[DONE]" else json.loads(data))


def streamed_text(way: Way, reply: Reply) -> str:
    """The text that a client puts together."""
    return "".join(_piece(way, event.data) for event in events(reply) if event.data != "[DONE]")


def _piece(way: Way, data: Any) -> str:
    if way.dialect == "chat":
        return "".join(choice["delta"].get("content") or "" for choice in data.get("choices", ()))
    if way.dialect == "gemini":
        return "".join(_gemini_text(one) for one in data.get("candidates", ()))
    if way.dialect == "responses":
        return data["delta"] if data["type"] == "response.output_text.delta" else ""
    return data["delta"].get("text", "") if data["type"] == "content_block_delta" else ""


def _gemini_text(candidate: dict[str, Any]) -> str:
    parts = candidate["content"]["parts"]
    return "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))


def whole_text(way: Way, reply: Reply) -> str:
    body = reply.json
    if way.dialect == "gemini":
        return _gemini_text(body["candidates"][0])
    if way.dialect == "chat":
        return body["choices"][0]["message"]["content"]
    if way.dialect == "responses":
        parts = [part for item in body["output"] for part in item.get("content") or ()]
        return "".join(part["text"] for part in parts if part["type"] == "output_text")
    return "".join(block["text"] for block in body["content"] if block["type"] == "text")


def assert_neat(way: Way, reply: Reply) -> None:
    """The stream ends as the dialect's own service ends it."""
    seen = events(reply)
    if way.dialect == "chat":
        assert seen[-1].data == "[DONE]"
        finishes = [choice.get("finish_reason") for event in seen[:-1] for choice in event.data["choices"]]
        assert [finish for finish in finishes if finish] == ["stop"]
        assert not any("error" in event.data for event in seen[:-1])
    elif way.dialect == "gemini":
        finishes = [one.get("finishReason") for event in seen for one in event.data["candidates"]]
        assert finishes == [None] * (len(seen) - 1) + ["STOP"]
        assert seen[-1].data["usageMetadata"]["totalTokenCount"]
    elif way.dialect == "responses":
        assert seen[-1].data["type"] == "response.completed"
        assert seen[-1].data["response"]["status"] == "completed"
    else:
        assert [event.name for event in seen[-2:]] == ["message_delta", "message_stop"]
        assert seen[-2].data["delta"]["stop_reason"] == "end_turn"


def assert_broken(way: Way, reply: Reply) -> dict[str, Any]:
    """The stream ends with the dialect's error and in no way neatly; the error is returned."""
    seen = events(reply)
    if way.dialect == "chat":
        assert seen[-1].data == "[DONE]"
        error = seen[-2].data["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert not any(
            choice.get("finish_reason") for event in seen[:-2] for choice in event.data.get("choices", ())
        )
    elif way.dialect == "gemini":
        error = seen[-1].data["error"]
        assert set(error) == {"code", "message", "status", "details"}
        before = [one for event in seen[:-1] for one in event.data["candidates"]]
        assert not any(one.get("finishReason") for one in before)
    elif way.dialect == "responses":
        assert seen[0].data["type"] == "response.created"
        last = seen[-1].data
        assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
        error = last["response"]["error"]
        assert set(error) == {"code", "message"}
        assert "response.completed" not in [event.name for event in seen]
        numbers = [event.data["sequence_number"] for event in seen]
        assert numbers == sorted(set(numbers))
    else:
        assert seen[-1].name == seen[-1].data["type"] == "error"
        error = seen[-1].data["error"]
        assert {"type", "message"} <= set(error)
        assert "message_stop" not in [event.name for event in seen]
        assert "message_delta" not in [event.name for event in seen]
    assert error["message"].strip()
    return error


OPENAI_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "insufficient_quota",
    403: "permission_error", 404: "not_found_error", 405: "invalid_request_error", 408: "timeout_error",
    413: "invalid_request_error", 415: "invalid_request_error", 422: "invalid_request_error",
    424: "invalid_request_error", 426: "invalid_request_error", 429: "rate_limit_error",
    500: "server_error", 502: "server_error",
    503: "server_error", 504: "timeout_error", 529: "server_error",
}  # fmt: skip
ANTHROPIC_TYPES = OPENAI_TYPES | {
    402: "billing_error", 413: "request_too_large", 500: "api_error", 502: "api_error",
    503: "overloaded_error", 529: "overloaded_error",
}  # fmt: skip

GOOGLE_STATUSES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 402: "RESOURCE_EXHAUSTED", 403: "PERMISSION_DENIED",
    404: "NOT_FOUND", 405: "INVALID_ARGUMENT", 408: "DEADLINE_EXCEEDED", 413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT", 422: "INVALID_ARGUMENT", 424: "INVALID_ARGUMENT", 426: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 502: "INTERNAL", 503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED", 529: "UNAVAILABLE",
}  # fmt: skip


def assert_error(dialect: str, reply: Reply, status: int) -> dict[str, Any]:
    """An HTTP error in the dialect's shape (copilot-wire 10.4); the error object is returned."""
    assert reply.status == status, reply.text[:500]
    assert reply.headers["Content-Type"].startswith("application/json")
    body = reply.json
    error = body["error"]
    assert error["message"].strip()
    assert "Traceback" not in error["message"]
    if dialect == "messages":
        assert set(body) == {"type", "error", "request_id"}
        assert (body["type"], error["type"]) == ("error", ANTHROPIC_TYPES[status])
    elif dialect == "gemini":
        assert set(error) == {"code", "message", "status", "details"}
        assert (error["code"], error["status"]) == (status, GOOGLE_STATUSES[status])
    else:
        assert set(body) == {"error"}
        assert set(error) == {"message", "type", "param", "code"}
        assert error["type"] == OPENAI_TYPES[status]
    if status == 429:
        assert reply.headers["Retry-After"].strip()
    return error
