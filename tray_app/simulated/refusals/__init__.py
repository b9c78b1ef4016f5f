"""What Copilot refuses, endpoint by endpoint, in its own words (copilot-wire 4.3 to 7.8).

Each module has one function `refuse(body, context)`; it raises Refused for the first thing it dislikes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tray_app.simulated.accounts import Account
from tray_app.simulated.models import Model
from tray_app.simulated.state import State


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks what, and which backend looks at it."""

    state: State
    account: Account
    model: Model
    backend: str  # bdrk, vrtx, 01 for Claude, "" otherwise
    headers: Mapping[str, str]
    path: str
