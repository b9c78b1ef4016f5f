"""PURE. The models of the seat as tools are told about them, and which one fits a tool by default.

Read from OpenAI's form of the list (`/v1/models`), which any running Jumpseat gives.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tray_app.errors import LocalFault
from tray_app.proxy.model_names import canonical, tier, version

# Prompts are counted before they are sent, and a tool's result can be large: compact well before the end.
_COMPACT_AT = 0.9


@dataclass(frozen=True, slots=True)
class Offered:
    """One chat model. Limits are tokens; None is unknown."""

    id: str
    name: str
    vendor: str = ""
    window: int | None = None
    prompt: int | None = None
    output: int | None = None
    endpoints: tuple[str, ...] = ()
    vision: bool = False
    tools: bool = True
    reasons: bool = False
    preview: bool = False
    multiplier: float | None = None

    @property
    def is_claude(self) -> bool:
        return self.vendor.lower() == "anthropic" or self.id.startswith("claude")

    @property
    def input_limit(self) -> int | None:
        """What a prompt may hold: the smaller of its limit and the window."""
        return min((limit for limit in (self.prompt, self.window) if limit), default=None)

    @property
    def compact_at(self) -> int | None:
        """At how many tokens a conversation should be compacted."""
        return None if self.input_limit is None else int(self.input_limit * _COMPACT_AT)


class Models:
    """The usable chat models, with the choices that tools need."""

    def __init__(self, models: Iterable[Offered]) -> None:
        self.all = tuple(models)

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "Models":
        """From `{"data": [...]}`. Models that the account cannot use are left out, and so is nonsense."""
        entries = answer.get("data")
        return cls(
            _offered(entry)
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, dict) and isinstance(entry.get("id"), str) and _is_chat(entry)
        )

    def named(self, name: str) -> Offered:
        """By id, another spelling, or a tier's name such as `opus`. Raises LocalFault with what is near."""
        same = [model for model in self.all if model.id == name]
        same = same or [model for model in self.all if canonical(model.id) == canonical(name)]
        if same:
            return same[0]
        if canonical(name) in ("claude-opus", "claude-sonnet", "claude-haiku"):
            newest = self.newest(lambda model: tier(model.id) == tier(name))
            if newest is not None:
                return newest
        near = difflib.get_close_matches(name, [model.id for model in self.all], 3, 0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`jumpseat models` lists what there is."
        raise LocalFault(f"Your seat has no model named {name}.", hint)

    def newest(self, fits: Callable[[Offered], bool]) -> Offered | None:
        """The highest version among those that fit and have tools; a preview only where nothing else is."""
        found = [model for model in self.all if model.tools and fits(model)]
        return max(found, key=lambda model: (not model.preview, version(model.id)), default=None)

    def claude(self, line: str) -> Offered | None:
        """The newest of a line: opus, sonnet or haiku."""
        return self.newest(lambda model: tier(model.id) == f"claude {line}")

    def codex(self) -> Offered | None:
        """The newest GPT made for Codex, else the newest GPT with the Responses API."""
        return self.newest(lambda model: "codex" in model.id and not _is_small(model)) or self.gpt()

    def gpt(self) -> Offered | None:
        return self.newest(
            lambda model: (
                model.id.startswith("gpt-") and "/responses" in model.endpoints and not _is_small(model)
            )
        )

    def gemini(self) -> Offered | None:
        return self.newest(lambda model: tier(model.id) == "gemini pro")

    def small(self) -> Offered | None:
        """For titles and the like: a small GPT, which most plans do not bill, or a small model of others."""
        return (
            self.newest(lambda model: model.id.startswith("gpt-") and _is_small(model))
            or self.claude("haiku")
            or self.newest(_is_small)
        )

    def main(self) -> Offered | None:
        """For tools of no maker: sonnet, else the newest GPT, else anything."""
        return self.claude("sonnet") or self.gpt() or self.newest(lambda _: True)


def _is_small(model: Offered) -> bool:
    return any(word in model.id for word in ("mini", "nano", "flash", "haiku"))


def _is_chat(entry: Mapping[str, Any]) -> bool:
    return entry.get("type", "chat") == "chat" and entry.get("available", True) is not False


def _offered(entry: Mapping[str, Any]) -> Offered:
    def number(key: str) -> int | None:
        value = entry.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

    endpoints = entry.get("supported_endpoints")
    multiplier = entry.get("multiplier")
    return Offered(
        id=entry["id"],
        name=str(entry.get("name") or entry["id"]),
        vendor=str(entry.get("vendor") or ""),
        window=number("context_window"),
        prompt=number("max_prompt_tokens"),
        output=number("max_output_tokens"),
        endpoints=tuple(map(str, endpoints)) if isinstance(endpoints, list) else (),
        vision=entry.get("vision") is True,
        tools=entry.get("tool_calls") is not False,
        reasons=bool(entry.get("reasoning_effort")),
        preview=entry.get("preview") is True,
        multiplier=multiplier if isinstance(multiplier, int | float) else None,
    )
