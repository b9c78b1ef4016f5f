"""Who gets in: tickets, sessions, and what neither of them opens."""

import asyncio
import logging
import socket
import stat
from typing import Any

import pytest
from dashboard import Dashboard, Page, dashboard

from tray_app.web.sessions import MAX_SESSIONS, MAX_TICKETS, Sessions


async def test_a_ticket_opens_the_page_it_names(board: Dashboard) -> None:
    path = await board.ticket("/settings")
    entered = await board.stranger.open(path)
    assert (entered.status, entered.headers["Location"]) == (303, "/settings")
    assert (await board.stranger.get("/api/session")).json == {"session": True}
    assert (await board.stranger.get("/api/settings")).status == 200


async def test_the_cookie_is_for_our_own_pages_only(board: Dashboard) -> None:
    entered = await board.stranger.open(await board.ticket())
    name, *flags = entered.headers["Set-Cookie"].split("; ")
    assert name.startswith(f"jumpseat_session_{board.url.rpartition(':')[2]}=")
    assert len(name.partition("=")[2]) >= 43  # 32 bytes
    assert set(flags) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert entered.headers["Referrer-Policy"] == "no-referrer"


async def test_a_ticket_is_good_for_one_entry(board: Dashboard) -> None:
    path = await board.ticket()
    assert (await board.stranger.send("HEAD", path)).status == 200  # a look is no entry
    assert (await board.stranger.open(path)).status == 303
    again = await board.stranger.open(path)
    assert again.status == 403
    assert "jumpseat open" in again.text
    assert "Set-Cookie" not in again.headers


async def test_no_made_up_ticket_or_session_is_good(board: Dashboard) -> None:
    for ticket in ("", "x", "é", "a" * 10_000):
        assert (await board.stranger.open(f"/enter?ticket={ticket}")).status == 403
    for value in ("", "x", "a" * 43):
        cookie = f"jumpseat_session_{board.url.rpartition(':')[2]}={value}"
        assert (await board.stranger.get("/api/settings", Cookie=cookie)).status == 403


async def test_a_ticket_leads_to_no_other_host(board: Dashboard) -> None:
    path = await board.ticket()
    for elsewhere in ("//evil.example/", "/%5Cevil.example", "https://evil.example", "/%0d%0aX: y"):
        ticket = path.partition("ticket=")[2].partition("&")[0]
        entered = await board.stranger.open(f"/enter?ticket={ticket}&page={elsewhere}")
        assert entered.headers["Location"] == "/"
        path = await board.ticket()
    key = (await board.control()).key
    refused = await board.stranger.post(
        "/api/tickets", {"page": "//evil.example"}, Authorization=f"Bearer {key}"
    )
    assert (refused.status, refused.json["error"]["param"]) == (400, "page")


async def test_only_the_control_key_gives_tickets(board: Dashboard) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        for path in ("/api/tickets", "/api/window"):
            refused = await board.page.post(path, {}, **headers)
            assert (refused.status, refused.json["error"]["code"]) == (403, "wrong_control_key")
    assert stat.S_IMODE(board.paths.control.stat().st_mode) == 0o600


def test_tickets_end_after_a_minute_and_are_few() -> None:
    now = 0.0
    sessions = Sessions(lambda: now)
    late, early = sessions.ticket(), sessions.ticket()
    now = 59.9
    assert sessions.enter(early) is not None
    now = 60.0
    assert sessions.enter(late) is None
    tickets = [sessions.ticket() for _ in range(MAX_TICKETS + 1)]
    assert sessions.enter(tickets[0]) is None
    assert sessions.enter(tickets[1]) is not None


def test_sessions_are_few_and_end_together() -> None:
    sessions = Sessions()
    made = [sessions.enter(sessions.ticket()) for _ in range(MAX_SESSIONS + 1)]
    assert len(set(made)) == MAX_SESSIONS + 1
    assert [sessions.knows(one or "") for one in made] == [False] + [True] * MAX_SESSIONS
    sessions.end_all()
    assert not sessions.knows(made[-1] or "")


async def guarded(board: Dashboard) -> list[tuple[str, str]]:
    """Method and path of every row that needs the session."""
    described = (await board.page.get("/openapi.json")).json["paths"]
    found = [
        (method.upper(), path.replace("{id}", "x").replace("{name}", "codex"))
        for path, methods in described.items()
        for method, operation in methods.items()
        if operation.get("security") == [{"session": []}]
    ]
    assert len(found) > 20
    return found


