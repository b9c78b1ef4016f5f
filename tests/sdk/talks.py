"""One conversation with tools, written with each official SDK as its documentation shows it.

The three talks have the same two verbs, `say` and `answer`, and give the same `Turn`, so that one test can
hold all dialects against each other.
"""

import base64
import contextlib
import json
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from anthropic import AsyncAnthropic
from anthropic import DefaultAsyncHttpxClient as DefaultAnthropicHttp
from google import genai
from google.genai import types
from openai import AsyncOpenAI
from openai import DefaultAsyncHttpxClient as DefaultOpenAIHttp


def png(red: int = 200, size: int = 4) -> str:
    """A small picture of one colour, as base64."""
    row = b"\0" + bytes((red, 40, 40)) * size

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(row * size)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + pixels).decode()


SHELL = {
    "type": "object",
    "properties": {"command": {"type": "string", "description": "A shell command"}},
    "required": ["command"],
}
WHAT_SHELL_DOES = "Runs a shell command and gives its output"


@dataclass(frozen=True)
class Result:
    """What a tool call came to."""

    text: str
    image: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Tokens:
    """What the client was told, counted the inclusive way. None: it was not told."""

    input: int | None
    output: int | None
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True)
class Turn:
    text: str
    calls: list[Call]
    stop: str | None
    tokens: Tokens | None
    thoughts: str = ""


@dataclass
class ChatTalk:
    """Chat completions. `keeps_reasoning` False: the client drops fields it does not know, as most do."""

    client: AsyncOpenAI
    model: str
    stream: bool = False
    thinks: bool = False
    keeps_reasoning: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    dialect = "chat"

    async def say(self, text: str, *images: str) -> Turn:
        pictures = [
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}} for image in images
        ]
        content = [{"type": "text", "text": text}, *pictures] if images else text
        self.history.append({"role": "user", "content": content})
        return await self._ask()

    async def answer(self, results: list[Result], *remarks: str) -> Turn:
        for call, result in zip(self.calls, results, strict=True):
            content: Any = result.text
            if result.image:
                url = {"url": f"data:image/png;base64,{result.image}"}
                content = [{"type": "text", "text": result.text}, {"type": "image_url", "image_url": url}]
            self.history.append({"role": "tool", "tool_call_id": call.id, "content": content})
        self.history += [{"role": "user", "content": remark} for remark in remarks]
        return await self._ask()

    def _body(self) -> dict[str, Any]:
        function = {"name": "shell", "description": WHAT_SHELL_DOES, "parameters": SHELL}
        body: dict[str, Any] = {"tools": [{"type": "function", "function": function}]}
        if self.thinks:
            body["reasoning_effort"] = "high"
        return {"model": self.model, "messages": self.history, "extra_headers": self.headers} | body

    async def _ask(self) -> Turn:
        completions = self.client.chat.completions
        if self.stream:
            options: Any = {"include_usage": True}
            async with completions.stream(**self._body(), stream_options=options) as stream:
                done = await stream.get_final_completion()
        else:
            done = await completions.create(**self._body())
        choice, used = done.choices[0], done.usage
        message = choice.message.model_dump(exclude_none=True)
        thoughts = message.get("reasoning_text", "")
        for key in () if self.keeps_reasoning else ("reasoning_text", "reasoning_opaque"):
            message.pop(key, None)
        message.pop("parsed", None)
        for call in message.get("tool_calls", []):
            call["function"].pop("parsed_arguments", None)
            call.pop("index", None)
        self.history.append(message)
        asked = choice.message.tool_calls or []
        self.calls = [Call(one.id, one.function.name, json.loads(one.function.arguments)) for one in asked]
        text = choice.message.content or ""
        return Turn(text, self.calls, choice.finish_reason, self._tokens(used), thoughts)

    @staticmethod
    def _tokens(used: Any) -> Tokens | None:
        if used is None:
            return None
        prompt, output = used.prompt_tokens_details, used.completion_tokens_details
        written = None
        if prompt is not None:
            written = (prompt.model_extra or {}).get(
                "cache_creation_input_tokens", getattr(prompt, "cache_write_tokens", None)
            )
        return Tokens(
            used.prompt_tokens,
            used.completion_tokens,
            prompt.cached_tokens if prompt else None,
            written,
            output.reasoning_tokens if output else None,
        )


