"""What /chat/completions refuses among the messages (copilot-wire 5.1, 5.2, 5.5, 5.6)."""

import re
from typing import Any

from tray_app.simulated.refusals import Context, common
from tray_app.simulated.refused import by_backend, error

BLANK = "text content blocks must contain non-whitespace text"
UNSIGNED = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
    "correctly, and missing thought_signature may lead to degraded model performance."
)
_CLAUDE_ID = re.compile(r"[a-zA-Z0-9_-]+")
_KIMI_ID = re.compile(r"(functions\.)?[a-zA-Z0-9_-]+:\d+")
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def refuse(body: dict[str, Any], context: Context) -> None:
    """Shape, pictures, pairs of calls and results, and signatures."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise error("messages must be a non-empty array", param="messages")
    images = sum(_message(message, place, context) for place, message in enumerate(messages))
    common.vision(images, context)
    _pairs(messages, context)
    _signatures(messages, context)


def _message(message: object, place: int, context: Context) -> int:
    """One message; returns its number of pictures."""
    path = f"messages[{place}]"
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        role = message.get("role") if isinstance(message, dict) else message
        raise error(f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'tool'.",
                    "invalid_value", param=f"{path}.role")  # fmt: skip
    role, content = message["role"], message.get("content")
    if role == "developer" and context.model.maker != "gpt":
        raise error('Unexpected role "developer".', "invalid_request_body", param=f"{path}.role")
    if content is None and role == "assistant" and message.get("tool_calls"):
        return 0
    if isinstance(content, str):
        spoken = content.strip() or role == "tool" or message.get("tool_calls")
        if not spoken and context.model.is_claude:
            raise by_backend(context.backend, f"messages.{place}: {BLANK}")
        return 0
    if not isinstance(content, list):
        raise error(f"Invalid type for '{path}.content': expected a string or an array.",
                    "invalid_type", param=f"{path}.content")  # fmt: skip
    return sum(_part(part, role, place, context) for part in content)


def _part(part: object, role: str, place: int, context: Context) -> int:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or kind not in ("text", "image_url", "refusal"):
        raise error("type has to be either 'image_url' or 'text'")
    if kind == "text":
        if not isinstance(part.get("text"), str):
            raise error(
                f"Invalid type for 'messages[{place}].content': text must be a string.", "invalid_type"
            )
        if not part["text"].strip() and context.model.is_claude:
            raise by_backend(context.backend, f"messages.{place}.content.0: {BLANK}")
        return 0
    if kind == "refusal" or role == "assistant":
        return 0
    picture = part.get("image_url")
    common.data_url(picture.get("url") if isinstance(picture, dict) else None, context)
    return 1


def _pairs(messages: list[dict[str, Any]], context: Context) -> None:
    """Every call answered directly after it, every answer with its call."""
    open_ids: list[str] = []
    caller = 0
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            answered = message.get("tool_call_id")
            if answered not in open_ids:
                raise _orphan(place, str(answered), context)
            open_ids.remove(answered)
            continue
        if open_ids:
            raise _unanswered(caller, open_ids, context)
        caller = place
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list):
            raise error(
                f"Invalid type for 'messages[{place}].tool_calls': expected an array.", "invalid_type"
            )
        open_ids = [_call_id(call, place, context) for call in calls]
    if open_ids:
        raise _unanswered(caller, open_ids, context)


def _call_id(call: object, place: int, context: Context) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(call.get("id"), str) or not isinstance(function, dict):
        raise error(f"Missing required parameter: 'messages[{place}].tool_calls[0].id'.", "invalid_value")
    if not isinstance(function.get("name"), str) or not isinstance(function.get("arguments"), str):
        raise error(f"Invalid type for 'messages[{place}].tool_calls[0].function'.", "invalid_type")
    if context.model.is_claude and not _CLAUDE_ID.fullmatch(call["id"]):
        message = f"messages.{place}.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        raise by_backend(context.backend, message)
    if context.model.maker == "kimi" and not _KIMI_ID.fullmatch(call["id"]):
        raise error(f"tool_call_id {call['id']} is not valid, expected functions.<name>:<number>")
    return str(call["id"])


def _orphan(place: int, call_id: str, context: Context) -> Exception:
    if context.model.is_claude:
        return by_backend(
            context.backend,
            f"messages.{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. "
            "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
        )
    message = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
    return error(f"Invalid parameter: {message}", param=f"messages.[{place}].role")


def _unanswered(place: int, ids: list[str], context: Context) -> Exception:
    listed = ", ".join(ids)
    if context.model.is_claude:
        return by_backend(
            context.backend,
            f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{listed}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message.",
        )
    return error(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {listed}",
        param=f"messages.[{place}].role",
    )


def _signatures(messages: list[dict[str, Any]], context: Context) -> None:
    model, mint = context.model, context.state.mint
    if model.maker not in ("claude", "gemini"):
        return
    people = [place for place, message in enumerate(messages) if message["role"] == "user"]
    turn = people[-1] if people else 0
    for place, message in enumerate(messages):
        opaque = message.get("reasoning_opaque")
        if opaque is not None:
            seal = mint.read(opaque)
            if seal is None or (seal.model, seal.login) != (model.id, context.account.login):
                raise _foreign(place, context)
        elif (
            place > turn and message.get("tool_calls") and model.maker == "gemini" and model.version >= (3, 0)
        ):
            raise error(UNSIGNED)


def _foreign(place: int, context: Context) -> Exception:
    if context.model.is_claude:
        sentence = f"messages.{place}.content.0: Invalid `signature` in `thinking` block"
        return by_backend(context.backend, sentence)
    return error("Thought signature is not valid.")
