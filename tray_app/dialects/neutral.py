"""The neutral form: what every dialect means, in no dialect's words.

Two-dialect translation reads one dialect into this form and writes the other from it, so that each
dialect is one reader and one writer. When client and upstream speak the same dialect this form is not
built at all.

None means "not said" or "not known", never zero. Tool arguments stay the JSON text they arrived as.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

DialectName = Literal["chat", "responses", "messages", "gemini", "ollama"]
Role = Literal["system", "developer", "user", "assistant", "tool"]
ToolKind = Literal["function", "custom", "hosted"]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing changed, dropped or repaired on the way, for the request's record."""

    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.field}: {self.what}" if self.field else self.what


# --- parts of a message -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    phase: str | None = None  # Responses: "commentary" or "final_answer", sent back unchanged
    cached: bool = False  # the client set a cache mark behind this part


@dataclass(frozen=True, slots=True)
class Image:
    """An image, inline (`media_type` and base64 `data`) or at a `url` (refused upstream)."""

    media_type: str = ""
    data: str = ""
    url: str = ""
    detail: str | None = None
    cached: bool = False

    @property
    def data_url(self) -> str:
        return f"data:{self.media_type};base64,{self.data}" if self.data else self.url


@dataclass(frozen=True, slots=True)
class Document:
    """A file: base64 `data` (PDF), or plain `text`."""

    media_type: str = "application/pdf"
    data: str = ""
    text: str | None = None
    name: str | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """What a model wants back with its thinking, readable only by the backend that wrote it.

    `kind` is the upstream form it belongs to: "messages" (a thinking signature), "responses"
    (encrypted_content, with `id` the item id that came with that blob) or "chat" (reasoning_opaque).
    """

    kind: DialectName
    value: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning of the model: readable `text`, the `opaque` value, or both.

    `redacted` marks Anthropic's redacted_thinking, whose opaque value is its `data`.
    """

    text: str = ""
    opaque: Opaque | None = None
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. `arguments` is JSON text; for a custom tool the raw input text."""

    id: str
    name: str
    arguments: str = "{}"
    kind: ToolKind = "function"
    namespace: str | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered: Text, Image and Document parts. `name` only where a dialect gives it."""

    call_id: str
    parts: "tuple[Text | Image | Document, ...]" = ()
    is_error: bool = False
    kind: ToolKind = "function"
    name: str | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A page that a search found; an empty `title` was not told."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Searched:
    """A web search that ran upstream while the model answered."""

    id: str
    query: str
    sources: tuple[Source, ...] = ()


Part = Text | Image | Document | Thinking | ToolCall | ToolResult | Refusal | Searched


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Tool results always stand in messages of role "tool", one or more per message."""

    role: Role
    parts: tuple[Part, ...]


# --- the request --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the client offers.

    `parameters` is a JSON schema (functions), `format` the grammar of a custom tool, `raw` the tool as
    the client wrote it (hosted tools such as web_search, and anything a same-dialect writer can reuse).
    `namespace` groups functions (Codex); a call into it carries the namespace too.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = None
    kind: ToolKind = "function"
    namespace: str | None = None
    namespace_description: str = ""
    format: Mapping[str, Any] | None = None
    deferred: bool = False
    cached: bool = False
    raw: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """`mode` "tool" names the one tool to call; `allowed` restricts the choice when not empty."""

    mode: Literal["auto", "required", "none", "tool"]
    name: str | None = None
    namespace: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much the model should think.

    `mode`: "off", "on" (with `budget` tokens), "adaptive", or None when only an effort was given.
    `summary`: Responses' word for how to show it; `show`: False when the client wants none shown.
    """

    mode: Literal["off", "on", "adaptive"] | None = None
    effort: str | None = None
    budget: int | None = None
    summary: str | None = None
    show: bool = True


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Structured output: any JSON object, or JSON that fits `schema`."""

    kind: Literal["json_object", "json_schema"]
    schema: Mapping[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, in no dialect. `extra` holds the client's fields that no neutral field names."""

    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: Mapping[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning: Reasoning | None = None
    output: OutputFormat | None = None
    verbosity: str | None = None
    user: str | None = None
    metadata: Mapping[str, Any] | None = None
    cache_key: str | None = None
    safety_identifier: str | None = None
    include_usage: bool = False  # chat: the client asked for the usage chunk
    asked_at: int = 0  # unix seconds; for dialects whose answers carry a time
    has_cache_marks: bool = False  # the client's dialect has cache marks and it set some
    is_chat: bool = False  # read from Chat Completions, for the few rules that differ (wire 11.4, 11.5)
    extra: Mapping[str, Any] = field(default_factory=dict)


# --- the answer ---------------------------------------------------------------------------------


class StopReason(StrEnum):
    END = "end"
    MAX_TOKENS = "max_tokens"
    TOOLS = "tools"
    STOP_SEQUENCE = "stop_sequence"
    FILTERED = "filtered"  # a content filter cut the answer
    REFUSED = "refused"  # the model declined
    PAUSED = "paused"
    CONTEXT_FULL = "context_full"


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the answer ended. `explanation` and `category` come with some refusals."""

    reason: StopReason
    sequence: str | None = None
    explanation: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, as upstream reported them; None is "not reported".

    `input_tokens` counts the whole prompt, cached and cache-written tokens included (OpenAI's way).
    `output_tokens` includes reasoning. `nano_aiu` is `copilot_usage.total_nano_aiu`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    nano_aiu: int | None = None

    def merged(self, newer: "Usage") -> "Usage":
        """Newer figures win where they exist."""
        pairs = {
            name: new if (new := getattr(newer, name)) is not None else getattr(self, name)
            for name in Usage.__slots__
        }
        return Usage(**pairs)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: Text, Thinking, ToolCall, Refusal and Searched parts, in order."""

    id: str
    model: str  # as the upstream names it
    parts: tuple[Part, ...]
    stop: Stop
    usage: Usage = Usage()
    created: int | None = None  # unix seconds
