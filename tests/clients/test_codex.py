"""Codex CLI through Jumpseat: agent loops, catalogue, apply_patch, namespaces, WebSocket, broken streams."""

import json
from pathlib import Path

import pytest
from bills import assert_one_prompt, bill
from coding_tools import PNG, Place, Run, codex, codex_with

from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot

pytestmark = pytest.mark.clients

CREATE = "create file hello.txt with content `hi there` and end with MARKER-{}"
MODELS = [
    pytest.param("gpt-5.3-codex", "/responses", id="natively"),
    pytest.param("gpt-5.5", "/responses", id="natively-newer"),
    pytest.param("gpt-4.1", "/chat/completions", id="chat-only"),
    pytest.param("gemini-3.1-pro", "/chat/completions", id="chat-only-gemini"),
    pytest.param("claude-sonnet-5", "/v1/messages", id="claude"),
    pytest.param("claude-opus-4.5", "/v1/messages", id="claude-older"),
]
ONE_OF_EACH = ["gpt-5.3-codex", "gpt-4.1", "claude-sonnet-5"]


def complaints(run: Run) -> list[str]:
    """What Codex warns of, as "Model metadata for X not found"."""
    items = [event.get("item", {}) for event in run.events]
    return [item.get("message", "") for item in items if item.get("type") == "error"]


@pytest.mark.parametrize("catalog", [True, False], ids=["with-catalogue", "without"])
@pytest.mark.parametrize(("model", "endpoint"), MODELS)
async def test_one_prompt_with_five_tool_turns(
    jumpseat: Jumpseat, place: Place, model: str, endpoint: str, catalog: bool
) -> None:
    task = "use 5 turns and " + CREATE.format("five")
    run = await codex(place, jumpseat.url, model, task, catalog=catalog)
    assert run.code == 0, run
    assert run.file("hello.txt") == "hi there"
    assert "MARKER-five" in run.final
    assert not (catalog and complaints(run))
    billed = bill(jumpseat.sim)
    assert_one_prompt(billed, tool_turns=5)
    assert billed.endpoints == {endpoint}


@pytest.mark.parametrize("model", [*ONE_OF_EACH, "gpt-5.5"])
async def test_a_patch_is_applied(jumpseat: Jumpseat, place: Place, model: str) -> None:
    """The catalogue turns on apply_patch as a tool of free text; upstream gets it as a function."""
    patch = "*** Begin Patch\n*** Add File: patched.txt\n+by patch\n*** End Patch\n"
    task = f"call apply_patch {json.dumps({'input': patch})} MARKER-patch"
    run = await codex(place, jumpseat.url, model, task, catalog=True)
    assert run.file("patched.txt") == "by patch\n", run
    assert "MARKER-patch" in run.final
    assert_one_prompt(bill(jumpseat.sim), tool_turns=1)
    offered = [tool for tool in jumpseat.sim.ledger[0].body["tools"] if "apply_patch" in json.dumps(tool)]
    assert [tool.get("type", "function") for tool in offered] == ["function"]


async def test_a_second_prompt_is_a_second_prompt(jumpseat: Jumpseat, place: Place) -> None:
    await codex(place, jumpseat.url, "gpt-5.3-codex", CREATE.format("one"))
    task = "run: echo again > again.txt\nMARKER-two"
    run = await codex(place, jumpseat.url, "gpt-5.3-codex", task, "resume", "--last")
    assert run.file("again.txt") == "again\n", run
    assert bill(jumpseat.sim).initiators == ["user", "agent", "user", "agent"]


@pytest.mark.parametrize("model", ONE_OF_EACH)
async def test_an_image_read_from_disk_reaches_the_model(
    jumpseat: Jumpseat, place: Place, model: str
) -> None:
    (place.work / "dot.png").write_bytes(PNG)
    run = await codex(place, jumpseat.url, model, 'call view_image {"path": "dot.png"} MARKER-seen')
    assert "MARKER-seen" in run.final, run
    assert [entry.is_vision for entry in bill(jumpseat.sim).work] == [False, True]


@pytest.mark.parametrize(
    ("model", "tool"),
    [
        ("gpt-5.3-codex", "spawn_agent"),
        ("gpt-4.1", "multi_agent_v1__spawn_agent"),
        ("claude-sonnet-5", "multi_agent_v1__spawn_agent"),
    ],
)
async def test_a_subagent_is_nobodys_prompt(jumpseat: Jumpseat, place: Place, model: str, tool: str) -> None:
    """The tool stands in a namespace; and what Codex says when the subagent is done is no prompt either."""
    inner = "create file sub.txt with content `sub` MARKER-inner"
    task = f'call {tool} {{"message": "{inner}"}}\nrun: sleep 1.5\nMARKER-outer'
    run = await codex(place, jumpseat.url, model, task)
    assert run.file("sub.txt") == "sub", run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 1
    assert billed.refusals == []
    assert {(entry.initiator, entry.interaction_type) for entry in billed.side} == {
        ("agent", "conversation-subagent")
    }


