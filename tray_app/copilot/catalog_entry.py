"""PURE. One entry of Copilot's model list into a Model.

Nobody documents the list, so every field but `id` may be absent or of another type: such a field then
counts as "not known". Field names: the data plane's `GET /models` as editors read it in 2026.
"""

from collections.abc import Mapping
from typing import Any

from tray_app.dialects.capabilities import CHAT, EMBEDDINGS, Model

LONGEST_ID = 200  # ids go into logs, metrics and pattern matching
_DEFAULT_TOKENIZER = {"embeddings": "cl100k_base"}
_DEFAULT_ENDPOINTS: dict[str, tuple[str, ...]] = {"embeddings": (EMBEDDINGS,), "completion": ()}


def parse_model(entry: object) -> Model | None:
    """A Model, or None when the entry has no usable id."""
    if not isinstance(entry, dict) or not (id := _text(entry, "id")):
        return None
    if len(id) > LONGEST_ID or not id.isprintable():
        return None
    capabilities = _object(entry, "capabilities")
    limits, supports = _object(capabilities, "limits"), _object(capabilities, "supports")
    vision, billing, policy = _object(limits, "vision"), _object(entry, "billing"), _object(entry, "policy")
    type = _text(capabilities, "type") or ("embeddings" if "embedding" in id else "chat")
    return Model(
        id=id,
        name=_text(entry, "name") or id,
        vendor=_text(entry, "vendor") or "",
        version=_text(entry, "version") or "",
        family=_text(capabilities, "family") or "",
        type=type,
        preview=_flag(entry, "preview"),
        picker_enabled=_flag(entry, "model_picker_enabled", default=True),
        endpoints=_texts(entry, "supported_endpoints") or _DEFAULT_ENDPOINTS.get(type, (CHAT,)),
        tokenizer=_text(capabilities, "tokenizer") or _DEFAULT_TOKENIZER.get(type, "o200k_base"),
        context_window=_count(limits, "max_context_window_tokens"),
        max_prompt_tokens=_count(limits, "max_prompt_tokens"),
        max_output_tokens=_count(limits, "max_output_tokens"),
        max_non_streaming_output_tokens=_count(limits, "max_non_streaming_output_tokens"),
        max_inputs=_count(limits, "max_inputs"),
        vision=_flag(supports, "vision"),
        image_types=_texts(vision, "supported_media_types") or (),
        max_image_bytes=_count(vision, "max_prompt_image_size"),
        tool_calls=_flag(supports, "tool_calls"),
        parallel_tool_calls=_flag(supports, "parallel_tool_calls"),
        structured_outputs=_flag(supports, "structured_outputs"),
        thinking=_flag(supports, "thinking"),
        adaptive_thinking=_flag(supports, "adaptive_thinking"),
        min_thinking_budget=_count(supports, "min_thinking_budget"),
        max_thinking_budget=_count(supports, "max_thinking_budget"),
        reasoning_effort=_texts(supports, "reasoning_effort"),
        dimensions=_flag(supports, "dimensions"),
        web_search=_flag(supports, "web_search"),
        tool_search=_flag(supports, "tool_search"),
        context_editing=_flag(supports, "context_editing"),
        policy_state=_text(policy, "state"),
        policy_terms=_text(policy, "terms"),
        restricted_to=_texts(billing, "restricted_to") or (),
        is_premium=_flag(billing, "is_premium"),
        multiplier=_number(billing, "multiplier"),
        raw=entry,
    )


def _object(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _text(of: Mapping[str, Any], key: str) -> str | None:
    value = of.get(key)
    return value if isinstance(value, str) and value else None


def _texts(of: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """The strings of a list, once each; None when there is no list."""
    value = of.get(key)
    if not isinstance(value, list):
        return None
    return tuple(dict.fromkeys(item for item in value if isinstance(item, str)))


def _flag(of: Mapping[str, Any], key: str, *, default: bool = False) -> bool:
    value = of.get(key)
    return value if isinstance(value, bool) else default


def _number(of: Mapping[str, Any], key: str) -> float | None:
    value = of.get(key)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def _count(of: Mapping[str, Any], key: str) -> int | None:
    """A positive whole number; anything else is "not known"."""
    value = _number(of, key)
    return int(value) if value is not None and value >= 1 else None
