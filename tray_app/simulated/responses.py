"""Answers of /responses, whole and streamed (copilot-wire 6.3 to 6.5).

Every event names its item by another id, a fresh blob of some 400 characters; the id that counts is the one
in `response.output_item.done`, for the sealed reasoning in it is bound to that id.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import orjson

from tray_app.simulated import frames
from tray_app.simulated.frames import Reply, named

_ID_LENGTH = 400
_NOISE = base64.b64encode(b"".join(hashlib.sha512(b"noise %d" % n).digest() for n in range(64))).decode()
_ALOUD = "gpt-5.4"  # gives raw reasoning text, and refusals as a part of their own
_REFUSAL = "I'm sorry, but I can't help with that."
_SEARCH = re.compile(r"\bsearch the web\b", re.IGNORECASE)
_TELL_SOURCES = "web_search_call.action.sources"
_SOURCE = {
    "type": "url_citation",
    "url": "https://example.com/",
    "title": "Example",
    "start_index": 0,
    "end_index": 1,
}
_ECHOED = ("instructions", "max_output_tokens", "temperature", "top_p", "tools", "tool_choice", "metadata")


def whole(reply: Reply) -> dict[str, Any]:
    """A response. Its copilot_usage stands beside the response's own fields."""
    writer = _Writer(reply)
    output = [writer.done(item) for item in writer.items()]
    return writer.response(_status(reply), output) | {"copilot_usage": reply.billed}


def stream(reply: Reply) -> Iterator[bytes]:
    """The events, ending with the terminal one; there is no [DONE]."""
    return _Writer(reply).events()


def usage(reply: Reply) -> dict[str, Any]:
    used = reply.usage
    return {
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cached, "cache_write_tokens": used.cache_write},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.input + used.output,
    }


def _status(reply: Reply) -> str:
    if reply.turn.stop == "refusal" and reply.model.id == _ALOUD:
        return "completed"
    return "incomplete" if reply.turn.stop in ("length", "refusal") else "completed"


