"""Streams of the simulated Copilot, recorded, then cut anywhere: the client's bytes stay the same."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import running
from tray_app.copilot.answer import Answer
from tray_app.copilot.upstream import Call
from tray_app.dialects.deltas import Collector
from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Reasoning, Reply, Stop, StopReason, Text, Thinking, ToolCall, Usage
from tray_app.dialects.protocol import Rules
from tray_app.dialects.sse import Reader
from tray_app.dialects.table import BY_ENDPOINT, GEMINI, GEMINI_ARRAY
from tray_app.dialects.translated import Translated
from tray_app.proxy.body import encode
from tray_app.simulated import SimulatedCopilot

PROMPT = "Please think, in parallel, about Köln 😀\nrun: echo ä\nrun: echo ö"
WORDS = "say: Grüße aus Köln 😀 und 日本語"
SHELL = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
SOURCES = [
    ("/chat/completions", "gpt-4.1"),
    ("/chat/completions", "gpt-5-mini"),
    ("/chat/completions", "claude-opus-5"),
    ("/chat/completions", "gemini-3.1-pro"),
    ("/chat/completions", "gemini-3.5-flash-lite"),
    ("/chat/completions", "grok-code-fast-1"),
    ("/responses", "gpt-5.3-codex"),
    ("/responses", "gpt-5.5"),
    ("/v1/messages", "claude-sonnet-4.5"),
    ("/v1/messages", "claude-opus-5"),
]
CLIENTS = ("chat", "responses", "messages", "gemini", "gemini array")
DIALECTS = {**{one.name: one for one in BY_ENDPOINT.values()}, "gemini": GEMINI, "gemini array": GEMINI_ARRAY}


def bodies(endpoint, model):
    """Two requests in Copilot's own form: one for tools, one for words."""
    for text in (PROMPT, WORDS):
        body = {"model": model, "stream": True}
        if endpoint == "/responses":
            tools = [{"type": "function", "name": "shell", "parameters": SHELL, "strict": False}]
            body |= {"input": text, "reasoning": {"effort": "low", "summary": "auto"}}
            body |= {"include": ["reasoning.encrypted_content"], "store": False}
        elif endpoint == "/v1/messages":
            tools = [{"name": "shell", "input_schema": SHELL}]
            body |= {"messages": [{"role": "user", "content": text}], "max_tokens": 4000}
        else:
            tools = [{"type": "function", "function": {"name": "shell", "parameters": SHELL}}]
            body |= {
                "messages": [{"role": "user", "content": text}],
                "stream_options": {"include_usage": True},
            }
        yield body | {"tools": tools}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """(endpoint, model) → the bodies and their streams, byte for byte."""
    import asyncio

    async def record():
        found = {}
        async with SimulatedCopilot() as sim, running(sim, tmp_path_factory.mktemp("rec")) as proxy:
            view = await proxy.seat.catalog.current()
            for endpoint, model in SOURCES:
                found[endpoint, model] = [
                    (view.by_id[model], body, await stream_of(proxy, endpoint, body))
                    for body in bodies(endpoint, model)
                ]
        return found

    return asyncio.run(record())


async def stream_of(proxy, endpoint, body) -> bytes:
    answer = await proxy.seat.upstream.open(Call(endpoint, encode(body)), lambda: None)
    assert isinstance(answer, Answer), answer
    data = await answer.whole()
    answer.close(finished=True)
    return data


def stream_for(client, endpoint, model, body):
    """A fresh stream of Copilot's `endpoint` towards a client."""
    target = BY_ENDPOINT[endpoint]
    if target.name == client:
        return target.native_stream(body, Rules(model=model, memory=Memory()))
    ask, _ = target.read_ask(body)
    asked = replace(ask, include_usage=True, reasoning=Reasoning(show=True))
    writer = DIALECTS[client].write_stream("asked", asked)
    return Translated(target.read_stream(), writer, Memory())