# --- over WebSocket ---------------------------------------------------------------------------------

OVER_SOCKET = {"supports_websockets": True}


@pytest.mark.parametrize("catalog", [True, False], ids=["with-catalogue", "without"])
@pytest.mark.parametrize("model", ["gpt-5.3-codex", "gpt-5.5"])
async def test_one_prompt_over_websocket(jumpseat: Jumpseat, place: Place, model: str, catalog: bool) -> None:
    """A warm-up that costs nothing, then one connection for all turns, and only what is new each time."""
    task = "use 5 turns and " + CREATE.format("socket")
    run = await codex(place, jumpseat.url, model, task, catalog=catalog, **OVER_SOCKET)
    assert run.code == 0, run
    assert run.file("hello.txt") == "hi there"
    assert "MARKER-socket" in run.final
    billed = bill(jumpseat.sim)
    assert_one_prompt(billed, tool_turns=5)
    assert billed.endpoints == {"ws:/responses"}
    assert [len(entry.body["input"]) for entry in billed.work[1:]] == [1] * 5
    warm, *others = jumpseat.seat.records.all()
    assert (warm.background, warm.attempts, warm.usage.nano_aiu) == ("warmup", 0, None)
    assert {record.upstream_endpoint for record in others} == {"ws:/responses"}


@pytest.mark.parametrize("model", ["gpt-4.1", "claude-sonnet-5"])
async def test_a_model_without_websocket_costs_it_no_time(
    jumpseat: Jumpseat, place: Place, model: str
) -> None:
    run = await codex(place, jumpseat.url, model, CREATE.format("plain"), **OVER_SOCKET)
    assert run.file("hello.txt") == "hi there", run
    assert run.seconds < 5  # an error alone costs it six seconds
    assert_one_prompt(bill(jumpseat.sim), tool_turns=1)


async def test_its_own_provider_uses_websocket(jumpseat: Jumpseat, place: Place) -> None:
    place.write(".codex/auth.json", json.dumps({"OPENAI_API_KEY": "any-key"}))
    config = f'model = "gpt-5.3-codex"\nopenai_base_url = "{jumpseat.url}/v1"\n'
    run = await codex_with(place, config, CREATE.format("builtin"))
    assert run.file("hello.txt") == "hi there", run
    billed = bill(jumpseat.sim)
    assert_one_prompt(billed, tool_turns=1)
    assert billed.endpoints == {"ws:/responses"}


async def test_its_own_provider_falls_back_from_websocket_at_once(
    installed: None, sim: SimulatedCopilot, place: Place, tmp_path: Path
) -> None:
    for entry in sim.state.entries:
        listed = entry.get("supported_endpoints", [])
        entry["supported_endpoints"] = [one for one in listed if one != "ws:/responses"] or ["/responses"]
    place.write(".codex/auth.json", json.dumps({"OPENAI_API_KEY": "any-key"}))
    async with running(sim, tmp_path / "jumpseat") as jumpseat:
        config = f'model = "gpt-5.3-codex"\nopenai_base_url = "{jumpseat.url}/v1"\n'
        run = await codex_with(place, config, CREATE.format("fallback"))
        assert run.file("hello.txt") == "hi there", run
        assert run.seconds < 5  # a 404 costs it six seconds and more
        assert_one_prompt(bill(sim), tool_turns=1)


async def test_a_patch_is_applied_over_websocket(jumpseat: Jumpseat, place: Place) -> None:
    patch = "*** Begin Patch\n*** Add File: patched.txt\n+by patch\n*** End Patch\n"
    task = f"call apply_patch {json.dumps({'input': patch})} MARKER-patch"
    run = await codex(place, jumpseat.url, "gpt-5.5", task, catalog=True, **OVER_SOCKET)
    assert run.file("patched.txt") == "by patch\n", run
    assert_one_prompt(bill(jumpseat.sim), tool_turns=1)
    assert bill(jumpseat.sim).endpoints == {"ws:/responses"}


