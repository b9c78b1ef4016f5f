"""Gemini CLI through Jumpseat: agent loops on every upstream form, side calls, names, signatures, errors."""

import json

import pytest
from bills import assert_one_prompt, bill
from coding_tools import Place, gemini

from tests.harness import Jumpseat, running
from tray_app.simulated import SimulatedCopilot

pytestmark = pytest.mark.clients

CREATE = "create file hello.txt with content `hi there` and end with MARKER-{}"
RUNS = [
    pytest.param("gemini-3.1-pro", "/chat/completions", id="gemini"),
    pytest.param("gpt-4.1", "/chat/completions", id="chat"),
    pytest.param("gpt-5.3-codex", "/responses", id="responses"),
    pytest.param("claude-sonnet-5", "/v1/messages", id="claude"),
    pytest.param("claude-opus-4.5", "/v1/messages", id="claude-older"),
]


@pytest.mark.parametrize(("model", "endpoint"), RUNS)
async def test_one_prompt_with_five_tool_turns(
    jumpseat: Jumpseat, place: Place, model: str, endpoint: str
) -> None:
    run = await gemini(place, jumpseat.url, model, "use 5 turns and " + CREATE.format("five"))
    assert run.code == 0, run
    assert run.file("hello.txt") == "hi there", run
    assert "MARKER-five" in run.final
    billed = bill(jumpseat.sim)
    assert_one_prompt(billed, tool_turns=5)
    assert billed.endpoints == {endpoint}
    assert {row.dialect for row in jumpseat.seat.records.all()} == {"gemini"}
    assert {row.client for row in jumpseat.seat.records.all()} == {"Gemini CLI"}


async def test_its_own_choice_of_a_model_is_nobodys_prompt(jumpseat: Jumpseat, place: Place) -> None:
    """With `auto` it asks a small model first; the names it makes up are answered within their tier."""
    run = await gemini(place, jumpseat.url, "auto", CREATE.format("auto"))
    assert run.code == 0, run
    assert "MARKER-auto" in run.final
    billed = bill(jumpseat.sim)
    assert [(entry.initiator, entry.interaction_type) for entry in billed.side] == [
        ("agent", "conversation-background")
    ]
    assert billed.prompts == 1
    assert {entry.model for entry in billed.work} <= {"gemini-3.5-flash-lite", "gemini-3.1-pro"}


@pytest.mark.parametrize("model", ["gemini-3.1-pro", "gpt-5.3-codex", "claude-sonnet-5"])
async def test_thinking_comes_back_on_every_turn(jumpseat: Jumpseat, place: Place, model: str) -> None:
    """It drops the thoughts and keeps the signatures; what the model sealed is whole again upstream."""
    run = await gemini(place, jumpseat.url, model, "please think and use 3 turns MARKER-thought")
    assert "MARKER-thought" in run.final, run
    sent = json.dumps(jumpseat.sim.ledger[-1].body)
    sealed = sum(sent.count(f'"{key}": "') for key in ("reasoning_opaque", "signature", "encrypted_content"))
    assert sealed == 3
    assert bill(jumpseat.sim).refusals == []


async def test_signed_out_it_is_told_how_to_sign_in(
    sim: SimulatedCopilot, installed: None, place: Place, tmp_path
) -> None:
    async with running(sim, tmp_path / "jumpseat", token=None) as jumpseat:
        run = await gemini(place, jumpseat.url, "gpt-4.1", "say: hello")
    assert run.code != 0
    assert "jumpseat login" in run.out + run.err
    assert run.seconds < 60


async def test_a_broken_stream_fails_the_run_or_is_asked_again(jumpseat: Jumpseat, place: Place) -> None:
    jumpseat.sim.faults.add("close_early", after=2, model="gpt-4.1")
    run = await gemini(place, jumpseat.url, "gpt-4.1", "run: echo once >> log.txt\nMARKER-cut")
    assert run.file("log.txt") == "once\n", run
    assert "MARKER-cut" in run.final
    assert bill(jumpseat.sim).initiators[0] == "user"
