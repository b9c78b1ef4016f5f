"""What the proxy tells about itself: the shapes that others read, paging, filters, and the description."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ways import NATIVE, WAYS, assert_error

from tests.harness import Jumpseat, running
from tray_app.history.record import Record
from tray_app.proxy.model_names import served

TOKENS = {
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "nano_aiu",
}
ROW = TOKENS | {
    "id", "started_at", "client", "dialect", "path", "upstream_endpoint", "model_requested", "model_served",
    "status", "error", "initiator", "stream", "cancelled", "attempts", "ttfb_ms", "duration_ms",
    "longest_silence_ms", "repairs", "notes", "session_id",
}  # fmt: skip
STATS = TOKENS | {
    "requests", "failed_requests", "cancelled_requests", "user_initiated", "agent_initiated", "by_model",
    "by_client", "by_dialect", "by_status", "buckets", "latency_ms", "ttfb_ms",
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


async def rows(jumpseat: Jumpseat, **query: str) -> list[dict]:
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return (await jumpseat.get(f"/api/requests?{text}")).json["requests"]


async def a_little_traffic(jumpseat: Jumpseat) -> None:
    for way in WAYS:
        await jumpseat.post(way.path, way.body(), **{"User-Agent": f"{way.dialect}-tool/1.0"})
    await jumpseat.post("/v1/messages", {"model": "nobody", "messages": [{"role": "user", "content": "x"}]})
    jumpseat.sim.faults.add("status", preset="402")
    await jumpseat.post(NATIVE[0].path, NATIVE[0].body(), **{"X-Initiator": "agent"})


async def test_the_requests(jumpseat: Jumpseat) -> None:
    await a_little_traffic(jumpseat)
    found = await rows(jumpseat)
    assert len(found) == len(WAYS) + 2
    for row in found:
        assert set(row) >= ROW
        assert TIME.fullmatch(row["started_at"])
    assert [row["started_at"] for row in found] == sorted((r["started_at"] for r in found), reverse=True)
    assert (found[0]["status"], found[0]["error"], found[0]["initiator"]) == (402, "quota_exceeded", "agent")
    assert found[0]["input_tokens"] is None, "unknown is null, never 0"
    assert found[-1]["model_requested"] == "gpt-4.1"


async def test_an_empty_parameter_is_none(jumpseat: Jumpseat) -> None:
    await a_little_traffic(jumpseat)
    query = "limit=&cursor=&q=&model=&client=&status=&from=&to="
    assert len((await jumpseat.get(f"/api/requests?{query}")).json["requests"]) == len(WAYS) + 2


async def test_one_model_has_one_name_in_the_figures(jumpseat: Jumpseat) -> None:
    """Copilot answers with dated and dashed names; the row has the catalog's."""
    await a_little_traffic(jumpseat)
    catalog = {model["id"] for model in (await jumpseat.get("/v1/models")).json["data"]}
    assert {row["model_served"] for row in await rows(jumpseat)} - {None} <= catalog
    assert set((await jumpseat.get("/api/stats")).json["by_model"]) <= catalog | {"nobody"}


@pytest.mark.parametrize(
    ("chosen", "said", "shown"),
    [
        ("claude-opus-4.6", "claude-opus-4-6", "claude-opus-4.6"),
        ("gpt-4.1", "gpt-4.1-2025-04-14", "gpt-4.1"),
        ("gpt-4.1", "gpt-5-mini", "gpt-5-mini"),
        (None, "gpt-5-mini", "gpt-5-mini"),
        ("gpt-4.1", None, "gpt-4.1"),
        ("gpt-4.1", "", "gpt-4.1"),
    ],
)
def test_who_served(chosen: str | None, said: str | None, shown: str) -> None:
    assert served(chosen, said) == shown


