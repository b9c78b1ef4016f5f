"""JSON schemas of the request bodies, as far as Jumpseat itself looks at them. Further fields pass."""

from typing import Any

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
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
_CONTENT = _object(("parts",), role=_TEXT, parts=_OBJECTS)
_EMBED = _object(("content",), content=_CONTENT, outputDimensionality=_TOKENS)

SCHEMAS: dict[str, Any] = {
    "ChatRequest": _object(
        ("model", "messages"),
        **_COMMON,
        messages=_list(_message("system", "developer", "user", "assistant", "tool")),
        max_tokens=_TOKENS,
        max_completion_tokens=_TOKENS,
    ),
    "CompletionsRequest": _object(
        ("model", "prompt"),
        model=_TEXT,
        prompt={"oneOf": [_TEXT, _list(_TEXT)]},
        stream={"type": "boolean"},
        max_tokens=_TOKENS,
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
    "NothingRequest": _object(()),
    "PageRequest": _object((), page=_TEXT),
    "StartRequest": _object((), port={"type": ["integer", "null"], "minimum": 0, "maximum": 65535}),
    "LoginRequest": _object(("login",), login=_TEXT),
    "HoursRequest": _object((), hours={"type": ["number", "null"]}),
    "EnabledRequest": _object(("enabled",), enabled={"type": "boolean"}),
    "DecisionRequest": _object(
        ("decision",), decision={"type": "string", "enum": ["allow", "deny", "allow_client"]}
    ),
    "SettingRequest": _object(("key",), key=_TEXT, value={}, add=_TEXT, remove_index={"type": "integer"}),
    "PreviewRequest": _object((), back={"type": "boolean"}, model=_TEXT_OR_NULL, small_model=_TEXT_OR_NULL),
    "TokenRequest": _object(("token",), token=_TEXT),
    "GeminiRequest": _object(
        ("contents",),
        contents=_list(_CONTENT),
        systemInstruction=_CONTENT,
        tools={"type": "array", "items": _TOOL},
        toolConfig={"type": "object"},
        generationConfig={"type": "object"},
    ),
    "GeminiCountRequest": _object((), contents=_list(_CONTENT), generateContentRequest={"type": "object"}),
    "EmbedContentRequest": _EMBED,
    "BatchEmbedRequest": _object(("requests",), requests=_list(_EMBED)),
    "GoogleError": _object(
        ("error",),
        error=_object(("code", "message", "status"), code={"type": "integer"}, message=_TEXT, status=_TEXT),
    ),
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
