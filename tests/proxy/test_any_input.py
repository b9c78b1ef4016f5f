"""Properties: no body, query or path makes the proxy fail, and nothing Copilot answers makes it either."""

import json
import logging

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from serving import serving
from ways import EVERY, Way

from tests.harness import Jumpseat, Reply
from tray_app.proxy.routes import ROUTES

EXAMPLES = settings(
    max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["user", "assistant", "tool", "system", "text", "gpt-4.1", "claude-sonnet-5", "image_url", "tool_use",
     "tool_result", "function", "message", "reasoning", "auto", "data:image/png;base64,AA"]
)  # fmt: skip
FIELDS = st.sampled_from(
    ["model", "messages", "input", "role", "content", "type", "text", "tools", "name", "function", "id",
     "tool_calls", "tool_choice", "max_tokens", "stream", "system", "instructions", "source", "media_type",
     "data", "image_url", "url", "parameters", "input_schema", "arguments", "call_id", "tool_use_id",
     "tool_call_id", "thinking", "reasoning", "output", "metadata", "temperature", "response_format",
     "cache_control", "encoding_format", "dimensions", "output_config", "summary", "signature", "choices",
     "delta", "message", "usage", "finish_reason", "stop_reason", "error", "index", "status",
     "parts", "functionCall", "functionResponse", "inlineData", "thoughtSignature", "functionDeclarations"]
) | st.text(max_size=5)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=25,
)
TALK = st.lists(st.dictionaries(FIELDS, JSON, max_size=5), max_size=4)
NAMES = ["gpt-4.1", "claude-sonnet-5", "gpt-5.3-codex", "text-embedding-3-small"]
BODIES = JSON | st.fixed_dictionaries(
    {"model": st.sampled_from(NAMES) | TEXTS},
    optional={
        "messages": TALK | JSON, "input": TALK | JSON, "max_tokens": st.integers(1, 50) | JSON,
        "tools": TALK | JSON, "system": TALK | JSON, "stream": st.booleans() | JSON,
        "tool_choice": JSON, "thinking": JSON,
        "reasoning": JSON, "response_format": JSON, "text": JSON, "instructions": JSON, "stop": JSON,
        "encoding_format": JSON, "dimensions": JSON, "metadata": JSON, "stream_options": JSON,
        "contents": TALK | JSON, "systemInstruction": JSON, "generationConfig": JSON, "toolConfig": JSON,
        "requests": TALK | JSON, "content": JSON,
    },
)  # fmt: skip
SENT = ("method", "url", "params", "headers", "json", "content", "data")
POSTS = sorted(route.path.replace("{model}", "gpt-4.1") for route in ROUTES if route.method == "POST")


def assert_no_mistake(caplog: pytest.LogCaptureFixture) -> None:
    mistakes = [seen for seen in caplog.records if seen.levelno >= logging.ERROR and "tray_app" in seen.name]
    assert [f"{seen.getMessage()} {seen.exc_text}" for seen in mistakes] == []


async def send(jumpseat: Jumpseat, path: str, body: bytes) -> Reply:
    async with jumpseat.http.post(jumpseat.url + path, data=body) as response:
        return Reply(response.status, dict(response.headers), await response.read())


@pytest.mark.parametrize("path", POSTS)
async def test_no_body_makes_the_proxy_fail(jumpseat: Jumpseat, caplog, path: str) -> None:
    sent: list[bytes] = []
    EXAMPLES(given(BODIES)(lambda body: sent.append(json.dumps(body).encode())))()
    for body in sent:
        reply = await send(jumpseat, path, body)
        # 502: the simulated model answered in a form that could not be used, which is no fault of the proxy's
        assert reply.status < 500, (body, reply.text[:300])
    assert_no_mistake(caplog)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("way", EVERY, ids=str)
async def test_no_answer_of_copilot_makes_the_proxy_fail(
    jumpseat: Jumpseat, caplog, stream: bool, way: Way
) -> None:
    answers: list[object] = []
    EXAMPLES(
        given(st.dictionaries(FIELDS, JSON, max_size=6) | shaped(way))(lambda answer: answers.append(answer))
    )()
    for answer in answers:
        jumpseat.sim.faults.add("json_200", body=answer)
        reply = await jumpseat.post(way.at(stream), way.body(stream=stream))
        assert reply.status != 500 or "internal_error" not in reply.text, answer
        jumpseat.sim.faults.clear()
    assert_no_mistake(caplog)


def shaped(way: Way) -> st.SearchStrategy:
    """Answers with the right member at the top and anything below."""
    member = {"/chat/completions": "choices", "/responses": "output", "/v1/messages": "content"}[way.upstream]
    return st.fixed_dictionaries({member: TALK, "usage": JSON, "id": JSON, "model": JSON})


async def test_the_description_names_every_route(jumpseat: Jumpseat) -> None:
    described = (await jumpseat.get("/openapi.json")).json
    assert described["openapi"].startswith("3.1")
    for route in ROUTES:
        for path in (route.path, *route.also):
            assert route.method.lower() in described["paths"][path]


async def test_schemathesis_finds_nothing(sim, tmp_path) -> None:
    """The description against the running proxy: every operation, odd and even input, no 5xx."""
    import asyncio

    async with serving(sim, tmp_path / "home") as proxy:
        described = (await proxy.ask("GET", "/openapi.json")).json
        schema = schemathesis.openapi.from_dict(described)
        failures: list[str] = []

        def run() -> None:
            import httpx

            with httpx.Client(base_url=proxy.url, timeout=30) as http:
                for found in schema.get_all_operations():
                    operation = found.ok()
                    if operation.path == "/api/feed":
                        continue  # it never ends

                    @settings(parent=EXAMPLES, max_examples=10)
                    @given(case=operation.as_strategy())
                    def check(case: schemathesis.Case) -> None:
                        sent = case.as_transport_kwargs(base_url=proxy.url)
                        answer = http.request(**{name: sent[name] for name in SENT if name in sent})
                        if answer.status_code >= 500:
                            asked = answer.request
                            failures.append(f"{asked.method} {asked.url}: {answer.text[:200]}")

                    check()

        await asyncio.get_running_loop().run_in_executor(None, run)
        assert failures == []
        assert (await proxy.ask("GET", "/health")).json["requests_served"] > 50
        assert await proxy.end() == 0
        assert "Traceback" not in proxy.log()
