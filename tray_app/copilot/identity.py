"""Who we say we are: the request headers for GitHub and for the data plane. PURE.

The editor, plugin and API versions come from one real release, are pinned in the settings and are never
looked up at start (copilot-wire 3.1; bugs 28 and 29 of its section 14).
"""

from collections.abc import Sequence
from typing import Literal

from tray_app.copilot.credentials import CopilotToken, GitHubToken
from tray_app.settings import CopilotSettings

GITHUB_API_VERSION = "2025-04-01"  # of api.github.com; the data plane has its own
CHAT, MODELS, EMBEDDINGS = "conversation-agent", "model-access", "copilot-panel"  # OpenAI-Intent, wire 3.2


def user_agent(settings: CopilotSettings) -> str:
    """`GitHubCopilotChat/<version>`, the version being that of the plugin."""
    return f"GitHubCopilotChat/{settings.plugin_version.rpartition('/')[2]}"


def sign_in_headers(settings: CopilotSettings) -> dict[str, str]:
    """For the device flow, before there is a token. Without Accept GitHub answers form-encoded."""
    return {"Accept": "application/json", "User-Agent": user_agent(settings)}


def github_headers(settings: CopilotSettings, token: GitHubToken) -> dict[str, str]:
    """For api.github.com: token exchange, `/user`, quota."""
    return {
        "Authorization": f"token {token.reveal()}",
        "Accept": "application/json",
        "User-Agent": user_agent(settings),
        "X-GitHub-Api-Version": GITHUB_API_VERSION,
        "X-VSCode-User-Agent-Library-Version": "electron-fetch",
    }


def data_plane_headers(
    settings: CopilotSettings,
    copilot_token: CopilotToken,
    *,
    intent: str,
    initiator: Literal["user", "agent"],
    vision: bool,
    request_id: str,
    interaction_type: str | None = None,
    interaction_id: str | None = None,
    betas: Sequence[str] = (),
) -> dict[str, str]:
    """For the host that runs models (wire 3.1). `intent` is CHAT, MODELS or EMBEDDINGS.

    `Content-Type` belongs to the body and is the sender's. `interaction_type` defaults to the intent.
    """
    headers = {
        "Authorization": f"Bearer {copilot_token.reveal()}",
        "Editor-Version": settings.editor_version,
        "Editor-Plugin-Version": settings.plugin_version,
        "Copilot-Integration-Id": settings.integration_id,
        "User-Agent": user_agent(settings),
        "X-GitHub-Api-Version": settings.api_version,
        "OpenAI-Intent": intent,
        "X-Interaction-Type": interaction_type or intent,
        "X-Initiator": initiator,
        "X-Request-Id": request_id,
        "X-Agent-Task-Id": request_id,
        "X-VSCode-User-Agent-Library-Version": "electron-fetch",
    }
    if vision:
        headers["Copilot-Vision-Request"] = "true"
    if interaction_id:
        headers["X-Interaction-Id"] = interaction_id
    if betas:
        headers["anthropic-beta"] = ",".join(betas)
    return headers
