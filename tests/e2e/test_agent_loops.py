"""Agent loops over all dialects and all upstream forms: the strict simulator verifies what goes back."""

import pytest
from loops import (
    DIALECTS,
    MODELS,
    SOME,
    colourfully,
    commands,
    last_body,
    plainly,
    refusals,
    seals,
    work,
)

from tests.sdk.talks import Result, png

REASONING = [model for model in MODELS if model != "gpt-4.1"]


@pytest.mark.parametrize(("dialect", "model", "stream"), SOME)
async def test_a_long_loop_ends_with_the_right_answer(sim, talk, dialect, model, stream):
    """Seven rounds of two calls each, pictures and errors among the results, thinking all the way."""
    prompt = f"Please think and do this in parallel, MARKER-owl:\n{commands(14)}"
    turns = await work(talk(dialect, model, stream=stream, thinks=True), prompt, colourfully)
    assert [len(turn.calls) for turn in turns] == [2] * 7 + [0]
    asked = [call.arguments["command"] for turn in turns for call in turn.calls]
    assert asked == [f"echo {number}" for number in range(14)]
    assert "output of echo 12" in turns[-1].text
    assert "no such file" in turns[-1].text
    assert turns[-1].text.endswith("MARKER-owl")
    assert refusals(sim) == []


@pytest.mark.parametrize(("dialect", "model", "stream"), SOME)
async def test_reasoning_comes_back_to_the_model_that_wrote_it(sim, talk, dialect, model, stream):
    turns = await work(talk(dialect, model, stream=stream, thinks=True), f"Please think.\n{commands(6)}")
    thinks = [bool(turn.thoughts) for turn in turns]
    # Copilot's GPT models think in silence on chat completions, and gpt-4.1 does not think at all.
    silent = sim.ledger[-1].endpoint == "/chat/completions" and model.startswith("gpt")
    assert thinks == [not silent] * 7
    assert seals(last_body(sim)) == (0 if silent else 6)
    assert refusals(sim) == []


@pytest.mark.parametrize("model", REASONING)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_chat_client_that_drops_reasoning_gets_it_put_back(sim, talk, model, stream):
    conversation = talk("chat", model, stream=stream, thinks=True, keeps_reasoning=False)
    turns = await work(conversation, f"Please think.\n{commands(6)}")
    assert "echo 5" in turns[-1].text
    assert refusals(sim) == []
    if model in ("gpt-5.3-codex", "claude-opus-4.5"):
        assert seals(last_body(sim)) == 6


OTHERS = {
    "gpt-4.1": "claude-opus-5",
    "gpt-5.3-codex": "claude-opus-4.5",
    "gpt-5-mini": "gpt-5.3-codex",
    "claude-sonnet-4.5": "claude-opus-5",
    "claude-opus-4.5": "gpt-5.3-codex",
    "claude-opus-5": "gemini-3.1-pro",
    "gemini-3.1-pro": "claude-sonnet-4.5",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("first", OTHERS)
async def test_the_model_may_change_between_two_prompts(sim, talk, dialect, first):
    """What one model signed must not break the other, nor the first one when it comes back."""
    conversation = talk(dialect, first, stream=True, thinks=True)
    await work(conversation, f"Please think.\n{commands(3)}")
    for model, word in ((OTHERS[first], "MARKER-other"), (first, "MARKER-back")):
        conversation.model = model
        turns = await work(conversation, f"Please think. {word}\n{commands(3, 'date')}", colourfully)
        assert turns[-1].text.endswith(word)
    assert answered_by(sim) == [first] * 4 + [OTHERS[first]] * 4 + [first] * 4


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("first", OTHERS)
async def test_the_model_may_change_in_the_middle_of_the_tool_rounds(sim, talk, dialect, first):
    conversation = talk(dialect, first, stream=False, thinks=True)
    turn = await conversation.say(f"Please think. MARKER-owl\n{commands(6)}")
    for round_ in range(6):
        if round_ == 3:
            conversation.model = OTHERS[first]
        turn = await conversation.answer(plainly(turn.calls))
    assert turn.text.endswith("MARKER-owl")
    assert answered_by(sim) == [first] * 4 + [OTHERS[first]] * 3


def answered_by(sim) -> list[str]:
    return [entry.model for entry in sim.ledger]


@pytest.mark.parametrize(("dialect", "model", "stream"), SOME[::2])
async def test_the_token_may_expire_in_the_middle(sim, talk, jumpseat, dialect, model, stream):
    conversation = talk(dialect, model, stream=stream, thinks=True)
    turn = await conversation.say(f"Please think.\n{commands(3)}")
    for round_ in range(3):
        if round_ == 1:
            sim.expire_copilot_tokens()
        turn = await conversation.answer(plainly(turn.calls))
    assert "echo 2" in turn.text
    assert [line[:3] for line in refusals(sim)] == ["401"]
    assert len(sim.ledger) == 4
    assert [row.attempts for row in jumpseat.seat.records.all()] == [1, 1, 2, 1]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("model", MODELS)
async def test_what_a_tool_showed_is_seen(sim, talk, dialect, model):
    """Pictures of a person and of a tool both arrive, with the header that they need."""
    conversation = talk(dialect, model)
    turn = await conversation.say(f"Look at this.\n{commands(1)}", png(10))
    await conversation.answer([Result("a screenshot", image=png(20))])
    assert turn.calls
    assert [entry.is_vision for entry in sim.ledger] == [True, True]
    assert png(20) in str(last_body(sim))
    assert png(10) in str(last_body(sim))
    assert refusals(sim) == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_change_between_claudes_is_refused_once_and_not_for_ever(sim, jumpseat, talk, dialect):
    """What one signed, the other does not take; after one refusal that is known, and its own stays."""
    conversation = talk(dialect, "claude-opus-5", thinks=True)
    await work(conversation, f"Please think.\n{commands(2)}")
    conversation.model = "claude-sonnet-4.5"
    await work(conversation, f"Please think.\n{commands(4, 'date')}")
    assert len(refusals(sim)) == 1
    await work(conversation, f"Please think.\n{commands(2, 'ls')}")
    assert len(refusals(sim)) == 1
    assert seals(last_body(sim)) >= 6
    assert [row.attempts for row in jumpseat.seat.records.all()] == [1] * 3 + [2] + [1] * 7
