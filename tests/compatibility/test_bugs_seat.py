"""Faults of the seat: hosts, versions, tokens, lists, counting, embeddings, quota and bills."""

import asyncio
import base64
import struct
import time
from typing import Any

import pytest

from tests.compatibility.clients import NATIVE, PICTURE, WEATHER, Client
from tests.compatibility.matrix import ENDPOINTS
from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot

CLIENT = pytest.mark.parametrize("client", NATIVE.values(), ids=NATIVE)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
MODEL = "claude-sonnet-5"
COUNT = "/v1/messages/count_tokens"


def asked(jumpseat: Jumpseat) -> list[int | None]:
    return [seen.status for seen in jumpseat.sim.requests if seen.path in ENDPOINTS.values()]


def exchanges(jumpseat: Jumpseat) -> int:
    return sum("/copilot_internal/v2/token" in seen.path for seen in jumpseat.sim.requests)


@pytest.mark.bug(23)
async def test_the_list_says_which_models_cannot_be_called_and_why(jumpseat: Jumpseat, chat: Client) -> None:
    listed = {model["id"]: model for model in (await jumpseat.get("/v1/models")).json["data"]}
    assert "gpt-5.3-codex" in listed
    for name, reason in (
        ("gemini-3.5-ultra", "enable"),
        ("gpt-5.6-preview", "enable"),
        ("claude-opus-5-fast", "plan"),
    ):
        said = await chat.ask(jumpseat, name, chat.prompt("say: hi"))
        assert said.error, name
        assert reason in said.error["message"].lower(), said.error
    assert listed["gemini-3.5-ultra"] != listed["gpt-5.3-codex"] | {"id": "gemini-3.5-ultra"}
    assert "disabled" in str(listed["gemini-3.5-ultra"])
    for headers in ({"anthropic-version": "2023-06-01"},):
        page = (await jumpseat.get("/v1/models?limit=1000", **headers)).json
        assert "gemini-3.5-ultra" not in {model["id"] for model in page["data"]}


@pytest.mark.bug(27)
@CLIENT
@STREAM
async def test_a_seat_that_moves_is_found_again(client: Client, stream: bool, jumpseat: Jumpseat) -> None:
    await client.ask(jumpseat, MODEL, client.prompt("say: warm"))
    await jumpseat.sim.move()
    said = await client.ask(jumpseat, MODEL, client.prompt("say: hi"), stream=stream)
    assert said.text == "hi", said.error
    assert len(jumpseat.sim.ledger) == 2


@pytest.mark.bug(27)
@CLIENT
@pytest.mark.parametrize("plan", ["business", "free", "enterprise"])
async def test_every_plan_is_served_by_the_host_that_its_token_names(
    client: Client, plan: str, tmp_path: Any
) -> None:
    async with SimulatedCopilot(plan=plan) as sim, running(sim, tmp_path / "home") as jumpseat:
        said = await client.ask(jumpseat, "gpt-5-mini", client.prompt("say: hi"))
        assert said.text == "hi", said.error
        assert jumpseat.seat.tokens.api_url == sim.api_url


@pytest.mark.bug(28)
@CLIENT
@STREAM
async def test_a_retired_version_is_told_at_once_with_its_remedy(
    client: Client, stream: bool, jumpseat: Jumpseat
) -> None:
    jumpseat.sim.faults.add("status", status=466, times=99)
    said = await client.ask(jumpseat, MODEL, client.prompt("say: hi"), stream=stream)
    assert said.status == 502
    assert "api_version" in said.error["message"]
    assert asked(jumpseat) == [466]


@pytest.mark.bug(28)
async def test_other_version_strings_can_be_set(sim: SimulatedCopilot, tmp_path: Any, chat: Client) -> None:
    versions = {
        "api_version": "2027-01-01",
        "editor_version": "vscode/1.200.0",
        "plugin_version": "copilot-chat/0.99.0",
    }
    async with running(sim, tmp_path / "home", copilot=versions) as jumpseat:
        said = await chat.ask(jumpseat, "gpt-4.1", chat.prompt("say: hi"))
        assert said.text == "hi", said.error
        headers = sim.ledger[-1].headers
        assert headers["x-github-api-version"] == "2027-01-01"
        assert headers["editor-version"] == "vscode/1.200.0"
        assert headers["editor-plugin-version"] == "copilot-chat/0.99.0"