@dataclass
class ResponsesTalk:
    """Responses without a store: the output items go back as they came."""

    client: AsyncOpenAI
    model: str
    stream: bool = False
    thinks: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    dialect = "responses"

    async def say(self, text: str, *images: str) -> Turn:
        parts: list[dict[str, Any]] = [{"type": "input_text", "text": text}]
        for image in images:
            url = f"data:image/png;base64,{image}"
            parts.append({"type": "input_image", "image_url": url, "detail": "auto"})
        self.history.append({"type": "message", "role": "user", "content": parts})
        return await self._ask()

    async def answer(self, results: list[Result], *remarks: str) -> Turn:
        for call, result in zip(self.calls, results, strict=True):
            output: Any = result.text
            if result.image:
                url = f"data:image/png;base64,{result.image}"
                picture = {"type": "input_image", "image_url": url, "detail": "auto"}
                output = [{"type": "input_text", "text": result.text}, picture]
            item = {"type": "function_call_output", "call_id": call.id, "output": output}
            self.history.append(item | ({"status": "incomplete"} if result.failed else {}))
        self.history += [{"type": "message", "role": "user", "content": remark} for remark in remarks]
        return await self._ask()

    def _body(self) -> dict[str, Any]:
        tool = {"type": "function", "name": "shell", "description": WHAT_SHELL_DOES, "strict": False}
        body: dict[str, Any] = {"tools": [tool | {"parameters": SHELL}]}
        body |= {"store": False, "include": ["reasoning.encrypted_content"]}
        if self.thinks:
            body["reasoning"] = {"effort": "high", "summary": "auto"}
        return {"model": self.model, "input": self.history, "extra_headers": self.headers} | body

    async def _ask(self) -> Turn:
        if self.stream:
            async with self.client.responses.stream(**self._body()) as stream:
                done: Any = await stream.get_final_response()
        else:
            done = await self.client.responses.create(**self._body())
        thoughts = ""
        self.calls = []
        for item in done.output:
            plain = item.model_dump(exclude_none=True)
            plain.pop("parsed_arguments", None)
            for part in plain.get("content", []):
                part.pop("parsed", None)
            self.history.append(plain)
            if item.type == "function_call":
                self.calls.append(Call(item.call_id, item.name, json.loads(item.arguments)))
            elif item.type == "reasoning":
                thoughts += "".join(part.text for part in item.summary)
        used = done.usage
        tokens = used and Tokens(
            used.input_tokens,
            used.output_tokens,
            used.input_tokens_details.cached_tokens,
            used.input_tokens_details.cache_write_tokens,
            used.output_tokens_details.reasoning_tokens,
        )
        return Turn(done.output_text, self.calls, done.status, tokens, thoughts)


@dataclass
class MessagesTalk:
    """Anthropic Messages: whole assistant turns go back, thinking included."""

    client: AsyncAnthropic
    model: str
    stream: bool = False
    thinks: bool = False
    cached: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    dialect = "messages"

    async def say(self, text: str, *images: str) -> Turn:
        pictures = [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}}
            for image in images
        ]
        self.history.append({"role": "user", "content": [*pictures, {"type": "text", "text": text}]})
        return await self._ask()

    async def answer(self, results: list[Result], *remarks: str) -> Turn:
        blocks: list[dict[str, Any]] = []
        for call, result in zip(self.calls, results, strict=True):
            content: Any = result.text
            if result.image:
                source = {"type": "base64", "media_type": "image/png", "data": result.image}
                content = [{"type": "text", "text": result.text}, {"type": "image", "source": source}]
            block = {"type": "tool_result", "tool_use_id": call.id, "content": content}
            blocks.append(block | ({"is_error": True} if result.failed else {}))
        blocks += [{"type": "text", "text": remark} for remark in remarks]
        self.history.append({"role": "user", "content": blocks})
        return await self._ask()

    def _body(self) -> dict[str, Any]:
        tool = {"name": "shell", "description": WHAT_SHELL_DOES, "input_schema": SHELL}
        messages = self.history
        if self.cached:
            *before, last = messages
            *blocks, end = last["content"]
            marked = [*blocks, end | {"cache_control": {"type": "ephemeral"}}]
            messages = [*before, {**last, "content": marked}]
        body: dict[str, Any] = {"tools": [tool], "max_tokens": 8000, "messages": messages}
        if self.thinks:
            body["thinking"] = {"type": "enabled", "budget_tokens": 4000}
        return {"model": self.model, "extra_headers": self.headers} | body

    async def _ask(self) -> Turn:
        if self.stream:
            async with self.client.messages.stream(**self._body()) as stream:
                done: Any = await stream.get_final_message()
        else:
            done = await self.client.messages.create(**self._body())
        blocks = [block.model_dump(exclude_none=True) for block in done.content]
        for block in blocks:
            block.pop("parsed_output", None)
            block.pop("caller", None)
        self.history.append({"role": "assistant", "content": blocks})
        self.calls = [Call(one.id, one.name, one.input) for one in done.content if one.type == "tool_use"]
        text = "".join(one.text for one in done.content if one.type == "text")
        thoughts = "".join(one.thinking for one in done.content if one.type == "thinking")
        return Turn(text, self.calls, done.stop_reason, self._tokens(done.usage), thoughts)

    @staticmethod
    def _tokens(used: Any) -> Tokens:
        read, written = used.cache_read_input_tokens, used.cache_creation_input_tokens
        details = getattr(used, "output_tokens_details", None)
        thinking = getattr(details, "thinking_tokens", None) if details else None
        return Tokens(
            used.input_tokens + (read or 0) + (written or 0), used.output_tokens, read, written, thinking
        )


