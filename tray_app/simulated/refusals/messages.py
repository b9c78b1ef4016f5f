"""What /v1/messages refuses at the top of the body (copilot-wire 7.1 to 7.5)."""

from typing import Any, NoReturn

from tray_app.simulated.refusals import (
    Context,
    common,
    message_blocks,
    message_marks,
    message_pairs,
    message_tools,
)
from tray_app.simulated.refused import by_backend

_KNOWN = frozenset(
    [
        "model",
        "messages",
        "max_tokens",
        "system",
        "metadata",
        "stop_sequences",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "context_management",
        "service_tier",
        "cache_control",
    ]
)
INTERLEAVED = "interleaved-thinking-2025-05-14"
CONTEXT_MANAGEMENT = "context-management-2025-06-27"
TOOL_USE = "advanced-tool-use-2025-11-20"
LONG_CACHE = "extended-cache-ttl-2025-04-11"
MILLION = "context-1m-2025-08-07"
_BETAS = frozenset({INTERLEAVED, CONTEXT_MANAGEMENT, TOOL_USE, LONG_CACHE, MILLION})
_BUDGET_TEXT = (
    "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
)
_THOUGHT_TEXT = (
    "Expected `thinking` or `redacted_thinking`, but found `{kind}`. When `thinking` is enabled, a final "
    "`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
    "`tool_result` blocks)."
)
_ENABLED_TEXT = (
    '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.'
)


def refuse(body: dict[str, Any], context: Context) -> None:
    """Raise for the first thing that the backend does not take."""
    betas = _betas(context)
    for key in body:
        if key not in _KNOWN:
            no(context, f"{key}: Extra inputs are not permitted")
    _length(body, context)
    _editing(body, context, betas)
    _thinking(body, context)
    _output(body, context)
    _sampling(body, context)
    message_tools.refuse(body, context, searching=TOOL_USE in betas)
    images = message_blocks.refuse(body, context, searching=TOOL_USE in betas)
    message_marks.refuse(body, context, long=LONG_CACHE in betas)
    message_pairs.refuse(body, context)
    _thought_first(body, context)
    common.vision(images, context)


def no(context: Context, message: str) -> NoReturn:
    """Refuse with this sentence, wrapped as the backend wraps it."""
    raise by_backend(context.backend, message)


def _betas(context: Context) -> set[str]:
    named = {name.strip() for name in context.headers.get("anthropic-beta", "").split(",") if name.strip()}
    for name in sorted(named - _BETAS):
        no(
            context,
            f"Unexpected value(s) `{name}` for the `anthropic-beta` header. Please consult our documentation "
            "at docs.anthropic.com or try again without the header.",
        )
    window = context.model.limits.get("max_context_window_tokens", 0)
    if MILLION in named and window <= 200_000:
        no(context, "The long context beta is not yet available for this subscription.")
    return named


def _length(body: dict[str, Any], context: Context) -> None:
    asked = body.get("max_tokens")
    if asked is None:
        no(context, "max_tokens: Field required")
    if isinstance(asked, bool) or not isinstance(asked, int):
        no(context, "max_tokens: Input should be a valid integer")
    if asked < 1:
        no(context, "max_tokens: Input should be greater than or equal to 1")
    most = context.model.max_output
    if asked > most:
        no(
            context,
            f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for "
            f"{context.model.dashed}",
        )
    if body.get("stream") is not None and not isinstance(body["stream"], bool):
        no(context, "stream: Input should be a valid boolean")
    stops = body.get("stop_sequences")
    if stops is not None and not (isinstance(stops, list) and all(isinstance(stop, str) for stop in stops)):
        no(context, "stop_sequences: Input should be a valid list")
    if stops and any(not stop.strip() for stop in stops):
        no(context, "stop_sequences: each stop sequence must contain non-whitespace")


def _editing(body: dict[str, Any], context: Context, betas: set[str]) -> None:
    if body.get("service_tier") not in (None, "auto", "standard_only"):
        no(context, "service_tier: Input should be 'auto' or 'standard_only'")
    if body.get("context_management") is None:
        return
    if CONTEXT_MANAGEMENT not in betas or not context.model.supports.get("context_editing"):
        no(context, "context_management: Extra inputs are not permitted")
    edits = body["context_management"]
    if not isinstance(edits, dict) or set(edits) - {"edits"}:
        no(context, "context_management: Input should be a valid dictionary")


