"""PURE. Answers of `/v1/completions`, whole and streamed: the text of an answer and nothing else."""

from collections.abc import Sequence
from typing import Any

import orjson

from tray_app.dialects import faults
from tray_app.dialects.answer_ids import answer_id
from tray_app.dialects.chat.stops import write_stop
from tray_app.dialects.chat.usage import write_usage
from tray_app.dialects.deltas import Delta, Failed, Measured, Opened, Piece, Started, Stopped
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask, Refusal, Reply, Stop, Text, Usage

_DONE = b"data: [DONE]\n\n"


def write_reply(reply: Reply, model_asked: str, ask: Ask) -> Json:
    """A `text_completion` with one choice."""
    parts = [part.text for part in reply.parts if isinstance(part, Text | Refusal) and part.text]
    head = _head(reply.id, reply.created or ask.asked_at, model_asked)
    usage = write_usage(reply.usage)
    return {
        **head,
        "choices": [_choice("\n\n".join(parts), _finish(reply.stop))],
        **({} if usage is None else {"usage": usage}),
    }


def joined(answers: Sequence[Json]) -> Json:
    """The answers of several prompts as one, in their order."""
    choices = [{**answer["choices"][0], "index": index} for index, answer in enumerate(answers)]
    usages = [answer["usage"] for answer in answers if "usage" in answer]
    return answers[0] | {"choices": choices} | ({"usage": _sum(usages)} if usages else {})


def _sum(values: Sequence[Any]) -> Any:
    """Numbers added up, in objects of the same shape."""
    if isinstance(values[0], dict):
        keys = dict.fromkeys(key for value in values for key in value)
        return {key: _sum([value[key] for value in values if key in value]) for key in keys}
    return sum(values)


def _head(id: str, created: int, model: str) -> Json:
    return {
        "id": answer_id(id, "cmpl-"),
        "object": "text_completion",
        "created": created,
        "model": model,
    }


def _choice(text: str, finish: str | None) -> Json:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish}


def _finish(stop: Stop) -> str:
    return write_stop(stop, has_calls=False, has_refusal=False)


class CompletionWriter:
    """Implements `protocol.StreamWriter`. `model_asked` is the model as the client named it."""

    def __init__(self, model_asked: str, ask: Ask) -> None:
        self._model, self._ask = model_asked, ask
        self._head: Json = {}
        self._usage = Usage()
        self._speaks = self._has_spoken = False

    def feed(self, delta: Delta) -> bytes:
        match delta:
            case Started(id):
                self._head = _head(id, self._ask.asked_at, self._model)
            case Opened(part):
                self._speaks = isinstance(part, Text | Refusal)
                if self._speaks and self._has_spoken:
                    return self._chunk([_choice("\n\n", None)])
            case Piece(text) if self._speaks and text:
                self._has_spoken = True
                return self._chunk([_choice(text, None)])
            case Measured(usage):
                self._usage = self._usage.merged(usage)
            case Stopped(stop):
                return self._stop(stop)
            case Failed(fault):
                return faults.stream_error_event("chat", fault)
        return b""

    def _stop(self, stop: Stop) -> bytes:
        out = self._chunk([_choice("", _finish(stop))])
        usage = write_usage(self._usage) if self._ask.include_usage else None
        if usage is not None:
            out += self._chunk([], usage=usage)
        return out + _DONE

    def _chunk(self, choices: list[Json], **more: Any) -> bytes:
        head = self._head or _head("", self._ask.asked_at, self._model)
        return b"data: " + orjson.dumps({**head, "choices": choices, **more}) + b"\n\n"
