"""Which coding tool is calling, by its User-Agent (client-traffic: measured with each tool)."""

from functools import lru_cache

_BY_START = (
    ("claude-cli", "Claude Code"),
    ("claude-code", "Claude Code"),
    ("claude desktop", "Claude Desktop"),
    ("codex", "Codex"),
    ("opencode", "OpenCode"),
    ("geminicli", "Gemini CLI"),
    ("github-copilot", "Copilot CLI"),
    ("copilot", "Copilot CLI"),
    ("litellm", "LiteLLM"),
    ("aider", "aider"),
    ("zed", "Zed"),
    ("continue", "Continue"),
    ("openai/python", "OpenAI SDK (Python)"),
    ("asyncopenai/python", "OpenAI SDK (Python)"),
    ("openai/js", "OpenAI SDK (JavaScript)"),
    ("anthropic/python", "Anthropic SDK (Python)"),
    ("asyncanthropic/python", "Anthropic SDK (Python)"),
    ("anthropic/js", "Anthropic SDK (JavaScript)"),
    ("google-genai-sdk", "Google GenAI SDK"),
    ("curl", "curl"),
    ("mozilla", "browser"),
)


@lru_cache(maxsize=256)
def client_name(user_agent: str | None) -> str:
    """A short name for people; unknown tools keep the first word of their User-Agent."""
    agent = (user_agent or "").strip()
    lower = agent.lower()
    for start, name in _BY_START:
        if lower.startswith(start):
            return name
    if "ai-sdk" in lower:
        return "AI SDK"
    word = agent.split(" ")[0].split("/")[0]
    return "".join(c for c in word if c.isprintable())[:40] or "unknown"