@pytest.mark.bug(29)
async def test_nothing_is_fetched_at_start_but_from_github(jumpseat: Jumpseat, chat: Client) -> None:
    await chat.ask(jumpseat, "gpt-4.1", chat.prompt("say: hi"))
    known = {"/copilot_internal/v2/token", "/copilot_internal/user", "/user", "/models", "/chat/completions"}
    assert {seen.path for seen in jumpseat.sim.requests} <= known
    assert jumpseat.sim.ledger[0].headers["editor-version"].startswith("vscode/1.")


@pytest.mark.bug(29)
async def test_it_starts_without_a_network(tmp_path: Any, chat: Client) -> None:
    sim = SimulatedCopilot()
    await sim.start()
    await sim.stop()
    async with running(sim, tmp_path / "home") as jumpseat:
        assert (await jumpseat.get("/health")).status == 200
        said = await chat.ask(jumpseat, "gpt-4.1", chat.prompt("say: hi"))
        assert said.status in (502, 503, 504)
        assert said.error["message"]


@pytest.mark.bug(30)
@CLIENT
@STREAM
@pytest.mark.parametrize("preset", ["401", "ide_token", "expired_token"])
async def test_a_lapsed_token_is_renewed_and_the_request_replayed_once(
    client: Client, preset: str, stream: bool, jumpseat: Jumpseat
) -> None:
    await client.ask(jumpseat, MODEL, client.prompt("say: warm"))
    jumpseat.sim.faults.add("status", preset=preset)
    before = exchanges(jumpseat)
    said = await client.ask(jumpseat, MODEL, client.prompt("say: hi"), stream=stream)
    assert said.text == "hi", said.error
    assert exchanges(jumpseat) == before + 1
    assert len(jumpseat.sim.ledger) == 2
    jumpseat.sim.faults.add("status", preset="401", times=99)
    count = len(asked(jumpseat))
    said = await client.ask(jumpseat, MODEL, client.prompt("say: hi"), stream=stream)
    assert said.status == 403, "clients retry a 401 for minutes"
    assert len(asked(jumpseat)) == count + 2


@pytest.mark.bug(30)
@CLIENT
async def test_a_laptop_that_slept_goes_on(client: Client, jumpseat: Jumpseat) -> None:
    await client.ask(jumpseat, MODEL, client.prompt("say: warm"))
    jumpseat.sim.advance(8 * 3600)
    jumpseat.sim.expire_copilot_tokens()
    said = await client.ask(jumpseat, MODEL, client.prompt("say: hi"))
    assert said.text == "hi", said.error
    assert len(jumpseat.sim.ledger) == 2


@pytest.mark.bug(31)
async def test_twenty_requests_at_once_cost_one_exchange(jumpseat: Jumpseat, chat: Client) -> None:
    asking = [chat.ask(jumpseat, "gpt-4.1", chat.prompt("say: hi")) for _ in range(20)]
    assert {said.text for said in await asyncio.gather(*asking)} == {"hi"}
    assert exchanges(jumpseat) == 1
    jumpseat.sim.expire_copilot_tokens()
    asking = [chat.ask(jumpseat, "gpt-4.1", chat.prompt("say: hi")) for _ in range(20)]
    assert {said.text for said in await asyncio.gather(*asking)} == {"hi"}
    assert exchanges(jumpseat) == 2


# --- counting -------------------------------------------------------------------------------------


