"""copilot-api's `config.json`, of all three generations: which of its keys is which of ours. Pure."""

from collections.abc import Mapping
from typing import Any

from tray_app.importing.taking import Rule, Taken, entries_of, goes_to, no_place

NAME = "copilot-api"
_ACCOUNTS = "Jumpseat uses one account at a time and never spreads requests over several"
_LOGS = "see `jumpseat --verbose` and Record bodies in the dashboard"
_ITSELF = "Jumpseat decides that by itself, from what the model's catalog entry says"
_SMALL = (
    "models.small_model answers titles, warm-ups and background calls; compaction stays with the model asked"
)


def _auth(taken: Taken, key: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        taken.leave(key, "must be a table")
        return
    if value.get("apiKeys"):
        taken.put(f"{key}.apiKeys", "server.api_keys", _trimmed(value["apiKeys"]))
    if value.get("adminApiKey"):
        taken.leave(f"{key}.adminApiKey", "the dashboard asks no key: the program opens it signed in")
    for name in value:
        if name not in ("apiKeys", "adminApiKey"):
            taken.leave(f"{key}.{name}", f"is no setting that {NAME} documents")


def _old_key(taken: Taken, key: str, value: Any) -> None:
    if "server.api_keys" in taken.values:
        taken.leave(key, "auth.apiKeys goes before it, there as here")
    else:
        taken.put(key, "server.api_keys", _trimmed([value]))


def _trimmed(keys: Any) -> Any:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return keys
    return list(dict.fromkeys(key.strip() for key in keys if key.strip()))


def _mappings(taken: Taken, key: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        taken.leave(key, "must be a table, for models.exact")
        return
    for name, target in value.items():
        _model(taken, f"{key}.{name}", name, target)


def _aliases(taken: Taken, key: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        taken.leave(key, "must be a table, for models.exact")
        return
    for name, entry in value.items():
        target = entry.get("target") if isinstance(entry, Mapping) else entry
        _model(taken, f"{key}.{name}", name, target)
        if isinstance(entry, Mapping) and entry.get("allowOriginal") is False:
            taken.leave(f"{key}.{name}", "the alias is taken over; its target keeps its own name too")


def _model(taken: Taken, key: str, name: Any, target: Any) -> None:
    if isinstance(target, str) and "/" in target:
        taken.leave(key, "leads to another provider; Jumpseat has Copilot's models only")
    elif isinstance(name, str) and name == target:
        taken.leave(key, "maps a name to itself, which needs no setting here")
    else:
        taken.put_entry(key, "models.exact", name, target)


def _small_models(taken: Taken, key: str, value: Any) -> None:
    copilot = value.get("copilot") if isinstance(value, Mapping) else None
    if copilot:
        taken.put(f"{key}.copilot", "models.small_model", copilot)
    if not isinstance(value, Mapping) or set(value) - {"copilot"}:
        taken.leave(key, "only its entry for copilot is taken over")


def _providers(taken: Taken, key: str, value: Any) -> None:
    for name in value if isinstance(value, Mapping) else ("",):
        taken.leave(f"{key}.{name}".rstrip("."), "Jumpseat has one upstream, Copilot")


RULES: dict[str, Rule] = {
    "auth": _auth,
    "apiKey": _old_key,
    "providers": _providers,
    "extraPrompts": entries_of("models.extra_prompts"),
    "smallModel": goes_to("models.small_model"),
    "smallModels": _small_models,
    "compactUseSmallModel": no_place(_SMALL),
    "accountAffinity": no_place(_ACCOUNTS),
    "freeModelLoadBalancing": no_place(_ACCOUNTS),
    "sessionAffinityRetentionDays": no_place(_ACCOUNTS),
    "modelAliases": _aliases,
    "allowOriginalModelNamesForAliases": no_place("a model's own name always works here"),
    "modelMappings": _mappings,
    "modelReasoningEfforts": entries_of("models.reasoning_effort"),
    "useMessagesApi": goes_to("anthropic.native_messages"),
    "useResponsesApiWebSocket": no_place(_ITSELF),
    "useResponsesApiWebSearch": goes_to("responses.web_search"),
    "messageApiWebSearchModel": goes_to("models.web_search_model"),
    "alphaSearchCodexPriority": no_place("Codex's own search endpoint is not Copilot's"),
    "alphaSearchModel": no_place("Codex's own search endpoint is not Copilot's"),
    "responsesApiContextManagementModels": no_place(_ITSELF),
    "contextManagement": no_place("the client compacts; `jumpseat connect` tells it when"),
    "modelResponsesApiCompactThresholds": no_place("the client compacts; `jumpseat connect` tells it when"),
    "opencodeModelContextWindow": no_place("`jumpseat connect opencode` writes each model's real window"),
    "useFunctionApplyPatch": goes_to("responses.function_apply_patch"),
    "forceAgent": no_place("Jumpseat never hides from Copilot who started a request"),
    "messageStartInputTokensFallback": no_place("unknown figures stay unknown"),
    "modelRefreshIntervalHours": no_place(_ITSELF),
    "anthropicApiKey": no_place("tokens are counted by Copilot, or here; nothing is asked elsewhere"),
    "claudeTokenMultiplier": no_place("tokens are counted by Copilot, or here by the model's own tokenizer"),
    "claudeAutoModel": no_place("such calls go to the model that was asked, or to models.small_model"),
    "logLevel": no_place(_LOGS),
    "devMode": no_place(_LOGS),
    "quotaRefresh": no_place("the quota is read when it is shown, and from every answer"),
    "copilotUseLocalModels": no_place("the catalog is always Copilot's own"),
    "upstreamTransport": no_place("see copilot.read_timeout_seconds and copilot.connect_timeout_seconds"),
    "copilotResponsesCompatibilityModels": no_place(_ITSELF),
}
