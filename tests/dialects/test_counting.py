"""What is counted in a request, in each dialect."""

import base64
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.dialects.counting import (
    Countable,
    count_chat,
    count_gemini,
    count_messages,
    count_responses,
)
from tray_app.dialects.image_size import image_size, image_tokens, tile_tokens

COUNT = {"messages": count_messages, "chat": count_chat, "responses": count_responses, "gemini": count_gemini}


def texts(countable: Countable) -> list[str]:
    return [text for group in countable.groups for text in group.texts]


def words(countable: Countable) -> int:
    """A count in which every text is one token."""
    return sum(int((len(group.texts) + group.extra) * group.factor) for group in countable.groups)


def user(content):
    return {"messages": [{"role": "user", "content": content}]}


PLAIN = {
    "messages": user("hello"),
    "messages blocks": user([{"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}}]),
    "chat": user("hello"),
    "chat parts": user([{"type": "text", "text": "hello"}]),
    "responses": {"input": "hello"},
    "responses items": {"input": [{"role": "user", "content": [{"type": "input_text", "text": "hello"}]}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
    "gemini request": {"generateContentRequest": {"contents": {"role": "user", "parts": {"text": "hello"}}}},
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_message_costs_its_text_and_seven(name):
    counted = COUNT[name.split()[0]](PLAIN[name])
    assert texts(counted) == ["user", "hello"]
    assert sum(group.extra for group in counted.groups) == 6


def test_tools_cost_sixteen_eight_each_and_a_tenth_more():
    schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    plain = {"name": "read", "description": "Reads", "parameters": schema}
    tools = {
        "messages": [{"name": "read", "description": "Reads", "input_schema": schema}],
        "chat": [
            {"type": "function", "function": {"name": "read", "description": "Reads", "parameters": schema}}
        ],
        "responses": [{"type": "function", **plain}],
        "gemini": [
            {"functionDeclarations": [{"name": "read", "description": "Reads", "parameters": schema}]}
        ],
    }
    for dialect, offered in tools.items():
        group = COUNT[dialect]({"tools": offered}).groups[-1]
        assert (group.extra, group.factor) == (24, 1.1), dialect
        assert sorted(group.texts) == sorted(
            ["read", "Reads", "type", "object", "properties", "path", "type", "string", "required", "path"]
        )


def test_calls_count_half_as_much_again():
    call = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t1", "name": "read", "input": {"a": "b"}}],
    }
    group = count_messages({"messages": [call]}).groups[1]
    assert (group.texts, group.extra, group.factor) == (("t1", "read", "a", "b"), 1, 1.5)
    chat = {"tool_calls": [{"id": "t1", "type": "function", "function": {"name": "read", "arguments": "{}"}}]}
    assert count_chat({"messages": [chat]}).groups[1].factor == 1.5
    item = {"type": "function_call", "call_id": "t1", "name": "read", "arguments": "{}"}
    assert count_responses({"input": [item]}).groups[1].texts == ("t1", "read", "{}")


def test_results_thinking_and_documents():
    body = user(
        [
            {"type": "thinking", "thinking": "hm", "signature": "S" * 4000},
            {"type": "redacted_thinking", "data": "R" * 800},
            {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "out"}]},
            {"type": "tool_result", "tool_use_id": "t2", "content": "plain"},
            {"type": "document", "title": "T", "source": {"type": "base64", "data": "D" * 3200}},
            {"type": "document", "source": {"type": "text", "data": "whole text"}},
        ]
    )
    counted = count_messages(body)
    assert texts(counted) == ["user", "hm", "t1", "out", "t2", "plain", "T", "whole text"]
    assert counted.groups[0].extra == 3 + 3 + 600 // 8 + 2400 // 8


def test_codex_input_of_every_kind_is_counted():
    body = {
        "instructions": "be good",
        "input": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "thought"}], "content": None},
            {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** Begin"},
            {
                "type": "custom_tool_call_output",
                "call_id": "c",
                "output": [{"type": "input_text", "text": "ok"}],
            },
            {
                "type": "additional_tools",
                "tools": [{"type": "custom", "name": "exec", "format": {"definition": "G"}}],
            },
            {"type": "something_new", "note": "seen"},
        ],
        "tools": [{"type": "namespace", "name": "agents", "tools": [{"type": "function", "name": "spawn"}]}],
    }
    found = texts(count_responses(body))
    for text in ("be good", "thought", "*** Begin", "ok", "G", "seen", "agents", "spawn"):
        assert text in found


