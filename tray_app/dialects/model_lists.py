"""The model list in each client's own form. Windows, limits and levels are the catalog's.

OpenAI's list holds every model and says which cannot be used; the others fill pickers, so they hold only
chat models that can be used.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json
from tray_app.errors import BadRequest

ONE_MILLION = 1_000_000
_DATE = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


def is_usable(model: Model) -> bool:
    """Whether calls can succeed, as far as the list tells. "unconfigured" is refused like "disabled"."""
    return model.policy_state in (None, "enabled")


def _offered(models: Iterable[Model]) -> list[Model]:
    return [model for model in models if model.type == "chat" and is_usable(model)]


def released(model: Model) -> datetime:
    """The release date in the version's name, else the epoch: the catalog has no dates."""
    if found := _DATE.search(model.version) or _DATE.search(model.id):
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        except ValueError:
            pass
    return datetime(1970, 1, 1, tzinfo=UTC)


# --- OpenAI -----------------------------------------------------------------------------------------


def openai_list(models: Iterable[Model]) -> Json:
    """Chat and embeddings models; completion models serve editors only."""
    return {
        "object": "list",
        "data": [openai_entry(model) for model in models if model.type in ("chat", "embeddings")],
    }


def openai_entry(model: Model) -> Json:
    return {
        "id": model.id,
        "object": "model",
        "created": int(released(model).timestamp()),
        "owned_by": model.vendor or "github-copilot",
        "name": model.name or model.id,
        "vendor": model.vendor or None,
        "type": model.type,
        "context_window": model.context_window,
        "max_prompt_tokens": model.max_prompt_tokens,
        "max_output_tokens": model.max_output_tokens,
        "supported_endpoints": list(model.endpoints),
        "supports_1m_context": (model.context_window or 0) >= ONE_MILLION,
        "preview": model.preview,
        "reasoning_effort": None if model.reasoning_effort is None else list(model.reasoning_effort),
        "vision": model.vision,
        "tool_calls": model.tool_calls,
        "multiplier": model.multiplier,
        "available": is_usable(model),
        "policy": model.policy_state,
        "restricted_to": list(model.restricted_to),
    }


# --- Anthropic --------------------------------------------------------------------------------------

_MAX_PAGE = 1000
_LINES = ("haiku", "sonnet", "opus", "fable", "mythos")


