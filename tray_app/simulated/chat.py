"""Answers of /chat/completions, whole and streamed, with each family's oddities (copilot-wire 5.3 to 5.8).

| family | oddity |
| --- | --- |
| gpt | a first chunk without choices, usage in a chunk of its own after the finish |
| gpt-4.1 | a call's id and its name come in different chunks |
| gpt-5-mini | a chunk of cost metadata without choices and without usage before the end |
| claude | text in choice 0, calls in choice 1; usage with the finish |
| claude-sonnet-4.5 | no finish reason at all after a tool result |
| gemini | every call delta complete and with index 0, `finish_reason: ""` on the way, flat reasoning tokens |
| gemini-3.5-flash-lite | call deltas without index, no [DONE] |
| gemini-3.1-pro | text after the calls have begun |
| gpt-5.1-chat | reasoning as `cot_summary` with a `cot_id` |
| gpt-5.2 | annotations (IP code citations) in a delta of their own |
| kimi | reasoning named `reasoning_content`, call ids `functions.<name>:<n>` |
| mai | reasoning named `reasoning`, and only after the text has begun |
| grok | finish reason stop although calls came, comments between events |
"""

from collections.abc import Iterator
from typing import Any

from tray_app.simulated import frames
from tray_app.simulated.frames import Reply

_FILTERS = {
    "hate": {"filtered": False, "severity": "safe"},
    "self_harm": {"filtered": False, "severity": "safe"},
    "sexual": {"filtered": False, "severity": "safe"},
    "violence": {"filtered": False, "severity": "safe"},
}
_FINISH = {
    "end": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tools": "tool_calls",
    "refusal": "content_filter",
}

_REASONING_NAMES = {"kimi": "reasoning_content", "mai": "reasoning", "gpt-5.1-chat": "cot_summary"}
_ANNOTATIONS = {
    "IPCodeCitations": [{"id": 1, "start_offset": 0, "end_offset": 2, "details": {"citations": []}}]
}


def whole(reply: Reply) -> dict[str, Any]:
    """A chat.completion."""
    turn, finish = reply.turn, _finish(reply)
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None} | _reasoning(reply)
    calls = [_call(reply, number) for number in range(len(turn.calls))]
    choices = [_choice(reply, 0, message, finish)]
    if calls and _splits(reply):
        choices.append(_choice(reply, 1, {"role": "assistant", "content": None, "tool_calls": calls}, finish))
    elif calls:
        message["tool_calls"] = calls
    body = {"id": _id(reply), "object": "chat.completion", "created": int(reply.state.now())}
    body |= {"model": reply.model.dated, "choices": choices}
    if reply.model.maker == "gpt":
        body["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": _FILTERS}]
        body["system_fingerprint"] = "fp_5a1b7c2d90"
    return body | {"usage": usage(reply), "copilot_usage": reply.billed}


def stream(reply: Reply) -> Iterator[bytes]:
    """The chunks as events."""
    maker = reply.model.maker
    if maker == "gpt":
        first = {"choices": [], "created": 0, "id": "", "model": "", "object": "chat.completion.chunk"}
        filters = [{"prompt_index": 0, "content_filter_results": _FILTERS}]
        yield frames.data(first | {"prompt_filter_results": filters})
    if maker == "grok":
        yield b": grok is on it\n\n"
    yield _chunk(reply, {"role": "assistant", "content": ""})
    yield from _spoken(reply)
    yield from _called(reply)
    yield from _ended(reply)
    if reply.model.id != "gemini-3.5-flash-lite":
        yield frames.DONE


def usage(reply: Reply) -> dict[str, Any]:
    """Nested, or flat on Gemini: there reasoning stands beside the completion."""
    used = reply.usage
    counts: dict[str, Any] = {"prompt_tokens": used.input, "completion_tokens": used.output}
    counts["total_tokens"] = used.input + used.output
    counts["prompt_tokens_details"] = {"cached_tokens": used.cached}
    if reply.model.maker == "gemini":
        counts["completion_tokens"] = used.output - used.reasoning
        return counts | {"reasoning_tokens": used.reasoning}
    counts["completion_tokens_details"] = {
        "reasoning_tokens": used.reasoning,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    }
    if used.cache_write:
        counts["prompt_tokens_details"]["cache_creation_input_tokens"] = used.cache_write
    return counts


def _id(reply: Reply) -> str:
    return reply.id(f"msg_{reply.backend}_" if reply.backend else "chatcmpl-")


def _splits(reply: Reply) -> bool:
    """Claude puts its calls into a second choice when it also says something."""
    return reply.model.is_claude and bool(reply.turn.text)


def _finish(reply: Reply) -> str | None:
    if reply.reason:
        return reply.reason
    claude_forgets = reply.model.id == "claude-sonnet-4.5" and reply.talk.ends_with_result
    if not reply.finish or (claude_forgets and reply.body.get("stream") and reply.turn.stop == "end"):
        return None
    finish = _FINISH[reply.turn.stop]
    return "stop" if finish == "tool_calls" and reply.model.maker == "grok" else finish


def _choice(reply: Reply, index: int, message: dict[str, Any], finish: str | None) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": index, "finish_reason": finish, "message": message}
    return choice | ({"content_filter_results": _FILTERS} if reply.model.maker == "gpt" else {})


def _call(reply: Reply, number: int) -> dict[str, Any]:
    function = {"name": reply.turn.calls[number].name, "arguments": frames.arguments(reply, number)}
    call_id = reply.call_id(number)
    if reply.model.maker == "kimi":
        call_id = f"functions.{function['name']}:{_calls_before(reply) + number}"
    return {"id": call_id, "type": "function", "function": function}