def _thinking(body: dict[str, Any], context: Context) -> None:
    wish, model = body.get("thinking"), context.model
    if wish is None:
        return
    kind = wish.get("type") if isinstance(wish, dict) else None
    if kind not in ("enabled", "adaptive", "disabled"):
        no(context, "thinking.type: Input should be 'enabled', 'disabled' or 'adaptive'")
    allowed = {"enabled": {"budget_tokens", "display"}, "adaptive": {"display"}, "disabled": set[str]()}[kind]
    for key in wish:
        if key != "type" and key not in allowed:
            no(context, f"thinking.{kind}.{key}: Extra inputs are not permitted")
    if wish.get("display") not in (None, "summarized", "omitted"):
        no(context, f"thinking.{kind}.display: Input should be 'summarized' or 'omitted'")
    if kind == "disabled":
        return
    if kind == "enabled":
        _budget(body, wish, context)
    elif not model.adaptive:
        no(context, "adaptive thinking is not supported on this model")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
        no(context, "Thinking may not be enabled when tool_choice forces tool use.")
    if body.get("temperature") not in (None, 1) and not model.refuses_sampling:
        no(context, "`temperature` may only be set to 1 when thinking is enabled.")


def _thought_first(body: dict[str, Any], context: Context) -> None:
    """With a budget, a turn that goes on after tool results must have begun with thinking."""
    wish = body.get("thinking")
    if not isinstance(wish, dict) or wish.get("type") != "enabled":
        return
    firsts: list[tuple[int, str]] = []
    for place, message in reversed(list(enumerate(body["messages"]))):
        content = message["content"]
        kinds = [block["type"] for block in content] if isinstance(content, list) else ["text"]
        if message["role"] == "assistant":
            firsts.append((place, str(kinds[0])))
        elif "tool_result" not in kinds:
            break
    if firsts and not any(kind in ("thinking", "redacted_thinking") for _, kind in firsts):
        place, kind = firsts[0]
        no(context, f"messages.{place}.content.0.type: {_THOUGHT_TEXT.format(kind=kind)}")


def _budget(body: dict[str, Any], wish: dict[str, Any], context: Context) -> None:
    if context.model.refuses_enabled_thinking:
        no(context, _ENABLED_TEXT)
    budget = wish.get("budget_tokens")
    if isinstance(budget, bool) or not isinstance(budget, int):
        no(context, "thinking.enabled.budget_tokens: Field required")
    if budget < 1024:
        no(context, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if budget >= body["max_tokens"]:
        no(context, _BUDGET_TEXT)


def _output(body: dict[str, Any], context: Context) -> None:
    wish = body.get("output_config")
    if wish is None:
        return
    if not isinstance(wish, dict):
        no(context, "output_config: Input should be a valid dictionary")
    for key in wish:
        if key not in ("effort", "format"):
            no(context, f"output_config.{key}: Extra inputs are not permitted")
    effort, levels = wish.get("effort"), context.model.efforts or []
    if effort is not None and not levels:
        no(context, "This model does not support the effort parameter.")
    if effort is not None and effort not in levels:
        listed = ", ".join(f"'{level}'" for level in levels)
        no(context, f"output_config.effort: Input should be {listed}")
    wanted = wish.get("format")
    if wanted is not None:
        _format(wanted, context)


def _format(wanted: object, context: Context) -> None:
    if context.model.id == "claude-opus-4.5":
        no(context, "output_config.format: Extra inputs are not permitted")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        no(context, "output_config.format.type: Input should be 'json_schema'")
    for key in wanted:
        if key not in ("type", "schema"):
            no(context, f"output_config.format.{key}: Extra inputs are not permitted")
    if not isinstance(wanted.get("schema"), dict):
        no(context, "output_config.format.schema: Field required")


def _sampling(body: dict[str, Any], context: Context) -> None:
    given = [key for key in ("temperature", "top_p", "top_k") if body.get(key) is not None]
    for key in given:
        if isinstance(body[key], bool) or not isinstance(body[key], int | float):
            no(context, f"{key}: Input should be a valid number")
    if given and context.model.refuses_sampling:
        no(context, f"`{given[0]}` is deprecated for this model.")
    if "temperature" in given and "top_p" in given:
        no(context, "`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