def anthropic_list(
    models: Iterable[Model],
    limit: int | None = None,
    before_id: str | None = None,
    after_id: str | None = None,
) -> Json:
    """One page, as cut by the cursors. Raises BadRequest for a limit out of 1 to 1000."""
    if limit is not None and not 1 <= limit <= _MAX_PAGE:
        raise BadRequest(f"limit: expected a number from 1 to {_MAX_PAGE}.", "limit")
    offered = _offered(models)
    page, has_more = _page(offered, limit or _MAX_PAGE, before_id, after_id)
    return {
        "data": [anthropic_entry(model) for model in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _page(
    models: Sequence[Model], limit: int, before_id: str | None, after_id: str | None
) -> tuple[Sequence[Model], bool]:
    ids = [model.id for model in models]
    if after_id in ids:
        models = models[ids.index(after_id) + 1 :]
    elif before_id in ids:
        models = models[: ids.index(before_id)]
        return models[-limit:], len(models) > limit
    return models[:limit], len(models) > limit


def anthropic_entry(model: Model) -> Json:
    """Every field of the Python SDK 2.x, whose strict mode wants `lifecycle` and whole capabilities."""
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name or model.id,
        "created_at": released(model).isoformat().replace("+00:00", "Z"),
        "lifecycle": "active",
        "line": next((line for line in _LINES if line in model.id), None),
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": model.context_window,
        "max_tokens": model.max_output_tokens,
        "capabilities": _anthropic_capabilities(model),
    }


def _anthropic_capabilities(model: Model) -> Json:
    efforts = model.reasoning_effort or ()
    thinks = model.thinking or model.adaptive_thinking or bool(model.max_thinking_budget)
    editing = _support(model.context_editing)
    levels = {level: _support(level in efforts) for level in ("low", "medium", "high", "xhigh", "max")}
    return {
        "batch": _support(False),
        "citations": _support(False),
        "code_execution": _support(False),
        "context_management": {
            "supported": model.context_editing,
            "clear_thinking_20251015": editing,
            "clear_tool_uses_20250919": editing,
            "compact_20260112": _support(False),
        },
        "effort": {"supported": bool(efforts), **levels},
        "image_input": _support(model.vision),
        "pdf_input": _support(False),
        "server_tools": {
            "supported": False,
            "code_execution": _support(False),
            "web_search": _support(False),
        },
        "structured_outputs": _support(model.structured_outputs),
        "thinking": {
            "supported": thinks,
            "types": {
                "adaptive": _support(model.adaptive_thinking),
                "enabled": _support(thinks and not model.adaptive_thinking),
                "between_tools": _support(False),
                "disabled": _support(True),
            },
        },
    }


def _support(supported: bool) -> Json:
    return {"supported": supported}


# --- Codex ------------------------------------------------------------------------------------------

# A level that a Codex version does not know makes it drop the whole list.
_CODEX_LEVELS = {
    "none": "No reasoning",
    "minimal": "Fastest, with hardly any reasoning",
    "low": "Quick answers with light reasoning",
    "medium": "Balances speed and depth",
    "high": "Deeper reasoning for hard problems",
    "xhigh": "The deepest reasoning, and the slowest",
}
_COMPACT_AT = 0.9


def codex_list(models: Iterable[Model], instructions: str) -> Json:
    """`instructions` replaces Codex's own prompt, so it must be a whole one. Those with tools only."""
    offered = [model for model in _offered(models) if model.tool_calls]
    ranked = sorted(offered, key=lambda model: (not model.picker_enabled, not model.has("/responses")))
    return {"models": [codex_entry(model, rank, instructions) for rank, model in enumerate(ranked)]}


def codex_entry(model: Model, priority: int, instructions: str) -> Json:
    """Every field that Codex 0.169 requires or uses; `use_responses_lite` false keeps tools in `tools`."""
    levels = [level for level in model.reasoning_effort or () if level in _CODEX_LEVELS]
    is_gpt5 = model.id.startswith("gpt-") and model.has("/responses")
    window = model.context_window
    return {
        "slug": model.id,
        "display_name": model.name or model.id,
        "description": f"{model.name or model.id} through GitHub Copilot",
        "default_reasoning_level": _default_level(levels),
        "supported_reasoning_levels": [
            {"effort": level, "description": _CODEX_LEVELS[level]} for level in levels
        ],
        "shell_type": "shell_command",
        "visibility": "list" if model.picker_enabled else "hide",
        "minimal_client_version": "0.1.0",
        "supported_in_api": True,
        "priority": priority,
        "upgrade": None,
        "availability_nux": None,
        "base_instructions": instructions,
        "model_messages": None,
        "supports_reasoning_summaries": bool(levels),
        "supports_reasoning_summary_parameter": bool(levels),
        "default_reasoning_summary": "auto",
        "support_verbosity": is_gpt5,
        "default_verbosity": "medium" if is_gpt5 else None,
        "apply_patch_tool_type": "freeform",
        "web_search_tool_type": "text",
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supports_parallel_tool_calls": model.parallel_tool_calls,
        "supports_image_detail_original": False,
        "context_window": window,
        "max_context_window": window,
        "max_output_tokens": model.max_output_tokens,
        "auto_compact_token_limit": _compact_at(model),
        "effective_context_window_percent": 95,
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"] if model.vision else ["text"],
        "supports_search_tool": False,
        "use_responses_lite": False,
        "prefer_websockets": False,
        "additional_speed_tiers": [],
        "service_tiers": [],
    }


def _default_level(levels: Sequence[str]) -> str | None:
    return "medium" if "medium" in levels else next(iter(levels), None)


def _compact_at(model: Model) -> int | None:
    """The smaller of the prompt limit and nine tenths of the window."""
    limits = [int(model.context_window * _COMPACT_AT)] if model.context_window else []
    return min([*limits, *([model.max_prompt_tokens] if model.max_prompt_tokens else [])], default=None)


# --- Gemini -----------------------------------------------------------------------------------------


_GEMINI_PAGE = 50  # Google's default


def gemini_list(models: Iterable[Model], size: int = _MAX_PAGE, token: str | None = None) -> Json:
    """A page of at most `size` models (0: Google's usual number). The token of the next page is the name of
    the last model of this one. Raises BadRequest for a token that names no model."""
    offered = [model for model in models if _is_for_gemini(model)]
    ids = [model.id for model in offered]
    if token is not None and token not in ids:
        raise BadRequest("pageToken: not one that was given here.", "pageToken")
    start = ids.index(token) + 1 if token is not None else 0
    page = offered[start : start + (min(size, _MAX_PAGE) or _GEMINI_PAGE)]
    written: Json = {"models": [gemini_entry(model) for model in page]}
    if page and page[-1] is not offered[-1]:
        written["nextPageToken"] = page[-1].id
    return written


def _is_for_gemini(model: Model) -> bool:
    return model.type in ("chat", "embeddings") and is_usable(model)


def gemini_entry(model: Model) -> Json:
    embeds = ["embedContent", "batchEmbedContents"]
    chats = ["generateContent", "streamGenerateContent", "countTokens"]
    entry = {
        "name": f"models/{model.id}",
        "baseModelId": model.id,
        "version": model.version or model.id,
        "displayName": model.name or model.id,
        "description": f"{model.name or model.id} through GitHub Copilot",
        "inputTokenLimit": model.max_prompt_tokens or model.context_window,
        "outputTokenLimit": model.max_output_tokens,
        "supportedGenerationMethods": embeds if model.type == "embeddings" else chats,
    }
    return {key: value for key, value in entry.items() if value is not None}
