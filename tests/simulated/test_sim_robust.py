"""No body, however malformed, breaks the simulator itself: a 500 from it would be blamed on the proxy."""

import copy
import json
from typing import Any

import aiohttp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_client import PIXEL, Seat, tools

from tray_app.simulated import SimulatedCopilot

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
PICTURE = f"data:image/png;base64,{PIXEL}"
BODIES: dict[str, Any] = {
    "/chat/completions": {
        "model": "claude-opus-5", "stream": False, "max_tokens": 20, "stop": ["x"],
        "tools": tools("/chat/completions", read=SCHEMA), "tool_choice": "auto",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "read a.txt"},
                                         {"type": "image_url", "image_url": {"url": PICTURE}}]},
            {"role": "assistant", "content": "x", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "read", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "ok"},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}},
    },
    "/responses": {
        "model": "gpt-5.5", "stream": False, "max_output_tokens": 20, "reasoning": {"effort": "low"},
        "tools": [*tools("/responses", read=SCHEMA), {"type": "namespace", "name": "n", "tools": [
            {"type": "custom", "name": "exec"}]}],
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "run: ls"},
                                         {"type": "input_image", "image_url": PICTURE}]},
            {"type": "reasoning", "id": "r", "summary": []},
            {"type": "function_call", "call_id": "c", "name": "read", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
        ],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}},
        "include": ["reasoning.encrypted_content"], "context_management": [{"type": "compaction"}],
    },
    "/v1/messages": {
        "model": "claude-sonnet-4.5", "stream": False, "max_tokens": 2000, "stop_sequences": ["x"],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "tools": tools("/v1/messages", read=SCHEMA), "tool_choice": {"type": "auto"},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "read a.txt"}, {"type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": PIXEL}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "read", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [
                {"type": "text", "text": "x"}]}]},
        ],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    },
    "/embeddings": {"model": "text-embedding-3-small", "input": ["x"], "dimensions": 4},
}  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 1 << 40), st.text(max_size=5), st.just([]), st.just({}),
    st.just([None]), st.just([[1]]), st.just([{}]), st.just({"type": "x"}), st.just("text"),
    st.floats(allow_nan=False),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body, as keys from the top."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, one in inner for place in places(one, (*path, key))]


def put(body: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        body = body[key]
    body[path[-1]] = value


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, Any]:
    """A path and a good body with one to three members replaced."""
    path = draw(st.sampled_from([*list(BODIES)[:3] * 3, "/embeddings"]))
    body = copy.deepcopy(BODIES[path])
    for _ in range(draw(st.integers(1, 2))):
        put(body, draw(st.sampled_from(places(body))), copy.deepcopy(draw(ODD)))
        if not places(body):
            break
    return path, body


async def test_nothing_breaks_it() -> None:
    sim = SimulatedCopilot(plan="unlimited")
    good: set[str] = set()
    async with sim, aiohttp.ClientSession() as http:
        seat = Seat(sim, http)
        await seat.sign_in()

        async def ask(path: str, body: Any) -> None:
            answer = await seat.post(path, body, {"Copilot-Vision-Request": "true"})
            assert answer.status in (200, 400), json.dumps(body)
            if answer.status == 200:
                good.add(path)

        for path, body in BODIES.items():
            await ask(path, body)
        cases: list[tuple[str, Any]] = []
        collect(cases)
        for path, body in cases:
            await ask(path, body)


def collect(cases: list[tuple[str, Any]]) -> None:
    """Hypothesis draws, the loop above sends: one server for all of them."""

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(broken())
    def draw(case: tuple[str, Any]) -> None:
        cases.append(case)

    draw()
