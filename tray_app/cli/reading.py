"""`status`, `usage` and `models`: what the running proxy knows; without one, what GitHub says."""

import argparse
import re
from typing import Any

from tray_app.cli.ask import NotRunning, address, ask
from tray_app.cli.briefly import ask_briefly
from tray_app.cli.config import loaded_with_warnings
from tray_app.cli.output import say, say_json, say_table
from tray_app.errors import LocalFault
from tray_app.paths import Paths

_LOCAL_SECONDS = 10.0  # /health asks nobody; a shell prompt may wait for it
_FIELD = re.compile(r"\{(\w+)\}")


def status(arguments: argparse.Namespace) -> int:
    """Exit status 1 when no proxy runs."""
    paths, settings = Paths.find(), loaded_with_warnings().settings
    url = address(paths, settings.server)
    try:
        health = ask(paths, settings, "/health", seconds=_LOCAL_SECONDS)
    except NotRunning as fault:
        return _not_running(arguments, url, fault)
    if arguments.json:
        say_json({"running": True, "url": url, **health})
    elif arguments.format is not None:
        say(filled(arguments.format, status_fields(url, health)))
    else:
        for line in status_lines(url, health):
            say(line)
    return 0


def _not_running(arguments: argparse.Namespace, url: str, fault: NotRunning) -> int:
    if arguments.json:
        say_json({"running": False, "url": url})
    elif arguments.format is not None:
        say(filled(arguments.format, status_fields(url, None)))
    else:
        raise fault
    return 1


def status_fields(url: str, health: dict[str, Any] | None) -> dict[str, str]:
    """What `status --format` may name. Unknown is `?`."""
    if health is None:
        state, health = "stopped", {}
    elif not health.get("signed_in"):
        state = "signed out"
    else:
        state = "ready" if health.get("ready") else "starting"
    quota = health.get("quota") or {}
    return {
        "state": state,
        "url": url,
        "login": _known(quota.get("login")),
        "plan": _known(quota.get("plan")),
        "version": _known(health.get("version")),
        "uptime": _known(health.get("uptime_seconds")),
        "models": _known(health.get("models_loaded")),
        "requests": _known(health.get("requests_served")),
        "percent_left": _known(percent_left(quota)),
    }


def filled(text: str, fields: dict[str, str]) -> str:
    """The text with `{name}` replaced. Raises LocalFault for a name that is none."""

    def field(match: re.Match[str]) -> str:
        if match[1] not in fields:
            raise LocalFault(f"{{{match[1]}}} is not a field.", f"There are {', '.join(fields)}.")
        return fields[match[1]]

    return _FIELD.sub(field, text)


def status_lines(url: str, health: dict[str, Any]) -> list[str]:
    fields = status_fields(url, health)
    lines = [f"Jumpseat {fields['version']} runs at {url} ({fields['state']})."]
    if not health.get("signed_in"):
        return [*lines, "Nobody is signed in: `jumpseat login`."]
    if quota_known(health):
        lines.append(f"{fields['login']} is signed in, on the plan {fields['plan']}.")
    else:
        lines.append("Somebody is signed in; the plan is not known yet.")
    lines.append(f"{fields['models']} models, {fields['requests']} requests served.")
    if fields["percent_left"] != "?":
        lines.append(f"{fields['percent_left']} % of the quota left.")
    if update := health.get("update"):
        lines.append(f"Version {update['version']} is there: {update['url']}")
    return lines


def quota_known(health: dict[str, Any]) -> bool:
    return bool((health.get("quota") or {}).get("login"))


def percent_left(quota: dict[str, Any]) -> float | None:
    """Of the quota that Copilot bills on this plan. None when unknown or without end."""
    leading = (quota.get("quotas") or {}).get(quota.get("leading")) or {}
    return None if leading.get("unlimited") else _rounded(leading.get("percent_remaining"))


def _rounded(value: Any) -> Any:
    """A figure as people read it: 66.7, and 100 without a point."""
    return float(f"{value:.1f}") if isinstance(value, float) and not value.is_integer() else value


def usage(arguments: argparse.Namespace) -> int:
    answer = _asked("/usage")
    if arguments.json:
        say_json(answer)
        return 0
    who = f" of {answer['login']}" if answer.get("login") else ""
    say(f"Plan{who}: {_known(answer.get('plan'))}. Resets on {_known(answer.get('quota_reset_date'))}.")
    unit = "AI units" if answer.get("token_based_billing") else "requests"
    say_table((name, _left(quota, unit)) for name, quota in (answer.get("quotas") or {}).items())
    return 0


def _left(quota: dict[str, Any], unit: str) -> str:
    if quota.get("unlimited"):
        return "unlimited"
    text = f"{_known(_rounded(quota.get('percent_remaining')))} % left"
    if quota.get("entitlement") is not None:
        text += f" ({_known(quota.get('remaining'))} of {quota['entitlement']} {unit})"
    if quota.get("overage_count"):
        text += f", {quota['overage_count']} beyond the plan"
    return text


def models(arguments: argparse.Namespace) -> int:
    answer = _asked("/v1/models")
    if arguments.json:
        say_json(answer)
        return 0
    say_table(_model_row(model) for model in answer.get("data", []))
    return 0


def _model_row(model: dict[str, Any]) -> tuple[str, str, str]:
    window = model.get("context_window")
    endpoints = ", ".join(model.get("supported_endpoints") or [])
    return str(model.get("id")), f"{window:,}" if isinstance(window, int) else "?", endpoints


def _asked(path: str) -> dict[str, Any]:
    """From the running proxy, or from one that lives for this question only."""
    paths, settings = Paths.find(), loaded_with_warnings().settings
    try:
        return ask(paths, settings, path)
    except NotRunning:
        return ask_briefly(paths, settings, path)


def _known(value: Any) -> str:
    return "?" if value is None else str(value)
