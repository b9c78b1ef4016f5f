"""GitHub Enterprise with data residency: one address moves sign-in, token, quota and models together.

The tenant's hosts are reached through a proxy on loopback that leads every one of them, over TLS, to the
simulated GitHub.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import keyring
import pytest
import trustme
from keyring.backend import KeyringBackend

from tests.harness import running
from tray_app.accounts import Accounts
from tray_app.cli import main
from tray_app.copilot.credentials import GitHubToken
from tray_app.copilot.device_flow import DeviceFlow
from tray_app.copilot.http import open_http
from tray_app.github_hosts import accounts_host, disagreement, github_api_url, github_url
from tray_app.settings import CopilotSettings
from tray_app.simulated import SimulatedCopilot

WEB, API = "https://acme.ghe.com", "https://api.acme.ghe.com"
PUBLIC = CopilotSettings()
ALONE = pytest.mark.parametrize(
    "given",
    [{"github_url": WEB}, {"github_api_url": API}, {"github_url": WEB, "github_api_url": API}],
    ids=["sign-in", "API", "both"],
)


@ALONE
def test_one_address_is_enough(given: dict[str, str]) -> None:
    settings = CopilotSettings(**given)
    assert (github_url(settings), github_api_url(settings)) == (WEB, API)
    assert accounts_host(settings) == "acme.ghe.com"
    assert disagreement(settings) is None


@pytest.mark.parametrize(
    ("web", "api", "agree"),
    [
        (PUBLIC.github_url, PUBLIC.github_api_url, True),
        (WEB, "https://api.other.ghe.com", False),
        (WEB, "https://api.github.example.com", False),
        ("https://github.example.com", PUBLIC.github_api_url, False),
        ("https://github.example.com", "https://github.example.com/api/v3", True),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", True),
    ],
)
def test_two_addresses_must_be_of_one_github(web: str, api: str, agree: bool) -> None:
    said = disagreement(CopilotSettings(github_url=web, github_api_url=api))
    assert (said is None) == agree
    assert agree or "does not work at the other" in str(said)


def test_config_check_names_two_githubs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JUMPSEAT_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text(
        f'[copilot]\ngithub_url = "{WEB}"\ngithub_api_url = "https://api.other.ghe.com"\n'
    )
    assert main(["config", "check"]) == 1
    assert "Sign-in goes to acme.ghe.com, the rest to api.other.ghe.com" in capsys.readouterr().out


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    there, back = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pump(reader, back), _pump(there, writer))


@pytest.fixture
async def asked(
    sim: SimulatedCopilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[str]]:
    """The hosts that are connected to; each leads to the simulated GitHub."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("acme.ghe.com", "api.acme.ghe.com").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "root.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
    port = int(sim.github_url.rpartition(":")[2])
    hosts: list[str] = []

    async def unwrap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _join(reader, writer, port)

    front = await asyncio.start_server(unwrap, "127.0.0.1", 0, ssl=context)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        hosts.append(head.split()[1].partition(":")[0])
        writer.write(b"HTTP/1.1 200 x\r\n\r\n")
        await _join(reader, writer, front.sockets[0].getsockname()[1])

    proxy = await asyncio.start_server(connect, "127.0.0.1", 0)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    yield hosts
    proxy.close()
    front.close()


@ALONE
async def test_sign_in_token_quota_and_models_are_the_tenants(
    sim: SimulatedCopilot, tmp_path: Path, asked: list[str], given: dict[str, str]
) -> None:
    both = {"github_url": PUBLIC.github_url, "github_api_url": PUBLIC.github_api_url} | given
    async with running(sim, tmp_path / "home", copilot=both) as jumpseat:
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "say: hello"}]}
        assert (await jumpseat.post("/v1/chat/completions", body)).status == 200
        assert (await jumpseat.get("/usage")).json["plan"] is not None
        assert set(asked) == {"api.acme.ghe.com"}
        settings = jumpseat.live.now.copilot
    paths = {seen.path for seen in sim.requests}
    assert {"/copilot_internal/v2/token", "/copilot_internal/user"} <= paths
    asked.clear()
    async with open_http(settings) as http:
        flow = DeviceFlow(http, settings)
        assert (await flow.start()).user_code
        await flow.who_am_i(GitHubToken(sim.github_token))
    assert asked == ["acme.ghe.com", "api.acme.ghe.com"]


class Ring(KeyringBackend):
    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    backend = Ring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


async def test_accounts_of_two_hosts_are_kept_apart(tmp_path: Path, ring: Ring) -> None:
    """A token never goes to a host that did not give it, not even under the same login."""
    host = [""]
    accounts = Accounts(tmp_path, {}, host=lambda: host[0])
    await accounts.add("ada", GitHubToken("ghu_publicpublic"))
    before = accounts.mark()
    host[0] = "acme.ghe.com"
    assert await accounts.active() is None
    assert accounts.mark() != before
    await accounts.add("ada", GitHubToken("ghu_tenanttenant"))
    assert (await accounts.active()).token.reveal() == "ghu_tenanttenant"
    assert ring.held == {
        ("jumpseat", "ada"): "ghu_publicpublic",
        ("jumpseat", "ada@acme.ghe.com"): "ghu_tenanttenant",
    }
    host[0] = ""
    assert (await accounts.active()).token.reveal() == "ghu_publicpublic"
    await accounts.remove("ada")
    assert await accounts.active() is None
    host[0] = "acme.ghe.com"
    assert (await accounts.active()).token.reveal() == "ghu_tenanttenant"
    found = json.loads((tmp_path / "accounts-acme.ghe.com.json").read_text())
    assert found == {"active": "ada", "logins": ["ada"]}