# --- pictures ---------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I4sII", 13, b"IHDR", width, height)
        + b"\x08\x06"
        + bytes(3_000_000)
    )


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(20)


def jpeg(width: int, height: int) -> bytes:
    profile = b"\xff\xe2" + struct.pack(">H", 60_002) + bytes(60_000)
    quantisation = b"\xff\xc4" + struct.pack(">H", 4) + b"\x00\x00"
    frame = b"\xff\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3)
    return b"\xff\xd8" + profile * 3 + quantisation + frame + bytes(40)


def webp(kind: bytes, tail: bytes) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBP" + kind + bytes(4) + tail + bytes(20)


PICTURES = {
    "png": png(1000, 500),
    "gif": gif(1000, 500),
    "jpeg": jpeg(1000, 500),
    "webp lossy": webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 1000, 500)),
    "webp lossless": webp(b"VP8L", b"\x2f" + struct.pack("<I", 999 | 499 << 14)),
    "webp extended": webp(b"VP8X", bytes(4) + (999).to_bytes(3, "little") + (499).to_bytes(3, "little")),
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_the_size_is_in_the_header(picture):
    data = base64.b64encode(picture).decode()
    assert image_size(data) == (1000, 500)
    assert image_size(f"data:image/x;base64,{data}") == (1000, 500)


@pytest.mark.parametrize(
    ("size", "tokens"),
    [((1, 1), 255), ((512, 512), 255), ((1024, 1024), 765), ((2048, 4096), 1105), ((100_000, 1), 765)],
)
@pytest.mark.bug(57)
def test_the_tile_formula(size, tokens):
    assert tile_tokens(*size) == tokens


def test_low_detail_and_pictures_that_cannot_be_read():
    assert image_tokens("https://example.org/a.png", "low") == 85
    assert image_tokens("https://example.org/a.png") == 765
    for broken in ("", "data:image/png;base64,", "!!!!", "é" * 64, base64.b64encode(png(0, 5)).decode()):
        assert image_size(broken) is None


@pytest.mark.bug(57)
def test_a_picture_is_never_counted_as_text():
    data = base64.b64encode(png(512, 512)).decode()
    url = f"data:image/png;base64,{data}"
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    result = {
        "type": "function_call_output",
        "call_id": "",
        "output": [{"type": "input_image", "image_url": url}],
    }
    bodies = {
        "messages": user([image]),
        "chat": user([{"type": "image_url", "image_url": {"url": url, "detail": "high"}}]),
        "responses": {"input": [result]},
        "gemini": {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": data}}]}]},
    }
    for dialect, body in bodies.items():
        counted = COUNT[dialect](body)
        assert sum(map(len, texts(counted))) < 10, dialect
        assert counted.groups[0].extra == 6 + 255, dialect
    in_result = user([{"type": "tool_result", "tool_use_id": "", "content": [image]}])
    assert count_messages(in_result).groups[0].extra == 6 + 255


_KEYS = """
type messages content role tools input parts contents source data function image_url tool_calls system text
name functionDeclarations
"""
_KINDS = "image tool_result document base64 file namespace reasoning tool_use"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS.split()), inner | st.sampled_from(_KINDS.split()), max_size=5)
    ),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["messages", "system", "input", "tools", "contents"]), _JSON))
def test_counting_never_fails(body):
    for count in COUNT.values():
        assert words(count(body)) >= 3


def test_deep_bodies_do_not_overflow():
    deep: object = "bottom"
    for _ in range(5000):
        deep = {"a": [deep]}
    tool = {"name": "t", "description": "d", "input_schema": deep}
    assert "bottom" in texts(count_messages({"tools": [tool]}))
