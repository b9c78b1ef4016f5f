"""Responses streams: upstream's into neutral deltas, neutral deltas into a client's."""

from tray_app.dialects.responses.reader import ResponsesReader
from tray_app.dialects.responses.writer import ResponsesWriter

__all__ = ["ResponsesReader", "ResponsesWriter"]
