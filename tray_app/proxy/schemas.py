"""JSON schemas of the request bodies, as far as Jumpseat itself looks at them. Further fields pass."""

from typing import Any

_TEXT = {"type": "string"}
_OBJECTS = {"type": "array", "items": {"type": "object"}}
_TOOL = {"type": "object"}


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": True,
    }


def _message(*roles: str) -> dict[str, Any]:
    return _object(
        ("role", "content"),
        role={"type": "string", "enum": list(roles)},
        content={"oneOf": [_TEXT, _OBJECTS]},
    )


def _list(of: dict[str, Any], least: int = 1) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": of}


_COMMON = {
    "model": _TEXT,
    "stream": {"type": "boolean"},
    "temperature": {"type": "number"},
    "top_p": {"type": "number"},
    "tools": {"type": "array", "items": _TOOL},
}
_INPUT = {"oneOf": [_TEXT, _list({"type": "object"})]}
_TOKENS = {"type": "integer", "minimum": 1}

SCHEMAS: dict[str, Any] = {
    "ChatRequest": _object(
        ("model", "messages"),
        **_COMMON,
        messages=_list(_message("system", "developer", "user", "assistant", "tool")),
        max_tokens=_TOKENS,
        max_completion_tokens=_TOKENS,
    ),
    "ResponsesRequest": _object(
        ("model", "input"), **_COMMON, input=_INPUT, instructions=_TEXT, max_output_tokens=_TOKENS
    ),
    "MessagesRequest": _object(
        ("model", "messages", "max_tokens"),
        **_COMMON,
        messages=_list(_message("user", "assistant", "system")),
        max_tokens=_TOKENS,
        system={"oneOf": [_TEXT, _OBJECTS]},
    ),
    "CountRequest": _object(
        ("model", "messages"), model=_TEXT, messages=_list(_message("user", "assistant", "system"))
    ),
    "EmbeddingsRequest": _object(
        ("model", "input"),
        model=_TEXT,
        input={"oneOf": [_TEXT, _list(_TEXT)]},
        encoding_format={"type": "string", "enum": ["float", "base64"]},
        dimensions=_TOKENS,
    ),
    "PageRequest": _object((), page=_TEXT),
    "OpenAIError": _object(
        ("error",),
        error=_object(
            ("message", "type", "param", "code"),
            message=_TEXT,
            type=_TEXT,
            param={"type": ["string", "null"]},
            code={"type": ["string", "null"]},
        ),
    ),
    "AnthropicError": _object(
        ("type", "error"),
        type={"const": "error"},
        error=_object(("type", "message"), type=_TEXT, message=_TEXT),
    ),
}
