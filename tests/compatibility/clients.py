"""Four strict clients, one per dialect: they send what a coding tool sends and read what comes back as
the pickiest SDK would. They share no code with the program.

A history is a list in the client's own dialect; `said.history` is what the client adds to it.
"""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.harness import Jumpseat

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
    "required": ["city"],
}
TITLE = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


@dataclass
class Call:
    id: str
    name: str
    arguments: Any


@dataclass
class Said:
    """One answer. `stop` and `usage` are in the dialect's own words; `status` 200 even if it broke."""

    status: int = 200
    text: str = ""
    thinking: str = ""
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    history: list[Any] = field(default_factory=list)
    error: dict[str, Any] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    raw: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def sse(raw: bytes) -> list[tuple[str | None, str]]:
    """(event name, data) of each event; keepalive comments are left out."""
    assert raw.endswith(b"\n\n"), raw[-200:]
    events = []
    for block in raw.decode().split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        fields = [line.split(": ", 1) for line in lines]
        assert all(key in ("event", "data") for key, _ in fields), block
        name = next((value for key, value in fields if key == "event"), None)
        data = [value for key, value in fields if key == "data"]
        assert len(data) == 1, block
        events.append((name, data[0]))
    return events


class Client:
    """What they have in common: one POST, whole or streamed."""

    name: str
    path: str
    headers: ClassVar[dict[str, str]] = {}

    def body(self, model: str, history: list[Any], stream: bool, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def whole(self, body: dict[str, Any]) -> Said:
        raise NotImplementedError

    def streamed(self, events: list[tuple[str | None, str]]) -> Said:
        raise NotImplementedError

    def path_for(self, body: dict[str, Any]) -> str:
        """Where a body is posted to."""
        return self.path

    async def send(self, jumpseat: Jumpseat, body: dict[str, Any], **headers: str) -> Said:
        """Send a body as it stands."""
        reply = await jumpseat.post(self.path_for(body), body, **self.headers, **headers)
        if reply.status != 200:
            error = reply.json["error"]
            return Said(reply.status, error=error, raw=reply.body, headers=reply.headers)
        if body.get("stream"):
            assert reply.headers["Content-Type"].startswith("text/event-stream")
            said = self.streamed(sse(reply.body))
        else:
            said = self.whole(reply.json)
        said.raw, said.headers = reply.body, reply.headers
        return said

    async def ask(
        self, jumpseat: Jumpseat, model: str, history: list[Any], *, stream: bool = False, **options: Any
    ) -> Said:
        """options: tools (names), think, schema, max_tokens, and anything else for the body."""
        return await self.send(jumpseat, self.body(model, history, stream, **options))

    def prompt(self, text: str, images: int = 0) -> list[Any]:
        raise NotImplementedError

    def result(self, call: Call, text: str, *, images: int = 0, failed: bool = False) -> list[Any]:
        raise NotImplementedError

    def results(self, calls: list[Call], text: str, **options: Any) -> list[Any]:
        """The answers to several calls, as one turn of the client."""
        return [entry for call in calls for entry in self.result(call, text, **options)]


def _arguments(text: str) -> Any:
    """Arguments as an object; as the text they are when an answer broke in the middle of them."""
    try:
        return json.loads(text or "{}")
    except json.JSONDecodeError:
        return text


# --- OpenAI chat completions ----------------------------------------------------------------------


class Chat(Client):
    name, path = "chat", "/v1/chat/completions"

    def body(
        self,
        model: str,
        history: list[Any],
        stream: bool,
        *,
        tools: tuple[str, ...] = (),
        think: bool = False,
        schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        body = {"model": model, "messages": history, **more}
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if tools:
            body["tools"] = [
                {"type": "function", "function": {"name": tool, "description": tool, "parameters": WEATHER}}
                for tool in tools
            ]
        if think:
            body["reasoning_effort"] = "medium"
        if schema:
            wanted = {"name": "title", "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        if max_tokens:
            body["max_tokens"] = max_tokens
        return body

    def prompt(self, text: str, images: int = 0) -> list[Any]:
        if not images:
            return [{"role": "user", "content": text}]
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
        return [{"role": "user", "content": [{"type": "text", "text": text}, *[picture] * images]}]

    def result(self, call: Call, text: str, *, images: int = 0, failed: bool = False) -> list[Any]:
        content: Any = f"Error: {text}" if failed else text
        if images:
            picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
            content = [{"type": "text", "text": text}, *[picture] * images]
        return [{"role": "tool", "tool_call_id": call.id, "content": content}]

    def whole(self, body: dict[str, Any]) -> Said:
        assert body["object"] == "chat.completion"
        (choice,) = body["choices"]
        assert choice["index"] == 0
        message = choice["message"]
        assert message["role"] == "assistant"
        calls = [
            Call(call["id"], call["function"]["name"], _arguments(call["function"]["arguments"]))
            for call in message.get("tool_calls") or []
        ]
        return Said(
            text=message.get("content") or "",
            thinking=message.get("reasoning_text") or message.get("reasoning_content") or "",
            calls=calls,
            stop=choice["finish_reason"],
            usage=body["usage"],
            history=[{key: value for key, value in message.items() if key != "padding"}],
        )

    def streamed(self, events: list[tuple[str | None, str]]) -> Said:
        assert events[-1] == (None, "[DONE]")
        said, message = Said(), {"role": "assistant", "content": ""}
        calls: dict[int, dict[str, Any]] = {}
        for name, data in events[:-1]:
            assert name is None
            chunk = json.loads(data)
            said.events.append(chunk)
            if chunk.get("error"):
                said.error = chunk["error"]
                continue
            assert said.error is None
            assert chunk["object"] == "chat.completion.chunk"
            if chunk.get("usage"):
                assert not said.usage
                said.usage = chunk["usage"]
            for choice in chunk["choices"]:
                assert choice["index"] == 0
                self._delta(choice, said, message, calls)
        assert said.error or said.stop, "neither an error nor a finish_reason"
        for _, call in sorted(calls.items()):
            made = call["function"]
            said.calls.append(Call(call["id"], made["name"], _arguments(made["arguments"])))
        assert sorted(calls) == list(range(len(calls)))
        if calls:
            message["tool_calls"] = [calls[key] for key in sorted(calls)]
            message["content"] = message["content"] or None
        said.text, said.history = message["content"] or "", [message]
        said.thinking = message.get("reasoning_text", "")
        return said

    def _delta(
        self, choice: dict[str, Any], said: Said, message: dict[str, Any], calls: dict[int, dict[str, Any]]
    ) -> None:
        delta = choice["delta"]
        assert said.stop is None or not (delta.get("content") or delta.get("tool_calls")), "after the finish"
        message["content"] += delta.get("content") or ""
        for key in ("reasoning_text",):
            if delta.get(key):
                message[key] = message.get(key, "") + delta[key]
        if delta.get("reasoning_opaque"):
            message["reasoning_opaque"] = delta["reasoning_opaque"]
        for call in delta.get("tool_calls") or []:
            if call["index"] not in calls:
                assert call["id"]
                assert call["function"]["name"]
                calls[call["index"]] = {
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": call["function"]["name"], "arguments": ""},
                }
            calls[call["index"]]["function"]["arguments"] += call["function"].get("arguments") or ""
        if finish := choice.get("finish_reason"):
            assert said.stop is None
            said.stop = finish


# --- OpenAI Responses -----------------------------------------------------------------------------


class Responses(Client):
    name, path = "responses", "/v1/responses"

    def body(
        self,
        model: str,
        history: list[Any],
        stream: bool,
        *,
        tools: tuple[str, ...] = (),
        think: bool = False,
        schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        body = {
            "model": model,
            "input": history,
            "stream": stream,
            "store": False,
            "include": ["reasoning.encrypted_content"],
            **more,
        }
        if tools:
            body["tools"] = [
                {
                    "type": "function",
                    "name": tool,
                    "description": tool,
                    "strict": False,
                    "parameters": WEATHER,
                }
                for tool in tools
            ]
        if think:
            body["reasoning"] = {"effort": "medium", "summary": "auto"}
        if schema:
            body["text"] = {
                "format": {"type": "json_schema", "name": "title", "schema": schema, "strict": True}
            }
        if max_tokens:
            body["max_output_tokens"] = max_tokens
        return body

    def prompt(self, text: str, images: int = 0) -> list[Any]:
        picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}", "detail": "auto"}
        content = [{"type": "input_text", "text": text}, *[picture] * images]
        return [{"type": "message", "role": "user", "content": content}]

    def result(self, call: Call, text: str, *, images: int = 0, failed: bool = False) -> list[Any]:
        output: Any = f"Error: {text}" if failed else text
        if images:
            picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"}
            output = [{"type": "input_text", "text": text}, *[picture] * images]
        return [{"type": "function_call_output", "call_id": call.id, "output": output}]

    def whole(self, body: dict[str, Any]) -> Said:
        assert body["object"] == "response"
        said = Said(stop=body["status"], usage=body["usage"])
        if body["status"] == "incomplete":
            said.stop = body["incomplete_details"]["reason"]
        for item in body["output"]:
            self._item(item, said)
        return said

    def _item(self, item: dict[str, Any], said: Said) -> None:
        said.history.append(item)
        if item["type"] == "message":
            said.text += "".join(part.get("text", part.get("refusal", "")) for part in item["content"])
        elif item["type"] == "reasoning":
            said.thinking += "".join(part["text"] for part in item["summary"])
        elif item["type"] == "function_call":
            said.calls.append(Call(item["call_id"], item["name"], _arguments(item["arguments"])))
        elif item["type"] == "custom_tool_call":
            said.calls.append(Call(item["call_id"], item["name"], item["input"]))

    def streamed(self, events: list[tuple[str | None, str]]) -> Said:
        said, ids, texts = Said(), {}, {}
        done: dict[int, dict[str, Any]] = {}
        for number, (name, data) in enumerate(events):
            event = json.loads(data)
            assert name == event["type"], "event: and type differ"
            if number:
                assert event["sequence_number"] > said.events[-1]["sequence_number"]
            said.events.append(event)
            item = event.get("item")
            if (index := event.get("output_index")) is not None:
                own = event.get("item_id") or (item or {}).get("id")
                if own is not None:
                    assert ids.setdefault(index, own) == own, "one id per item"
            if name == "response.output_text.delta":
                texts[index] = texts.get(index, "") + event["delta"]
            elif name == "response.output_item.done":
                done[index] = item
            elif name == "response.failed":
                said.error = event["response"]["error"]
            elif name == "error":
                said.error = {key: event[key] for key in ("code", "message")}
        last = said.events[-1]
        assert last["type"] in ("response.completed", "response.incomplete", "response.failed", "error")
        if said.error is not None:
            return said
        assert said.events[0]["type"] == "response.created"
        final = self.whole(last["response"])
        assert final.history == [done[index] for index in sorted(done)], "the end repeats the items"
        assert final.text == "".join(texts[index] for index in sorted(texts))
        final.events = said.events
        return final


# --- Anthropic Messages ---------------------------------------------------------------------------


class Messages(Client):
    name, path = "messages", "/v1/messages"
    headers: ClassVar[dict[str, str]] = {"anthropic-version": "2023-06-01"}

    def body(
        self,
        model: str,
        history: list[Any],
        stream: bool,
        *,
        tools: tuple[str, ...] = (),
        think: bool = False,
        schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        body = {
            "model": model,
            "messages": history,
            "stream": stream,
            "max_tokens": max_tokens or 16000,
            **more,
        }
        if tools:
            body["tools"] = [{"name": tool, "description": tool, "input_schema": WEATHER} for tool in tools]
        if think:
            body["thinking"] = {"type": "enabled", "budget_tokens": 4000}
        if schema:
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return body

    def prompt(self, text: str, images: int = 0) -> list[Any]:
        return [{"role": "user", "content": [{"type": "text", "text": text}, *[self._picture()] * images]}]

    def _picture(self) -> dict[str, Any]:
        return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}

    def result(self, call: Call, text: str, *, images: int = 0, failed: bool = False) -> list[Any]:
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": call.id}
        block["content"] = [{"type": "text", "text": text}, *[self._picture()] * images]
        if failed:
            block["is_error"] = True
        return [{"role": "user", "content": [block]}]

    def results(self, calls: list[Call], text: str, **options: Any) -> list[Any]:
        blocks = [self.result(call, text, **options)[0]["content"][0] for call in calls]
        return [{"role": "user", "content": blocks}]

    def whole(self, body: dict[str, Any]) -> Said:
        assert body["type"] == "message"
        assert body["role"] == "assistant"
        said = Said(stop=body["stop_reason"], usage=body["usage"])
        said.history = [{"role": "assistant", "content": body["content"]}]
        for block in body["content"]:
            if block["type"] == "text":
                said.text += block["text"]
            elif block["type"] == "thinking":
                assert "signature" in block
                said.thinking += block["thinking"]
            elif block["type"] == "tool_use":
                assert isinstance(block["input"], dict)
                said.calls.append(Call(block["id"], block["name"], block["input"]))
        return said

    def streamed(self, events: list[tuple[str | None, str]]) -> Said:
        said, message = Said(), None
        open_block, partial = None, ""
        for name, data in events:
            event = json.loads(data)
            assert name == event["type"]
            said.events.append(event)
            if name == "error":
                said.error = event["error"]
                assert said.events[-1] is event
            elif name == "message_start":
                assert message is None
                message = event["message"]
                assert message["content"] == []
                assert "input_tokens" in message["usage"]
            elif name == "content_block_start":
                assert open_block is None, "two blocks open"
                open_block, partial = event["content_block"], ""
                assert event["index"] == len(message["content"]), "indices have gaps"
                assert open_block.get("input", {}) == {}
            elif name == "content_block_delta":
                assert event["index"] == len(message["content"])
                delta = event["delta"]
                kind = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
                if delta["type"] == "input_json_delta":
                    partial += delta["partial_json"]
                else:
                    key = kind[delta["type"]]
                    open_block[key] = open_block.get(key, "") + delta[key]
            elif name == "content_block_stop":
                if open_block["type"] == "tool_use":
                    open_block["input"] = _arguments(partial)
                message["content"].append(open_block)
                open_block = None
            elif name == "message_delta":
                assert open_block is None
                assert not message.get("stop_reason"), "two message_delta"
                message["stop_reason"] = event["delta"]["stop_reason"]
                message["usage"] |= event["usage"]
        if said.error is not None:
            assert events[-1][0] == "error", "nothing follows an error"
            return said
        assert events[-1][0] == "message_stop"
        final = self.whole(message)
        final.events = said.events
        return final


# --- Google's Gemini ------------------------------------------------------------------------------


class Gemini(Client):
    """Model and streaming stand in the path; here the body carries them there."""

    name, path = "gemini", "/v1beta/models"

    def path_for(self, body: dict[str, Any]) -> str:
        verb = "streamGenerateContent?alt=sse" if body["stream"] else "generateContent"
        return f"{self.path}/{body['model']}:{verb}"

    def body(
        self,
        model: str,
        history: list[Any],
        stream: bool,
        *,
        tools: tuple[str, ...] = (),
        think: bool = False,
        schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        config: dict[str, Any] = {**more}
        body = {"model": model, "stream": stream, "contents": history, "generationConfig": config}
        if tools:
            declared = [{"name": tool, "description": tool, "parameters": WEATHER} for tool in tools]
            body["tools"] = [{"functionDeclarations": declared}]
        if think:
            config["thinkingConfig"] = {"includeThoughts": True, "thinkingBudget": 4000}
        if schema:
            config |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
        if max_tokens:
            config["maxOutputTokens"] = max_tokens
        return body

    def prompt(self, text: str, images: int = 0) -> list[Any]:
        return [{"role": "user", "parts": [{"text": text}, *[self._picture()] * images]}]

    def _picture(self) -> dict[str, Any]:
        return {"inlineData": {"mimeType": "image/png", "data": PICTURE}}

    def result(self, call: Call, text: str, *, images: int = 0, failed: bool = False) -> list[Any]:
        response = {"id": call.id, "name": call.name, "response": {"error" if failed else "output": text}}
        if images:
            response["parts"] = [self._picture()] * images
        return [{"role": "user", "parts": [{"functionResponse": response}]}]

    def results(self, calls: list[Call], text: str, **options: Any) -> list[Any]:
        parts = [self.result(call, text, **options)[0]["parts"][0] for call in calls]
        return [{"role": "user", "parts": parts}]

    def whole(self, body: dict[str, Any]) -> Said:
        (candidate,) = body["candidates"]
        assert candidate["index"] == 0
        said = Said(stop=candidate["finishReason"], usage=body["usageMetadata"])
        self._parts(candidate["content"], said)
        return self._remembered(said)

    def _parts(self, content: dict[str, Any], said: Said) -> None:
        """As Gemini CLI keeps them: without the thoughts, which are shown only."""
        assert content["role"] == "model"
        for part in content["parts"]:
            if part.get("thought"):
                said.thinking += part["text"]
                continue
            said.history.append(part)
            said.text += part.get("text", "")
            if call := part.get("functionCall"):
                assert isinstance(call["args"], dict)
                said.calls.append(Call(call["id"], call["name"], call["args"]))

    def _remembered(self, said: Said) -> Said:
        said.history = [{"role": "model", "parts": said.history}]
        return said

    def streamed(self, events: list[tuple[str | None, str]]) -> Said:
        said = Said()
        for name, data in events:
            assert name is None
            assert said.error is None, "nothing follows an error"
            assert said.stop is None, "nothing follows the finish"
            chunk = json.loads(data)
            said.events.append(chunk)
            if "error" in chunk:
                said.error = chunk["error"]
                continue
            (candidate,) = chunk["candidates"]
            self._parts(candidate["content"], said)
            said.stop = candidate.get("finishReason")
            said.usage = chunk.get("usageMetadata", said.usage)
        assert said.error or said.stop, "neither an error nor a finishReason"
        return self._remembered(said)


CLIENTS: dict[str, Client] = {client.name: client for client in (Chat(), Responses(), Messages(), Gemini())}
# Those whose dialect Copilot offers too. The rest is held against the same faults in tests/proxy.
NATIVE: dict[str, Client] = {name: client for name, client in CLIENTS.items() if name != "gemini"}
