"""The report of `doctor --bundle`: enough to help, nothing secret, nothing private.

Settings that hold a person's own words or addresses are only counted; the home folder becomes `~`, and the
account's name is left out.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tray_app.doctor.finding import Finding
from tray_app.redaction import REDACTED, redact
from tray_app.settings_file import Loaded
from tray_app.settings_keys import KEYS, Key

_PRIVATE_SECTIONS = frozenset({"filters"})
_PRIVATE = frozenset(
    {"models.extra_prompts", "server.allowed_hosts", "server.allowed_origins", "history.otlp_endpoint"}
)


def report(
    findings: Sequence[Finding],
    loaded: Loaded,
    log_lines: Sequence[str],
    now: datetime,
    logins: Sequence[str],
) -> str:
    """Markdown to attach to an issue."""
    text = "\n".join(
        [
            "# Jumpseat report",
            f"\n{now:%Y-%m-%d %H:%M:%S %z}\n",
            "| check | state | what |",
            "| --- | --- | --- |",
            *(_row(finding) for finding in findings),
            "\n## Settings that differ from the defaults\n",
            *_settings(loaded),
            "\n## The end of the log\n",
            "```",
            *log_lines,
            "```\n",
        ]
    )
    return _without_names(redact(_without_keys(text, loaded)), logins)


def _without_keys(text: str, loaded: Loaded) -> str:
    """Without this owner's own API keys, which look like anything."""
    for key in loaded.settings.server.api_keys:
        text = text.replace(key, REDACTED)
    return text


def _row(finding: Finding) -> str:
    what = f"{finding.message} {finding.remedy}".strip().replace("|", "\\|").replace("\n", " ")
    return f"| {finding.check} | {finding.state} | {what} |"


def _settings(loaded: Loaded) -> list[str]:
    changed = [key for key in KEYS.values() if loaded.sources[key.dotted] != "default"]
    return [f"- `{key.dotted}` = {_shown(key, loaded)} ({loaded.sources[key.dotted]})" for key in changed]


def _shown(key: Key, loaded: Loaded) -> str:
    value: Any = getattr(getattr(loaded.settings, key.section), key.name)
    if key.secret or key.section in _PRIVATE_SECTIONS or key.dotted in _PRIVATE:
        return f"{len(value)} set"
    return f"`{value}`"


def _without_names(text: str, logins: Sequence[str]) -> str:
    home = str(Path.home())
    text = text.replace(home + os.sep, "~" + os.sep) if home != os.sep else text
    for login in logins:
        text = text.replace(login, "LOGIN")
    return text
