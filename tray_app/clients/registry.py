"""The table of tools. A new one is a module and a row."""

from tray_app.clients import aider, claude_code, codex, continue_dev, gemini_cli, llm_cli, opencode
from tray_app.clients.client import Client
from tray_app.errors import LocalFault

CLIENTS: tuple[Client, ...] = (
    claude_code.CLIENT,
    codex.CLIENT,
    gemini_cli.CLIENT,
    opencode.CLIENT,
    aider.CLIENT,
    continue_dev.CLIENT,
    llm_cli.CLIENT,
)


def find(name: str) -> Client:
    """By name, spelt loosely: `Claude Code`, `claude`. Raises LocalFault."""
    asked = name.lower().replace(" ", "-").replace("_", "-")
    for client in CLIENTS:
        if asked in (client.name, *client.programs, client.title.lower().replace(" ", "-")):
            return client
    known = ", ".join(client.name for client in CLIENTS)
    raise LocalFault(f"{name} is not a tool that Jumpseat can connect.", f"It knows {known}.")


def is_served(client: Client, *, or_raise: bool = False) -> bool:
    """Whether the proxy answers in the tool's dialect: its routes tell. Raises LocalFault if asked to."""
    from tray_app.proxy.routes import ROUTES  # needed here only, and not light

    served = any(route.dialect == client.dialect and route.method == "POST" for route in ROUTES)
    if not served and or_raise:
        raise LocalFault(f"{client.title} speaks an API that this version of Jumpseat does not serve yet.")
    return served