def run(stream, chunks) -> bytes:
    out = b"".join(stream.feed(chunk) for chunk in chunks if not stream.ended)
    out += b"" if stream.ended else stream.finish()
    assert stream.ended
    assert stream.fault is None
    return out


def events_of(data: bytes):
    if data.startswith(b"["):
        return json.loads(data)
    reader = Reader()
    return [(event.name, event.data) for event in (*reader.feed(data), *reader.flush())]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("endpoint", "model"), SOURCES, ids=[f"{one}-{two}"[1:] for one, two in SOURCES])
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_events_however_the_stream_is_cut(recorded, client, endpoint, model, data):
    for known, body, sse in recorded[endpoint, model]:
        whole = stream_for(client, endpoint, known, body)
        want = run(whole, [sse])
        cuts = sorted(data.draw(st.lists(st.integers(0, len(sse)), max_size=40)))
        chunks = [sse[start:end] for start, end in zip([0, *cuts], [*cuts, len(sse)], strict=True)]
        cut = stream_for(client, endpoint, known, body)
        assert events_of(run(cut, chunks)) == events_of(want)
        assert (cut.usage, cut.model_served) == (whole.usage, whole.model_served)
        assert cut.usage.nano_aiu is not None


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("endpoint", "model"), SOURCES, ids=[f"{one}-{two}"[1:] for one, two in SOURCES])
def test_one_byte_at_a_time(recorded, client, endpoint, model):
    for known, body, sse in recorded[endpoint, model]:
        want = run(stream_for(client, endpoint, known, body), [sse])
        single = [sse[place : place + 1] for place in range(len(sse))]
        assert run(stream_for(client, endpoint, known, body), single) == want


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("endpoint", "model"), SOURCES, ids=[f"{one}-{two}"[1:] for one, two in SOURCES])
def test_what_the_client_reads_is_what_was_said(recorded, client, endpoint, model):
    """The client's bytes, read again as that dialect, hold the words, thoughts and calls that came."""
    target = BY_ENDPOINT[endpoint]
    for known, body, sse in recorded[endpoint, model]:
        said = collected(target.read_stream(), sse)
        heard = heard_by(client, run(stream_for(client, endpoint, known, body), [sse]))
        assert meaning(heard) == meaning(said)
        assert heard.usage.input_tokens == said.usage.input_tokens
        assert heard.usage.output_tokens == said.usage.output_tokens


def heard_by(client, data: bytes):
    """The answer as a client of that dialect understands it."""
    if not client.startswith("gemini"):
        return collected(DIALECTS[client].read_stream(), data)
    found = events_of(data)
    chunks = found if client.endswith("array") else [json.loads(one) for _, one in found]
    parts = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    calls = any("functionCall" in part for part in parts)
    used = chunks[-1]["usageMetadata"]
    thoughts = used.get("thoughtsTokenCount")
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    return Reply(
        "",
        "",
        tuple(as_neutral(part) for part in parts),
        Stop(StopReason.TOOLS if calls else StopReason.END),
        Usage(used["promptTokenCount"], used["candidatesTokenCount"] + (thoughts or 0)),
    )


def as_neutral(part):
    if call := part.get("functionCall"):
        return ToolCall(call["id"], call["name"], json.dumps(call["args"], sort_keys=True))
    return Thinking(part["text"]) if part.get("thought") else Text(part["text"])


def collected(reader, data: bytes):
    feed, collector = Reader(), Collector()
    for event in (*feed.feed(data), *feed.flush()):
        for delta in reader.feed(event):
            collector.feed(delta)
    for delta in reader.finish():
        collector.feed(delta)
    return collector.reply()


def meaning(reply):
    """Texts of each kind, calls, and whether the end was for tools."""
    parts = {}
    calls = []
    for part in reply.parts:
        kind = type(part).__name__
        if kind == "ToolCall":
            calls.append((part.id, part.name, json.loads(part.arguments)))
        else:
            parts[kind] = parts.get(kind, "") + part.text
    return {kind: text.strip() for kind, text in parts.items() if text.strip()}, calls, reply.stop.reason
