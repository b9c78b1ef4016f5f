"""Who may call, over real HTTP, on every path: Host, Origin, preflights, keys; methods and upgrades."""

import asyncio
import json
import logging

import pytest
from ways import NATIVE, Way, assert_error, assert_neat

from tests.harness import Jumpseat, Reply, running
from tray_app.proxy.routes import ROUTES, dialect_of

THREE = pytest.mark.parametrize("way", NATIVE, ids=str)
UNKNOWN = ("/nothing", "/v1/nothing", "/v1/messages/nothing", "/v1/responses/resp_1", "/v1beta/nothing")
EVERYWHERE = sorted(
    {
        (route.method, path.replace("{id}", "gpt-4.1"))
        for route in ROUTES
        for path in (route.path, *route.also)
    }
    | {(method, path) for path in UNKNOWN for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD")}
)
# Google's SDK asks at /v1 too, where only the route knows its dialect.
GOOGLES = {
    (route.method, path)
    for route in ROUTES
    if route.dialect == "gemini"
    for path in (route.path, *route.also)
}
STRANGER = "https://stranger.example"
PROBES = {"/": ("HEAD",), "/api/hello": ("GET", "HEAD"), "/api/event_logging/batch": ("POST",)}


async def ask(jumpseat: Jumpseat, method: str, path: str, body: object = None, **headers: str) -> Reply:
    """One request with exactly these headers; underscores are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = json.dumps(body) if body is not None else None
    async with jumpseat.http.request(method, jumpseat.url + path, data=data, headers=named) as response:
        return Reply(response.status, dict(response.headers), await response.read())


def refused(reply: Reply, method: str, path: str, status: int) -> None:
    assert reply.status == status
    assert "Access-Control-Allow-Origin" not in reply.headers
    if method == "HEAD":
        return
    assert_error("gemini" if (method, path) in GOOGLES else dialect_of(path), reply, status)


@pytest.mark.parametrize("host", ["stranger.example", "127.0.0.1.stranger.example:8314", "192.168.1.5"])
async def test_a_foreign_host_gets_nowhere(jumpseat: Jumpseat, host: str) -> None:
    for method, path in EVERYWHERE:
        refused(await ask(jumpseat, method, path, Host=host), method, path, 403)
    assert jumpseat.sim.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": STRANGER}, id="another origin"),
        pytest.param({"Origin": "null"}, id="a sandboxed page"),
        pytest.param({"Origin": "http://127.0.0.1:1"}, id="another port"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, id="cross-site without an origin"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, id="another port without an origin"),
        pytest.param({"Origin": "file://"}, id="a file"),
        pytest.param({"Origin": "chrome-extension://abcdef"}, id="an extension"),
    ],
)
async def test_a_foreign_page_gets_nowhere(jumpseat: Jumpseat, headers: dict[str, str]) -> None:
    preflight = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "x"}
    for method, path in EVERYWHERE:
        refused(await ask(jumpseat, method, path, **headers), method, path, 403)
        refused(await ask(jumpseat, "OPTIONS", path, **headers, **preflight), "OPTIONS", path, 403)
    assert jumpseat.sim.requests == []


async def test_every_path_but_the_probes_wants_the_key(sim, tmp_path) -> None:
    wrong = ({}, {"Authorization": "Bearer wrong"}, {"x_api_key": "k"}, {"x_goog_api_key": "K1"})
    async with running(sim, tmp_path, server={"api_keys": ("k1", "k2")}) as jumpseat:
        for method, path in EVERYWHERE:
            for headers in wrong:
                reply = await ask(jumpseat, method, path, **headers)
                if method in PROBES.get(path, ()):
                    assert reply.status == 200
                elif method != "OPTIONS":
                    refused(reply, method, path, 401)
                    assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert sim.requests == []
        for method, path in EVERYWHERE:
            reply = await ask(jumpseat, method, path, Authorization="Bearer k2")
            assert reply.status not in (401, 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer k2"},
        {"Authorization": "bearer   k2"},
        {"x_api_key": "k1"},
        {"x_goog_api_key": "k2"},
        {"Authorization": "Bearer wrong", "x_api_key": "k1"},
    ],
    ids=str,
)
@THREE
async def test_any_key_in_any_place_opens(sim, tmp_path, headers: dict[str, str], way: Way) -> None:
    async with running(sim, tmp_path, server={"api_keys": ("k1", "k2")}) as jumpseat:
        assert_neat(way, await ask(jumpseat, "POST", way.path, way.body(), **headers))


@THREE
async def test_a_key_in_the_query_opens_gemini_paths_only(sim, tmp_path, way: Way) -> None:
    async with running(sim, tmp_path, server={"api_keys": ("k1",)}) as jumpseat:
        reply = await ask(jumpseat, "POST", f"{way.path}?key=k1", way.body())
        assert_error(way.dialect, reply, 401)
        assert (await ask(jumpseat, "GET", "/v1beta/models?key=k1")).status != 401
        google = {"x_goog_api_client": "genai-js/1.0"}
        for path in ("/health", "/v1/models", "/api/requests"):  # a header makes none of them Google's
            assert (await ask(jumpseat, "GET", f"{path}?key=k1", **google)).status == 401


# --- an allowed origin ----------------------------------------------------------------------------

FRIEND = "https://friend.example"


@pytest.fixture
async def friendly(sim, tmp_path):
    async with running(sim, tmp_path, server={"allowed_origins": (FRIEND,), "api_keys": ("k1",)}) as started:
        yield started


def assert_shared(reply: Reply) -> None:
    assert reply.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "Origin" in reply.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in reply.headers


@THREE
async def test_an_allowed_origin_reads_answers_streams_and_errors(friendly: Jumpseat, way: Way) -> None:
    page = {"Origin": FRIEND, "Sec_Fetch_Site": "cross-site"}
    key = {"x_api_key": "k1"}
    streamed = await ask(friendly, "POST", way.path, way.body(), **page, **key)
    assert_neat(way, streamed)
    friendly.sim.faults.add("status", preset="402")
    for reply, status in (
        (streamed, 200),
        (await ask(friendly, "POST", way.path, way.body(stream=True), **page, **key), 402),
        (await ask(friendly, "POST", way.path, way.body(stream=False), **page, **key), 200),
        (await ask(friendly, "POST", way.path, {}, **page, **key), 400),
        (await ask(friendly, "POST", way.path, way.body(), **page), 401),
        (await ask(friendly, "GET", "/v1/models", **page, **key), 200),
        (await ask(friendly, "GET", "/nothing", **page, **key), 404),
        (await ask(friendly, "DELETE", way.path, **page, **key), 405),
    ):
        assert reply.status == status
        assert_shared(reply)


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/models", "/nothing"])
async def test_a_preflight_of_an_allowed_origin(friendly: Jumpseat, path: str) -> None:
    reply = await ask(friendly, "OPTIONS", path, Origin=FRIEND, Access_Control_Request_Method="POST",
                      Access_Control_Request_Headers="content-type, x-api-key",
                      Access_Control_Request_Private_Network="true")  # fmt: skip
    assert (reply.status, reply.body) == (204, b"")
    assert_shared(reply)
    assert reply.headers["Access-Control-Allow-Headers"] == "content-type, x-api-key"
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert reply.headers["Access-Control-Allow-Private-Network"] == "true"


async def test_nobody_gets_a_wildcard(sim, tmp_path) -> None:
    async with running(sim, tmp_path, server={"allowed_origins": ("*",)}) as jumpseat:
        refused(await ask(jumpseat, "GET", "/v1/models", Origin=STRANGER), "GET", "/v1/models", 403)


async def test_own_pages_may_call(jumpseat: Jumpseat) -> None:
    reply = await ask(jumpseat, "GET", "/health", Origin=jumpseat.url, Sec_Fetch_Site="same-origin")
    assert reply.status == 200


# --- paths and methods ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", UNKNOWN)
async def test_an_unknown_path_is_404_in_its_dialect(jumpseat: Jumpseat, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        refused(await ask(jumpseat, method, path), method, path, 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_a_wrong_method_is_405_and_says_which_is_right(jumpseat: Jumpseat, method: str) -> None:
    for path in {route.path for route in ROUTES}:
        reply = await ask(jumpseat, method, path.replace("{id}", "x"))
        refused(reply, method, path, 405)
        right = {route.method for route in ROUTES if path in (route.path, *route.also)}
        assert right <= set(reply.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "path", ["/v1/models", "/v1/models/gpt-4.1", "/health", "/openapi.json", "/usage", "/", "/api/hello"]
)
async def test_head_has_no_body(jumpseat: Jumpseat, path: str) -> None:
    reply = await ask(jumpseat, "HEAD", path)
    assert (reply.status, reply.body) == (200, b"")


async def test_an_upgrade_is_426_at_once(jumpseat: Jumpseat) -> None:
    """Codex tries WebSocket first: 426 makes it fall back at once, 404 costs it seven tries."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
               "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    for path in sorted({path for _, path in EVERYWHERE} - {"/v1/responses", "/responses"}):
        refused(await ask(jumpseat, "GET", path, **upgrade), "GET", path, 426)
    assert jumpseat.sim.requests == []


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_the_probes_say_yes(jumpseat: Jumpseat, method: str) -> None:
    assert (await ask(jumpseat, method, "/api/hello")).status == 200
    assert (await ask(jumpseat, "HEAD", "/")).status == 200


async def test_telemetry_is_accepted_and_not_kept(jumpseat: Jumpseat) -> None:
    reply = await ask(jumpseat, "POST", "/api/event_logging/batch", {"events": ["MARKER-telemetry"]})
    assert reply.status == 200
    assert "MARKER-telemetry" not in (await ask(jumpseat, "GET", "/api/requests")).text
    assert jumpseat.sim.requests == []
    assert jumpseat.seat.records.all() == []


HOST = b"Host: localhost\r\n"
POST = b"POST /v1/messages HTTP/1.1\r\n" + HOST
STRANGE = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "words": b"hello\r\n\r\n",
    "a version to come": b"GET / HTTP/9.9\r\n\r\n",
    "a null in the path": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a null in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: \x00\r\n\r\n",
    "5000 headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: 1\r\n" * 5000 + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "a length below 0": POST + b"Content-Length: -5\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a broken chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\n" + HOST + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a proxy's request": b"GET http://stranger.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT stranger.example:443 HTTP/1.1\r\nHost: stranger.example:443\r\n\r\n",
    "a path that is not UTF-8": b"GET /%ff%fe HTTP/1.1\r\n" + HOST + b"\r\n",
    "dots": b"GET /v1/models/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + HOST + b"\r\n",
    "an odd query": b"GET /api/requests?limit=%00&cursor=%ff HTTP/1.1\r\n" + HOST + b"\r\n",
    "two slashes": b"GET //v1//models HTTP/1.1\r\n" + HOST + b"\r\n",
}


@pytest.mark.parametrize("junk", STRANGE.values(), ids=STRANGE)
async def test_what_is_hardly_http_is_a_clients_mistake(
    jumpseat: Jumpseat, junk: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = jumpseat.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(junk)
    line = await asyncio.wait_for(reader.readline(), 5)
    assert line == b"" or line.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), line
    writer.close()
    assert [seen.getMessage() for seen in caplog.records if seen.levelno >= logging.ERROR] == []
    assert (await jumpseat.get("/health")).status == 200
