"""Neutral deltas as a Gemini stream, as events or as one JSON array. Source: copilot-wire 11.7.

Every chunk is a GenerateContentResponse: pieces of text as they come, each call whole, the finish reason and
the usage in the last one only.
"""

from typing import Protocol

import orjson

from tray_app.dialects import faults
from tray_app.dialects.deltas import Delta, Failed, Measured, Piece, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.gemini.parts import PartWriter
from tray_app.dialects.gemini.reply import candidate, names, write_stop
from tray_app.dialects.gemini.usage import write_usage
from tray_app.dialects.neutral import Ask, Stop, Usage
from tray_app.errors import Fault


class Framing(Protocol):
    """How chunks stand in the body of the answer."""

    def chunk(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class Events:
    """`?alt=sse`."""

    def chunk(self, data: bytes) -> bytes:
        return b"data: %b\n\n" % data

    def end(self) -> bytes:
        return b""


class Array:
    """Without `alt`: one JSON array, whole in whichever way the stream ends."""

    def __init__(self) -> None:
        self._begun = False

    def chunk(self, data: bytes) -> bytes:
        head, self._begun = (b",\r\n" if self._begun else b"["), True
        return head + data

    def end(self) -> bytes:
        return b"]" if self._begun else b"[]"


class GeminiWriter:
    """`model_asked` is the model as the client named it."""

    def __init__(self, model_asked: str, ask: Ask, framing: Framing | None = None) -> None:
        self._parts = PartWriter(ask)
        self._framing = framing or Events()
        self._usage = Usage()
        self._name("", model_asked)
        self._model = model_asked

    def _name(self, id: str, model: str) -> None:
        self._names = names(id, model)
        self._tail = b',"role":"model"},"index":0}],' + orjson.dumps(self._names)[1:]

    def feed(self, delta: Delta) -> bytes:
        if type(delta) is Piece and self._parts.is_plain_text:
            return self._text(delta.text)
        match delta:
            case Started(id, model):
                self._name(id, model or self._model)
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                return self._stop(stop)
            case Failed(fault):
                return self._fail(fault)
            case _:
                return b"".join(self._chunk([part]) for part in self._parts.feed(delta))
        return b""

    def _text(self, text: str) -> bytes:
        """What a stream mostly consists of."""
        if not text:
            return b""
        head = b'{"candidates":[{"content":{"parts":[{"text":%b}]' % orjson.dumps(text)
        return self._framing.chunk(head + self._tail)

    def _chunk(self, parts: list[Json]) -> bytes:
        return self._framing.chunk(orjson.dumps({"candidates": [candidate(parts, {})], **self._names}))

    def _stop(self, stop: Stop) -> bytes:
        left = self._parts.finish()
        before = b"".join(self._chunk([part]) for part in left[:-1])
        body: Json = {
            "candidates": [candidate(left[-1:], write_stop(stop, self._parts))],
            "usageMetadata": write_usage(self._usage),
            **self._names,
        }
        return before + self._framing.chunk(orjson.dumps(body)) + self._framing.end()

    def _fail(self, fault: Fault) -> bytes:
        body = orjson.dumps(faults.render("gemini", fault))
        return self._framing.chunk(body) + self._framing.end()


def array_writer(model_asked: str, ask: Ask) -> GeminiWriter:
    return GeminiWriter(model_asked, ask, Array())