@pytest.mark.parametrize(
    "path", ["/", "/health", "/metrics", "/usage", "/v1/models", "/nothing", "/api/stats"]
)
async def test_no_answer_is_a_page_or_fits_a_frame(jumpseat: Jumpseat, path: str) -> None:
    headers = (await jumpseat.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_the_history_keeps_as_much_as_the_settings_say(sim, tmp_path) -> None:
    async with running(sim, tmp_path, history={"max_requests": 2, "retention_days": 1}) as jumpseat:
        old = Record("req_old", datetime.now(UTC) - timedelta(days=2), "tool", "chat", "/v1/chat/completions")
        jumpseat.seat.history.keep(old)
        for count in (1, 2, 2):
            await jumpseat.post(NATIVE[0].path, NATIVE[0].body())
            assert len(found := await rows(jumpseat)) == count
        assert "req_old" not in {row["id"] for row in found}


async def test_paging_is_not_shifted_by_new_requests(jumpseat: Jumpseat) -> None:
    await a_little_traffic(jumpseat)
    everything = [row["id"] for row in await rows(jumpseat)]
    seen, cursor = [], ""
    for _ in range(20):
        page = (await jumpseat.get(f"/api/requests?limit=3&cursor={cursor}")).json
        seen += [row["id"] for row in page["requests"]]
        cursor = page["next_cursor"]
        await jumpseat.post(NATIVE[0].path, NATIVE[0].body())
        if cursor is None:
            break
    assert seen == everything


async def test_filters_and_search(jumpseat: Jumpseat) -> None:
    await a_little_traffic(jumpseat)
    assert {row["model_requested"] for row in await rows(jumpseat, model="claude-sonnet-5")} == {
        "claude-sonnet-5"
    }
    assert {row["client"] for row in await rows(jumpseat, client="messages-tool")} == {"messages-tool"}
    assert [row["status"] for row in await rows(jumpseat, status="402")] == [402]
    assert sorted(row["status"] for row in await rows(jumpseat, status="4xx")) == [402, 404]
    assert len(await rows(jumpseat, status="error")) == 2
    assert len(await rows(jumpseat, status="ok")) == len(WAYS)
    assert {row["upstream_endpoint"] for row in await rows(jumpseat, q="/RESPONSES")} >= {"/responses"}
    assert await rows(jumpseat, q="nothing has this") == []
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert await rows(jumpseat, **{"from": ahead}) == []
    assert len(await rows(jumpseat, to=ahead)) == len(WAYS) + 2


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=-1",
        "limit=²",
        "from=yesterday",
        "to=1",
        "from=9999999999999",
    ],
)
async def test_bad_queries_name_the_parameter(jumpseat: Jumpseat, query: str) -> None:
    error = assert_error("chat", await jumpseat.get(f"/api/requests?{query}"), 400)
    assert error["param"] == query.partition("=")[0]


async def test_the_figures(jumpseat: Jumpseat) -> None:
    await a_little_traffic(jumpseat)
    stats = (await jumpseat.get("/api/stats?bucket=hour")).json
    assert set(stats) >= STATS
    assert (stats["requests"], stats["failed_requests"], stats["cancelled_requests"]) == (len(WAYS) + 2, 2, 0)
    assert stats["agent_initiated"] == 1
    ledger = jumpseat.sim.ledger
    for name in ("input_tokens", "output_tokens", "nano_aiu"):
        assert stats[name] == sum(getattr(entry, name) for entry in ledger)
        for group in ("by_model", "by_client", "by_dialect", "by_status"):
            assert sum(part[name] or 0 for part in stats[group].values()) == stats[name]
        assert sum(bucket[name] or 0 for bucket in stats["buckets"]) == stats[name]
    assert set(stats["by_status"]) == {"200", "402", "404"}
    assert set(stats["by_dialect"]) == {"chat", "responses", "messages"}
    assert set(stats["latency_ms"]) == set(stats["ttfb_ms"]) == {"p50", "p95", "p99"}
    assert stats["latency_ms"]["p50"] <= stats["latency_ms"]["p99"]


async def test_no_requests_no_figures(jumpseat: Jumpseat) -> None:
    stats = (await jumpseat.get("/api/stats")).json
    assert (stats["requests"], stats["input_tokens"]) == (0, None)
    assert stats["latency_ms"] == {"p50": None, "p95": None, "p99": None}


@pytest.mark.parametrize(
    ("bucket", "seconds"),
    [("", 3600), ("hour", 3600), ("1h", 3600), ("5m", 300), ("90", 90), ("90s", 90), ("1d", 86400)],
)
async def test_buckets(jumpseat: Jumpseat, bucket: str, seconds: int) -> None:
    stats = (await jumpseat.get(f"/api/stats?from=&to=&bucket={bucket}")).json
    assert stats["bucket_seconds"] == seconds


@pytest.mark.parametrize(
    "query", ["bucket=0", "bucket=1x", "bucket=0h", "bucket=h1",
              "bucket=-1", "bucket=x", "bucket=1", "from=x", "from=2026-01-02&to=2026-01-01",
              "from=0001-01-01&to=9999-12-31", "to=0001-01-01T00:00:00Z", "to=9999-12-31T23:59:59-12:00"]
)  # fmt: skip
async def test_bad_periods_are_400(jumpseat: Jumpseat, query: str) -> None:
    assert_error("chat", await jumpseat.get(f"/api/stats?{query}"), 400)