@dataclass
class GeminiTalk:
    """Google's: the model's content goes back as it came; `keeps_thoughts` False: without the thoughts, as
    Gemini CLI keeps it."""

    client: genai.Client
    model: str
    stream: bool = False
    thinks: bool = False
    keeps_thoughts: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    history: list[Any] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    dialect = "gemini"

    async def say(self, text: str, *images: str) -> Turn:
        parts = [types.Part(text=text), *(self._picture(image) for image in images)]
        self.history.append(types.Content(role="user", parts=parts))
        return await self._ask()

    @staticmethod
    def _picture(image: str) -> types.Part:
        return types.Part.from_bytes(data=base64.b64decode(image), mime_type="image/png")

    async def answer(self, results: list[Result], *remarks: str) -> Turn:
        parts = []
        for call, result in zip(self.calls, results, strict=True):
            response = {"error" if result.failed else "output": result.text}
            answer = types.FunctionResponse(id=call.id, name=call.name, response=response)
            if result.image:
                blob = types.FunctionResponseBlob(data=base64.b64decode(result.image), mime_type="image/png")
                answer.parts = [types.FunctionResponsePart(inline_data=blob)]
            parts.append(types.Part(function_response=answer))
        parts += [types.Part(text=remark) for remark in remarks]
        self.history.append(types.Content(role="user", parts=parts))
        return await self._ask()

    def _body(self) -> dict[str, Any]:
        shell = types.FunctionDeclaration(
            name="shell", description=WHAT_SHELL_DOES, parameters_json_schema=SHELL
        )
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=[shell])],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            http_options=types.HttpOptions(headers=self.headers) if self.headers else None,
        )
        if self.thinks:
            config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_budget=4000)
        return {"model": self.model, "contents": self.history, "config": config}

    async def _ask(self) -> Turn:
        models = self.client.aio.models
        if self.stream:
            chunks = [chunk async for chunk in await models.generate_content_stream(**self._body())]
        else:
            chunks = [await models.generate_content(**self._body())]
        parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts or ()]
        kept = [part for part in parts if self.keeps_thoughts or not part.thought]
        self.history.append(types.Content(role="model", parts=kept))
        asked = [part.function_call for part in parts if part.function_call]
        self.calls = [Call(one.id, one.name, one.args) for one in asked]
        text = "".join(part.text for part in parts if part.text and not part.thought)
        thoughts = "".join(part.text for part in parts if part.text and part.thought)
        last = chunks[-1]
        stop = last.candidates[0].finish_reason
        if stop is None:
            raise RuntimeError("the stream ended without a finish reason")
        return Turn(text, self.calls, stop.value, self._tokens(last.usage_metadata), thoughts)

    @staticmethod
    def _tokens(used: Any) -> Tokens:
        thoughts = used.thoughts_token_count
        output = used.candidates_token_count
        return Tokens(
            used.prompt_token_count,
            None if output is None else output + (thoughts or 0),
            used.cached_content_token_count,
            None,
            thoughts,
        )


TALKS = {"chat": ChatTalk, "responses": ResponsesTalk, "messages": MessagesTalk}
EVERY_TALK = {**TALKS, "gemini": GeminiTalk}


@contextlib.asynccontextmanager
async def clients(url: str, **more: Any) -> AsyncIterator[tuple[AsyncOpenAI, AsyncAnthropic]]:
    """Strict clients of a proxy, which do not repeat what fails."""
    wishes = {"api_key": "any", "max_retries": 0, "_strict_response_validation": True} | more
    tls = no_certificates()
    async with (
        AsyncOpenAI(base_url=f"{url}/v1", http_client=DefaultOpenAIHttp(verify=tls), **wishes) as first,
        AsyncAnthropic(base_url=url, http_client=DefaultAnthropicHttp(verify=tls), **wishes) as second,
    ):
        yield first, second


def google(url: str, **more: Any) -> genai.Client:
    """A Google client of a proxy."""
    options = {"base_url": url, "client_args": {"verify": no_certificates()}} | more
    options["async_client_args"] = {"verify": no_certificates()}
    return genai.Client(api_key="any", http_options=options)  # type: ignore[arg-type]


@cache
def no_certificates() -> ssl.SSLContext:
    """The proxy speaks plain http; loading the system's certificates takes longer than the tests."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextlib.asynccontextmanager
async def talking(url: str) -> AsyncIterator[Callable[..., Any]]:
    """`talk(dialect, model, **wishes)` begins a conversation with a model in a dialect."""
    async with clients(url) as (first, second):
        third = google(url)

        def talk(dialect: str, model: str, **wishes: Any) -> Any:
            client: Any = {"messages": second, "gemini": third}.get(dialect, first)
            return EVERY_TALK[dialect](client, model, **wishes)

        yield talk
