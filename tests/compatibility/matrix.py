"""What works between which client dialect and which upstream endpoint: for the page and its tests.

Every cell is backed by `test_matrix.py`, streamed and whole, on the running server. A cell says "native"
(same dialect: the body passes), "translated", or "dropped"; a note says what to know.
"""

from dataclasses import dataclass

DIALECTS = ("chat", "responses", "messages", "gemini")
UPSTREAMS = DIALECTS[:3]
# A model of the simulated seat for each pair; the upstream endpoint follows from the catalog.
# (claude-sonnet-6 is claude-sonnet-5 with /v1/messages alone; see conftest.py.)
MODELS = {
    ("chat", "chat"): "gemini-3.1-pro",
    ("chat", "responses"): "gpt-5.3-codex",
    ("chat", "messages"): "claude-sonnet-6",
    ("responses", "chat"): "gemini-3.1-pro",
    ("responses", "responses"): "gpt-5.3-codex",
    ("responses", "messages"): "claude-sonnet-5",
    ("messages", "chat"): "gemini-3.1-pro",
    ("messages", "responses"): "gpt-5.3-codex",
    ("messages", "messages"): "claude-sonnet-5",
    ("gemini", "chat"): "gemini-3.1-pro",
    ("gemini", "responses"): "gpt-5.3-codex",
    ("gemini", "messages"): "claude-sonnet-5",
}
# Further models with other oddities, and the rows that they cannot have.
NO_REASONING = frozenset({"thinking", "carried"})
GROK = frozenset({"images", "tool_images", "structured", "stop_sequences"})
MORE_MODELS = (
    ("chat", "chat", "gpt-4.1", NO_REASONING),
    ("chat", "chat", "gpt-5-mini", NO_REASONING),
    ("chat", "chat", "claude-sonnet-4.5", frozenset({"thinking", "carried", "structured", "usage"})),
    ("chat", "chat", "gemini-3.5-flash-lite", frozenset()),
    ("chat", "chat", "grok-code-fast-1", NO_REASONING | GROK),
    ("responses", "chat", "gpt-4.1", NO_REASONING),
    ("responses", "chat", "gemini-3.5-flash-lite", frozenset()),
    ("messages", "chat", "gpt-4.1", NO_REASONING),
    ("messages", "chat", "gemini-3.5-flash-lite", frozenset()),
    ("messages", "chat", "gpt-5.1-chat", NO_REASONING),
    ("chat", "responses", "gpt-5.5", frozenset()),
    ("messages", "responses", "gpt-5.2", frozenset()),
    ("responses", "responses", "gpt-5-mini", frozenset({"stop_sequences"})),
    ("chat", "messages", "claude-opus-4.5", frozenset({"structured"})),
    ("responses", "messages", "claude-haiku-4.5", frozenset()),
    ("messages", "messages", "claude-opus-4.5", frozenset({"structured"})),
    ("messages", "messages", "claude-opus-5", frozenset()),
    ("gemini", "chat", "gpt-4.1", NO_REASONING),
    ("gemini", "chat", "gemini-3.5-flash-lite", frozenset()),
    ("gemini", "responses", "gpt-5.5", frozenset()),
    ("gemini", "messages", "claude-opus-4.5", frozenset({"structured"})),
    ("gemini", "messages", "claude-opus-5", frozenset()),
)  # fmt: skip
ENDPOINTS = {"chat": "/chat/completions", "responses": "/responses", "messages": "/v1/messages"}


@dataclass(frozen=True)
class Feature:
    """A row. `notes` by (client, upstream); a note that starts with "dropped" makes the cell that."""

    key: str
    title: str
    notes: dict[tuple[str, str], str]

    def cell(self, client: str, upstream: str) -> str:
        note = self.notes.get((client, upstream), "")
        if note.startswith("dropped"):
            return note
        kind = "native" if client == upstream else "translated"
        return f"{kind}: {note}" if note else kind


def _onto(upstream: str, note: str, clients: tuple[str, ...] = DIALECTS) -> dict[tuple[str, str], str]:
    return {(client, upstream): note for client in clients if client != upstream}


_LIFTED = "the image follows in a user message"
_PREFIX = "the text begins with `[ERROR]`"
_SIGNED = "in `thoughtSignature`"
_BY_CALL = "also when the client loses it: remembered by call id"

FEATURES = (
    Feature("tools", "Tools", {}),
    Feature("parallel_tools", "Parallel tool calls", {}),
    Feature("tool_images", "Images in tool results", _onto("chat", _LIFTED) | {("chat", "chat"): _LIFTED}),
    Feature("tool_errors", "Failed tool results", {
        ("messages", "chat"): _PREFIX,
        ("messages", "responses"): _PREFIX,
        ("gemini", "chat"): _PREFIX,
        ("gemini", "responses"): _PREFIX,
    }),
    Feature("images", "Images in the prompt", {}),
    Feature("thinking", "Reasoning shown", {
        ("gemini", upstream): "with `includeThoughts`" for upstream in UPSTREAMS
    }),
    Feature("carried", "Reasoning carried across turns", {
        ("chat", "chat"): _BY_CALL,
        ("chat", "responses"): _BY_CALL,
        ("chat", "messages"): _BY_CALL,
        ("gemini", "chat"): _SIGNED,
        ("gemini", "responses"): _SIGNED,
        ("gemini", "messages"): _SIGNED,
    }),
    Feature("structured", "Structured output (JSON schema)", {}),
    Feature("stops", "Stop reasons", {
        ("messages", "chat"): "a matched stop sequence reads `end_turn`: upstream does not tell",
        ("gemini", "chat"): "calls end with `STOP`, as Google's do",
        ("gemini", "responses"): "calls end with `STOP`, as Google's do",
        ("gemini", "messages"): "calls end with `STOP`, as Google's do",
    }),
    Feature("stop_sequences", "Stop sequences", {
        ("chat", "responses"): "dropped: the endpoint has none; noted",
        ("messages", "responses"): "dropped: the endpoint has none; noted",
        ("gemini", "responses"): "dropped: the endpoint has none; noted",
        ("responses", "chat"): "dropped: the client's dialect has none",
        ("responses", "responses"): "dropped: the client's dialect has none",
        ("responses", "messages"): "dropped: the client's dialect has none",
    }),
    Feature("usage", "Usage with cached tokens", {}),
    Feature("errors", "Errors, before and in the answer", {}),
    Feature("cancel", "Cancellation upstream", {}),
)  # fmt: skip
