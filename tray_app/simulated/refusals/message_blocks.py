"""What /v1/messages refuses among messages and their blocks (copilot-wire 7.4)."""

import re
from typing import Any, NoReturn

from tray_app.simulated.conversation import string
from tray_app.simulated.refusals import Context, common
from tray_app.simulated.refusals.chat_messages import BLANK
from tray_app.simulated.refused import by_backend, error
from tray_app.simulated.refused import text as text_refusal

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_KEYS = {
    "text": {"text", "citations"},
    "image": {"source"},
    "document": {"source", "title", "context", "citations"},
    "tool_use": {"id", "name", "input", "caller"},
    "tool_result": {"tool_use_id", "content", "is_error"},
    "thinking": {"thinking", "signature"},
    "redacted_thinking": {"data"},
    "search_result": {"source", "title", "content", "citations"},
    "tool_reference": {"tool_name"},
    "server_tool_use": {"id", "name", "input", "caller"},
    "tool_search_tool_result": {"tool_use_id", "content"},
}
_TOP = {
    "user": {"text", "image", "document", "tool_result", "search_result"},
    "assistant": {"text", "tool_use", "thinking", "redacted_thinking"},
    "system": {"text"},
}
_IN_RESULT = {"text", "image", "document", "search_result", "tool_reference"}
_SEARCH = {"server_tool_use", "tool_search_tool_result"}


def refuse(body: dict[str, Any], context: Context, *, searching: bool) -> int:
    """Judge system and messages; returns the number of pictures."""
    _system(body.get("system"), context)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        _no(context, "messages: at least one message is required")
    _roles(messages, body, context)
    names = {string(tool.get("name")) for tool in body.get("tools") or []}
    judge = _Judge(context, searching and bool(context.model.supports.get("tool_search")), names)
    return sum(judge.message(message, place) for place, message in enumerate(messages))


def _no(context: Context, message: str) -> NoReturn:
    raise by_backend(context.backend, message)


def _system(system: object, context: Context) -> None:
    if system is None or isinstance(system, str):
        texts = [system] if system else []
    elif isinstance(system, list) and all(isinstance(block, dict) for block in system):
        for place, block in enumerate(system):
            if block.get("type") != "text" or not isinstance(block.get("text"), str):
                _no(context, f"system.{place}.type: Input should be 'text'")
            if not block["text"].strip():
                _no(context, f"system.{place}: {BLANK}")
        texts = [block["text"] for block in system]
    else:
        _no(context, "system: Input should be a valid list")
    if context.backend != "01" and any(text.startswith("x-anthropic-billing-header:") for text in texts):
        message = "x-anthropic-billing-header is a reserved keyword and may not be used in the system prompt."
        _no(context, message)


