"""What the data plane checks of any request before it looks at the body (copilot-wire 3.1, 2.5, 10.2)."""

import re

from aiohttp import web

from tray_app.simulated.accounts import Account
from tray_app.simulated.presets import RETIRED_VERSION
from tray_app.simulated.refused import text
from tray_app.simulated.state import State

_EDITOR = re.compile(r"(vscode|JetBrains-\w+|Neovim|Vim|VisualStudio|Xcode|Zed)/v?\d+(\.\d+)*[\w.+-]*")
_INTEGRATIONS = {"vscode-chat", "copilot-developer-cli", "copilot-language-server", "jetbrains-chat"}
_PAT = "bad request: Personal Access Tokens are not supported for this endpoint"


def admit(state: State, request: web.Request) -> Account:
    """The account that calls. Raises Refused."""
    account = _authorized(state, request)
    editor = request.headers.get("Editor-Version")
    if not editor:
        raise text(400, "bad request: missing Editor-Version header for IDE auth")
    if not _EDITOR.fullmatch(editor):
        raise text(400, "bad request: unknown Editor-Version header for IDE auth")
    if not request.headers.get("Copilot-Integration-Id"):
        raise text(400, "bad request: missing required Copilot-Integration-Id header")
    if request.headers["Copilot-Integration-Id"] not in _INTEGRATIONS:
        raise text(400, "bad request: unknown Copilot-Integration-Id")
    if request.headers.get("X-GitHub-Api-Version") in state.retired_api_versions:
        raise text(466, RETIRED_VERSION)
    selector = request.headers.get("Copilot-Session-Token")
    if selector is not None and state.auto_sessions.get(selector, 0.0) <= state.now():
        raise text(401, "Invalid auto-mode selector")
    return account


def _authorized(state: State, request: web.Request) -> Account:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise text(401, "unauthorized: missing or invalid Authorization header")
    if token.startswith("ghp_"):
        raise text(400, _PAT)
    if token.startswith("github_pat_"):
        if request.headers.get("Copilot-Integration-Id") != "copilot-developer-cli":
            raise text(400, _PAT)
        return _direct(state, token)
    if token.startswith(("gho_", "ghu_")):
        return _direct(state, token)
    held = state.accounts.copilot_tokens.get(token)
    if held is None:
        raise text(401, "unauthorized: invalid token")
    if held.expires_at <= state.now():
        raise text(401, "IDE token expired: unauthorized: token expired")
    return state.accounts.people[held.login]


def _direct(state: State, token: str) -> Account:
    """A GitHub token used as it is, the way some tools talk."""
    account = state.accounts.by_github_token(token)
    if account is None:
        raise text(401, "unauthorized: invalid token")
    return account