async def test_nothing_changes_without_a_session(board: Dashboard) -> None:
    for method, path in await guarded(board):
        refused = await board.stranger.send(method, path, {})
        assert (refused.status, refused.json["error"]["code"]) == (403, "session_required"), path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1", "Sec_Fetch_Site": "same-site"},
        {"Origin": "null", "Sec_Fetch_Site": ""},
        {"Origin": "", "Sec_Fetch_Site": ""},
        {"Origin": "", "Sec_Fetch_Site": "none"},
        {"Origin": "", "Sec_Fetch_Site": "same-site"},
        {"Host": "rebound.example"},
    ],
    ids=["another site", "another port", "no origin's", "nothing said", "typed", "same site", "rebound"],
)
async def test_a_session_is_worth_nothing_in_foreign_hands(board: Dashboard, headers: dict[str, str]) -> None:
    for method, path in await guarded(board):
        if method != "GET":
            refused = await board.page.send(method, path, {}, **headers)
            assert refused.status == 403, (path, refused.text)
    assert board.resident.state().proxy == "running"


async def test_an_allowed_origin_may_call_but_not_change(sim, tmp_path) -> None:
    config = '[server]\nport = 0\nallowed_origins = ["http://localhost:3000"]\n'
    async with dashboard(sim, tmp_path / "home", config=config) as board:
        from_there = {"Origin": "http://localhost:3000", "Sec_Fetch_Site": "same-site"}
        refused = await board.page.post("/api/proxy/stop", {}, **from_there)
        assert refused.status == 403
        assert "Access-Control-Allow-Credentials" not in refused.headers


async def test_changes_are_json_and_small(board: Dashboard) -> None:
    form = await board.page.post("/api/limits/lift", b"{}", Content_Type="text/plain")
    assert (form.status, form.json["error"]["code"]) == (415, "not_json")
    large = await board.page.post("/api/limits/lift", {"x": "y" * 70_000})
    assert large.status == 413
    for body, status in ((b"[]", 400), (b"{", 400), (b"", 200)):
        reply = await board.page.post("/api/limits/lift", body, Content_Type="application/json")
        assert reply.status == status, body


async def test_a_session_opens_no_model(sim, tmp_path) -> None:
    config = '[server]\nport = 0\napi_keys = ["sk-the-only-key"]\n'
    async with dashboard(sim, tmp_path / "home", config=config) as board:
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}
        assert (await board.page.post("/v1/chat/completions", body)).status == 401
        assert (await board.page.get("/v1/models")).status == 401
        for path in ("/", "/settings", "/api/state", "/api/stats", "/usage", "/health", "/api/tools"):
            assert (await board.page.open(path)).status == 200, path
            assert (await board.stranger.get(path)).status == 401, path
        page = await board.stranger.open("/")
        assert page.status == 401
        assert page.headers["Content-Type"].startswith("text/html")
        assert "API key" in page.text
        assert "jumpseat open" in page.text


async def test_a_session_ends_with_the_program(sim, tmp_path) -> None:
    async with dashboard(sim, tmp_path / "home") as board:
        value = board.page.session
    async with dashboard(sim, tmp_path / "home") as later:
        cookie = f"jumpseat_session_{later.url.rpartition(':')[2]}={value}"
        assert (await later.stranger.get("/api/settings", Cookie=cookie)).status == 403


async def test_a_session_goes_with_the_proxy_to_another_port(board: Dashboard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    await board.resident.start(port)
    moved = board.resident.state().url
    assert moved != board.url
    there = Page(moved, board.page.http)
    assert (await there.get("/api/settings")).status == 200


async def test_nothing_secret_is_logged(board: Dashboard, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    path = await board.ticket("/requests")
    await board.stranger.open(path)
    await board.stranger.open(path)
    made = (await board.page.post("/api/settings/generate-key")).json["key"]
    await asyncio.sleep(0.1)
    key = (await board.control()).key
    secrets = [key, made, path.partition("ticket=")[2][:43], board.page.session]
    said = "\n".join(seen.getMessage() for seen in caplog.records)
    for secret in secrets:
        assert len(secret) > 20
        assert secret not in said
