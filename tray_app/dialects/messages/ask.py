"""Anthropic Messages requests: read from a client, written for Copilot."""

from tray_app.dialects.messages.ask_reader import read_ask
from tray_app.dialects.messages.ask_writer import write_ask

__all__ = ["read_ask", "write_ask"]
