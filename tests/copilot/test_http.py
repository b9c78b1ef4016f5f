"""Connections: the system's proxies and certificates, and plain sentences for what goes wrong."""

import asyncio
import errno
import socket
import ssl
from types import SimpleNamespace

import aiohttp
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from tray_app.copilot.http import check_url, explain, open_http
from tray_app.copilot.pool import drop_idle
from tray_app.copilot.system_proxy import SystemProxy, find_proxy, is_loopback
from tray_app.copilot.trust import system_context
from tray_app.errors import SettingsFault, Unreachable
from tray_app.settings import CopilotSettings


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com",
        "https://api.acme.ghe.com/api/v3",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:9",
        "http://127.8.9.1",
    ],
)
def test_urls_that_are_accepted(url):
    check_url(url, "copilot.github_url")


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com",
        "http://192.168.1.2:80",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "ftp://x",
        "file:///etc/passwd",
        "github.com",
        "",
        "https://",
        "https://user:secret@github.com",
        "https://github.com?x=1",
        "https://[",
    ],
)
def test_urls_that_are_refused_by_name(url):
    with pytest.raises(SettingsFault, match=r"^copilot\.github_url: ") as caught:
        check_url(url, "copilot.github_url")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "::1", "[::1]", "a.localhost"])
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "localhost.example", "127.0.0.1.example", ""])
def test_not_loopback(host):
    assert not is_loopback(host)


# --- proxies ---------------------------------------------------------------------------------------


