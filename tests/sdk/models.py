"""The models that the SDK tests go through: of each upstream form, with each family's oddities."""

CHAT_ONLY = "gpt-4.1"
RESPONSES_ONLY = "gpt-5.3-codex"
MESSAGES_ONLY = "claude-opus-4.5"
MODELS = (
    CHAT_ONLY,
    RESPONSES_ONLY,
    MESSAGES_ONLY,
    "gpt-5-mini",
    "gpt-5.5",
    "claude-sonnet-4.5",
    "claude-opus-5",
    "gemini-3.1-pro",
    "gemini-3.5-flash-lite",
    "grok-code-fast-1",
)
SEEING = tuple(model for model in MODELS if not model.startswith("grok"))
REASONING = tuple(model for model in MODELS if model not in (CHAT_ONLY, "grok-code-fast-1"))
# Copilot's Opus 4.5 refuses output_config.format, and Grok response_format: there it is dropped with a note.
STRUCTURED = tuple(model for model in SEEING if model != MESSAGES_ONLY)