def picture(width: int, height: int, noise: int) -> str:
    """A PNG's beginning with that size, and `noise` bytes behind it."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)
    return base64.b64encode(head + bytes(4) + b"\x5a" * noise).decode()


async def count(jumpseat: Jumpseat, model: str, content: Any, **more: Any) -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": content}], **more}
    reply = await jumpseat.post(COUNT, body, **{"anthropic-version": "2023-06-01"})
    assert reply.status == 200, reply.body
    return reply.json


@pytest.mark.bug(55)
async def test_counting_never_fails_waits_or_says_one(jumpseat: Jumpseat) -> None:
    tools = [{"name": "get_weather", "description": "", "input_schema": WEATHER, "cache_control": {}}]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}
    content = [{"type": "text", "text": "hello there " * 50}, image]
    exact = await count(jumpseat, MODEL, content, tools=tools)
    assert exact["input_tokens"] > 100
    assert "estimated" not in exact
    for model in ("gpt-4.1", "gemini-3.1-pro", "claude-nobody-has-1", "gpt-77"):
        counted = await count(jumpseat, model, content, tools=tools)
        assert counted["input_tokens"] > 100
        assert counted["estimated"] is True
    jumpseat.sim.faults.add("status", path=COUNT, status=429, retry_after=60, times=99)
    began = time.monotonic()
    for _ in range(20):
        counted = await count(jumpseat, MODEL, content, tools=tools)
        assert counted["estimated"] is True
        assert counted["input_tokens"] > 100
    assert time.monotonic() - began < 5
    assert jumpseat.pauses == []
    assert sum(seen.path == COUNT and seen.status == 429 for seen in jumpseat.sim.requests) == 1


@pytest.mark.bug(55)
@pytest.mark.parametrize("fault", ["html_502", "reset", "json_200"])
async def test_counting_goes_on_here_when_upstream_does_not_count(fault: str, jumpseat: Jumpseat) -> None:
    status = {"html_502": 502, "reset": 500, "json_200": 400}[fault]
    jumpseat.sim.faults.add("status", path=COUNT, status=status, times=9)
    assert (await count(jumpseat, MODEL, "hello there"))["estimated"] is True


@pytest.mark.bug(56)
@pytest.mark.parametrize("model", ["gpt-4.1", "claude-sonnet-5", "unknown"])
async def test_special_tokens_are_text(model: str, jumpseat: Jumpseat) -> None:
    word = "<|endoftext|><|fim_prefix|><|endofprompt|>"
    counted = await count(jumpseat, model, f"{word} in a file {word}")
    assert counted["input_tokens"] > 8


@pytest.mark.bug(57)
@pytest.mark.parametrize(
    ("width", "height"), [(512, 512), (1024, 1024), (2048, 4096), (100, 100), (4096, 512)]
)
async def test_a_picture_is_counted_by_its_tiles(width: int, height: int, jumpseat: Jumpseat) -> None:
    """However many bytes it has: fit into 2048 by 2048, shorter side to 768, 85 and 170 a tile."""
    text = {"type": "text", "text": "look"}
    without = (await count(jumpseat, "gpt-4.1", [text]))["input_tokens"]
    for noise in (10, 400_000):
        source = {"type": "base64", "media_type": "image/png", "data": picture(width, height, noise)}
        counted = (await count(jumpseat, "gpt-4.1", [text, {"type": "image", "source": source}]))[
            "input_tokens"
        ]
        fitted = _tiles(width, height)
        assert counted - without == pytest.approx(85 + 170 * fitted, abs=8)


def _tiles(width: int, height: int) -> int:
    scale = min(1, 2048 / max(width, height))
    width, height = width * scale, height * scale  # type: ignore[assignment]
    scale = min(1, 768 / min(width, height))
    return -(-round(width * scale) // 512) * -(-round(height * scale) // 512)


# --- lists ----------------------------------------------------------------------------------------

CODEX_NEEDS = (
    "slug",
    "display_name",
    "supported_reasoning_levels",
    "shell_type",
    "visibility",
    "supported_in_api",
    "priority",
    "base_instructions",
    "support_verbosity",
    "truncation_policy",
    "experimental_supported_tools",
)


@pytest.mark.bug(58, 59)
@pytest.mark.parametrize("path", ["/v1/models", "/models"])
async def test_codex_gets_its_own_list_with_the_catalogs_windows(path: str, jumpseat: Jumpseat) -> None:
    models = (await jumpseat.get(f"{path}?client_version=0.169.0")).json["models"]
    entries = (await jumpseat.get("/v1/models/full/")).json["data"]
    catalog = {entry["id"]: entry for entry in reversed(entries)}  # of a repeated id the first counts
    assert models
    for model in models:
        assert not [key for key in CODEX_NEEDS if key not in model]
        assert len(model["base_instructions"]) > 2000
        limits = catalog[model["slug"]]["capabilities"]["limits"]
        window = limits["max_context_window_tokens"]
        assert model["context_window"] == window
        assert model["auto_compact_token_limit"] == min(limits["max_prompt_tokens"], int(window * 0.9))


# --- embeddings -----------------------------------------------------------------------------------


@pytest.mark.bug(70)
@pytest.mark.parametrize("given", ["one text", ["one text"], [9906, 1917], [[9906, 1917]]], ids=str)
async def test_embeddings_take_every_form_of_input_and_give_what_was_asked(
    given: Any, jumpseat: Jumpseat
) -> None:
    body = {"model": "text-embedding-3-small", "input": given}
    plain = await jumpseat.post("/v1/embeddings", body)
    assert plain.status == 200, plain.body
    (item,) = plain.json["data"]
    assert all(isinstance(value, float) for value in item["embedding"])
    packed = await jumpseat.post("/v1/embeddings", body | {"encoding_format": "base64"})
    raw = base64.b64decode(packed.json["data"][0]["embedding"])
    values = struct.unpack(f"<{len(raw) // 4}f", raw)
    assert list(values) == pytest.approx(item["embedding"], abs=1e-6)
    assert packed.json["object"] == "list"
    assert packed.json["usage"]["prompt_tokens"] > 0


# --- quota and bills ------------------------------------------------------------------------------


@pytest.mark.bug(72, 73)
async def test_the_quota_is_known_before_the_first_request_and_absolute(tmp_path: Any) -> None:
    async with SimulatedCopilot() as sim:
        sim.account().quota.remaining = 1203.4
        async with running(sim, tmp_path / "home") as jumpseat:
            usage = (await jumpseat.get("/usage")).json
            assert sim.ledger == []
            bucket = usage["quotas"]["premium_interactions"]
            assert bucket["remaining"] == pytest.approx(1203.4, abs=1)
            assert bucket["entitlement"] == 1500
            assert bucket["percent_remaining"] == pytest.approx(80.2, abs=0.1)
            assert usage["quota_reset_date"]


@pytest.mark.bug(72)
async def test_the_quota_goes_down_with_every_answer(jumpseat: Jumpseat, chat: Client) -> None:
    before = (await jumpseat.get("/usage")).json["quotas"]["premium_interactions"]["remaining"]
    for _ in range(3):
        await chat.ask(jumpseat, "claude-opus-5", chat.prompt("write 300 words"))
    after = (await jumpseat.get("/usage")).json["quotas"]["premium_interactions"]["remaining"]
    assert after < before


@pytest.mark.bug(74)
@pytest.mark.parametrize("plan", ["individual_pro", "business", "enterprise", "free"])
async def test_a_bucket_without_a_cap_is_unlimited_and_never_0_of_0(plan: str, tmp_path: Any) -> None:
    async with SimulatedCopilot(plan=plan) as sim, running(sim, tmp_path / "home") as jumpseat:
        quotas = (await jumpseat.get("/usage")).json["quotas"]
        assert quotas
        for bucket in quotas.values():
            if bucket["unlimited"]:
                assert bucket["entitlement"] is None
                assert bucket["remaining"] is None
            else:
                assert bucket["entitlement"] != 0 or bucket["remaining"] is None


@pytest.mark.bug(75)
@CLIENT
@STREAM
async def test_an_included_model_costs_0_and_a_premium_one_what_upstream_says(
    client: Client, stream: bool, jumpseat: Jumpseat
) -> None:
    for model in ("gpt-5-mini", "gpt-4.1"):
        await client.ask(jumpseat, model, client.prompt("say: hi"), stream=stream)
        assert jumpseat.last["nano_aiu"] == 0
        assert jumpseat.last["nano_aiu"] is not None
    for model in (MODEL, "gpt-5.3-codex", "gemini-3.1-pro"):
        await client.ask(jumpseat, model, client.prompt("say: hi"), stream=stream)
        assert jumpseat.last["nano_aiu"] == jumpseat.sim.ledger[-1].nano_aiu > 0
    stats = (await jumpseat.get("/api/stats")).json
    assert stats["nano_aiu"] == sum(entry.nano_aiu for entry in jumpseat.sim.ledger)


@pytest.mark.bug(76)
@CLIENT
async def test_failed_calls_are_counted_apart_and_cost_nothing(client: Client, jumpseat: Jumpseat) -> None:
    await client.ask(jumpseat, MODEL, client.prompt("say: hi"))
    jumpseat.sim.faults.add("status", preset="402")
    await client.ask(jumpseat, MODEL, client.prompt("say: hi"))
    await client.ask(jumpseat, "nobody-has-this", client.prompt("say: hi"))
    stats = (await jumpseat.get("/api/stats")).json
    assert stats["requests"] == 3
    assert stats["failed_requests"] == 2
    billed = jumpseat.sim.ledger
    assert len(billed) == 1
    assert stats["input_tokens"] == billed[0].input_tokens
    assert stats["nano_aiu"] == billed[0].nano_aiu
    failed = jumpseat.last
    assert failed["status"] == 404
    assert failed["input_tokens"] is None
    assert failed["nano_aiu"] is None
