"""What /chat/completions refuses, field by field (copilot-wire 5.1)."""

import re
from typing import Any

from tray_app.simulated.refusals import Context, chat_messages
from tray_app.simulated.refused import Refused, error

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MOST_TOOLS = 128
_CLAUDE_REFUSES = ("logit_bias", "logprobs", "top_logprobs", "seed", "presence_penalty", "frequency_penalty")
_GROK_REFUSES = ("presence_penalty", "frequency_penalty", "stop", "logit_bias")


def refuse(body: dict[str, Any], context: Context) -> None:
    """Raise for the first thing that the model's backend does not take."""
    chat_messages.refuse(body, context)
    _switches(body)
    _length(body, context)
    _sampling(body, context)
    _effort(body, context)
    _tools(body, context)
    _format(body, context)
    _others(body, context)


def unsupported(message: str, param: str, code: str = "unsupported_parameter") -> Refused:
    """OpenAI's own wording and fields."""
    return error(message, code, param=param, kind="invalid_request_error")


def number(body: dict[str, Any], key: str) -> int | None:
    """A positive whole number, or absent."""
    value = body.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise unsupported(f"Invalid '{key}': expected a positive integer.", key, "invalid_type")
    return value


def _switches(body: dict[str, Any]) -> None:
    for key in ("stream", "parallel_tool_calls"):
        if body.get(key) is not None and not isinstance(body[key], bool):
            raise unsupported(f"Invalid type for '{key}': expected a boolean.", key, "invalid_type")
    if body.get("stream_options") is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise unsupported(message, "stream_options", "invalid_request_body")
    if body.get("service_tier") is not None:
        raise unsupported("service_tier is not supported", "service_tier", "unsupported_value")
    if body.get("n") not in (None, 1):
        raise unsupported("n: only 1 is supported", "n", "unsupported_value")


def _length(body: dict[str, Any], context: Context) -> None:
    model = context.model
    asked = number(body, "max_tokens")
    if asked is not None and model.refuses_max_tokens:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        raise unsupported(message, "max_tokens")
    newer = number(body, "max_completion_tokens")
    if newer is not None and model.maker not in ("gpt", "gemini"):
        raise error("max_completion_tokens: Extra inputs are not permitted")
    for key, value in (("max_tokens", asked), ("max_completion_tokens", newer)):
        if value is not None and value > model.max_output:
            message = (
                f"{key} is too large: {value}. This model supports at most {model.max_output} completion "
                f"tokens, whereas you provided {value}."
            )
            raise unsupported(message, key, "invalid_value")


def _sampling(body: dict[str, Any], context: Context) -> None:
    given = [key for key in ("temperature", "top_p") if body.get(key) is not None]
    for key in given:
        if isinstance(body[key], bool) or not isinstance(body[key], int | float):
            raise unsupported(f"Invalid type for '{key}': expected a number.", key, "invalid_type")
    if context.model.maker == "kimi":
        for key, only in (("temperature", 1), ("top_p", 0.95)):
            if key in given and body[key] != only:
                raise error(f"invalid {key}: only {only} is allowed for this model")
    if not context.model.is_claude:
        return
    if given and context.model.refuses_sampling:
        raise error(f"`{given[0]}` is deprecated for this model.")
    if len(given) == 2:
        message = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        raise error(message)


def _effort(body: dict[str, Any], context: Context) -> None:
    effort, model = body.get("reasoning_effort"), context.model
    if effort is None:
        return
    if not model.efforts:
        message = "Unrecognized request argument supplied: reasoning_effort"
        raise unsupported(message, "reasoning_effort")
    if effort not in model.efforts:
        levels = ", ".join(f"'{level}'" for level in model.efforts)
        message = (
            f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. "
            f"Supported values are: {levels}."
        )
        raise unsupported(message, "reasoning_effort", "unsupported_value")
    if body.get("tools") and model.maker == "gpt" and "/responses" in model.endpoints and effort != "none":
        message = (
            f"Function tools with reasoning_effort are not supported for {model.id} in /v1/chat/completions. "
            "Please use /v1/responses instead."
        )
        raise unsupported(message, "reasoning_effort")


