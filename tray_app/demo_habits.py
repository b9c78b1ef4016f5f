"""How the tools of the demo's week are used, what their person asks for, and what goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Habit:
    """How one tool is used: where its requests go and what they are like."""

    client: str
    user_agent: str
    process: str
    dialect: str
    path: str
    model: str
    served: str
    endpoint: str
    units_per_token: int  # nano AI units; cached tokens cost a tenth
    weight: int

    def body(self, text: str) -> dict[str, Any]:
        """A small request of this tool."""
        body: dict[str, Any] = {"model": self.model, "stream": True}
        if self.dialect == "responses":
            return body | {"input": text}
        return body | {"messages": [{"role": "user", "content": text}], "max_tokens": 2_000}

    def events(self, words: Sequence[str]) -> list[dict[str, Any]]:
        """An answer's events in this tool's dialect."""
        said = [word if at == 0 else f" {word}" for at, word in enumerate(words)]
        if self.dialect == "responses":
            return _responses(said)
        return _messages(said, self.served) if self.dialect == "messages" else _chat(said, self.served)


def _chat(said: Sequence[str], model: str) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"delta": {"content": text}, "finish_reason": None} for text in said]
    deltas.append({"delta": {}, "finish_reason": "stop"})
    return [
        {
            "id": "chatcmpl-demo",
            "object": "chat.completion.chunk",
            "model": model,
            "choices": [{"index": 0, **one}],
        }
        for one in deltas
    ]


def _responses(said: Sequence[str]) -> list[dict[str, Any]]:
    text = "".join(said)
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "msg_demo", "role": "assistant", "content": [part]}
    where = {"item_id": "msg_demo", "output_index": 0, "content_index": 0}
    return [
        {"type": "response.created", "response": {"id": "resp_demo", "status": "in_progress", "output": []}},
        *({"type": "response.output_text.delta", **where, "delta": one} for one in said),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {
            "type": "response.completed",
            "response": {"id": "resp_demo", "status": "completed", "output": [item]},
        },
    ]


def _messages(said: Sequence[str], model: str) -> list[dict[str, Any]]:
    message = {"id": "msg_demo", "type": "message", "role": "assistant", "model": model, "content": []}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}}
            for one in said
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": len(said)},
        },
        {"type": "message_stop"},
    ]


HABITS = (
    Habit("Claude Code", "claude-cli/2.1.330 (external, cli)", "claude", "messages", "/v1/messages",
          "claude-sonnet-5", "claude-sonnet-5", "/v1/messages", 300_000, 10),
    Habit("Claude Code", "claude-cli/2.1.330 (external, cli)", "claude", "messages", "/v1/messages",
          "claude-haiku-4-5-20251001", "claude-haiku-4.5", "/v1/messages", 100_000, 3),
    Habit("Codex", "codex_cli_rs/0.169.0", "codex", "responses", "/v1/responses", "gpt-5.3-codex",
          "gpt-5.3-codex", "/responses", 175_000, 6),
    Habit("OpenCode", "opencode/1.18.33", "opencode", "chat", "/v1/chat/completions", "gpt-4.1", "gpt-4.1",
          "/chat/completions", 0, 3),
)  # fmt: skip

# Projects, and what is asked for in them.
PROMPTS = {
    "/home/demo/bakery": (
        "Orders of more than one loaf show the wrong total. Find out why.",
        "Write a test for orders that are changed after they were paid.",
        "Move the price list out of the code into prices.toml.",
        "The opening hours are shown in UTC; show them in the shop's own time.",
    ),
    "/home/demo/tide-tables": (
        "Read tide tables of the new format as well, with the station's name in the first line.",
        "The plot is empty when a month begins with low tide.",
        "Explain how the harmonic constants are applied.",
    ),
    "/home/demo/seed-library": (
        "Add a search by genus to the list of seeds.",
        "Migrate the loans table: a loan may be of several packets.",
        "Which of these queries lacks an index?",
    ),
}

REPLIES = (
    "The total is taken from the first line only. I will sum all lines and test an order of three loaves.",
    "Done. The change is small: one function reads the new form and gives the values of the old one.",
    "Two places need the change. I start with the reader: everything else takes its result from there.",
    "None of the tests covers this case, so I wrote one that fails, and then mended the code.",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """`said` is upstream's reason for each attempt."""

    status: int
    code: str
    message: str
    said: str
    attempts: int


FAILURES = (
    Failure(429, "rate_limited", "Copilot is asked too often just now. Please try again in a minute.",
            "Too many requests", 4),
    Failure(502, "upstream_broken", "Copilot's answer broke off before its end.",
            "The connection was cut", 2),
    Failure(400, "model_max_prompt_tokens_exceeded",
            "The prompt is longer than the model takes. Let the tool compact the conversation.",
            "prompt token count of 214003 exceeds the limit of 168000", 1),
    Failure(504, "upstream_silent", "Copilot sent nothing for 900 s.", "silence", 1),
)  # fmt: skip
