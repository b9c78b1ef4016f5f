"""A catalog entry with what the backend behind it does and refuses: rules by vendor and version."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tray_app.simulated.catalog import CHAT, MESSAGES, RESPONSES, Entry

EMBEDDINGS = "/embeddings"
_VERSION = re.compile(r"(\d+)(?:[.-](\d{1,2}))?(?!\d)")


@dataclass(frozen=True)
class Model:
    """One model. `version` is (5, 3) for gpt-5.3-codex, (0, 0) when the id carries none."""

    entry: Entry

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    @cached_property
    def version(self) -> tuple[int, int]:
        found = _VERSION.search(self.id)
        return (int(found[1]), int(found[2] or 0)) if found else (0, 0)

    @cached_property
    def maker(self) -> str:
        """claude, gpt, gemini, grok, kimi, mai or other: who validates and how the stream looks."""
        return next(
            (maker for maker in ("claude", "gpt", "gemini", "grok", "kimi", "mai") if maker in self.id),
            "other",
        )

    @cached_property
    def endpoints(self) -> tuple[str, ...]:
        """HTTP endpoints, the defaults for entries that list none included."""
        if self.capabilities.get("type") == "embeddings":
            return (EMBEDDINGS,)
        listed = self.entry.get("supported_endpoints")
        return tuple(listed) if listed is not None else (CHAT,)

    @property
    def capabilities(self) -> dict[str, Any]:
        return self.entry.get("capabilities") or {}

    @property
    def limits(self) -> dict[str, Any]:
        return self.capabilities.get("limits") or {}

    @property
    def supports(self) -> dict[str, Any]:
        return self.capabilities.get("supports") or {}

    @property
    def multiplier(self) -> float:
        return float((self.entry.get("billing") or {}).get("multiplier", 1))

    @property
    def max_prompt(self) -> int:
        return int(self.limits.get("max_prompt_tokens", 8192))

    @property
    def max_output(self) -> int:
        return int(self.limits.get("max_output_tokens", 4096))

    @property
    def efforts(self) -> list[str] | None:
        return self.supports.get("reasoning_effort")

    @property
    def reasons(self) -> bool:
        """Whether thinking can come out of it."""
        return bool(self.efforts or self.supports.get("max_thinking_budget"))

    @property
    def dashed(self) -> str:
        """The name on the Anthropic wire."""
        return self.id.replace(".", "-")

    @property
    def dated(self) -> str:
        """The backend's own name, never the one that was asked for on models that have a dated one."""
        return self.dashed if self.maker == "claude" else str(self.entry.get("version", self.id))

    @property
    def is_newest(self) -> bool:
        """Of the newest families, which not every integration may use."""
        return self.version >= ((5, 0) if self.is_claude else (5, 4)) and self.maker in ("claude", "gpt")

    # What each generation refuses (copilot-wire 5.1, 6.2, 7.4).

    @property
    def is_claude(self) -> bool:
        return self.maker == "claude"

    @property
    def adaptive(self) -> bool:
        return bool(self.supports.get("adaptive_thinking"))

    @property
    def refuses_enabled_thinking(self) -> bool:
        return self.is_claude and self.version >= (4, 7)

    @property
    def refuses_sampling(self) -> bool:
        return self.is_claude and self.version >= (4, 7)

    @property
    def refuses_prefill(self) -> bool:
        return self.is_claude and self.version >= (4, 6)

    @property
    def takes_system_messages(self) -> bool:
        return self.is_claude and self.version >= (4, 8)

    @property
    def takes_top_level_cache(self) -> bool:
        return self.is_claude and self.version >= (4, 6) and "sonnet-4.6" not in self.id

    @property
    def takes_long_ttl_freely(self) -> bool:
        return self.is_claude and self.version >= (4, 7)

    @property
    def refuses_max_tokens(self) -> bool:
        return self.maker == "gpt" and self.version >= (5, 1)

    @property
    def takes_custom_tools(self) -> bool:
        return self.maker == "gpt" and self.version >= (5, 1)

    @property
    def takes_namespaces(self) -> bool:
        return self.maker == "gpt" and self.version >= (5, 3)

    @property
    def has_phases(self) -> bool:
        return self.maker == "gpt" and self.version >= (5, 3)

    @property
    def takes_context_management(self) -> bool:
        return self.maker == "gpt" and (5, 3) <= self.version < (5, 6)


def index(entries: list[Entry]) -> dict[str, Model]:
    """Models by id; of a repeated id the first counts."""
    found: dict[str, Model] = {}
    for entry in entries:
        found.setdefault(str(entry["id"]), Model(entry))
    return found


__all__ = ["CHAT", "EMBEDDINGS", "MESSAGES", "RESPONSES", "Model", "index"]
