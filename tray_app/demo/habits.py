"""The tools of the demo's person, as each is used, and what goes wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tray_app.dialects.capabilities import CHAT as CHAT_PATH
from tray_app.dialects.capabilities import MESSAGES as MESSAGES_PATH
from tray_app.dialects.capabilities import RESPONSES as RESPONSES_PATH
from tray_app.dialects.capabilities import Endpoint, Model
from tray_app.dialects.protocol import Dialect
from tray_app.dialects.table import BY_ENDPOINT, CHAT, MESSAGES, RESPONSES
from tray_app.errors import Fault, Kind

LEVELS = ("low", "medium", "high")


def _model(id: str, vendor: str, endpoint: Endpoint, *, adaptive: bool = False) -> Model:
    return Model(
        id, vendor=vendor, endpoints=(endpoint,), max_output_tokens=64_000, vision=True, tool_calls=True,
        parallel_tool_calls=True, thinking=endpoint != CHAT_PATH, reasoning_effort=LEVELS,
        adaptive_thinking=adaptive,
    )  # fmt: skip


SONNET = _model("claude-sonnet-5", "Anthropic", MESSAGES_PATH, adaptive=True)
HAIKU = _model("claude-haiku-4.5", "Anthropic", MESSAGES_PATH)
OPUS = _model("claude-opus-5", "Anthropic", MESSAGES_PATH, adaptive=True)
CODEX = _model("gpt-5.3-codex", "OpenAI", RESPONSES_PATH)
GPT = _model("gpt-4.1", "Azure OpenAI", CHAT_PATH)


@dataclass(frozen=True, slots=True)
class Habit:
    """How one tool is used. `names` are its own for what it does: read, run, edit, search."""

    client: str
    user_agent: str
    process: str
    dialect: Dialect
    path: str
    asked: str  # the model's name in its requests
    model: Model
    nano_per_token: int  # AI units; cached tokens cost a tenth, answers five times as much
    weight: int
    session_header: str
    names: Mapping[str, str]

    @property
    def target(self) -> Dialect:
        return BY_ENDPOINT[self.model.endpoints[0]]  # type: ignore[index]  # all three are its keys


_CLAUDE = {"read": "Read", "run": "Bash", "edit": "Edit", "search": "Grep"}
_CODEX = {"read": "read_file", "run": "shell", "edit": "apply_edit", "search": "search"}
_OPEN = {"read": "read", "run": "bash", "edit": "edit", "search": "grep"}
_CLAUDE_CODE = ("Claude Code", "claude-cli/2.1.330 (external, cli)", "claude", MESSAGES, "/v1/messages")
_CODEX_CLI = ("Codex", "codex_cli_rs/0.169.0", "codex", RESPONSES, "/v1/responses")

CLAUDE_SONNET = Habit(
    *_CLAUDE_CODE, "claude-sonnet-5", SONNET, 300_000, 10, "X-Claude-Code-Session-Id", _CLAUDE
)
CLAUDE_HAIKU = Habit(
    *_CLAUDE_CODE, "claude-haiku-4-5-20251001", HAIKU, 100_000, 2, "X-Claude-Code-Session-Id", _CLAUDE
)
CODEX_GPT = Habit(*_CODEX_CLI, "gpt-5.3-codex", CODEX, 175_000, 6, "session_id", _CODEX)
CODEX_OPUS = Habit(*_CODEX_CLI, "opus", OPUS, 500_000, 1, "session_id", _CODEX)
OPEN_GPT = Habit(
    "OpenCode", "opencode/1.18.33", "opencode", CHAT, "/v1/chat/completions", "gpt-4.1", GPT, 0, 3,
    "x-session-affinity", _OPEN,
)  # fmt: skip
HABITS = (CLAUDE_SONNET, CLAUDE_HAIKU, CODEX_GPT, CODEX_OPUS, OPEN_GPT)


@dataclass(frozen=True, slots=True)
class Failure:
    """`said` is what upstream answered to each attempt."""

    fault: Fault
    said: str
    attempts: int = 1


def _failure(status: int, kind: Kind, code: str, message: str, said: str, attempts: int = 1) -> Failure:
    return Failure(Fault(status, kind, message, code=code), said, attempts)


_LIMIT = "Sorry, you have exceeded your rate limit. Please try again later."
RATE_LIMITED = _failure(429, Kind.RATE_LIMITED, "user_model_rate_limited", _LIMIT, _LIMIT, 3)
TOO_LONG = _failure(
    400, Kind.INVALID, "model_max_prompt_tokens_exceeded",
    "prompt is too long: 214003 tokens > 168000 maximum",
    "prompt token count of 214003 exceeds the limit of 168000",
)  # fmt: skip
BAD_TOOL = _failure(
    400, Kind.INVALID, "invalid_request_body",
    "tools.3.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12.",
    "tools.3.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12.",
)  # fmt: skip
BROKEN = _failure(
    502, Kind.UPSTREAM, "upstream_broken", "Copilot's answer broke off before its end.", "answered"
)
FAILURES = (RATE_LIMITED, TOO_LONG, BAD_TOOL, BROKEN)