def _roles(messages: list[Any], body: dict[str, Any], context: Context) -> None:
    for place, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role == "system":
            last = place == len(messages) - 1
            if not context.model.takes_system_messages or not last:
                _no(
                    context,
                    'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
                    'parameter, not "system" as an input message role.',
                )
        elif role not in ("user", "assistant"):
            _no(context, f"messages.{place}.role: Input should be 'user' or 'assistant'")
    if messages[0]["role"] == "assistant":
        _no(context, 'messages: first message must use the "user" role')
    if messages[-1]["role"] != "assistant":
        return
    thinking = body.get("thinking")
    thinks = isinstance(thinking, dict) and thinking.get("type") != "disabled"
    if context.model.refuses_prefill or thinks:
        message = (
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
        _no(context, message)


class _Judge:
    """Looks at blocks; knows what the request allows."""

    def __init__(self, context: Context, searching: bool, names: set[str]) -> None:
        self._context = context
        self._searching = searching
        self._names = names

    def message(self, message: dict[str, Any], place: int) -> int:
        content, role = message.get("content"), message["role"]
        for key in message:
            if key not in ("role", "content"):
                _no(self._context, f"messages.{place}.{key}: Extra inputs are not permitted")
        if isinstance(content, str):
            if not content.strip():
                _no(self._context, f"messages.{place}: {BLANK}")
            return 0
        if not isinstance(content, list) or not content:
            _no(self._context, f"messages.{place}: all messages must have non-empty content")
        allowed = _TOP[role] | (_SEARCH if self._searching and role == "assistant" else set())
        paths = [f"messages.{place}.content.{number}" for number in range(len(content))]
        return sum(self.block(block, path, allowed) for block, path in zip(content, paths, strict=True))

    def block(self, block: Any, path: str, allowed: set[str]) -> int:
        context = self._context
        kind = string(block.get("type")) if isinstance(block, dict) else ""
        if kind not in allowed:
            listed = ", ".join(f"'{one}'" for one in sorted(allowed))
            _no(
                context,
                f"{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
                f"{listed}",
            )
        for key in block:
            if key not in _KEYS[kind] | {"type", "cache_control"}:
                _no(context, f"{path}.{kind}.{key}: Extra inputs are not permitted")
        checks = {
            "text": self._text,
            "image": self._image,
            "document": self._document,
            "tool_use": self._tool_use,
            "tool_result": self._tool_result,
            "thinking": self._thinking,
            "redacted_thinking": self._redacted,
            "tool_reference": self._reference,
        }
        return checks[kind](block, path) if kind in checks else 0

    def _text(self, block: dict[str, Any], path: str) -> int:
        if not isinstance(block.get("text"), str):
            _no(self._context, f"{path}.text.text: Input should be a valid string")
        if not block["text"].strip():
            _no(self._context, f"{path}: {BLANK}")
        return 0

    def _image(self, block: dict[str, Any], path: str) -> int:
        source = block.get("source")
        kind = source.get("type") if isinstance(source, dict) else None
        if kind == "url":
            raise error("external image URLs are not supported")
        if not isinstance(source, dict) or kind != "base64":
            _no(self._context, f"{path}.image.source.type: Input should be 'base64'")
        common.picture(source.get("media_type"), source.get("data"), self._context)
        return 1

    def _document(self, block: dict[str, Any], path: str) -> int:
        source = block.get("source")
        kind = source.get("type") if isinstance(source, dict) else None
        pdf = kind == "base64" and source.get("media_type") == "application/pdf"  # type: ignore[union-attr]
        if not pdf and kind != "text":
            _no(self._context, f"{path}.document.source: only base64 application/pdf and text are supported")
        return 0

    def _tool_use(self, block: dict[str, Any], path: str) -> int:
        if not isinstance(block.get("id"), str) or not _ID.fullmatch(block["id"]):
            _no(self._context, f"{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if not isinstance(block.get("name"), str):
            _no(self._context, f"{path}.tool_use.name: Field required")
        if not isinstance(block.get("input"), dict):
            _no(self._context, f"{path}.tool_use.input: Input should be a valid dictionary")
        return 0

    def _tool_result(self, block: dict[str, Any], path: str) -> int:
        if not isinstance(block.get("tool_use_id"), str) or not _ID.fullmatch(block["tool_use_id"]):
            _no(
                self._context,
                f"{path}.tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'",
            )
        content = block.get("content")
        if content is None or isinstance(content, str):
            return 0
        if not isinstance(content, list):
            _no(self._context, f"{path}.tool_result.content: Input should be a valid list")
        inner = [f"{path}.tool_result.content.{number}" for number in range(len(content))]
        return sum(self.block(part, place, _IN_RESULT) for part, place in zip(content, inner, strict=True))

    def _reference(self, block: dict[str, Any], path: str) -> int:
        if not self._searching and self._context.backend == "bdrk":
            raise text_refusal(503, f"{path}: tool_reference is not supported")
        if not self._searching:
            _no(self._context, f"{path}: tool_reference blocks are only allowed with tool search")
        if string(block.get("tool_name")) not in self._names:
            _no(
                self._context,
                f"{path}: Tool reference '{block.get('tool_name')}' not found in available tools",
            )
        return 0

    def _thinking(self, block: dict[str, Any], path: str) -> int:
        if not isinstance(block.get("thinking"), str):
            _no(self._context, f"{path}.thinking.thinking: Field required")
        if not isinstance(block.get("signature"), str):
            _no(self._context, f"{path}.thinking.signature: Field required")
        context = self._context
        seal = context.state.mint.read(block["signature"])
        mine = seal is not None and seal.kind in ("thinking", "opaque")
        same = seal is not None and (seal.model, seal.login) == (context.model.id, context.account.login)
        here = seal is not None and (not context.state.bound_backends or seal.backend == context.backend)
        if not (mine and same and here):
            _no(context, f"{path}: Invalid `signature` in `thinking` block")
        return 0

    def _redacted(self, block: dict[str, Any], path: str) -> int:
        seal = self._context.state.mint.read(block.get("data"))
        if seal is None or seal.kind != "redacted":
            _no(self._context, f"{path}: Invalid `data` in `redacted_thinking` block")
        return 0
