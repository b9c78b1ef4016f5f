"""Who may call: Host, Origin, keys."""

import pytest
from multidict import CIMultiDict

from tray_app.proxy.gate import admit, preflight
from tray_app.settings import ServerSettings

PORT = 8314
OPEN = ServerSettings()


def verdict(headers: dict[str, str], server: ServerSettings = OPEN, **more: object):
    return admit(CIMultiDict({"Host": f"127.0.0.1:{PORT}"} | headers), server, PORT, **more)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8314", "localhost:8314", "LocalHost", "[::1]:8314", "127.0.0.53", "localhost:9999"],
)
def test_loopback_hosts_are_let_in(host: str) -> None:
    assert verdict({"Host": host}).fault is None


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.example:8314", id="a foreign name (DNS rebinding)"),
        pytest.param("127.0.0.1.evil.example", id="loopback as a prefix"),
        pytest.param("localhost.evil.example", id="localhost as a prefix"),
        pytest.param("evil.example@127.0.0.1", id="a user part"),
        pytest.param("127.0.0.1/evil", id="a path"),
        pytest.param("127.0.0.1:99999", id="no port"),
        pytest.param("0.0.0.0:8314", id="the any-address"),
        pytest.param("", id="empty"),
        pytest.param("192.168.1.7:8314", id="another address"),
    ],
)
def test_foreign_hosts_are_refused(host: str) -> None:
    assert verdict({"Host": host}).fault.status == 403


def test_missing_and_double_host_are_refused() -> None:
    assert admit(CIMultiDict(), OPEN, PORT).fault.status == 403
    twice = CIMultiDict([("Host", "127.0.0.1"), ("Host", "127.0.0.1")])
    assert admit(twice, OPEN, PORT).fault.status == 403


def test_allowed_hosts_and_the_bound_address_are_let_in() -> None:
    server = ServerSettings(host="192.168.1.7", api_keys=("k",), allowed_hosts=("devbox.example",))
    key = {"x-api-key": "k"}
    assert verdict({"Host": "192.168.1.7:8314", **key}, server).fault is None
    assert verdict({"Host": "devbox.example:8314", **key}, server).fault is None
    assert verdict({"Host": "other.example:8314", **key}, server).fault.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "https://127.0.0.1:8314"},
        {"Origin": "http://localhost:8314.evil.example"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:8314", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_of_other_origins_are_refused(headers: dict[str, str]) -> None:
    found = verdict(headers)
    assert found.fault.status == 403
    assert not found.cors


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8314", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost:8314"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_programs_and_our_own_pages_are_let_in(headers: dict[str, str]) -> None:
    assert verdict(headers).fault is None


def test_an_allowed_origin_gets_cors_for_itself_only() -> None:
    server = ServerSettings(allowed_origins=("https://tool.example",))
    found = verdict({"Origin": "https://tool.example", "Sec-Fetch-Site": "cross-site"}, server)
    assert found.fault is None
    assert found.cors["Access-Control-Allow-Origin"] == "https://tool.example"
    asked = CIMultiDict({"Access-Control-Request-Headers": "x-api-key"})
    assert "*" not in str(preflight(asked, found.cors))
    assert verdict({"Origin": "https://tool.example.evil.example"}, server).fault.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer second"},
        {"authorization": "bearer second"},
        {"x-api-key": "first"},
        {"x-goog-api-key": "second"},
        {"x-api-key": "wrong", "Authorization": "Bearer first"},
    ],
)
def test_any_of_the_keys_in_any_place_opens(headers: dict[str, str]) -> None:
    assert verdict(headers, ServerSettings(api_keys=("first", "second"))).fault is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic first"},
        {"x-api-key": "firs"},
        {"x-api-key": "é"},
    ],
)
def test_without_a_right_key_it_is_401(headers: dict[str, str]) -> None:
    found = verdict(headers, ServerSettings(api_keys=("first",)))
    assert found.fault.status == 401
    assert "first" not in found.fault.message


def test_query_key_counts_only_where_it_is_given() -> None:
    server = ServerSettings(api_keys=("first",))
    assert verdict({}, server, query_key="first").fault is None
    assert verdict({}, server, query_key="other").fault.status == 401


def test_foreign_origin_is_refused_even_with_the_key() -> None:
    server = ServerSettings(api_keys=("first",))
    assert verdict({"Origin": "https://evil.example", "x-api-key": "first"}, server).fault.status == 403


def test_the_same_port_of_another_address_is_another_program() -> None:
    elsewhere = {"Origin": f"http://127.0.0.2:{PORT}"}
    assert verdict(elsewhere).fault.status == 403
    assert verdict({"Host": f"127.0.0.2:{PORT}", **elsewhere}).fault is None


def test_pages_of_an_allowed_host_may_call() -> None:
    server = ServerSettings(allowed_hosts=("devbox.example",))
    own = {"Origin": f"http://devbox.example:{PORT}"}
    assert verdict({"Host": f"devbox.example:{PORT}", **own}, server).fault is None
    assert verdict(own, server).fault.status == 403
