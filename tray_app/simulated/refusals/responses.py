"""What /responses refuses at the top of the body (copilot-wire 6.2)."""

from typing import Any

from tray_app.simulated.conversation import string
from tray_app.simulated.refusals import Context, common, response_items, response_tools
from tray_app.simulated.refusals.chat import number, unsupported
from tray_app.simulated.refused import error

_KNOWN = frozenset(
    [
        "model",
        "input",
        "instructions",
        "stream",
        "stream_options",
        "store",
        "previous_response_id",
        "service_tier",
        "background",
        "conversation",
        "prompt",
        "max_output_tokens",
        "max_tool_calls",
        "reasoning",
        "prompt_cache_key",
        "prompt_cache_retention",
        "truncation",
        "context_management",
        "safety_identifier",
        "metadata",
        "user",
        "include",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "temperature",
        "top_p",
        "top_logprobs",
        "text",
    ]
)
_INCLUDES = {
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "message.output_text.logprobs",
    "message.input_image.image_url",
}


def refuse(body: dict[str, Any], context: Context) -> None:
    """Raise for the first thing that upstream does not take."""
    for key in body:
        if key not in _KNOWN:
            raise unsupported(f"Unknown parameter: '{key}'.", key, "unknown_parameter")
    _state(body)
    _length(body, context)
    _reasoning(body, context)
    _text(body)
    _lists(body, context)
    response_tools.refuse(body, context)
    images = response_items.refuse(body, context)
    common.vision(images, context)


def _state(body: dict[str, Any]) -> None:
    """Nothing is stored, nothing is tiered."""
    if body.get("stream") is not None and not isinstance(body["stream"], bool):
        raise unsupported("Invalid type for 'stream': expected a boolean.", "stream", "invalid_type")
    if body.get("store") not in (None, False):
        raise error("store is not supported", "unsupported_value", param="store")
    if body.get("service_tier") is not None:
        raise error("service_tier is not supported", "unsupported_value", param="service_tier")
    before = body.get("previous_response_id")
    if before is not None:
        message = f"Previous response with id '{before}' not found."
        raise error(message, "previous_response_not_found", param="previous_response_id")
    for key in ("background", "conversation", "prompt"):
        if body.get(key):
            raise error(f"{key} is not supported", "unsupported_value", param=key)


def _length(body: dict[str, Any], context: Context) -> None:
    asked = number(body, "max_output_tokens")
    if asked is None:
        return
    if asked < 16:
        message = (
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, "
            f"but got {asked} instead."
        )
        raise unsupported(message, "max_output_tokens", "integer_below_min_value")
    if asked > context.model.max_output:
        message = (
            f"Invalid 'max_output_tokens': integer above maximum value. Expected a value <= "
            f"{context.model.max_output}, but got {asked} instead."
        )
        raise unsupported(message, "max_output_tokens", "integer_above_max_value")


def _reasoning(body: dict[str, Any], context: Context) -> None:
    for key in ("temperature", "top_p"):
        if body.get(key) not in (None, 1) and context.model.efforts:
            raise unsupported(f"Unsupported parameter: '{key}' is not supported with this model.", key)
    wish = body.get("reasoning")
    if wish is None:
        return
    if not isinstance(wish, dict):
        raise unsupported("Invalid type for 'reasoning': expected an object.", "reasoning", "invalid_type")
    effort, levels = wish.get("effort"), context.model.efforts or []
    if effort is not None and effort not in levels:
        listed = ", ".join(f"'{level}'" for level in levels)
        message = f"Unsupported value: '{effort}' is not supported with the '{context.model.id}' model."
        raise unsupported(
            f"{message} Supported values are: {listed}.", "reasoning.effort", "unsupported_value"
        )
    if wish.get("summary") not in (None, "auto", "concise", "detailed", "off"):
        message = f"Invalid value: '{wish['summary']}'. Supported values are: 'auto', 'concise', 'detailed'."
        raise unsupported(message, "reasoning.summary", "invalid_value")
    if wish.get("context") is not None and not context.model.takes_namespaces:
        raise unsupported("Unknown parameter: 'reasoning.context'.", "reasoning.context", "unknown_parameter")


def _text(body: dict[str, Any]) -> None:
    wish = body.get("text")
    wanted = wish.get("format") if isinstance(wish, dict) else None
    if wish is not None and not isinstance(wish, dict):
        raise unsupported("Invalid type for 'text': expected an object.", "text", "invalid_type")
    if wanted is None:
        return
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise unsupported(f"Invalid value: '{kind}'.", "text.format.type", "invalid_value")
    for key in ("name", "schema") if kind == "json_schema" else ():
        if not wanted.get(key):
            message = f"Missing required parameter: 'text.format.{key}'."
            raise unsupported(message, f"text.format.{key}", "missing_required_parameter")


def _lists(body: dict[str, Any], context: Context) -> None:
    included = body.get("include")
    if included is not None and not isinstance(included, list):
        raise unsupported("Invalid type for 'include': expected an array.", "include", "invalid_type")
    for value in included or []:
        if string(value) not in _INCLUDES:
            raise unsupported(f"Invalid value: '{value}'.", "include", "invalid_value")
    if body.get("truncation") not in (None, "auto", "disabled"):
        message = f"Invalid value: '{body['truncation']}'. Supported values are: 'auto' and 'disabled'."
        raise unsupported(message, "truncation", "invalid_value")
    if body.get("context_management") is not None and not context.model.takes_context_management:
        message = "Unsupported parameter: 'context_management' is not supported with this model."
        raise unsupported(message, "context_management")