class Proxy:
    """A proxy on loopback: notes what it is asked for; CONNECTs end at `target` or with `status`."""

    def __init__(self, target=None, status=200):
        self.target, self.status = target, status
        self.asked, self.authorization = [], []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(head.split("\r\n")[0])
            self.authorization += [
                line for line in head.split("\r\n") if line.lower().startswith("proxy-authorization")
            ]
            writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            if self.target and self.status == 200:
                there, back = await asyncio.open_connection(*self.target)
                await asyncio.gather(pump(reader, back), pump(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(organization_name="Example Inspection Ltd", organization_unit_name="Test")


@pytest.fixture
async def https(authority):
    """An https server for `api.example.test` whose certificate the system does not know."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example.test", "127.0.0.1").configure_cert(context)
    app = web.Application()
    app.router.add_get("/", hello)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=context)
    yield server
    await server.close()


async def hello(request):
    return web.Response(text="hello")


@pytest.fixture
def trusted(authority, monkeypatch, tmp_path):
    """The system trusts the authority: OpenSSL's own variable names it."""
    authority.cert_pem.write_to_path(str(tmp_path / "root.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))


async def test_the_environments_proxy_is_used_for_https(https, trusted, monkeypatch):
    async with Proxy(("127.0.0.1", https.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with open_http(CopilotSettings()) as http, http.get("https://api.example.test/") as response:
            assert await response.text() == "hello"
    assert proxy.asked == ["CONNECT api.example.test:443 HTTP/1.1"]


async def test_a_password_in_the_proxys_url_is_sent_to_it(https, trusted, monkeypatch):
    async with Proxy(("127.0.0.1", https.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://name:word@"))
        async with open_http(CopilotSettings()) as http, http.get("https://api.example.test/") as response:
            assert response.status == 200
    assert proxy.authorization == ["Proxy-Authorization: Basic bmFtZTp3b3Jk"]


async def test_loopback_never_goes_through_a_proxy(https, trusted, monkeypatch):
    async with Proxy() as proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with open_http(CopilotSettings()) as http, http.get(https.make_url("/")) as response:
            assert await response.text() == "hello"
    assert proxy.asked == []


@pytest.mark.parametrize("setting", [{"NO_PROXY": "example.test"}, {"NO_PROXY": "*"}, {}])
async def test_no_proxy_and_the_setting_switch_it_off(https, trusted, monkeypatch, setting):
    async with Proxy(("127.0.0.1", https.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for name, value in setting.items():
            monkeypatch.setenv(name, value)
        async with open_http(CopilotSettings(use_system_proxy=bool(setting))) as http:
            with pytest.raises(aiohttp.ClientConnectorDNSError):
                await http.get("https://api.example.test/")
    assert proxy.asked == []


async def test_a_netrc_entry_does_not_get_in_the_way(https, trusted, monkeypatch, tmp_path):
    """aiohttp's own way of reading the proxies refuses our Authorization header beside a ~/.netrc."""
    (tmp_path / "netrc").write_text("machine api.example.test login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with Proxy(("127.0.0.1", https.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with (
            open_http(CopilotSettings()) as http,
            http.get("https://api.example.test/", headers={"Authorization": "token x"}) as response,
        ):
            assert response.status == 200


@pytest.mark.parametrize(
    ("status", "code"), [(407, "proxy_authentication"), (403, "proxy_refused"), (502, "proxy_refused")]
)
async def test_a_proxy_that_refuses_is_named(monkeypatch, status, code):
    async with Proxy(status=status) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://name:word@"))
        shown = await failure("https://api.example.test/")
    assert shown.fault.code == code
    assert "api.example.test" in shown.fault.message
    assert ":word@" not in shown.fault.message


async def test_a_proxy_that_is_not_there_is_named(monkeypatch):
    port = free_port()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    shown = await failure("https://api.example.test/")
    assert shown.fault.code == "proxy_unreachable"
    assert f"127.0.0.1:{port}" in shown.fault.message


async def test_a_proxy_whose_name_is_unknown(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    shown = await failure("https://api.example.test/")
    assert shown.fault.code == "proxy_unreachable"
    assert "proxy.invalid" in shown.fault.message


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
async def test_a_socks_proxy_is_refused_in_words_not_bypassed(monkeypatch, name):
    monkeypatch.setenv(name, "socks5://127.0.0.1:1080")
    shown = await failure("https://api.example.test/")
    assert shown.fault.code == "proxy_unsupported"
    assert "socks5" in shown.fault.message


def test_a_proxy_for_everything(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://p.example:1")
    assert find_proxy("https", "github.com") == "http://p.example:1"
    monkeypatch.setenv("NO_PROXY", ".github.com,github.com")
    assert find_proxy("https", "api.github.com") is None


async def test_the_proxy_is_looked_up_seldom_and_again_after_a_failure():
    looked, now = [], [0.0]

    def find(scheme, host):
        looked.append((scheme, host))

    proxy = SystemProxy(find=find, monotonic=lambda: now[0])
    request = SimpleNamespace(url=aiohttp.typedefs.URL("https://github.com/"))

    async def send(_):
        return None

    async def fail(_):
        raise aiohttp.ServerDisconnectedError

    for _ in range(5):
        await proxy(request, send)
    assert len(looked) == 1
    now[0] = 61
    await proxy(request, send)
    assert len(looked) == 2
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await proxy(request, fail)
    await proxy(request, send)
    assert len(looked) == 3


# --- sentences -------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def failure(url, **settings):
    async with open_http(CopilotSettings(**settings)) as http:
        with pytest.raises((aiohttp.ClientError, OSError)) as caught:
            await http.get(url)
    return explain(caught.value, url)


async def test_an_untrusted_certificate_names_its_issuer(https):
    """User ask 51: behind an inspecting proxy the person must learn whose certificate it is."""
    shown = await failure(str(https.make_url("/")))
    assert shown.fault.code == "tls_untrusted"
    assert "Example Inspection Ltd" in shown.fault.message
    assert "system's store" in shown.fault.message
    assert shown.fault.status == 502


async def test_an_untrusted_certificate_behind_a_proxy_names_its_issuer(https, monkeypatch):
    async with Proxy(("127.0.0.1", https.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        shown = await failure("https://api.example.test/")
    assert "Example Inspection Ltd" in shown.fault.message


async def test_a_server_without_tls(github):
    shown = await failure(github.url.replace("http://", "https://"))
    assert shown.fault.code == "tls_failed"


async def test_nobody_listens():
    shown = await failure(f"http://127.0.0.1:{free_port()}/")
    assert shown.fault.code == "connection_refused"
    assert "127.0.0.1" in shown.fault.message


async def test_an_unknown_name():
    shown = await failure("https://nothing.invalid/")
    assert shown.fault.code == "no_network"
    assert "nothing.invalid" in shown.fault.message


async def test_a_connection_that_is_closed(github, answer):
    github.on("/", answer(cut=True))
    assert (await failure(github.url + "/")).fault.code == "connection_reset"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError(), "upstream_timeout"),
        (aiohttp.ConnectionTimeoutError(), "upstream_timeout"),
        (OSError(errno.ENETUNREACH, "x"), "no_network"),
        (OSError(errno.EHOSTUNREACH, "x"), "no_network"),
        (OSError(errno.ETIMEDOUT, "x"), "upstream_timeout"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection_reset"),
        (aiohttp.ClientError("https://x/?token=secret"), "upstream_unreachable"),
        (socket.gaierror(-2, "x"), "no_network"),
        (ValueError("secret"), "upstream_unreachable"),
    ],
)
@pytest.mark.parametrize("url", ["https://api.example.test/path?key=secret", "not a url ["])
def test_each_failure_has_a_sentence(error, code, url):
    shown = explain(error, url)
    assert isinstance(shown, Unreachable)
    assert shown.fault.code == code
    assert shown.fault.message.endswith(".")
    assert "secret" not in shown.fault.message


def test_an_explained_error_stays_as_it_is():
    error = Unreachable("Already said.")
    assert explain(error, "https://x") is error


async def test_no_cookies_are_kept(github, answer):
    github.on("/", answer({}, headers={"Set-Cookie": "a=b"}))
    async with open_http(CopilotSettings()) as http:
        for _ in range(2):
            async with http.get(github.url + "/") as response:
                await response.read()
    assert "Cookie" not in github.asked[-1].headers


def test_a_python_that_looks_in_the_wrong_place_still_finds_certificates(monkeypatch, tmp_path):
    """A Python or a package built elsewhere has its builder's folders compiled in."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    context = system_context()
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="github.com")
    assert context.cert_store_stats()["x509_ca"] > 0
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.bug(49)
def test_sockets_are_kept_alive_through_long_silence():
    from tray_app.copilot.http import _socket

    with _socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


# --- after sleep -----------------------------------------------------------------------------------


class Balancer:
    """A server whose old connections are dead after a while: nothing that comes on them is answered."""

    def __init__(self):
        self.connections = 0
        self.dead = set()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    def forget(self):
        self.dead = set(range(1, self.connections + 1))

    async def _serve(self, reader, writer):
        self.connections += 1
        number = self.connections
        while await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            if number not in self.dead:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
                await self.may_end.wait()
                writer.write(b"k")
        writer.close()


async def _ask(session, url):
    async with asyncio.timeout(2), session.get(url) as response:
        assert await response.read() == b"ok"


async def test_connections_from_before_sleep_are_not_used_again():
    """The monotonic clock that ages them stands still while a Linux or macOS laptop sleeps."""
    clock = SimpleNamespace(wall=1000.0, mono=1000.0)
    async with (
        Balancer() as balancer,
        open_http(CopilotSettings(), clocks=(lambda: clock.wall, lambda: clock.mono)) as session,
    ):
        for _ in range(3):
            clock.wall += 10
            clock.mono += 10
            await _ask(session, balancer.url)
        assert balancer.connections == 1
        balancer.forget()
        clock.wall += 3600
        await _ask(session, balancer.url)
        await _ask(session, balancer.url)
        assert balancer.connections == 2


async def test_an_answer_on_its_way_is_not_cut_when_idle_connections_are_dropped():
    async with Balancer() as balancer, open_http(CopilotSettings()) as session:
        balancer.may_end.clear()
        async with session.get(balancer.url) as first:
            drop_idle(session)
            balancer.may_end.set()
            assert await first.read() == b"ok"
        await _ask(session, balancer.url)
        drop_idle(session)
        await _ask(session, balancer.url)
        assert balancer.connections == 2


async def test_a_changed_network_asks_for_names_again(monkeypatch):
    asked = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        asked.append(host)
        flags = socket.AI_NUMERICHOST
        return [
            {"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": flags}
        ]

    monkeypatch.setattr(aiohttp.resolver.DefaultResolver, "resolve", resolve)
    async with Balancer() as balancer, open_http(CopilotSettings(use_system_proxy=False)) as session:
        url = balancer.url.replace("127.0.0.1", "copilot.test")
        await _ask(session, url)
        drop_idle(session)
        await _ask(session, url)
    assert asked == ["copilot.test", "copilot.test"]