class _Writer:
    """Counts events and makes ids for one answer."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._sequence = -1
        self._ids = 0
        self._created = int(reply.state.now())

    def fresh_id(self) -> str:
        """An id of about 400 characters, different at every call."""
        self._ids += 1
        start = (self._ids * 1009) % (len(_NOISE) - _ID_LENGTH)
        return f"{self._reply.serial:x}z{self._ids:x}z" + _NOISE[start : start + _ID_LENGTH - 16]

    def items(self) -> list[dict[str, Any]]:
        """The output, without ids and seals."""
        turn, phases = self._reply.turn, self._reply.model.has_phases
        output: list[dict[str, Any]] = []
        if turn.reasoning:
            summary = [{"type": "summary_text", "text": turn.reasoning}] if self._summarises() else []
            output.append({"type": "reasoning", "summary": summary} | self._aloud())
        if _compacts(self._reply):
            return [{"type": "compaction"} for _ in range(2 if self._reply.model.id == "gpt-5-mini" else 1)]
        sources: list[dict[str, Any]] = []
        if self._searches():
            action: dict[str, Any] = {"type": "search", "query": self._reply.talk.prompt[:80]}
            if _TELL_SOURCES in (self._reply.body.get("include") or []):
                action["sources"] = [{"type": "url", "url": _SOURCE["url"]}]
            output.append({"type": "web_search_call", "status": "completed", "action": action})
            sources = [dict(_SOURCE)]
        if turn.stop == "refusal" and self._reply.model.id == _ALOUD:
            refused: dict[str, Any] = {"type": "message", "role": "assistant", "status": "completed"}
            output.append(refused | {"content": [{"type": "refusal", "refusal": _REFUSAL}]})
        if turn.text:
            part = {"type": "output_text", "text": turn.text, "annotations": sources, "logprobs": []}
            message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
            phase = {"phase": "commentary" if turn.calls else "final_answer"} if phases else {}
            output.append(message | phase)
        return output + [self._call(number) for number in range(len(turn.calls))]

    def done(self, item: dict[str, Any]) -> dict[str, Any]:
        """The finished item: its true id, and the seal bound to it."""
        item_id = self.fresh_id()
        finished = {"id": item_id, **item}
        if item["type"] in ("reasoning", "compaction") and self._sealed():
            reply = self._reply
            kind = str(item["type"])
            seal = reply.state.mint.seal(kind, reply.model.id, reply.login, item_id=item_id)
            finished["encrypted_content"] = seal
        return finished

    def response(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        """The response object; its id differs from event to event too."""
        reply, body = self._reply, self._reply.body
        answer: dict[str, Any] = {
            "id": f"resp_{self.fresh_id()[:120]}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "metadata": {},
            "model": reply.model.dated,
            "output": output,
            "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
            "previous_response_id": None,
            "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
            "store": False,
            "temperature": 1.0,
            "text": body.get("text") or {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": body.get("truncation") or "disabled",
            "usage": None,
        } | {key: body[key] for key in _ECHOED if body.get(key) is not None}
        if status in ("queued", "in_progress"):
            return answer
        answer["usage"] = usage(reply)
        if status == "incomplete":
            reason = "max_output_tokens" if reply.turn.stop == "length" else "content_filter"
            answer["incomplete_details"] = {"reason": reason}
        return answer

    def events(self) -> Iterator[bytes]:
        """All events in order."""
        yield self._event("response.created", response=self.response("in_progress", []))
        if self._reply.model.id == "gpt-5.5":
            yield self._event("response.queued", response=self.response("queued", []))
        yield self._event("response.in_progress", response=self.response("in_progress", []))
        if self._reply.model.id == "gpt-5.5":
            yield self._event("keepalive")
        output = []
        for index, item in enumerate(self.items()):
            yield from self._opened(index, item)
            yield from self._content(index, item)
            finished = self.done(item)
            output.append(self.done(item))  # again another id, and another blob that goes with it
            yield self._event("response.output_item.done", output_index=index, item=finished)
        if not self._reply.finish:
            return
        status = _status(self._reply)
        response = self.response(status, output)
        yield self._event(f"response.{status}", response=response, copilot_usage=self._reply.billed)

    def _call(self, number: int) -> dict[str, Any]:
        call, reply = self._reply.turn.calls[number], self._reply
        item: dict[str, Any] = {"type": "custom_tool_call" if call.custom else "function_call"}
        item |= {"status": "completed", "call_id": reply.call_id(number), "name": call.name}
        item["input" if call.custom else "arguments"] = frames.arguments(reply, number)
        return item | ({"namespace": call.namespace} if call.namespace else {})

    def _summarises(self) -> bool:
        wish = self._reply.body.get("reasoning")
        return isinstance(wish, dict) and wish.get("summary") not in (None, "off")

    def _sealed(self) -> bool:
        include = self._reply.body.get("include")
        return _compacts(self._reply) or (
            isinstance(include, list) and "reasoning.encrypted_content" in include
        )

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._sequence += 1
        return named({"type": kind, **fields, "sequence_number": self._sequence})

    def _opened(self, index: int, item: dict[str, Any]) -> Iterator[bytes]:
        empty = {"id": self.fresh_id(), **item, "status": "in_progress"}
        blank: dict[str, Any] = {"content": [], "summary": [], "arguments": "", "input": ""}
        empty |= {key: value for key, value in blank.items() if key in item}
        if item["type"] in ("reasoning", "compaction"):
            del empty["status"]
            if self._sealed():
                empty = self.done({key: value for key, value in empty.items() if key != "id"})
        yield self._event("response.output_item.added", output_index=index, item=empty)

    def _content(self, index: int, item: dict[str, Any]) -> Iterator[bytes]:
        kind = item["type"]
        if kind == "message":
            yield from self._text(index, item["content"][0])
        elif kind == "reasoning":
            for number, part in enumerate(item["summary"]):
                yield from self._summary(index, number, part)
            for number, part in enumerate(item.get("content", [])):
                yield from self._thought(index, number, part)
        elif kind == "web_search_call":
            for stage in ("in_progress", "searching", "completed"):
                name = f"response.web_search_call.{stage}"
                yield self._event(name, item_id=self.fresh_id(), output_index=index)
        elif kind == "function_call":
            place = {"output_index": index}
            name = "response.function_call_arguments"
            yield from self._run(f"{name}.delta", item["arguments"], place, frames.ARGUMENTS_DELTA)
            yield self._event(f"{name}.done", item_id=self.fresh_id(), **place, arguments=item["arguments"])
        elif kind == "custom_tool_call":
            place = {"output_index": index}
            name = "response.custom_tool_call_input"
            yield from self._run(f"{name}.delta", item["input"], place, frames.ARGUMENTS_DELTA)
            yield self._event(f"{name}.done", item_id=self.fresh_id(), **place, input=item["input"])

    def _text(self, index: int, part: dict[str, Any]) -> Iterator[bytes]:
        place = {"output_index": index, "content_index": 0}
        if part["type"] == "refusal":
            yield from self._refused(part, place)
            return
        opened = {**part, "text": "", "annotations": []}
        yield self._event("response.content_part.added", item_id=self.fresh_id(), **place, part=opened)
        yield from self._run("response.output_text.delta", part["text"], place | {"logprobs": []})
        for number, annotation in enumerate(part["annotations"]):
            more = {"annotation_index": number, "annotation": annotation}
            kind = "response.output_text.annotation.added"
            yield self._event(kind, item_id=self.fresh_id(), **place, **more)
        done = {"text": part["text"], "logprobs": []}
        yield self._event("response.output_text.done", item_id=self.fresh_id(), **place, **done)
        yield self._event("response.content_part.done", item_id=self.fresh_id(), **place, part=part)

    def _refused(self, part: dict[str, Any], place: dict[str, Any]) -> Iterator[bytes]:
        opened, name = {**part, "refusal": ""}, "response.refusal"
        yield self._event("response.content_part.added", item_id=self.fresh_id(), **place, part=opened)
        yield from self._run(f"{name}.delta", part["refusal"], place)
        yield self._event(f"{name}.done", item_id=self.fresh_id(), **place, refusal=part["refusal"])
        yield self._event("response.content_part.done", item_id=self.fresh_id(), **place, part=part)

    def _thought(self, index: int, number: int, part: dict[str, Any]) -> Iterator[bytes]:
        place, name = {"output_index": index, "content_index": number}, "response.reasoning_text"
        yield from self._run(f"{name}.delta", part["text"], place)
        yield self._event(f"{name}.done", item_id=self.fresh_id(), **place, text=part["text"])

    def _aloud(self) -> dict[str, Any]:
        """One model gives its raw thoughts where no summary was asked for."""
        if self._reply.model.id != _ALOUD or self._summarises():
            return {}
        return {"content": [{"type": "reasoning_text", "text": self._reply.turn.reasoning}]}

    def _searches(self) -> bool:
        """A prompt that says so, or a choice that leaves nothing else; and the tool for it."""
        tools = self._reply.body.get("tools") or []
        hosted = any(str(tool.get("type", "")).startswith("web_search") for tool in tools)
        choice = self._reply.body.get("tool_choice")
        forced = isinstance(choice, dict) and str(choice.get("type", "")).startswith("web_search")
        asked = forced or bool(_SEARCH.search(self._reply.talk.prompt))
        return hosted and asked and bool(self._reply.turn.text)

    def _summary(self, index: int, number: int, part: dict[str, Any]) -> Iterator[bytes]:
        place = {"output_index": index, "summary_index": number}
        opened = {**part, "text": ""}
        name = "response.reasoning_summary"
        yield self._event(f"{name}_part.added", item_id=self.fresh_id(), **place, part=opened)
        yield from self._run(f"{name}_text.delta", part["text"], place)
        yield self._event(f"{name}_text.done", item_id=self.fresh_id(), **place, text=part["text"])
        yield self._event(f"{name}_part.done", item_id=self.fresh_id(), **place, part=part)

    def _run(self, kind: str, text: str, place: dict[str, Any], size: int = frames.DELTA) -> Iterator[bytes]:
        """Deltas, quickly: only id, sequence number, padding and text differ from one to the next."""
        head = f'event: {kind}\ndata: {{"type":"{kind}","item_id":"'.encode()
        rest = b'",' + orjson.dumps(place)[1:-1] + b',"obfuscation":"'
        for number, piece in enumerate(frames.pieces(text, size)):
            self._sequence += 1
            padding = _NOISE[number % 97 : number % 97 + 16 - size].encode()
            tail = b',"sequence_number":%d}\n\n' % self._sequence
            yield b"".join((head, self.fresh_id().encode(), rest, padding, b'","delta":', piece, tail))


def _compacts(reply: Reply) -> bool:
    items = reply.body.get("input")
    last = items[-1] if isinstance(items, list) and items else None
    return isinstance(last, dict) and last.get("type") == "compaction_trigger"
