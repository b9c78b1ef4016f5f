"""ghc-proxy's `config.yaml` (schema 6): which of its keys is which of ours. Pure."""

from collections.abc import Mapping
from typing import Any

from tray_app.importing.taking import Rule, Taken, goes_to, no_place, opposite_of

NAME = "ghc-proxy"
_VERSIONS = "Jumpseat sends the versions that it was tested with; old ones are refused one day"


def _mappings(taken: Taken, key: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        taken.leave(key, "must be a table")
        return
    for kind, table in value.items():
        if kind in ("exact", "prefix"):
            taken.put_entries(f"{key}.{kind}", f"models.{kind}", table or {})
        else:
            taken.leave(f"{key}.{kind}", f"is no setting that {NAME} documents")


def _key(taken: Taken, key: str, value: Any) -> None:
    taken.put(key, "server.api_keys", [value] if isinstance(value, str) else value)


def _wanted(why: str) -> Rule:
    """Something that matters only where it was switched on."""
    return lambda taken, key, value: taken.leave(key, why) if value else None


RULES: dict[str, Rule] = {
    "config_version": no_place("is the file's own"),
    "address": goes_to("server.host"),
    "port": goes_to("server.port"),
    "debug": _wanted(
        "bodies are recorded for a limited time only: Record bodies, in the menu or the dashboard"
    ),
    "account_type": goes_to("copilot.account_type"),
    "vscode_version": no_place(_VERSIONS),
    "api_version": no_place(_VERSIONS),
    "copilot_version": no_place(_VERSIONS),
    "dynamic_vscode_version": _wanted(_VERSIONS),
    "model_mappings": _mappings,
    "system_prompt_remove": goes_to("filters.system_prompt_remove"),
    "system_prompt_add": goes_to("filters.system_prompt_add"),
    "tool_result_suffix_remove": goes_to("filters.tool_result_suffix_remove"),
    "max_connection_retries": goes_to("copilot.max_connection_retries"),
    "upstream_read_timeout_seconds": goes_to("copilot.read_timeout_seconds"),
    "redirect_anthropic": opposite_of("anthropic.native_messages"),
    "extend_cache_ttl": goes_to("anthropic.extend_cache_ttl"),
    "show_token": _wanted("Jumpseat never writes a token into a log"),
    "auto_upgrade": _wanted("Jumpseat never replaces itself"),
    "rate_limit_seconds": goes_to("limits.rate_limit_seconds"),
    "rate_limit_wait": goes_to("limits.rate_limit_wait"),
    "manual_approve": goes_to("limits.manual_approval"),
    "api_key": _key,
}
