"""Anthropic streams: from Copilot into the neutral form, and out of it towards a client."""

from tray_app.dialects.messages.reader import MessagesReader
from tray_app.dialects.messages.writer import MessagesWriter

__all__ = ["MessagesReader", "MessagesWriter"]
