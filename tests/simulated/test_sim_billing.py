"""Quota that goes down and a prompt cache that works."""

from typing import Any

import pytest
from plain_client import Seat, asking

from tray_app.simulated import SimulatedCopilot

CHAT, MESSAGES = "/chat/completions", "/v1/messages"
LONG = "word " * 8000  # ten thousand tokens


def left(sim: SimulatedCopilot, login: str = "octocat") -> float:
    return sim.account(login).quota.remaining


@pytest.mark.parametrize(
    ("initiator", "cost"), [({"X-Initiator": "user"}, 7.5), ({}, 7.5), ({"X-Initiator": "agent"}, 0)]
)
async def test_request_billed_seats_pay_per_prompt(
    seat: Seat, initiator: dict[str, str], cost: float
) -> None:
    await seat.sign_in(seat.sim.add_account("hubot", "business"))
    await seat.post(CHAT, asking(CHAT, "claude-opus-5", "hi"), initiator)
    assert left(seat.sim, "hubot") == 300 - cost


async def test_token_billed_seats_pay_what_the_answer_says(seat: Seat) -> None:
    answer = (await seat.post(CHAT, asking(CHAT, "claude-opus-5", "hi"), {"X-Initiator": "agent"})).json
    assert 1500 - left(seat.sim) == pytest.approx(answer["copilot_usage"]["total_nano_aiu"] / 1e9)
    assert answer["copilot_usage"]["total_nano_aiu"] > 0


async def test_an_empty_quota_leaves_the_included_models(seat: Seat) -> None:
    seat.sim.exhaust_quota()
    answer = await seat.post(CHAT, asking(CHAT, "claude-opus-5", "hi"))
    assert (answer.status, answer.json) == (
        402,
        {"error": {"message": "You have no quota", "code": "quota_exceeded"}},
    )
    assert answer.headers["retry-after"].endswith("GMT")
    assert (await seat.post(CHAT, asking(CHAT, "gpt-4.1", "hi"))).status == 200


async def test_gpt_caches_by_itself(sim: SimulatedCopilot, seat: Seat) -> None:
    body = asking(CHAT, "gpt-5-mini", LONG)
    figures = [(await seat.post(CHAT, body)).json["usage"]["prompt_tokens_details"] for _ in range(2)]
    assert figures[0]["cached_tokens"] == 0
    assert figures[1]["cached_tokens"] > 9000
    assert (sim.ledger[-1].cached_tokens, sim.ledger[-1].cache_write_tokens) == (
        figures[1]["cached_tokens"],
        0,
    )
    sim.advance(301)
    again = (await seat.post(CHAT, body)).json["usage"]
    assert again["prompt_tokens_details"]["cached_tokens"] == 0


def marked(ttl: str | None = None) -> dict[str, Any]:
    mark = {"type": "ephemeral"} | ({"ttl": ttl} if ttl else {})
    return {"type": "text", "text": LONG, "cache_control": mark}


async def test_claude_caches_up_to_its_marks(sim: SimulatedCopilot, seat: Seat) -> None:
    body = asking(MESSAGES, "claude-opus-5", "say: a", system=[marked()])
    first = (await seat.post(MESSAGES, body)).json
    second = (await seat.post(MESSAGES, asking(MESSAGES, "claude-opus-5", "say: b", system=[marked()]))).json
    written = first["usage"]["cache_creation_input_tokens"]
    assert written > 9000
    assert first["usage"]["cache_read_input_tokens"] == 0
    assert second["usage"]["cache_read_input_tokens"] == written
    assert second["usage"]["cache_creation_input_tokens"] == 0
    assert first["usage"]["input_tokens"] < 50
    assert sim.ledger[-1].input_tokens == second["usage"]["input_tokens"] + written
    assert sim.ledger[-1].nano_aiu < sim.ledger[0].nano_aiu / 5


async def test_without_marks_claude_caches_nothing(seat: Seat) -> None:
    body = asking(MESSAGES, "claude-opus-5", LONG)
    usages = [(await seat.post(MESSAGES, body)).json["usage"] for _ in range(2)]
    assert {usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"] for usage in usages} == {
        0
    }


async def test_an_hour_outlives_five_minutes(sim: SimulatedCopilot, seat: Seat) -> None:
    beta = {"anthropic-beta": "extended-cache-ttl-2025-04-11"}
    body = asking(MESSAGES, "claude-opus-5", "say: a", system=[marked("1h")])
    usage = (await seat.post(MESSAGES, body, beta)).json["usage"]
    assert usage["cache_creation"]["ephemeral_1h_input_tokens"] > 9000
    assert usage["cache_creation"]["ephemeral_5m_input_tokens"] == 0
    sim.advance(1000)
    assert (await seat.post(MESSAGES, body, beta)).json["usage"]["cache_read_input_tokens"] > 9000
    sim.advance(3601)
    await seat.sign_in()
    assert (await seat.post(MESSAGES, body, beta)).json["usage"]["cache_read_input_tokens"] == 0


async def test_long_prompts_pay_the_dearer_tier(sim: SimulatedCopilot, seat: Seat) -> None:
    short, long = (
        asking(MESSAGES, "claude-opus-5", "say: a"),
        asking(MESSAGES, "claude-opus-5", "x" * 1_000_000),
    )
    prices = []
    for body in (short, long):
        usage = (await seat.post(MESSAGES, body)).json["copilot_usage"]
        prices.append(
            {line["token_type"]: line["cost_per_batch"] for line in usage["token_details"]}["input"]
        )
    assert prices[1] == prices[0] * 2
