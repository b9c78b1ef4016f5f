"""Chat streams: from Copilot into the neutral form, and out of it towards a client."""

from tray_app.dialects.chat.reader import ChatReader
from tray_app.dialects.chat.writer import ChatWriter

__all__ = ["ChatReader", "ChatWriter"]
