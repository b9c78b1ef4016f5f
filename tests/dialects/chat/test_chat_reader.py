"""Oddities of chat streams that decide the order of blocks."""

import orjson

from tray_app.dialects.chat.reader import ChatReader
from tray_app.dialects.deltas import Delta, Opened, Sealed
from tray_app.dialects.neutral import Text, Thinking
from tray_app.dialects.sse import Event


def read(*deltas: dict[str, str]) -> list[Delta]:
    reader = ChatReader()
    found: list[Delta] = []
    for delta in deltas:
        found += reader.feed(Event("", orjson.dumps({"choices": [{"index": 0, "delta": delta}]})))
    found += reader.feed(Event("", b'{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'))
    return found + reader.finish()


def test_an_opaque_value_without_words_stands_before_the_text_it_led_to() -> None:
    deltas = read({"reasoning_opaque": "first"}, {"reasoning_opaque": "second"}, {"content": "Hi."})
    assert [type(delta.part) for delta in deltas if isinstance(delta, Opened)] == [Thinking, Text]
    assert [delta.opaque.value for delta in deltas if isinstance(delta, Sealed)] == ["second"]
