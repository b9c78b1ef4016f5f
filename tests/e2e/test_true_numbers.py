"""What the records, the clients and the statistics say is what Copilot billed, to the unit."""

import asyncio
import contextlib
from dataclasses import asdict

import aiohttp
import pytest
from loops import DIALECTS, MODELS, WAYS, colourfully, commands, work
from prometheus_client.parser import text_string_to_metric_families

from tray_app.history.record import TOKEN_FIELDS
from tray_app.simulated.ledger import LedgerEntry

LONG = "Here is what we know of owls. " * 300  # long enough for every prompt cache
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


def reported(sim, entry: LedgerEntry) -> dict[str, int | None]:
    """The entry's figures as far as its endpoint tells them: what it leaves out is unknown, not 0."""
    figures = {name: getattr(entry, name) for name in TOKEN_FIELDS}
    if entry.endpoint == "/v1/messages" and sim.state.models[entry.model].version < (4, 7):
        figures["reasoning_tokens"] = None
    if entry.endpoint == "/chat/completions" and not entry.cache_write_tokens:
        figures["cache_write_tokens"] = None
    return figures


def recorded(proxy) -> dict[str, int | None]:
    return {name: proxy.last[name] for name in TOKEN_FIELDS}


def told(turn) -> dict[str, int | None]:
    """What the client was told, under the records' names; unknown figures left out."""
    figures = {f"{name}_tokens": value for name, value in asdict(turn.tokens).items()}
    return {name: value for name, value in figures.items() if value is not None}


@pytest.mark.parametrize(("dialect", "model", "stream"), WAYS)
async def test_record_and_client_agree_with_the_bill(sim, jumpseat, talk, dialect, model, stream):
    """Three requests with tools and pictures; the later ones read what the first wrote to the cache."""
    wishes = {"cached": True} if dialect == "messages" else {}
    conversation = talk(dialect, model, stream=stream, thinks=True, **wishes)
    turn = await conversation.say(f"Please think.\n{commands(2)}\n{LONG}")
    while True:
        entry = sim.ledger[-1]
        assert recorded(jumpseat) == reported(sim, entry)
        billed = {name: value or 0 for name, value in reported(sim, entry).items()}
        assert told(turn).items() <= billed.items()
        assert {"input_tokens", "output_tokens", "cached_tokens"} <= told(turn).keys()
        assert jumpseat.last["model_requested"] == model
        assert jumpseat.last["upstream_endpoint"] == entry.endpoint
        if not turn.calls:
            break
        turn = await conversation.answer(colourfully(turn.calls))
    assert len(sim.ledger) == 3
    assert sim.ledger[-1].cached_tokens > 1024  # or the test would not show anything
    assert model == "gpt-4.1" or sim.ledger[-1].reasoning_tokens > 0


async def test_reasoning_that_is_not_told_is_not_zero(sim, jumpseat, talk):
    """Chat clients need no figure where there is none."""
    turn = await talk("chat", "claude-opus-4.5", thinks=True).say("Please think about owls")
    assert sim.ledger[-1].reasoning_tokens > 0
    assert jumpseat.last["reasoning_tokens"] is None
    assert turn.tokens.reasoning is None


