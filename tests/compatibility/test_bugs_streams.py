"""Faults of answers: errors in the wrong place or shape, streams cut, stalled, mangled or never ended."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility.clients import NATIVE, Client, sse
from tests.compatibility.matrix import ENDPOINTS, MODELS
from tests.harness import Jumpseat, running
from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.protocol import Dialect, Rules
from tray_app.dialects.table import BY_ENDPOINT
from tray_app.dialects.translated import Translated
from tray_app.proxy.seat import Pace
from tray_app.simulated import SimulatedCopilot

PAIRS = pytest.mark.parametrize(
    ("client", "model"),
    [(NATIVE[client], model) for (client, _), model in MODELS.items() if client in NATIVE],
    ids=[f"{client}-to-{upstream}" for client, upstream in MODELS if client in NATIVE],
)
CLIENT = pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
HELLO = "write 60 words"
# A model for each client whose endpoint is of another dialect.
CROSS = {"chat": "gpt-5.3-codex", "responses": "claude-sonnet-5", "messages": "gpt-5.3-codex"}
LETTERS = "Grüße, 世界! 👩‍🚀 naïve ﬁn"
TYPES = {
    400: ("invalid_request_error", "invalid_request_error"),
    402: ("insufficient_quota", "billing_error"),
    422: ("invalid_request_error", "invalid_request_error"),
    429: ("rate_limit_error", "rate_limit_error"),
    500: ("server_error", "api_error"),
    503: ("server_error", "overloaded_error"),
    529: ("server_error", "overloaded_error"),
}


def asked(jumpseat: Jumpseat) -> list[int | None]:
    """Statuses of the inference requests that upstream saw."""
    return [seen.status for seen in jumpseat.sim.requests if seen.path in ENDPOINTS.values()]


@pytest.fixture
async def patient(sim: SimulatedCopilot, tmp_path: Path) -> AsyncIterator[Jumpseat]:
    """A proxy that sends its signs of life every 30 ms."""
    async with running(sim, tmp_path / "patient", pace=Pace(keepalive=0.03, grace=0.05)) as jumpseat:
        yield jumpseat


@pytest.mark.bug(35, 36)
@CLIENT
@STREAM
@pytest.mark.parametrize("status", TYPES)
async def test_a_refusal_keeps_its_status_and_has_the_clients_envelope(
    client: Client, status: int, stream: bool, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("status", times=9, status=status)
    said = await client.ask(jumpseat, CROSS[client.name], client.prompt(HELLO), stream=stream)
    assert said.status == status
    openai, anthropic = TYPES[status]
    whole = json.loads(said.raw)
    if client.name == "messages":
        assert whole["type"] == "error"
        assert said.error["type"] == anthropic
    else:
        assert set(said.error) == {"message", "type", "param", "code"}
        assert said.error["type"] == openai
    assert said.headers["Content-Type"].startswith("application/json")
    assert ("Retry-After" in said.headers) == (status == 429)
    assert jumpseat.last["status"] == status


NESTED = {
    "json-in-error": {
        "error": {"message": json.dumps({"error": {"message": "The real words."}}), "code": ""}
    },
    "anthropic-in-message": {
        "message": json.dumps({"type": "error", "error": {"type": "x", "message": "The real words."}})
    },
    "thrice": {
        "error": {
            "message": json.dumps({"message": json.dumps({"error": {"message": "The real words."}})}),
            "code": "invalid_request_body",
        }
    },
    "plain-text": "The real words.\n",
    "bare-message": {"message": "The real words."},
}


@pytest.mark.bug(37)
@CLIENT
@pytest.mark.parametrize("body", NESTED.values(), ids=NESTED)
async def test_the_message_is_readable_however_it_was_wrapped(
    client: Client, body: Any, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("status", status=400, body=body)
    said = await client.ask(jumpseat, "gpt-5.3-codex", client.prompt(HELLO))
    assert "The real words." in said.error["message"]
    assert "{" not in said.error["message"]


@pytest.mark.bug(38)
@CLIENT
@STREAM
async def test_no_form_of_error_breaks_the_error_path(
    client: Client, stream: bool, jumpseat: Jumpseat
) -> None:
    model = "gpt-5.3-codex"
    for kind, options in (
        ("html_502", {}),
        ("status", {"status": 500, "body": ""}),
        ("status", {"status": 413, "body": "x" * 300_000}),
        ("status", {"status": 400, "body": '{"error": {"message": "half'}),
        ("status", {"status": 422, "body": [1, 2]}),
        ("json_200", {}),
        ("reset", {}),
    ):
        jumpseat.sim.faults.clear()
        jumpseat.sim.faults.add(kind, times=9, **options)
        said = await client.ask(jumpseat, model, client.prompt(HELLO), stream=stream)
        assert said.status >= 400, kind
        assert said.error["message"]
        assert "<html>" not in said.error["message"]
        assert len(said.raw) < 5000
    jumpseat.sim.faults.clear()
    said = await client.ask(jumpseat, model, client.prompt("say: fine"), stream=stream)
    assert said.text == "fine"


@pytest.mark.bug(39)
@PAIRS
@pytest.mark.parametrize("kind", ["close_early", "reset_mid", "malformed_sse", "error_event"])
@pytest.mark.parametrize("prompt", [HELLO, "call get_weather"], ids=["text", "call"])
async def test_a_stream_that_breaks_ends_with_the_dialects_error(
    client: Client, model: str, kind: str, prompt: str, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add(kind, after=6)
    said = await client.ask(jumpseat, model, client.prompt(prompt), stream=True, tools=("get_weather",))
    assert said.status == 200
    if kind == "malformed_sse" and not said.error:
        assert client.name == jumpseat.sim.ledger[-1].endpoint.strip("/"), "garbage beside a whole answer"
        assert len(said.text.split()) == 60 or said.calls[0].arguments
    else:
        assert said.error["message"]
        assert jumpseat.last["error"]
    assert len(asked(jumpseat)) == 1, "nothing is asked twice once bytes have gone out"


@pytest.mark.bug(39)
@PAIRS
@pytest.mark.parametrize("kind", ["close_early", "reset_mid"])
async def test_half_a_stream_is_never_a_whole_answer(
    client: Client, model: str, kind: str, jumpseat: Jumpseat
) -> None:
    """Where an answer is streamed upstream and put together here."""
    jumpseat.sim.faults.add(kind, after=6)
    said = await client.ask(jumpseat, model, client.prompt(HELLO), max_tokens=30_000)
    if jumpseat.sim.ledger[-1].stream:
        assert said.status >= 500
        assert said.error["message"]


@pytest.mark.bug(40)
@PAIRS
@pytest.mark.parametrize("kind", ["no_finish", "no_done"])
@pytest.mark.parametrize("prompt", [HELLO, "call get_weather"], ids=["text", "call"])
async def test_every_stream_has_an_ending(
    client: Client, model: str, kind: str, prompt: str, jumpseat: Jumpseat
) -> None:
    """Neat if upstream's own is known, else an error: the strict client checks that it is one of both."""
    jumpseat.sim.faults.add(kind)
    said = await client.ask(jumpseat, model, client.prompt(prompt), stream=True, tools=("get_weather",))
    assert said.error or said.stop
    if said.error is None:
        assert said.text
        assert bool(said.calls) == (prompt != HELLO)


