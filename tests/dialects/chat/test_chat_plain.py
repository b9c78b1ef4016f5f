"""The short cut for chunks of plain text: nothing that the parser would not let pass as it is."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.capabilities import Model
from tray_app.dialects.chat.native import NativeChat
from tray_app.dialects.chat.plain import PlainChunks
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import Rules


def chunk(text: str, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "content_filter_offsets": {"check_offset": 0}}
    return orjson.dumps({"choices": [{**choice, **more}], "created": 1, "id": "chatcmpl-1", "model": "m"})


def event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


def learned() -> PlainChunks:
    plain = PlainChunks()
    plain.learn(chunk("hello"))
    return plain


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_chunks_of_text_pass(texts):
    assert learned().are_all(b"".join(event(chunk(text)) for text in texts))


@pytest.mark.parametrize(
    "data",
    [
        chunk("x", finish_reason="stop"),
        chunk("x").replace(b'"index":0', b'"index":1'),
        chunk("x").replace(b'"m"', b'"other"'),
        chunk("x").replace(b'"x"', b'"x'),
        chunk("x").replace(b'"x"', b'"x\\"'),
        chunk("x").replace(b'"x"', b'"\\q"'),
        chunk("x").replace(b'"x"', b'"\\u00g0"'),
        chunk("x").replace(b'"x"', b'"a\tb"'),
        chunk("x").replace(b'"x"', b'"\xff"'),
        chunk("x").replace(b'"x"', b'"x","role":"assistant"'),
        chunk("x").replace(b'"x"', b'"x"},"delta":{"content":"y"'),
        chunk("x")[:-1],
        chunk("x") + b"}",
        b"[DONE]",
        b"",
    ],
)
def test_anything_else_is_looked_into(data):
    assert not learned().are_all(event(data))
    assert not learned().are_all(event(chunk("ok")) + event(data) + event(chunk("ok")))


def test_nothing_passes_before_something_was_learned():
    assert not PlainChunks().are_all(event(chunk("x")))


@pytest.mark.parametrize(
    "data",
    [
        chunk("x").replace(b'"created":1', b'"created":1,"extra":{"content":"y"}'),
        json.dumps(orjson.loads(chunk("x"))).encode(),  # with blanks
        chunk("x").replace(b',"id"', b',\n"id"'),
    ],
    ids=["twice", "blanks", "lines"],
)
def test_what_is_written_otherwise_is_not_learned(data):
    plain = PlainChunks()
    plain.learn(data)
    assert not plain.are_all(event(data))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=12), st.integers(1, 300))
def test_the_stream_is_the_same_however_it_is_cut(texts, size):
    """In one piece most chunks take the short cut, cut small none does."""
    first = orjson.dumps(
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}], "id": "c"}
    )
    last = chunk("", finish_reason="stop").replace(b'"content":""', b"")
    whole = event(first) + b"".join(event(chunk(text)) for text in texts) + event(last) + event(b"[DONE]")

    def streamed(step: int) -> bytes:
        stream = NativeChat({"model": "m"}, Rules(Model("m"), Memory()))
        out = (
            b"".join(stream.feed(whole[at : at + step]) for at in range(0, len(whole), step))
            + stream.finish()
        )
        assert stream.ended
        assert stream.fault is None
        return out

    assert streamed(len(whole)) == streamed(size)