async def test_a_subagent_has_a_connection_of_its_own(jumpseat: Jumpseat, place: Place) -> None:
    inner = "create file sub.txt with content `sub` MARKER-inner"
    task = f'call spawn_agent {{"message": "{inner}"}}\nrun: sleep 1.5\nMARKER-outer'
    run = await codex(place, jumpseat.url, "gpt-5.3-codex", task, **OVER_SOCKET)
    assert run.file("sub.txt") == "sub", run
    billed = bill(jumpseat.sim)
    assert billed.prompts == 1
    assert billed.refusals == []
    assert {entry.endpoint for entry in jumpseat.sim.ledger} == {"ws:/responses"}
    assert sum(seen.path == "/responses" for seen in jumpseat.sim.requests) >= 2  # handshakes


async def test_an_image_over_websocket(jumpseat: Jumpseat, place: Place) -> None:
    (place.work / "dot.png").write_bytes(PNG)
    task = 'call view_image {"path": "dot.png"} MARKER-seen'
    run = await codex(place, jumpseat.url, "gpt-5.3-codex", task, **OVER_SOCKET)
    assert "MARKER-seen" in run.final, run
    assert [entry.is_vision for entry in bill(jumpseat.sim).work] == [False, True]


@pytest.mark.parametrize("more", ["", "supports_websockets = true\n"], ids=["http", "websocket"])
async def test_a_compaction_in_mid_turn_is_nobodys_prompt(
    jumpseat: Jumpseat, place: Place, more: str
) -> None:
    """Codex goes on by itself behind its summary, which it writes in the user's name."""
    config = (
        'model = "gpt-5.3-codex"\nmodel_provider = "jumpseat"\nmodel_auto_compact_token_limit = 12000\n'
        f'[model_providers.jumpseat]\nname = "Jumpseat"\nbase_url = "{jumpseat.url}/v1"\n'
        f'wire_api = "responses"\nexperimental_bearer_token = "any"\n{more}'
    )
    run = await codex_with(place, config, "use 4 turns and run: seq 1 6000\nMARKER-compact")
    assert "MARKER-compact" in run.final, run
    billed = bill(jumpseat.sim)
    assert [(entry.interaction_type, entry.endpoint) for entry in billed.side] == [
        ("conversation-compaction", "/responses")
    ]
    assert billed.prompts == 1
    assert billed.refusals == []


@pytest.mark.parametrize("kind", ["reset", "reset_mid", "close_early", "error_event", "malformed_sse"])
async def test_a_broken_websocket_is_asked_again_and_nothing_is_done_twice(
    jumpseat: Jumpseat, place: Place, kind: str
) -> None:
    jumpseat.sim.faults.add(kind, "ws:/responses", after=4)
    task = "run: echo once >> log.txt\nMARKER-cut"
    run = await codex(place, jumpseat.url, "gpt-5.3-codex", task, **OVER_SOCKET)
    assert run.file("log.txt") == "once\n", run
    assert "MARKER-cut" in run.final


@pytest.mark.parametrize("more", [{}, OVER_SOCKET], ids=["http", "websocket"])
async def test_its_lite_form(
    installed: None, sim: SimulatedCopilot, place: Place, tmp_path: Path, more: dict[str, bool]
) -> None:
    """A name that Codex knows puts the tools into the input."""
    known = {"exact": {"gpt-5.6-sol": "gpt-5.5"}}
    async with running(sim, tmp_path / "jumpseat", models=known) as jumpseat:
        run = await codex(place, jumpseat.url, "gpt-5.6-sol", CREATE.format("lite"), **more)
        assert run.file("hello.txt") == "hi there", run
        assert "MARKER-lite" in run.final
        assert_one_prompt(bill(jumpseat.sim), tool_turns=1)


@pytest.mark.parametrize("kind", ["reset_mid", "close_early", "error_event"])
@pytest.mark.parametrize("model", ONE_OF_EACH)
async def test_a_broken_stream_is_asked_again_and_nothing_is_done_twice(
    jumpseat: Jumpseat, place: Place, model: str, kind: str
) -> None:
    jumpseat.sim.faults.add(kind, after=2)
    run = await codex(place, jumpseat.url, model, "run: echo once >> log.txt\nMARKER-cut")
    assert run.file("log.txt") == "once\n", run
    assert "MARKER-cut" in run.final
    assert len(bill(jumpseat.sim).work) == 3


async def test_a_limit_is_waited_for(jumpseat: Jumpseat, place: Place) -> None:
    """Codex gives up at once on a 429 without Retry-After; it always gets one."""
    jumpseat.sim.faults.add("status", status=429, times=5)
    run = await codex(place, jumpseat.url, "gpt-5.3-codex", "say: MARKER-waited")
    assert "MARKER-waited" in run.final, run