def _calls_before(reply: Reply) -> int:
    """Kimi counts its calls through the whole conversation."""
    return sum(len(message.get("tool_calls") or []) for message in reply.body["messages"])


def _reasoning(reply: Reply) -> dict[str, str]:
    """Readable thoughts and their opaque twin; Gemini signs its calls even when it did not think aloud."""
    fields: dict[str, str] = {}
    if reply.model.maker not in ("claude", "gemini"):
        plain = _REASONING_NAMES.get(reply.model.maker) or _REASONING_NAMES.get(reply.model.id)
        if plain and reply.turn.reasoning:
            fields[plain] = reply.turn.reasoning
        return fields
    if reply.turn.reasoning:
        fields["reasoning_text"] = reply.turn.reasoning
    if reply.turn.reasoning or (reply.turn.calls and reply.model.maker == "gemini"):
        fields["reasoning_opaque"] = reply.state.mint.seal(
            "opaque", reply.model.id, reply.login, reply.backend
        )
    return fields


def _frame(reply: Reply, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    head = {"choices": choices, "created": int(reply.state.now()), "id": _id(reply)}
    return head | {"model": reply.model.dated, "object": "chat.completion.chunk"} | more


def _delta(reply: Reply, delta: dict[str, Any], index: int = 0) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": index, "delta": delta}
    if reply.model.maker == "gpt":
        choice |= {"content_filter_offsets": {"check_offset": 0}, "content_filter_results": _FILTERS}
    if reply.model.maker == "gemini":
        choice["finish_reason"] = ""
    return choice


def _chunk(reply: Reply, delta: dict[str, Any], index: int = 0) -> bytes:
    return frames.data(_frame(reply, [_delta(reply, delta, index)]))


def _run(reply: Reply, field: str, text: str) -> Iterator[bytes]:
    """Text deltas of one field."""
    template = _frame(reply, [_delta(reply, {field: "@@"})])
    before, after = frames.split(template, "@@")
    before, after = b"data: " + before, after + b"\n\n"
    for piece in frames.pieces(text):
        yield before + piece + after


def _spoken(reply: Reply) -> Iterator[bytes]:
    thoughts = _reasoning(reply)
    text, maker = reply.turn.text, reply.model.maker
    if maker == "mai":  # late: the text has begun
        yield from _run(reply, "content", text[: frames.DELTA])
        text = text[frames.DELTA :]
    for name in ("reasoning_text", "reasoning_content", "reasoning", "cot_summary"):
        yield from _run(reply, name, thoughts.get(name, ""))
    if "cot_summary" in thoughts:
        yield _chunk(reply, {"cot_id": reply.id("cot_")})
    if "reasoning_opaque" in thoughts and not (reply.model.maker == "gemini" and reply.turn.calls):
        yield _chunk(reply, {"reasoning_opaque": thoughts["reasoning_opaque"], "content": None})
    yield from _run(reply, "content", text)
    if reply.model.id == "gpt-5.2" and text:
        yield _chunk(reply, {"copilot_annotations": _ANNOTATIONS})


def _called(reply: Reply) -> Iterator[bytes]:
    maker = reply.model.maker
    index = 1 if _splits(reply) else 0
    for number in range(len(reply.turn.calls)):
        if maker == "gemini":
            yield _whole_call(reply, number)
        else:
            yield from _call_deltas(reply, number, index)
    if reply.model.id == "gemini-3.1-pro" and reply.turn.calls:
        yield _chunk(reply, {"content": " One moment."})


def _whole_call(reply: Reply, number: int) -> bytes:
    """Gemini: one delta per call, all with the same index or none, the signature beside the first."""
    call = _call(reply, number)
    if reply.model.id != "gemini-3.5-flash-lite":
        call["index"] = 0
    delta: dict[str, Any] = {"content": None, "tool_calls": [call]}
    if number == 0:
        delta["reasoning_opaque"] = _reasoning(reply)["reasoning_opaque"]
    return _chunk(reply, delta)


def _call_deltas(reply: Reply, number: int, index: int) -> Iterator[bytes]:
    call = _call(reply, number)
    opened = {"index": number, "id": call["id"], "type": "function"}
    if reply.model.id == "gpt-4.1":
        yield _chunk(reply, {"content": None, "tool_calls": [opened]}, index)
        opened = {"index": number}
    opened["function"] = {"name": call["function"]["name"], "arguments": ""}
    yield _chunk(reply, {"content": None, "tool_calls": [opened]}, index)
    written = call["function"]["arguments"]
    for start in range(0, len(written), frames.ARGUMENTS_DELTA):
        part = {"arguments": written[start : start + frames.ARGUMENTS_DELTA]}
        yield _chunk(reply, {"tool_calls": [{"index": number, "function": part}]}, index)


def _ended(reply: Reply) -> Iterator[bytes]:
    finish, counts = _finish(reply), {"usage": usage(reply), "copilot_usage": reply.billed}
    last = [{"index": 0, "delta": {}, "finish_reason": finish}]
    if reply.model.maker == "gpt":
        yield frames.data(_frame(reply, [last[0] | {"content_filter_results": {}}]))
        if reply.model.id == "gpt-5-mini":
            yield frames.data(_frame(reply, [], copilot_cost={"multiplier": reply.model.multiplier}))
        yield frames.data(_frame(reply, [], **counts))
        return
    if _splits(reply) and reply.turn.calls:
        last.append({"index": 1, "delta": {}, "finish_reason": finish})
    yield frames.data(_frame(reply, last, **counts))
