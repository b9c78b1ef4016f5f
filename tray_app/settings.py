"""Every setting, declared once: its section, default, help, bounds. Loading and saving are in
`settings_file.py`; the README table, the environment names and the `config` command come from here.

Code receives the section it needs. A Settings value never changes; a new one replaces it (`Live`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def setting(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    restart: bool = False,
) -> Any:
    """One key. `low` and `high` are inclusive; `restart` marks what restarts the listener."""
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "choices": choices,
        "secret": secret,
        "restart": restart,
    }
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    host: str = setting(
        "127.0.0.1", "Address to listen on; anything but loopback needs an API key", restart=True
    )
    port: int = setting(8314, "Port to listen on; 0 takes a free one", low=0, high=65535, restart=True)
    ollama_port: int = setting(0, "A further port that speaks Ollama's API; 0: none", low=0, high=65535)
    api_keys: tuple[str, ...] = setting(
        (), "Keys that clients must send; none: open on loopback", secret=True
    )
    allowed_hosts: tuple[str, ...] = setting((), "Further names that the Host header may carry")
    allowed_origins: tuple[str, ...] = setting((), "Web origins that may call, as https://example.org")
    max_body_mb: int = setting(64, "Largest request body in megabytes", low=1, high=1024)
    metrics: bool = setting(True, "Serve /metrics")


@dataclass(frozen=True, slots=True)
class CopilotSettings:
    account_type: str = setting(
        "auto",
        "Plan, used for the host only when the token names none",
        choices=("auto", "individual", "business", "enterprise"),
    )
    github_url: str = setting("https://github.com", "Where sign-in happens; https://TENANT.ghe.com moves all")
    github_api_url: str = setting("https://api.github.com", "GitHub's API")
    api_url: str = setting("", "Copilot's host; empty: what the token response names")
    client_id: str = setting("Iv1.b507a08c87ecfe98", "OAuth app of the device flow")
    editor_version: str = setting("vscode/1.124.2", "Editor-Version header; goes with the next three")
    plugin_version: str = setting("copilot-chat/0.52.0", "Editor-Plugin-Version header")
    integration_id: str = setting("vscode-chat", "Copilot-Integration-Id header")
    api_version: str = setting("2026-06-01", "X-GitHub-Api-Version header of the data plane")
    connect_timeout_seconds: float = setting(10, "Longest wait for a connection", low=0.1, high=300)
    read_timeout_seconds: float = setting(900, "Longest silence from Copilot, 0 for none", low=0)
    max_connection_retries: int = setting(
        3, "Tries after a failed one, before the first byte", low=0, high=10
    )
    use_system_proxy: bool = setting(True, "Use the system's proxy settings")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    exact: Mapping[str, str] = setting({}, "Whole name asked for = model used")
    prefix: Mapping[str, str] = setting({}, "Start of a name asked for = model used; the longest wins")
    reasoning_effort: Mapping[str, str] = setting({}, "Model = effort when the client names none")
    extra_prompts: Mapping[str, str] = setting({}, "Model = text added to its system prompt")
    small_model: str = setting("", "Model for the background calls of clients; empty: as asked")
    web_search_model: str = setting(
        "", "Model that runs the web searches of Claude Code and Gemini CLI, or auto; empty: the one asked"
    )


@dataclass(frozen=True, slots=True)
class FilterSettings:
    system_prompt_remove: tuple[str, ...] = setting((), "Texts cut out of system prompts")
    system_prompt_add: tuple[str, ...] = setting((), "Texts added to system prompts")
    tool_result_suffix_remove: tuple[str, ...] = setting((), "Texts cut from the end of tool results")


@dataclass(frozen=True, slots=True)
class AnthropicSettings:
    native_messages: bool = setting(True, "Use Copilot's own Messages endpoint where a model has it")
    extend_cache_ttl: bool = setting(False, "Ask for the one-hour prompt cache; writes cost more")


@dataclass(frozen=True, slots=True)
class ResponsesSettings:
    web_search: bool = setting(True, "Pass web search tools on; false strips them")
    function_apply_patch: bool = setting(True, "Send Codex's apply_patch as a function and map it back")


@dataclass(frozen=True, slots=True)
class LimitSettings:
    rate_limit_seconds: float = setting(0, "Shortest time between two requests, 0 for none", low=0, high=3600)
    rate_limit_wait: bool = setting(False, "Wait instead of refusing")
    manual_approval: bool = setting(
        False, "Ask on the desktop before each request; refused where nobody can be asked"
    )
    daily_quota_percent: float = setting(
        0, "Share of the quota one day may use, 0 for no cap", low=0, high=100
    )


@dataclass(frozen=True, slots=True)
class HistorySettings:
    enabled: bool = setting(True, "Keep a record of each request")
    retention_days: int = setting(30, "Days a record is kept", low=1, high=3650)
    max_requests: int = setting(200_000, "Records kept at most", low=100, high=10_000_000)
    capture_bodies: bool = setting(False, "Store bodies for a while")
    capture_hours: float = setting(1, "Hours until capture switches itself off", low=0.1, high=168)
    otlp_endpoint: str = setting(
        "", "OpenTelemetry collector that gets one span per request, without texts; empty: none"
    )
    otlp_headers: tuple[str, ...] = setting(
        (), "Headers for the collector, as Authorization: Bearer TOKEN", secret=True
    )


@dataclass(frozen=True, slots=True)
class DesktopSettings:
    start_proxy: bool = setting(True, "Start the proxy with the application")
    autostart: bool = setting(False, "Start at login")
    notifications: bool = setting(True, "Show notifications")
    quota_alerts: tuple[int, ...] = setting((50, 20, 5), "Percent left at which to notify")
    theme: str = setting("system", "Look of the window", choices=("system", "light", "dark"))
    language: str = setting("system", "Language of the window", choices=("system", "en", "zh-CN"))
    update_feed: str = setting(
        "", "Asked once a day for a newer version: a GitHub releases address; empty: never"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    server: ServerSettings = field(default_factory=ServerSettings)
    copilot: CopilotSettings = field(default_factory=CopilotSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    filters: FilterSettings = field(default_factory=FilterSettings)
    anthropic: AnthropicSettings = field(default_factory=AnthropicSettings)
    responses: ResponsesSettings = field(default_factory=ResponsesSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    desktop: DesktopSettings = field(default_factory=DesktopSettings)


class Live:
    """The settings in force. Readers ask `now` each time; whoever must act on a change subscribes."""

    def __init__(self, settings: Settings) -> None:
        self._now = settings
        self._listeners: list[Callable[[Settings, Settings], None]] = []

    @property
    def now(self) -> Settings:
        return self._now

    def subscribe(self, listener: Callable[[Settings, Settings], None]) -> None:
        """`listener(old, new)` is called in the thread that replaces the settings."""
        self._listeners.append(listener)

    def replace(self, settings: Settings) -> None:
        old, self._now = self._now, settings
        if settings != old:
            for listener in self._listeners:
                listener(old, settings)
