"""The models of the simulated seat: entries as `GET /models` gives them (copilot-wire 4.1).

Ids, families and limits are a believable November 2026; prices are invented.
"""

from typing import Any

from tray_app.simulated import catalog_further as further

Entry = dict[str, Any]

CHAT, RESPONSES, MESSAGES, SOCKET = "/chat/completions", "/responses", "/v1/messages", "ws:/responses"
_PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif"]
_APPLE = ["image/heic", "image/heif"]
_PLANS = ["pro", "edu", "pro_plus", "business", "enterprise"]
_STRICT = {
    "streaming": True,
    "tool_calls": True,
    "parallel_tool_calls": True,
    "structured_outputs": True,
    "vision": True,
}


def _prices(price: float, context: int) -> dict[str, Any]:
    """Credits per million tokens for an input price: the usual ratios, a dearer tier above 200k."""
    tiers: dict[str, Any] = {
        "batch_size": 1_000_000,
        "default": {
            "input_price": price,
            "output_price": price * 5,
            "cache_price": price / 10,
            "cache_write_price": price * 1.25,
        },
    }
    if context > 400_000:
        tiers["default"]["context_max"] = 200_000
        tiers["long_context"] = {
            "input_price": price * 2,
            "output_price": price * 7.5,
            "cache_price": price / 5,
            "cache_write_price": price * 2.5,
            "context_max": context,
        }
    return tiers


def _model(
    id: str,
    name: str,
    vendor: str,
    limits: tuple[int, int, int],
    endpoints: list[str] | None,
    *,
    multiplier: float = 1,
    price: float = 0,
    effort: list[str] | None = None,
    supports: dict[str, Any] | None = None,
    version: str | None = None,
    category: str = "versatile",
    policy: str | None = "enabled",
    plans: list[str] | None = None,
    non_streaming: int | None = None,
    pictures: int = 1,
    **more: Any,
) -> Entry:
    """One chat entry. `limits` is window, prompt, output; `price` is credits per million input tokens."""
    window, prompt, output = limits
    billing: dict[str, Any] = {"is_premium": multiplier > 0, "multiplier": multiplier}
    if price:
        billing["auto_discount"] = 0.1
    if multiplier:
        billing |= {"restricted_to": plans or _PLANS, "token_prices": _prices(price, window)}
    entry: Entry = {
        "id": id,
        "object": "model",
        "name": name,
        "vendor": vendor,
        "version": version or id,
        "preview": False,
        "model_picker_enabled": True,
        "model_picker_category": category,
        "is_chat_default": False,
        "is_chat_fallback": False,
        "billing": billing,
        "capabilities": {
            "object": "model_capabilities",
            "type": "chat",
            "family": id,
            "tokenizer": "o200k_base",
            "limits": {
                "max_context_window_tokens": window,
                "max_prompt_tokens": prompt,
                "max_output_tokens": output,
                "vision": {
                    "max_prompt_images": pictures,
                    "max_prompt_image_size": 3_145_728,
                    "supported_media_types": _PICTURES,
                },
            },
            "supports": dict(_STRICT),
        },
    }
    if price:
        entry["model_picker_price_category"] = "low" if price < 150 else "medium" if price < 400 else "high"
    if "Google" in vendor:
        entry["capabilities"]["limits"]["vision"]["supported_media_types"] = [*_PICTURES, *_APPLE]
    if endpoints is not None:
        entry["supported_endpoints"] = endpoints
    if policy is not None:
        entry["policy"] = {"state": policy, "terms": f"Enable access to {name}."}
    if non_streaming:
        entry["capabilities"]["limits"]["max_non_streaming_output_tokens"] = non_streaming
    if effort is not None:
        entry["capabilities"]["supports"]["reasoning_effort"] = effort
    entry["capabilities"]["supports"] |= supports or {}
    return entry | more


def _claude(id: str, name: str, limits: tuple[int, int, int], *, adaptive: bool, **more: Any) -> Entry:
    supports: dict[str, Any] = {"thinking": True, "min_thinking_budget": 1024, "max_thinking_budget": 32_000}
    if adaptive:
        supports |= {"adaptive_thinking": True, "tool_search": True, "context_editing": True}
    more.setdefault("endpoints", [CHAT, MESSAGES])
    return _model(id, name, "Anthropic", limits, non_streaming=16_000, supports=supports, **more)


def _embedding(id: str, name: str, *, dimensions: bool) -> Entry:
    return {
        "id": id,
        "object": "model",
        "name": name,
        "vendor": "Azure OpenAI",
        "version": id,
        "preview": False,
        "model_picker_enabled": False,
        "capabilities": {
            "object": "model_capabilities",
            "type": "embeddings",
            "family": id,
            "tokenizer": "cl100k_base",
            "limits": {"max_inputs": 512},
            "supports": {"dimensions": dimensions},
        },
    }


