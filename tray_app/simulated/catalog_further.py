"""The longer tail of the catalog: what a real seat lists beside its main models (copilot-wire 4.1).

Old aliases without endpoints, completion-only models, an organisation's own one, entries with hardly any
field, notices, promotions.
"""

from collections.abc import Callable
from typing import Any

Entry = dict[str, Any]
_CHAT, _RESPONSES, _MESSAGES, _SOCKET = "/chat/completions", "/responses", "/v1/messages", "ws:/responses"
_LEVELS = ["low", "medium", "high"]
_OLD = {
    "gpt-3.5-turbo": ("GPT 3.5 Turbo", "cl100k_base", 16_384, 12_288),
    "gpt-3.5-turbo-0613": ("GPT 3.5 Turbo", "cl100k_base", 16_384, 12_288),
    "gpt-4": ("GPT 4", "cl100k_base", 32_768, 32_768),
    "gpt-4-0613": ("GPT 4", "cl100k_base", 32_768, 32_768),
    "gpt-4-0125-preview": ("GPT 4 Turbo", "cl100k_base", 128_000, 64_000),
    "gpt-4o": ("GPT-4o", "o200k_base", 128_000, 64_000),
    "gpt-4o-2024-05-13": ("GPT-4o", "o200k_base", 128_000, 64_000),
    "gpt-4o-2024-08-06": ("GPT-4o", "o200k_base", 128_000, 64_000),
    "gpt-4o-2024-11-20": ("GPT-4o", "o200k_base", 128_000, 64_000),
    "gpt-4-o-preview": ("GPT-4o", "o200k_base", 128_000, 64_000),
    "gpt-4o-mini": ("GPT-4o mini", "o200k_base", 128_000, 12_288),
    "gpt-4o-mini-2024-07-18": ("GPT-4o mini", "o200k_base", 128_000, 12_288),
}


def models(
    model: Callable[..., Entry], claude: Callable[..., Entry], embedding: Callable[..., Entry]
) -> list[Entry]:
    """The entries, made with the builders of the catalog."""
    small, million = (200_000, 168_000, 32_000), (1_000_000, 936_000, 64_000)
    wide = (400_000, 272_000, 128_000)
    notice = {"code": "pending_deprecation", "message": "This model goes away soon."}
    return [
        model("gpt-5.4", "GPT-5.4", "OpenAI", wide, [_RESPONSES, _SOCKET], price=250,
              version="gpt-5.4-2026-03-05", effort=["none", *_LEVELS, "xhigh"], info_messages=[
                  {"code": "degraded", "message": "Answers may be slow."}]),
        claude("claude-sonnet-4.6", "Claude Sonnet 4.6", small, adaptive=True, price=300, effort=_LEVELS,
               warning_messages=[notice]),
        claude("claude-opus-4.6", "Claude Opus 4.6", small, adaptive=True, multiplier=3, price=500,
               category="powerful", effort=[*_LEVELS, "max"]),
        claude("claude-opus-4.6-1m", "Claude Opus 4.6 (1M)", million, adaptive=True, multiplier=6, price=500,
               category="powerful", effort=[*_LEVELS, "max"], model_picker_enabled=False),
        claude("claude-opus-4.7", "Claude Opus 4.7", small, adaptive=True, multiplier=7.5, price=500,
               category="powerful", effort=["medium"]),
        model("gemini-2.5-pro", "Gemini 2.5 Pro", "Google", (128_000, 109_000, 64_000), [_CHAT], price=125,
              category="powerful", pictures=10),
        model("kimi-k2.5", "Kimi K2.5", "Moonshot AI", (200_000, 168_000, 32_000), [_CHAT], multiplier=0.33,
              price=60, effort=_LEVELS, preview=True, supports={"vision": False}),
        _promoted(model("mai-code-1", "MAI Code 1", "Microsoft", (128_000, 109_000, 16_384), [_CHAT],
                        multiplier=0.25, price=20, supports={"max_thinking_budget": 8192, "vision": False})),
        model("mai-code-1-flash", "MAI Code 1 Flash", "Microsoft", (128_000, 109_000, 16_384), [_CHAT],
              multiplier=0.25, price=10, category="lightweight", effort=[], supports={"vision": False}),
        _old("octo-org/house-model", "House model",
             custom_model={"key_name": "house", "owner_name": "octo-org"}),
        *(_aged(id, *terms) for id, terms in _OLD.items()),
        _completion("gpt-41-copilot", "GPT-4.1 Copilot"),
        _completion("gpt-4o-copilot", "GPT-4o Copilot"),
        embedding("text-embedding-3-small-inference", "Embedding V3 small (Inference)", dimensions=True),
        embedding("metis-1024-I16-Binary", "Metis", dimensions=False),
    ]  # fmt: skip


def _old(id: str, name: str, **more: Any) -> Entry:
    """Hardly any field: no limits, no supports, no endpoints, no policy, no billing."""
    capabilities = {"type": "chat", "family": id, "tokenizer": "o200k_base", "object": "model_capabilities"}
    entry: Entry = {"id": id, "object": "model", "name": name, "vendor": "Azure OpenAI", "version": id}
    return entry | {"model_picker_enabled": False, "preview": False, "capabilities": capabilities} | more


def _aged(id: str, name: str, tokenizer: str, window: int, prompt: int) -> Entry:
    """An old alias: limits and tools, but neither endpoints nor pictures."""
    entry = _old(id, name, billing={"is_premium": False, "multiplier": 0})
    entry["capabilities"] |= {
        "tokenizer": tokenizer,
        "limits": {
            "max_context_window_tokens": window,
            "max_prompt_tokens": prompt,
            "max_output_tokens": 4096,
        },
        "supports": {"streaming": True, "tool_calls": True, "parallel_tool_calls": True},
    }
    return entry


def _completion(id: str, name: str) -> Entry:
    """For the ghost text of editors: listed, but not for this."""
    entry = _old(id, name)
    entry["capabilities"] |= {"type": "completion", "supports": {"streaming": True}}
    return entry


def _promoted(entry: Entry) -> Entry:
    promo = {
        "id": "launch",
        "discount_percent": 50,
        "ends_at": "2026-12-31T00:00:00Z",
        "message": "Half price.",
    }
    entry["billing"]["promo"] = promo
    return entry