@pytest.mark.bug(41)
@PAIRS
@pytest.mark.parametrize("kind", ["one_byte_chunks", "split_utf8"])
async def test_letters_of_every_script_survive_chunk_borders(
    client: Client, model: str, kind: str, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add(kind)
    said = await client.ask(jumpseat, model, client.prompt(f"say: {LETTERS}"), stream=True)
    assert said.text == LETTERS
    jumpseat.sim.faults.add(kind)
    call = f'call get_weather {{"city": "{LETTERS}"}}'
    said = await client.ask(jumpseat, model, client.prompt(call), stream=True, tools=("get_weather",))
    assert said.calls[0].arguments == {"city": LETTERS}
    assert LETTERS in json.dumps(jumpseat.sim.ledger[-1].body, ensure_ascii=False)


@pytest.mark.bug(42)
@PAIRS
@pytest.mark.parametrize("kind", ["no_final_blank_line", "no_space", "crlf"])
async def test_events_in_every_legal_spelling_are_read(
    client: Client, model: str, kind: str, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add(kind)
    reply = await jumpseat.post(
        client.path, client.body(model, client.prompt(f"say: {LETTERS}"), True), **client.headers
    )
    text = reply.body.decode().replace("\r\n", "\n").replace("data:{", "data: {")
    text = text.replace("data:[", "data: [").replace("event:m", "event: m").replace("event:c", "event: c")
    text = text.replace("event:r", "event: r")
    lines = text.rstrip("\n") + "\n\n"
    said = client.streamed(sse(lines.encode()))
    assert said.text == LETTERS
    assert said.error is None
    assert said.usage


@pytest.mark.bug(43)
@pytest.mark.parametrize(
    "target", BY_ENDPOINT.values(), ids=[dialect.name for dialect in BY_ENDPOINT.values()]
)
@CLIENT
def test_one_huge_event_costs_linear_time_and_ends(client: Client, target: Dialect) -> None:
    """32 MB on one line, in the pieces that a socket gives: quadratic buffers take minutes for it."""
    dialect = next(one for one in BY_ENDPOINT.values() if one.name == client.name)
    body = client.body("m", client.prompt("hi"), True)
    if dialect is target:
        stream = dialect.native_stream(body, Rules(Model("m"), Memory()))
    else:
        ask, _ = dialect.read_ask(body)
        stream = Translated(target.read_stream(), dialect.write_stream("m", ask), Memory())
    began, out = time.process_time(), stream.feed(b"data: ")
    for _ in range(2048):
        if stream.ended:
            break
        out += stream.feed(b"x" * 16384)
    out += stream.finish()
    assert stream.ended
    assert stream.fault is not None
    assert b"error" in out
    assert len(out) < 5000
    assert time.process_time() - began < 3


@pytest.mark.bug(44)
@CLIENT
@STREAM
@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-sonnet-4.5", "claude-haiku-4.5"])
async def test_calls_in_a_second_choice_are_not_lost(
    client: Client, stream: bool, model: str, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    """Claude over chat completions, natively and for the other dialects with `native_messages` off."""
    async with running(sim, tmp_path / "home", anthropic={"native_messages": False}) as jumpseat:
        prompt = client.prompt(
            'in parallel call get_weather {"city": "Rom"}\ncall get_time {"city": "Bern"}\n'
        )
        said = await client.ask(jumpseat, model, prompt, stream=stream, tools=("get_weather", "get_time"))
        assert sim.ledger[-1].endpoint == "/chat/completions"
        assert [call.name for call in said.calls] == ["get_weather", "get_time"]
        assert said.text


@pytest.mark.bug(45, 67)
@CLIENT
@pytest.mark.parametrize("model", ["gemini-3.1-pro", "gemini-3.5-flash-lite"])
async def test_calls_with_one_index_or_none_and_text_behind_them_come_in_order(
    client: Client, model: str, jumpseat: Jumpseat
) -> None:
    """The strict client refuses two open blocks, gaps in the indices and calls without arguments."""
    prompt = client.prompt('in parallel call get_weather {"city": "Rom"}\ncall get_time {"city": "Bern"}\n')
    said = await client.ask(jumpseat, model, prompt, stream=True, tools=("get_weather", "get_time"))
    assert [(call.name, call.arguments["city"]) for call in said.calls] == [
        ("get_weather", "Rom"),
        ("get_time", "Bern"),
    ]


@pytest.mark.bug(46)
@pytest.mark.parametrize(
    "model", ["gpt-5-mini", "gpt-4.1", "gemini-3.1-pro", "gpt-5.3-codex", "grok-code-fast-1"]
)
async def test_usage_waits_for_the_chunk_behind_the_finish(
    model: str, jumpseat: Jumpseat, messages: Client
) -> None:
    said = await messages.ask(jumpseat, model, messages.prompt("say: hi"), stream=True)
    billed = jumpseat.sim.ledger[-1]
    assert said.usage["output_tokens"] == billed.output_tokens > 0
    assert said.usage["input_tokens"] == billed.input_tokens > 0
    assert [event["type"] for event in said.events][-2:] == ["message_delta", "message_stop"]


@pytest.mark.bug(47, 48)
@PAIRS
@STREAM
async def test_cached_and_reasoning_tokens_are_counted_once(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    history = client.prompt("think and say hi " + "a stable beginning " * 4000)
    if client.name == "messages":
        history[0]["content"][0]["cache_control"] = {"type": "ephemeral"}
    for round_number in range(3):
        said = await client.ask(jumpseat, model, history, stream=stream, think=True)
        assert said.error is None
        billed, got = jumpseat.sim.ledger[-1], said.usage
        row = jumpseat.last
        assert row["input_tokens"] == billed.input_tokens
        assert row["output_tokens"] == billed.output_tokens
        assert (row["cached_tokens"] or 0) == billed.cached_tokens
        assert (row["cache_write_tokens"] or 0) == billed.cache_write_tokens
        assert (row["reasoning_tokens"] or 0) in (0, billed.reasoning_tokens)
        assert (row["reasoning_tokens"] or 0) <= row["output_tokens"]
        assert billed.cached_tokens > 0 or round_number == 0
        if client.name == "messages":
            written = got["cache_creation_input_tokens"] or 0
            assert got["cache_read_input_tokens"] == billed.cached_tokens
            assert written == billed.cache_write_tokens
            assert got["input_tokens"] == billed.input_tokens - billed.cached_tokens - written
        elif client.name == "responses":
            assert got["input_tokens"] == billed.input_tokens
            assert got["input_tokens_details"]["cached_tokens"] == billed.cached_tokens
            assert got["output_tokens_details"]["reasoning_tokens"] <= got["output_tokens"]
            assert got["output_tokens"] == billed.output_tokens
        else:
            assert got["prompt_tokens"] == billed.input_tokens
            assert got["prompt_tokens_details"]["cached_tokens"] == billed.cached_tokens
            assert got["total_tokens"] == billed.input_tokens + billed.output_tokens
            nested = (got.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
            assert nested <= got["completion_tokens"]
        history += [*said.history, *client.prompt("think and say it again")]


@pytest.mark.bug(49, 50)
@PAIRS
@pytest.mark.parametrize("after", [0, 4, 7])
async def test_silence_is_bridged_by_signs_of_life_between_events(
    client: Client, model: str, after: int, patient: Jumpseat
) -> None:
    patient.sim.faults.add("stall", after=after, seconds=0.25)
    prompt = client.prompt('call get_weather {"city": "Rom"}')
    said = await client.ask(patient, model, prompt, stream=True, tools=("get_weather",))
    assert said.calls[0].arguments == {"city": "Rom"}
    blocks = said.raw.decode().split("\n\n")
    alive = [block for block in blocks if block.startswith((":", "event: ping"))]
    assert alive
    if client.name == "messages":
        assert all(block.startswith("event: ping\ndata: ") for block in alive), "comments do not count there"


@pytest.mark.bug(51)
@pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("model", ["gpt-4.1", "gemini-3.1-pro", "gpt-5.3-codex"])
async def test_a_model_that_rambles_blanks_is_stopped(client: Client, model: str, jumpseat: Jumpseat) -> None:
    jumpseat.sim.faults.add("whitespace_ramble", lines=3000)
    prompt = client.prompt('call get_weather {"city": "Rom"}')
    said = await client.ask(jumpseat, model, prompt, stream=True, tools=("get_weather",))
    assert said.error["message"]
    assert len(said.raw) < 60_000
    await jumpseat.sim.until(lambda sim: sim.active == 0)


@pytest.mark.bug(52)
@CLIENT
async def test_a_client_that_leaves_before_the_headers_costs_nothing_more(
    client: Client, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("stall_headers", seconds=30)
    body = client.body("claude-sonnet-5", client.prompt(HELLO), True)
    asking = asyncio.get_running_loop().create_task(client.send(jumpseat, body))
    async with asyncio.timeout(5):
        while not asked(jumpseat):
            await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await jumpseat.seat.records.idle()
    assert jumpseat.last["cancelled"] is True
    assert jumpseat.sim.ledger == []
    assert len(asked(jumpseat)) == 1


@pytest.mark.bug(53)
@PAIRS
@STREAM
async def test_a_lost_connection_is_tried_again_before_the_first_byte_only(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("reset")
    jumpseat.sim.faults.add("status", status=502)
    said = await client.ask(jumpseat, model, client.prompt("say: once"), stream=stream)
    assert said.text == "once"
    assert jumpseat.last["attempts"] == 3
    assert len(jumpseat.sim.ledger) == 1
    jumpseat.sim.faults.add("reset_mid", after=5)
    before = len(asked(jumpseat))
    await client.ask(jumpseat, model, client.prompt(HELLO), stream=True)
    assert len(asked(jumpseat)) == before + 1


@pytest.mark.bug(54)
@PAIRS
@STREAM
async def test_retry_after_is_obeyed_and_a_long_one_is_the_clients(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("status", status=429, retry_after=4)
    said = await client.ask(jumpseat, model, client.prompt("say: hi"), stream=stream)
    assert said.text == "hi"
    assert jumpseat.pauses[-1] >= 4
    jumpseat.sim.faults.add("status", times=99, status=429, retry_after=600)
    before = len(asked(jumpseat))
    said = await client.ask(jumpseat, model, client.prompt("say: hi"), stream=stream)
    assert said.status == 429
    assert said.headers["Retry-After"] == "600"
    assert len(asked(jumpseat)) == before + 1


TOO_LONG = {
    "counted": {
        "error": {
            "message": "prompt token count of 93854 exceeds the limit of 90000",
            "code": "model_max_prompt_tokens_exceeded",
        }
    },
    "counted-without-code": {
        "error": {"message": "prompt token count of 93854 exceeds the limit of 90000", "code": ""}
    },
    "by-code": {
        "error": {
            "message": "Your input exceeds the context window of this model.",
            "code": "context_length_exceeded",
        }
    },
    "by-words": {"error": {"message": "Request body is too large for model context window", "code": ""}},
    "plain": "prompt token count of 93854 exceeds the limit of 90000\n",
}


@pytest.mark.bug(85)
@CLIENT
@STREAM
@pytest.mark.parametrize("body", TOO_LONG.values(), ids=TOO_LONG)
async def test_a_full_context_is_said_in_the_words_that_start_the_clients_compaction(
    client: Client, stream: bool, body: Any, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("status", status=400, body=body)
    said = await client.ask(jumpseat, CROSS[client.name], client.prompt(HELLO), stream=stream)
    assert said.status == 400
    _knows(client, said.error, counted="93854" in str(body))
    assert len(asked(jumpseat)) == 1


def _knows(client: Client, error: dict[str, Any], counted: bool) -> None:
    if client.name == "messages":
        words = "prompt is too long: 93854 tokens > 90000 maximum" if counted else "prompt is too long"
        assert words in error["message"]
        assert error["type"] == "invalid_request_error"
    else:
        assert error["code"] == "context_length_exceeded"


@pytest.mark.bug(85)
@CLIENT
@STREAM
@pytest.mark.parametrize("model", ["gpt-4.1", "claude-haiku-4.5", "gpt-5-mini"])
async def test_a_prompt_that_is_really_too_long_is_recognised(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    said = await client.ask(jumpseat, model, client.prompt("long words " * 70_000), stream=stream)
    assert said.status == 400
    _knows(client, said.error, counted=False)


@pytest.mark.bug(85)
@PAIRS
@pytest.mark.parametrize("after", [0, 6], ids=["first", "later"])
@pytest.mark.parametrize("spelling", ["counted", "by-code"])
async def test_a_full_context_that_is_told_in_the_stream_is_recognised(
    client: Client, model: str, after: int, spelling: str, jumpseat: Jumpseat
) -> None:
    told = TOO_LONG[spelling]["error"]
    jumpseat.sim.faults.add("error_event", after=after, **told)
    said = await client.ask(jumpseat, model, client.prompt(HELLO), stream=True)
    assert said.error
    _knows(client, said.error, counted=spelling == "counted")


@pytest.mark.bug(84)
@PAIRS
@STREAM
async def test_a_408_is_asked_again_on_a_fresh_connection(
    client: Client, model: str, stream: bool, jumpseat: Jumpseat
) -> None:
    await client.ask(jumpseat, model, client.prompt("say: warm"), stream=stream)
    jumpseat.sim.faults.add("status", status=408, times=2)
    said = await client.ask(jumpseat, model, client.prompt("say: hi"), stream=stream)
    assert said.text == "hi"
    assert jumpseat.last["attempts"] == 3
    jumpseat.sim.faults.add("status", status=408, times=9)
    said = await client.ask(jumpseat, model, client.prompt("say: hi"), stream=stream)
    assert said.status == 408
    assert said.error["type"] == "timeout_error"
    assert jumpseat.last["attempts"] == 3
