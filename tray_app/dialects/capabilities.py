"""One model of the catalog: its endpoints, limits and abilities, as the rest of the program needs them.

Source: `GET /models` of the data plane. Absent means "not known" (None) or "no" (False), except
`reasoning_effort`: None is "not declared", an empty tuple is "accepts none".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Endpoint = Literal["/chat/completions", "/responses", "/v1/messages", "/embeddings"]

CHAT: Endpoint = "/chat/completions"
RESPONSES: Endpoint = "/responses"
MESSAGES: Endpoint = "/v1/messages"
EMBEDDINGS: Endpoint = "/embeddings"
WEBSOCKET = "ws:/responses"


@dataclass(frozen=True, slots=True)
class Model:
    """A catalog entry. Limits are tokens unless the name says otherwise."""

    id: str
    name: str = ""
    vendor: str = ""
    version: str = ""
    family: str = ""
    type: str = "chat"  # chat, embeddings, completion
    preview: bool = False
    picker_enabled: bool = True
    endpoints: tuple[str, ...] = (CHAT,)
    tokenizer: str = "o200k_base"
    context_window: int | None = None
    max_prompt_tokens: int | None = None
    max_output_tokens: int | None = None
    max_non_streaming_output_tokens: int | None = None
    max_inputs: int | None = None
    vision: bool = False
    image_types: tuple[str, ...] = ()
    max_image_bytes: int | None = None
    tool_calls: bool = False
    parallel_tool_calls: bool = False
    structured_outputs: bool = False
    thinking: bool = False
    adaptive_thinking: bool = False
    min_thinking_budget: int | None = None
    max_thinking_budget: int | None = None
    reasoning_effort: tuple[str, ...] | None = None
    dimensions: bool = False
    web_search: bool = False
    tool_search: bool = False
    context_editing: bool = False
    policy_state: str | None = None  # enabled, disabled, unconfigured
    policy_terms: str | None = None
    restricted_to: tuple[str, ...] = ()
    is_premium: bool = False
    multiplier: float | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_claude(self) -> bool:
        return self.vendor.lower() == "anthropic" or self.id.startswith("claude")

    @property
    def is_gemini(self) -> bool:
        return self.vendor.lower() == "google" or self.id.startswith("gemini")

    def has(self, endpoint: str) -> bool:
        return endpoint in self.endpoints

    @property
    def reasons(self) -> bool:
        """Whether the model thinks before it answers, as far as the catalog tells."""
        return (
            bool(self.reasoning_effort)
            or self.thinking
            or self.adaptive_thinking
            or bool(self.max_thinking_budget)
        )
