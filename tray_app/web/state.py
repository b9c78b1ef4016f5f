"""The state of the program, as much of it as the asking page may see."""

from dataclasses import replace
from typing import Any

from tray_app.controls import AppState


def state_json(state: AppState, *, in_session: bool) -> dict[str, Any]:
    """For `/api/state`, the feed and the pages. Sign-in codes and waiting requests are the owner's alone."""
    shown = state if in_session else replace(state, sign_in=None, approvals=())
    return shown.as_json()
