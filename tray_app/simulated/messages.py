"""Answers of /v1/messages, whole and streamed (copilot-wire 7.7): no ping, the model's name dashed,
the true usage only in message_delta, a tool's arguments in one burst."""

import re
from collections.abc import Iterator
from typing import Any

from tray_app.simulated import frames
from tray_app.simulated.frames import Reply, named

_STOPS = {
    "end": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tools": "tool_use",
    "refusal": "refusal",
}
_SECRET = re.compile(r"\bthink in secret\b", re.IGNORECASE)
_REFUSAL = {
    "type": "refusal",
    "category": "cyber",
    "explanation": "This request was declined by the model's safety rules.",
}


def whole(reply: Reply) -> dict[str, Any]:
    """A message."""
    body = _opening(reply, usage(reply)) | _ending(reply)
    body["content"] = [*_thought_blocks(reply), *_text_blocks(reply), *_tool_blocks(reply)]
    return body | {"copilot_usage": reply.billed} | _edits(reply)


def usage(reply: Reply) -> dict[str, Any]:
    """Disjoint counts, as Anthropic gives them."""
    used = reply.usage
    counts: dict[str, Any] = {
        "input_tokens": used.input - used.cached - used.cache_write,
        "cache_creation_input_tokens": used.cache_write,
        "cache_read_input_tokens": used.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.cache_write - used.cache_write_1h,
            "ephemeral_1h_input_tokens": used.cache_write_1h,
        },
        "output_tokens": used.output,
    }
    if reply.model.version >= (4, 7):
        counts["output_tokens_details"] = {"thinking_tokens": used.reasoning}
    return counts


def stream(reply: Reply) -> Iterator[bytes]:
    """The events."""
    placeholder = usage(reply) | {"input_tokens": 1, "output_tokens": 1}
    placeholder.pop("output_tokens_details", None)
    yield named({"type": "message_start", "message": _opening(reply, placeholder)})
    index = 0
    for block in _thought_blocks(reply):
        yield from _block(index, block, "thinking") if "thinking" in block else _closed(index, block)
        index += 1
    for block in _text_blocks(reply):
        yield from _block(index, block, "text", annotated=reply.model.id == "claude-sonnet-5")
        index += 1
    for number, block in enumerate(_tool_blocks(reply)):
        yield from _tool(index, block, frames.arguments(reply, number))
        index += 1
    ending = _ending(reply) if reply.finish else {"stop_reason": None, "stop_sequence": None}
    last = {"type": "message_delta", "delta": ending, "usage": usage(reply), "copilot_usage": reply.billed}
    yield named(last | _edits(reply))
    yield named({"type": "message_stop"} | _metrics(reply))


def _opening(reply: Reply, counts: dict[str, Any]) -> dict[str, Any]:
    prefix = "msg_01" if reply.backend == "01" else f"msg_{reply.backend}_"
    return {
        "id": reply.id(prefix),
        "type": "message",
        "role": "assistant",
        "model": reply.model.dashed,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counts,
    }


def _ending(reply: Reply) -> dict[str, Any]:
    ending: dict[str, Any] = {
        "stop_reason": reply.reason or _STOPS[reply.turn.stop],
        "stop_sequence": reply.turn.stop_sequence,
    }
    if reply.turn.stop == "refusal":
        ending["stop_details"] = _REFUSAL
    return ending


def _edits(reply: Reply) -> dict[str, Any]:
    """What context editing did: nothing, but it says so when it was asked to."""
    return {"context_management": {"applied_edits": []}} if reply.body.get("context_management") else {}


def _metrics(reply: Reply) -> dict[str, Any]:
    if reply.backend != "bdrk":
        return {}
    counts = {"inputTokenCount": reply.usage.input, "outputTokenCount": reply.usage.output}
    return {"amazon-bedrock-invocationMetrics": counts | {"invocationLatency": 812, "firstByteLatency": 240}}


def _thought_blocks(reply: Reply) -> list[dict[str, Any]]:
    """Thinking; newer models leave its text out unless it was asked for with `display`."""
    if not reply.turn.reasoning:
        return []
    wish = reply.body.get("thinking")
    display = wish.get("display") if isinstance(wish, dict) else None
    silent = reply.model.version >= (4, 7) and display not in ("summarized", "updates")
    signature = reply.state.mint.seal("thinking", reply.model.id, reply.login, reply.backend)
    if _SECRET.search(reply.talk.prompt):
        data = reply.state.mint.seal("redacted", reply.model.id, reply.login, reply.backend)
        return [{"type": "redacted_thinking", "data": data}]
    text = "" if silent else reply.turn.reasoning
    return [{"type": "thinking", "thinking": text, "signature": signature}]


def _text_blocks(reply: Reply) -> list[dict[str, Any]]:
    return [{"type": "text", "text": reply.turn.text}] if reply.turn.text else []


def _tool_blocks(reply: Reply) -> list[dict[str, Any]]:
    caller = {"caller": {"type": "direct"}} if reply.model.version >= (4, 8) else {}
    return [
        {"type": "tool_use", "id": reply.call_id(number), "name": call.name, "input": call.arguments} | caller
        for number, call in enumerate(reply.turn.calls)
    ]


def _closed(index: int, block: dict[str, Any]) -> Iterator[bytes]:
    """A block that is whole at its start."""
    yield named({"type": "content_block_start", "index": index, "content_block": block})
    yield named({"type": "content_block_stop", "index": index})


def _block(index: int, block: dict[str, Any], field: str, *, annotated: bool = False) -> Iterator[bytes]:
    """A text or thinking block: start, its deltas, a signature, stop."""
    empty = {**block, field: ""} | ({"signature": ""} if field == "thinking" else {})
    yield named({"type": "content_block_start", "index": index, "content_block": empty})
    kind = f"{field}_delta"
    template = {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: "@@"}}
    before, after = frames.split(template, "@@")
    before, after = b"event: content_block_delta\ndata: " + before, after + b"\n\n"
    for piece in frames.pieces(block[field]):
        yield before + piece + after
    if annotated:
        delta = {"type": "text_delta", "text": "", "copilot_annotations": {"CodeVulnerability": []}}
        yield named({"type": "content_block_delta", "index": index, "delta": delta})
    if field == "thinking":
        delta = {"type": "signature_delta", "signature": block["signature"]}
        yield named({"type": "content_block_delta", "index": index, "delta": delta})
    yield named({"type": "content_block_stop", "index": index})


def _tool(index: int, block: dict[str, Any], written: str) -> Iterator[bytes]:
    """Nothing while the arguments are being made, then all of them in one burst."""
    yield named({"type": "content_block_start", "index": index, "content_block": block | {"input": {}}})
    deltas = []
    for start in range(0, len(written), frames.ARGUMENTS_DELTA):
        yield b""  # silence
        part = written[start : start + frames.ARGUMENTS_DELTA]
        delta = {"type": "input_json_delta", "partial_json": part}
        deltas.append(named({"type": "content_block_delta", "index": index, "delta": delta}))
    yield b"".join(deltas)
    yield named({"type": "content_block_stop", "index": index})
