"""What the pages get of the history: in full, as trees, as figures; what needs a session; deletion."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dashboard import Dashboard

from tray_app.history.noted import Reading, keep_readings

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
TOTALS = {
    "requests", "failed_requests", "cancelled_requests", "user_initiated", "agent_initiated", "input_tokens",
    "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens", "nano_aiu",
    "retried_attempts", "cache_hit_rate",
}  # fmt: skip


def chat(text: str, **more: object) -> dict[str, object]:
    return {"model": "gpt-4.1", "messages": [{"role": "user", "content": text}], **more}


async def newest(board: Dashboard) -> str:
    return str((await board.page.get("/api/requests?limit=1")).json["requests"][0]["id"])


async def test_one_request_in_full(board: Dashboard) -> None:
    board.sim.faults.add("status", preset="429")
    await board.page.post(CHAT, chat("say: hello", stream=True))
    row = (await board.page.get(f"/api/requests/{await newest(board)}")).json
    assert (row["status"], row["attempts"], row["running"], row["captured"]) == (200, 2, False, False)
    assert [one["status"] for one in row["tries"]] == [429, 200]
    assert row["tries"][0]["reason"]
    assert row["upstream_ms"] <= row["ttfb_ms"] <= row["duration_ms"]
    assert row["frames"] > 2
    assert row["upstream_request_id"]


async def test_a_failed_request_says_why_in_a_sentence(board: Dashboard) -> None:
    board.sim.faults.add("status", preset="402")
    await board.page.post(CHAT, chat("hello"))
    row = (await board.page.get(f"/api/requests/{await newest(board)}")).json
    assert row["error"] == "quota_exceeded"
    assert "quota" in row["error_message"].lower()
    found = (await board.page.get("/api/requests?status=error&q=quota")).json["requests"]
    assert [one["id"] for one in found] == [row["id"]]


@pytest.mark.parametrize(
    "path", ["/api/requests/req_none", "/api/sessions/none", "/api/requests/req_x/bodies"]
)
async def test_what_is_not_there_is_404(board: Dashboard, path: str) -> None:
    reply = await board.page.get(path)
    assert (reply.status, reply.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/requests/req_x/bodies", "/api/export"])
async def test_what_was_said_needs_the_session(board: Dashboard, path: str) -> None:
    async with board.stranger.http.get(board.url + path) as response:
        assert response.status == 403


def said_in(response: str, stream: bool) -> str:
    if not stream:
        return str(json.loads(response)["choices"][0]["message"]["content"])
    events = [json.loads(line[6:]) for line in response.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


@pytest.mark.parametrize("stream", [False, True])
async def test_capture_keeps_what_was_said_without_secrets(board: Dashboard, stream: bool) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 4
    await board.page.post("/api/recording", {"hours": 1})
    await board.page.post(CHAT, chat(f"say: the heron waits {token}", stream=stream))
    id = await newest(board)
    kept = (await board.page.get(f"/api/requests/{id}/bodies")).json
    assert kept["captured"]
    assert not kept["truncated"]
    request, sent = json.loads(kept["request"]), json.loads(kept["upstream_request"])
    assert "the heron waits [redacted]" in request["messages"][0]["content"]
    assert request["model"] == sent["model"] == "gpt-4.1"
    assert "heron" in said_in(kept["response"], stream)
    assert token not in json.dumps(kept)
    times = [frame["at_ms"] for frame in kept["frames"]]
    assert times == sorted(times)
    assert bool(times) is stream
    if stream:
        assert "".join(frame["text"] + "\n\n" for frame in kept["frames"]) == kept["response"]
    found = (await board.page.get("/api/requests?q=heron%20waits")).json["requests"]
    assert [row["id"] for row in found] == [id]
    await board.page.post("/api/recording", {"hours": None})
    await board.page.post(CHAT, chat("say: silence"))
    assert (await board.page.get(f"/api/requests/{await newest(board)}/bodies")).json["captured"] is False


async def test_a_session_is_a_tree_of_prompts_and_their_turns(board: Dashboard) -> None:
    system = "You help with birds. " * 400
    said = [{"role": "user", "content": "first"}]
    headers = {"x-session-id": "birds", "User-Agent": "opencode/1.0"}

    async def ask(**more: object) -> None:
        body = {"model": "claude-sonnet-5", "max_tokens": 50, "system": system, "messages": said, **more}
        assert (await board.page.post(MESSAGES, body, **headers)).status == 200

    await ask()
    said += [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "an owl"}]},
    ]
    await ask()
    said += [{"role": "assistant", "content": "An owl."}, {"role": "user", "content": "second"}]
    await ask()
    said[0] = {"role": "user", "content": "first, changed"}
    await ask()
    said = [{"role": "user", "content": "a search of its own"}]
    await board.page.post(
        MESSAGES,
        {"model": "claude-sonnet-5", "max_tokens": 50, "system": "You search.", "messages": said},
        **headers,
        **{"x-parent-session-id": "birds"},
    )
    tree = (await board.page.get("/api/sessions/birds")).json
    assert (tree["prompts"], tree["requests"], tree["client"]) == (3, 5, "OpenCode")
    assert set(tree) >= TOTALS
    first, second, third = tree["turns"]
    assert [first["requests"], second["requests"], third["requests"]] == [2, 1, 2]
    assert [branch["kind"] for branch in third["branches"]] == ["main", "subagent"]
    rows = [row for turn in tree["turns"] for branch in turn["branches"] for row in branch["requests_list"]]
    assert sum(row["nano_aiu"] for row in rows) == tree["nano_aiu"]
    assert tree["nano_aiu"] == sum(entry.nano_aiu for entry in board.sim.ledger)
    changed = (await board.page.get(f"/api/requests/{third['branches'][0]['requests_list'][0]['id']}")).json
    assert changed["prefix"]["changed_at"] == "message 1"
    listed = (await board.page.get("/api/sessions")).json
    assert [one["id"] for one in listed["sessions"]] == ["birds"]
    assert listed["next_cursor"] is None


async def test_sessions_are_paged(board: Dashboard) -> None:
    for number in range(5):
        await board.page.post(CHAT, chat("hi"), **{"x-session-id": f"s{number}"})
    seen, cursor = [], ""
    for _ in range(5):
        page = (await board.page.get(f"/api/sessions?limit=2&cursor={cursor}")).json
        seen += [one["id"] for one in page["sessions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert (await board.page.get("/api/sessions?cursor=nonsense")).status == 400


async def test_the_overview_adds_up(board: Dashboard) -> None:
    for text in ("one", "two", "three"):
        await board.page.post(CHAT, chat(text))
    page = (await board.page.get("/api/overview?tz_offset_minutes=330")).json
    assert set(page["week"]) == set(page["today"]) == TOTALS
    for span in ("today", "week"):
        assert page[span]["requests"] == 3
        assert page[span]["nano_aiu"] == sum(entry.nano_aiu for entry in board.sim.ledger)
    assert page["yesterday"]["requests"] == 0
    assert page["yesterday"]["nano_aiu"] is None
    assert sum(hour["requests"] for hour in page["hours"]) == 3
    assert page["health"]["history_problem"] is None
    assert page["quota"]["quotas"]
    assert page["latency_ms"]["p50"] > 0


async def test_the_burn_down_and_its_end(board: Dashboard) -> None:
    await board.page.post(CHAT, chat("hi"))
    usage = (await board.page.get("/usage")).json
    now, sku = datetime.now(UTC), usage["leading"]
    left, whole = (usage["quotas"][sku][name] for name in ("remaining", "entitlement"))
    reset = now + timedelta(days=20)
    past = [
        Reading(now - timedelta(days=days), "quota", sku, usage["login"], whole, left + 100 * days,
                None, False, reset)
        for days in (4, 3, 2, 1)
    ]  # fmt: skip
    await board.resident._seat.history.write(keep_readings, past)
    page = (await board.page.get("/api/usage-history?days=7")).json
    assert len(page["quotas"][sku]) == 5
    assert page["quotas"][sku][-1]["remaining"] == left
    assert page["forecast"]["per_day"] == pytest.approx(100, rel=0.01)
    assert page["forecast"]["sku"] == sku
    for days in ("0", "x", "9999"):
        assert (await board.page.get(f"/api/usage-history?days={days}")).status == 400


async def test_the_catalog_says_what_is_missing_and_why(board: Dashboard) -> None:
    await board.page.post(CHAT, chat("hi"))
    page = (await board.page.get("/api/catalog")).json
    models = {model["id"]: model for model in page["models"]}
    assert (models["gpt-4.1"]["used"], models["gpt-4.1"]["usable"]) == (1, True)
    assert models["gpt-4.1"]["price_class"] == "included"
    assert any("opus" in model["aliases"] for model in models.values())
    missing = [model for model in models.values() if not model["usable"]]
    assert {model["missing_reason"] for model in missing} >= {"policy"}
    assert all(model["missing_text"] for model in missing)


async def test_export_has_everything_oldest_first(board: Dashboard) -> None:
    for number in range(3):
        await board.page.post(CHAT, chat(f"say: {number}"))
    await board.page.post(MESSAGES, {"model": "nobody", "messages": [{"role": "user", "content": "x"}]})
    reply = await board.page.get("/api/export")
    rows = [json.loads(line) for line in reply.text.splitlines()]
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    assert "attachment" in reply.headers["Content-Disposition"]
    shown = (await board.page.get("/api/requests")).json["requests"]
    assert [row["id"] for row in rows] == [row["id"] for row in reversed(shown)]
    only = (await board.page.get("/api/export?status=error")).text.splitlines()
    assert [json.loads(line)["status"] for line in only] == [404]


async def test_everything_deleted_is_gone_from_the_disk(board: Dashboard) -> None:
    await board.page.post("/api/recording", {"hours": 1})
    for number in range(30):
        text = f"say: zyxwheron{number} " + "feather " * 200
        await board.page.post(
            CHAT, chat(text), **{"x-session-id": f"zyxwsession{number}", "User-Agent": "zyxwtool"}
        )
    assert (await board.page.get("/api/requests?q=zyxwheron7")).json["requests"]
    home = board.paths.home
    await board.resident._seat.history.read(lambda connection: connection.execute("SELECT 1").fetchone())
    assert b"zyxw" in on_disk(home)
    assert (await board.page.post("/api/history/delete", {})).status == 400
    assert (await board.page.post("/api/history/delete", {"everything": True})).json == {"deleted": 30}
    assert b"zyxw" not in on_disk(home)
    assert (await board.page.get("/api/requests")).json["requests"] == []
    assert (await board.page.get("/api/stats")).json["requests"] == 0
    await board.page.post(CHAT, chat("hello again"))
    assert len((await board.page.get("/api/requests")).json["requests"]) == 1


def on_disk(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.glob("history.db*"))


async def test_files_of_the_history_are_their_owners_alone(board: Dashboard) -> None:
    await board.page.post(CHAT, chat("hi"))
    await board.page.get("/api/requests")
    files = list(board.paths.home.glob("history.db*"))
    assert len(files) >= 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


async def test_running_requests_are_found_too(board: Dashboard) -> None:
    board.sim.state.rate = 20
    async with board.page.http.post(board.url + CHAT, json=chat("write 500 words", stream=True)) as response:
        await response.content.readany()
        running = (await board.page.get("/api/requests")).json["running"]
        row = (await board.page.get(f"/api/requests/{running[0]['id']}")).json
        assert row["running"] is True
        response.close()
    async with asyncio.timeout(5):
        await board.resident._seat.records.idle()
    assert (await board.page.get(f"/api/requests/{running[0]['id']}")).json["cancelled"] is True