def _tools(body: dict[str, Any], context: Context) -> None:
    tools = body.get("tools")
    if tools is None:
        for key in ("tool_choice", "parallel_tool_calls"):
            if body.get(key) is not None and body[key] != "none" and context.model.maker == "gpt":
                message = f"'{key}' is only allowed when 'tools' are specified."
                raise unsupported(message, key, "invalid_request_body")
        return
    if not isinstance(tools, list) or not tools:
        raise unsupported("[] is too short - 'tools'", "tools", "invalid_request_body")
    if len(tools) > MOST_TOOLS:
        message = (
            f"Invalid 'tools': array too long. Expected an array with maximum length {MOST_TOOLS}, "
            f"but got an array with length {len(tools)} instead."
        )
        raise unsupported(message, "tools", "array_above_max_length")
    for place, tool in enumerate(tools):
        _tool(tool, place, context)
    _choice(body, {tool["function"]["name"] for tool in tools})


def _tool(tool: object, place: int, context: Context) -> None:
    path = f"tools[{place}]"
    if not isinstance(tool, dict) or tool.get("type") != "function":
        kind = tool.get("type") if isinstance(tool, dict) else tool
        message = f"Invalid value: '{kind}'. Supported values are: 'function'."
        raise unsupported(message, f"{path}.type", "invalid_value")
    function = tool.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        message = f"Missing required parameter: '{path}.function.name'."
        raise unsupported(message, f"{path}.function", "missing_required_parameter")
    if not _NAME.fullmatch(function["name"]):
        message = (
            f"Invalid '{path}.function.name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        )
        raise unsupported(message, f"{path}.function.name", "invalid_value")
    schema = function.get("parameters")
    if schema is not None and not isinstance(schema, dict):
        raise unsupported(f"Invalid type for '{path}.function.parameters'.", path, "invalid_type")
    if context.model.is_claude and isinstance(schema, dict) and schema.get("type", "object") != "object":
        raise error(f"tools.{place}.custom.input_schema.type: Input should be 'object'")


def _choice(body: dict[str, Any], names: set[str]) -> None:
    choice = body.get("tool_choice")
    if choice is None or choice in ("none", "auto", "required"):
        return
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if name not in names:
        message = f"Invalid value for 'tool_choice': the function '{name}' is not in 'tools'."
        raise unsupported(message, "tool_choice", "invalid_value")


def _format(body: dict[str, Any], context: Context) -> None:
    wanted = body.get("response_format")
    if wanted is None:
        return
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise unsupported(f"Invalid value: '{kind}'.", "response_format.type", "invalid_value")
    if kind == "text":
        return
    if not context.model.supports.get("structured_outputs"):
        message = f"response_format of type '{kind}' is not supported with this model."
        raise unsupported(message, "response_format")
    inner = wanted.get("json_schema")
    if kind == "json_schema" and (not isinstance(inner, dict) or not isinstance(inner.get("schema"), dict)):
        message = "Missing required parameter: 'response_format.json_schema'."
        raise unsupported(message, "response_format.json_schema", "missing_required_parameter")
    if kind == "json_schema" and not inner.get("name"):
        message = "Missing required parameter: 'response_format.json_schema.name'."
        raise unsupported(message, "response_format.json_schema.name", "missing_required_parameter")


def _others(body: dict[str, Any], context: Context) -> None:
    model = context.model
    refused = {"claude": _CLAUDE_REFUSES, "grok": _GROK_REFUSES}.get(model.maker, ())
    for key in refused:
        if body.get(key) is not None:
            raise error(f"{key}: Extra inputs are not permitted")
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > 4:
        message = "Invalid 'stop': array too long. Expected an array with maximum length 4."
        raise unsupported(message, "stop", "array_above_max_length")
    for key in ("functions", "function_call"):
        if body.get(key) is not None and (model.maker != "gpt" or model.version >= (5, 0)):
            raise unsupported(f"Unsupported parameter: '{key}' is not supported with this model.", key)
    prediction = body.get("prediction")
    if prediction is not None and not model.supports.get("prediction"):
        raise unsupported(
            "Unsupported parameter: 'prediction' is not supported with this model.", "prediction"
        )
    if isinstance(prediction, dict) and not prediction.get("content"):
        raise unsupported("prediction content must not be empty", "prediction", "invalid_request_body")
    if body.get("thinking_budget") is not None and not model.is_claude:
        raise unsupported("Unrecognized request argument supplied: thinking_budget", "thinking_budget")