async def test_health_waits_for_no_keyring(sim, tmp_path) -> None:
    async with running(sim, tmp_path) as jumpseat:
        asked: list[asyncio.Future[bool]] = []

        async def never() -> bool:
            asked.append(asyncio.get_running_loop().create_future())
            return await asked[-1]

        jumpseat.seat.signed_in = never
        async with asyncio.timeout(5):
            health = await jumpseat.get("/health")
        assert (health.status, health.json["signed_in"]) == (200, None)


async def test_health(sim, tmp_path) -> None:
    async with running(sim, tmp_path) as jumpseat:
        early = await jumpseat.get("/health?strict=true")
        assert (early.status, early.json["ready"]) == (503, False)
        await jumpseat.get("/v1/models")
        health = (await jumpseat.get("/health?strict=true")).json
        assert set(health) >= {
            "status", "ready", "signed_in", "version", "uptime_seconds", "copilot_token", "models_loaded",
            "requests_served", "auth_required", "quota",
        }  # fmt: skip
        assert (health["status"], health["ready"], health["signed_in"]) == ("ok", True, True)
        assert health["copilot_token"]["present"] is True
        assert health["copilot_token"]["expires_in_seconds"] > 60
        assert health["models_loaded"] == len({entry["id"] for entry in sim.state.entries})


async def test_usage(jumpseat: Jumpseat) -> None:
    usage = (await jumpseat.get("/usage")).json
    assert set(usage) >= {
        "plan", "login", "token_based_billing", "quota_reset_date", "as_of", "quotas", "copilot_plan",
        "quota_snapshots",
    }  # fmt: skip
    assert usage["login"] == "octocat"
    for quota in usage["quotas"].values():
        assert set(quota) >= {
            "unlimited", "entitlement", "remaining", "percent_remaining", "overage_count",
            "overage_permitted",
        }  # fmt: skip


async def test_metrics_are_prometheus_text(jumpseat: Jumpseat) -> None:
    await a_little_traffic(jumpseat)
    reply = await jumpseat.get("/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    samples = [s for family in text_string_to_metric_families(reply.text) for s in family.samples]
    answered = sum(s.value for s in samples if s.name == "jumpseat_requests_total")
    assert answered == len(WAYS) + 2
    spent = sum(s.value for s in samples if s.name == "jumpseat_tokens_total" and s.labels["kind"] == "input")
    assert spent == sum(entry.input_tokens for entry in jumpseat.sim.ledger)
    billed = sum(s.value for s in samples if s.name == "jumpseat_billed_nano_aiu_total")
    assert billed == sum(entry.nano_aiu or 0 for entry in jumpseat.sim.ledger)
    named = {s.name: s.value for s in samples if s.name.startswith(("jumpseat_history", "jumpseat_spans"))}
    assert named.pop("jumpseat_history_waiting") >= 0
    assert set(named.values()) == {0.0}


async def test_no_client_makes_labels(jumpseat: Jumpseat) -> None:
    """Names that clients invent, of models, of themselves, of sessions and methods, are in no label."""
    for number in range(30):
        body = {"model": f"invented{number}", "messages": [{"role": "user", "content": "x"}]}
        named = {"User-Agent": f"invented{number}/1", "x-session-id": f"invented{number}"}
        await jumpseat.post("/v1/chat/completions", body, **named)
        await jumpseat.post("/v1/messages/count_tokens", body, **named)
        await jumpseat.post(f"/v1beta/models/invented{number}:generateContent", {"contents": []}, **named)
    text = (await jumpseat.get("/metrics")).text
    assert "invented" not in text
    assert len([line for line in text.splitlines() if not line.startswith("#")]) < 40


async def test_metrics_can_be_switched_off(sim, tmp_path) -> None:
    async with running(sim, tmp_path, server={"metrics": False}) as jumpseat:
        assert_error("chat", await jumpseat.get("/metrics"), 404)


async def test_history_can_be_switched_off(sim, tmp_path) -> None:
    async with running(sim, tmp_path, history={"enabled": False}) as jumpseat:
        await jumpseat.post(NATIVE[0].path, NATIVE[0].body())
        assert await rows(jumpseat) == []
        assert (await jumpseat.get("/health")).json["requests_served"] == 1