def built_in() -> list[Entry]:
    """A fresh copy of the seat's models. The last entry repeats an id: the first one counts."""
    million = (1_000_000, 936_000, 64_000)
    small = (200_000, 168_000, 32_000)
    codex = (400_000, 272_000, 128_000)
    levels = ["low", "medium", "high"]
    return [
        _model("gpt-4.1", "GPT-4.1", "Azure OpenAI", (128_000, 128_000, 16_384), None, multiplier=0,
               version="gpt-4.1-2025-04-14", policy=None, is_chat_default=True, is_chat_fallback=True,
               supports={"prediction": True}),
        _model("gpt-5-mini", "GPT-5 mini", "Azure OpenAI", (264_000, 128_000, 64_000),
               [CHAT, RESPONSES, SOCKET], multiplier=0, version="gpt-5-mini-2025-08-07", policy=None,
               category="lightweight", effort=["minimal", "low", "medium", "high"]),
        _model("gpt-5.1-chat", "GPT-5.1 Chat", "OpenAI", (128_000, 111_616, 16_384), [CHAT], price=125,
               version="gpt-5.1-chat-2025-11-13", effort=levels),
        _model("gpt-5.2", "GPT-5.2", "OpenAI", codex, [CHAT, RESPONSES, SOCKET], price=175,
               version="gpt-5.2-2025-12-11", effort=["none", *levels, "xhigh"]),
        _model("gpt-5.3-codex", "GPT-5.3-Codex", "OpenAI", codex, [RESPONSES, SOCKET], price=175,
               category="powerful", effort=[*levels, "xhigh"], supports={"tool_search": True}),
        _model("gpt-5.5", "GPT-5.5", "OpenAI", (1_050_000, 922_000, 128_000), [RESPONSES, SOCKET],
               multiplier=7.5, price=500, version="gpt-5.5-2026-04-23", category="powerful",
               effort=["none", *levels, "xhigh"], supports={"tool_search": True, "web_search": True}),
        _claude("claude-haiku-4.5", "Claude Haiku 4.5", small, adaptive=False, multiplier=0.33, price=100,
                category="lightweight"),
        _claude("claude-sonnet-4.5", "Claude Sonnet 4.5", small, adaptive=False, price=300),
        _claude("claude-sonnet-5", "Claude Sonnet 5", million, adaptive=True, price=300,
                effort=[*levels, "max"]),
        _claude("claude-opus-4.8", "Claude Opus 4.8", million, adaptive=True, multiplier=7.5, price=500,
                category="powerful", effort=[*levels, "xhigh", "max"]),
        _claude("claude-opus-5", "Claude Opus 5", million, adaptive=True, multiplier=7.5, price=500,
                category="powerful", effort=[*levels, "xhigh", "max"]),
        _claude("claude-opus-4.5", "Claude Opus 4.5", small, adaptive=False, multiplier=3, price=500,
                endpoints=[MESSAGES], category="powerful", effort=levels, model_picker_enabled=False),
        _model("gemini-3.1-pro", "Gemini 3.1 Pro", "Google", (200_000, 136_000, 64_000), [CHAT], price=200,
               preview=True, category="powerful", effort=levels, pictures=10,
               supports={"min_thinking_budget": 256, "max_thinking_budget": 32_000}),
        _model("gemini-3.5-flash-lite", "Gemini 3.5 Flash-Lite", "Google", (200_000, 136_000, 64_000), [CHAT],
               multiplier=0.25, price=10, category="lightweight", pictures=10, effort=levels),
        _model("grok-code-fast-1", "Grok Code Fast 1", "xAI", (128_000, 109_000, 64_000), [CHAT],
               multiplier=0.25, price=20, supports={"vision": False, "structured_outputs": False}),
        _model("gpt-5.6-preview", "GPT-5.6", "OpenAI", codex, [RESPONSES, SOCKET], price=250, preview=True,
               policy="unconfigured", effort=levels),
        _model("gemini-3.5-ultra", "Gemini 3.5 Ultra", "Google", million, [CHAT], multiplier=10, price=900,
               policy="disabled", effort=levels, category="powerful"),
        _claude("claude-opus-5-fast", "Claude Opus 5 (fast)", million, adaptive=True, multiplier=30,
                price=3000, plans=["enterprise"], category="powerful", effort=levels),
        _embedding("text-embedding-3-small", "Embedding V3 small", dimensions=True),
        _embedding("text-embedding-ada-002", "Embedding V2 Ada", dimensions=False),
        *further.models(_model, _claude, _embedding),
        _model("gpt-4.1", "GPT-4.1 (alias)", "Azure OpenAI", (32_000, 32_000, 4_096), [CHAT], multiplier=0,
               version="gpt-41-copilot", policy=None, model_picker_enabled=False),
    ]  # fmt: skip