def streaming(dialect: str, model: str, text: str, most: int) -> tuple[str, dict[str, object]]:
    """Path and body of a plain prompt; `most` tokens where the dialect needs or takes a number."""
    said: list[dict[str, object]] = [{"role": "user", "content": text}]
    body: dict[str, object] = {"model": model, "stream": True}
    if dialect == "gemini":
        path = GEMINI.format(model=model, verb="streamGenerateContent?alt=sse")
        return path, {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    if dialect == "responses":
        return PATHS[dialect], body | {"input": said}
    return PATHS[dialect], body | {"messages": said, "max_tokens": most}


async def cut_streams(proxy, dialect: str, model: str) -> None:
    """Ask, and leave after the first bytes."""
    path, body = streaming(dialect, model, f"write 20000 words {LONG}", 8000)
    async with proxy.http.post(proxy.url + path, json=body) as response:
        assert response.status == 200
        await response.content.readany()
        response.close()


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.3-codex", "claude-opus-4.5"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_answer_nobody_waits_for_has_no_invented_figures(sim, jumpseat, dialect, model):
    """Copilot tells at the end what an answer cost; of one without an end nothing is known."""
    sim.state.rate = 400
    await cut_streams(jumpseat, dialect, model)
    await sim.until(lambda sim: sim.cancelled == 1)
    await settled(jumpseat, 1)
    assert recorded(jumpseat) == dict.fromkeys(TOKEN_FIELDS)
    assert jumpseat.last["cancelled"] is True


@pytest.mark.parametrize("kind", ["reset_mid", "close_early", "error_event", "malformed_sse"])
@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.3-codex", "claude-opus-4.5"])
async def test_a_broken_answer_has_no_invented_figures(sim, jumpseat, kind, model):
    for dialect in DIALECTS:
        sim.faults.add(kind, after=8)
        with contextlib.suppress(aiohttp.ClientError):
            await jumpseat.post(*streaming(dialect, model, "write 100 words", 999))
        if jumpseat.last["error"]:
            assert recorded(jumpseat) == dict.fromkeys(TOKEN_FIELDS), dialect
        else:  # one unreadable event among good ones of Responses
            assert kind == "malformed_sse"
            assert recorded(jumpseat) == reported(sim, sim.ledger[-1])


async def settled(proxy, count: int) -> None:
    """Wait until that many requests are recorded."""
    async with asyncio.timeout(10):
        while len(proxy.seat.records.all()) < count:
            await asyncio.sleep(0.005)


DOOMED = ("gemini-3.5-flash-lite", "gpt-5.5", "claude-sonnet-5")  # every answer of theirs breaks


async def test_a_mixed_day_adds_up(sim, jumpseat, talk):
    """Some hundred requests, several at once, some cut, refused or repeated: the sums equal the ledger's."""
    kinds = ("error_event", "reset_mid", "close_early")
    for model in DOOMED:
        for kind in kinds:
            sim.faults.add(kind, model=model, after=7)
    for status in (429, 503, 500):
        sim.faults.add("status", model="gpt-4.1", status=status)  # repeated by the proxy
    jobs = []
    for number in range(84):
        dialect, model = DIALECTS[number % 4], list(MODELS)[number % len(MODELS)]
        conversation = talk(dialect, model, stream=number % 2 == 0, thinks=number % 5 == 0)
        jobs.append(work(conversation, f"{commands(number % 4)}\nrun: echo last\n{LONG[: number * 90]}"))
        if number < len(DOOMED) * len(kinds):
            doomed = talk(dialect, DOOMED[number // 3], stream=True)
            jobs.append(doomed.say(f"write 100 words {number}"))
    failed = 0
    for start in range(0, len(jobs), 8):
        outcomes = await asyncio.gather(*jobs[start : start + 8], return_exceptions=True)
        failed += sum(isinstance(outcome, BaseException) for outcome in outcomes)
    sim.state.rate = 400
    for number, dialect in enumerate(DIALECTS[:3]):
        await cut_streams(jumpseat, dialect, ("claude-opus-4.5", "gpt-4.1", "gpt-5.3-codex")[number])
    sim.state.rate = None
    await sim.until(lambda sim: sim.cancelled == 3)
    await jumpseat.post("/v1/chat/completions", {"model": "nobody", "messages": []})
    await jumpseat.post("/v1/embeddings", {"model": "text-embedding-3-small", "input": ["a b c"] * 700})

    rows = [row for row in jumpseat.seat.records.all() if row.model_served]
    assert len(rows) > 250
    lost = [entry for entry in sim.ledger if entry.model in DOOMED or entry.cancelled]
    known = [entry for entry in sim.ledger if entry not in lost]
    assert len(lost) == 12
    assert failed == 9
    stats = (await jumpseat.get("/api/stats")).json
    assert stats["failed_requests"] == 10  # with the model that nobody has
    assert stats["cancelled_requests"] == 3
    # What a broken answer cost is known to nobody but Copilot; all the rest is exact.
    for name in TOKEN_FIELDS:
        assert stats[name] == sum(reported(sim, entry)[name] or 0 for entry in known), name
    for groups in ("by_model", "by_dialect", "by_client", "by_status"):
        assert sum(group["nano_aiu"] or 0 for group in stats[groups].values()) == stats["nano_aiu"], groups
    assert sum(bucket["nano_aiu"] or 0 for bucket in stats["buckets"]) == stats["nano_aiu"]
    chats = [entry for entry in sim.ledger if entry.endpoint != "/embeddings"]
    prompts = [entry.initiator for entry in chats].count("user")
    assert stats["agent_initiated"] == len(chats) - prompts

    quota = (await jumpseat.get("/usage")).json["quotas"]["premium_interactions"]
    left = sim.account().quota
    assert left.remaining < left.plan.entitlement
    assert quota["remaining"] == pytest.approx(left.remaining, abs=0.06)
    assert quota["entitlement"] == left.plan.entitlement
    assert quota["percent_remaining"] == pytest.approx(left.percent, abs=0.11)


GEMINI = "/v1beta/models/{model}:{verb}"
TOOL = {"type": "object", "properties": {"command": {"type": "string"}}}
PLAIN = 1_950


def plain_request(number: int) -> tuple[str, dict[str, object]]:
    """A path and a body: every dialect with every model, whole and streamed, some with tools that are called,
    pictures of a cached prompt, or thinking."""
    dialect = DIALECTS[number % 4]
    model, stream = list(MODELS)[number // 4 % len(MODELS)], number // 28 % 2 == 0
    prompt = f"{LONG[: number % 40 * 100]}\n" + (
        f"run: echo {number}" if number % 5 == 0 else f"write {number % 30 + 1} words"
    )
    if dialect == "gemini":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        tools = [{"functionDeclarations": [{"name": "bash", "parameters": TOOL}]}]
        contents = [{"role": "user", "parts": [{"text": prompt}]}]
        return GEMINI.format(model=model, verb=verb), {"contents": contents, "tools": tools}
    body: dict[str, object] = {"model": model, "stream": stream}
    said = [{"role": "user", "content": prompt}]
    if dialect == "responses":
        body |= {"input": said, "tools": [{"type": "function", "name": "bash", "parameters": TOOL}]}
    elif dialect == "messages":
        body |= {"messages": said, "tools": [{"name": "bash", "input_schema": TOOL}], "max_tokens": 3000}
    else:
        function = {"name": "bash", "parameters": TOOL}
        body |= {"messages": said, "tools": [{"type": "function", "function": function}]}
    return PATHS[dialect], body


async def test_two_thousand_requests_add_up(sim, jumpseat):
    """Everything mixed, sixteen at once; every sum told is the one in Copilot's ledger, to the unit."""
    for model in DOOMED:
        for kind in ("error_event", "reset_mid", "close_early"):
            sim.faults.add(kind, model=model, after=7)
    for status in (429, 503, 500, 429, 503):
        sim.faults.add("status", model="gpt-4.1", status=status)
    headers = {"X-Initiator": "agent", "x-session-id": "a long day", "User-Agent": "opencode/1.0"}

    async def worker(numbers) -> None:
        for number in numbers:
            path, body = plain_request(number)
            await jumpseat.post(path, body, **(headers if number % 3 == 0 else {}))

    numbers = iter(range(PLAIN))
    await asyncio.gather(*(worker(numbers) for _ in range(16)))
    for number in range(9):
        model, dialect = DOOMED[number // 3], DIALECTS[number % 3]
        text = [{"role": "user", "content": f"write 100 words {number}"}]
        body = {"model": model, "stream": True}
        body |= {"input": text} if dialect == "responses" else {"messages": text, "max_tokens": 999}
        with contextlib.suppress(aiohttp.ClientError):
            await jumpseat.post(PATHS[dialect], body)
    sim.state.rate = 400
    models = ("claude-opus-4.5", "gpt-4.1", "gpt-5.3-codex")
    await asyncio.gather(*(cut_streams(jumpseat, DIALECTS[n % 3], models[n // 3 % 3]) for n in range(45)))
    sim.state.rate = None
    await sim.until(lambda sim: sim.cancelled == 45)
    async with asyncio.timeout(10):
        await jumpseat.seat.records.idle()

    stats = (await jumpseat.get("/api/stats?bucket=5m")).json
    lost = [entry for entry in sim.ledger if entry.model in DOOMED or entry.cancelled]
    known = [entry for entry in sim.ledger if entry not in lost]
    assert stats["requests"] == len(sim.ledger) == PLAIN + 9 + 45 >= 2_000
    assert (stats["failed_requests"], stats["cancelled_requests"]) == (9, 45)
    assert stats["retried_attempts"] == 5
    initiators = [entry.initiator for entry in sim.ledger]
    assert stats["user_initiated"] == initiators.count("user")
    assert stats["agent_initiated"] == initiators.count("agent") > 500
    for name in TOKEN_FIELDS:
        assert stats[name] == sum(reported(sim, entry)[name] or 0 for entry in known), name
        for model in MODELS:
            own = [entry for entry in known if entry.model == model]
            figures = [figure for entry in own if (figure := reported(sim, entry)[name]) is not None]
            assert stats["by_model"][model][name] == (sum(figures) if figures else None), (model, name)
        for groups in ("by_model", "by_dialect", "by_client", "by_status"):
            assert sum(group[name] or 0 for group in stats[groups].values()) == stats[name], groups
        assert sum(bucket[name] or 0 for bucket in stats["buckets"]) == stats[name]
    session = stats["by_session"]["a long day"]
    assert session["requests"] == PLAIN // 3
    assert stats["by_dialect"]["gemini"]["requests"] == PLAIN // 4 + (PLAIN % 4 > 3)
    billed = await metrics_of(jumpseat, "jumpseat_billed_nano_aiu_total")
    assert sum(value for _, value in billed) == stats["nano_aiu"]
    left = (await jumpseat.get("/usage")).json["quotas"]["premium_interactions"]["remaining"]
    assert left == pytest.approx(sim.account().quota.remaining, abs=0.06)
    health = (await jumpseat.get("/health")).json["quota"]["quotas"]["premium_interactions"]["remaining"]
    assert health == left


async def metrics_of(proxy, name: str) -> list[tuple[dict[str, str], float]]:
    text = (await proxy.get("/metrics")).text
    families = text_string_to_metric_families(text)
    return [(one.labels, one.value) for family in families for one in family.samples if one.name == name]
