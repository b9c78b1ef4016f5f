"""Neutral deltas as a chat stream for a client. Strict OpenAI chunks: role first, one finish reason,
a usage chunk only when asked, `[DONE]` once."""

import orjson

from tray_app.dialects import carrier, faults, tool_arguments
from tray_app.dialects.answer_ids import answer_id
from tray_app.dialects.chat.stops import write_stop
from tray_app.dialects.chat.usage import write_usage
from tray_app.dialects.deltas import Closed, Delta, Failed, Measured, Opened, Piece, Sealed, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask, Part, Refusal, Stop, Text, Thinking, ToolCall, Usage
from tray_app.dialects.tool_names import ToolNames

DONE = b"data: [DONE]\n\n"


class ChatWriter:
    """`model_asked` is the model as the client named it."""

    def __init__(self, model_asked: str, ask: Ask) -> None:
        self._model = model_asked
        self._include_usage = ask.include_usage
        self._asked_at = ask.asked_at
        self._names = ToolNames(ask.tools)
        self._usage = Usage()
        self._head = self._tail = b""
        self._open: Part | None = None
        self._calls = 0
        self._custom: list[str] | None = None  # input of an open custom tool call
        self._wrapped = False
        self._said: set[str] = set()
        self._before = ""  # goes in front of the next text: a blank line between two blocks

    def feed(self, delta: Delta) -> bytes:
        if type(delta) is Piece:
            return self._piece(delta.text)
        match delta:
            case Started(id):
                return self._start(id)
            case Opened(part):
                return self._begin(part)
            case Sealed(opaque):
                return self._chunk({"reasoning_opaque": carrier.pack(opaque, "chat")})
            case Closed():
                return self._close()
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                return self._stop(stop)
            case Failed(fault):
                return faults.stream_error_event("chat", fault)
        return b""

    def _start(self, id: str) -> bytes:
        model = orjson.dumps(self._model)
        self._head = b'{"id":%b,"object":"chat.completion.chunk","created":%d,"model":%b,"choices":' % (
            orjson.dumps(answer_id(id, "chatcmpl-")),
            self._asked_at,
            model,
        )
        self._tail = b"}\n\n"
        return self._chunk({"role": "assistant", "content": ""})

    def _chunk(self, delta: Json, finish: str | None = None) -> bytes:
        choice = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        return b"data: " + self._head + orjson.dumps(choice) + self._tail

    def _begin(self, part: Part) -> bytes:
        self._open = part
        match part:
            case ToolCall():
                return self._begin_call(part)
            case Text():
                self._before = "\n\n" if "text" in self._said else ""
                self._said.add("text")
            case Thinking():
                self._before = "\n\n" if "thinking" in self._said else ""
            case Refusal():
                self._before = ""
                self._said.add("refusal")
        return b""

    def _begin_call(self, call: ToolCall) -> bytes:
        self._calls += 1
        tool = self._names.find(call.name)
        name = tool.name if tool else call.name
        if tool is not None and tool.kind == "custom":
            self._custom, self._wrapped = [], call.kind != "custom"
            return self._call({"id": call.id, "type": "custom", "custom": {"name": name, "input": ""}})
        return self._call({"id": call.id, "type": "function", "function": {"name": name, "arguments": ""}})

    def _call(self, call: Json) -> bytes:
        return self._chunk({"tool_calls": [{"index": self._calls - 1, **call}]})

    def _piece(self, text: str) -> bytes:
        match self._open:
            case Text():
                return self._words("content", text)
            case Thinking():
                self._said.add("thinking")
                return self._words("reasoning_text", text)
            case Refusal():
                return self._words("refusal", text)
            case ToolCall():
                if self._custom is None:
                    return self._call({"function": {"arguments": text}})
                self._custom.append(text)
        return b""

    def _words(self, field: str, text: str) -> bytes:
        if self._before:
            text, self._before = self._before + text, ""
        return b'data: %b[{"index":0,"delta":{"%b":%b},"logprobs":null,"finish_reason":null}]%b' % (
            self._head,
            field.encode(),
            orjson.dumps(text),
            self._tail,
        )

    def _close(self) -> bytes:
        self._open = None
        if self._custom is None:
            return b""
        text, self._custom = "".join(self._custom), None
        if self._wrapped:  # the upstream form knew functions only
            text = tool_arguments.unwrap_input(text)
        return self._call({"custom": {"input": text}})

    def _stop(self, stop: Stop) -> bytes:
        out = b"" if self._head else self._start("")
        if stop.explanation and "refusal" not in self._said:
            out = self._chunk({"refusal": stop.explanation})
        out += self._chunk({}, write_stop(stop, self._calls > 0, "refusal" in self._said))
        usage = write_usage(self._usage) if self._include_usage else None
        if usage is not None:
            out += b"data: " + self._head + b'[],"usage":' + orjson.dumps(usage) + self._tail
        return out + DONE
