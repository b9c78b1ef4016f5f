"""Every answer that GitHub gives while a person signs in."""

import pytest

from tray_app.copilot.credentials import GitHubToken
from tray_app.copilot.device_flow import DeviceCode, DeviceFlow, SignInFailed
from tray_app.errors import Unreachable
from tray_app.settings import CopilotSettings

START, POLL = "/login/device/code", "/login/oauth/access_token"
STARTED = {
    "device_code": "device-code-of-a-test",
    "user_code": "K7QX-2MPT",
    "verification_uri": "https://github.com/login/device",
    "expires_in": 900,
    "interval": 5,
}
PENDING = {"error": "authorization_pending"}
DONE = {"access_token": "ghu_exampleexample", "token_type": "bearer", "scope": "read:user"}


@pytest.fixture
def flow(http, settings, clock):
    return DeviceFlow(http, settings, sleep=clock.sleep, monotonic=clock.monotonic)


@pytest.fixture
def code():
    return DeviceCode("K7QX-2MPT", "https://github.com/login/device", 900, 5, "device-code-of-a-test")


@pytest.mark.bug(32)
async def test_start_asks_for_read_user_and_hides_the_device_code(flow, github, answer):
    github.on(START, answer(STARTED))
    code = await flow.start()
    assert (code.user_code, code.verification_uri) == ("K7QX-2MPT", "https://github.com/login/device")
    assert (code.expires_in, code.interval) == (900, 5)
    assert "device-code-of-a-test" not in repr(code) + str(code)
    asked = github.asked[0]
    assert asked.form == {"client_id": "Iv1.b507a08c87ecfe98", "scope": "read:user"}
    assert asked.headers["Accept"] == "application/json"
    assert asked.headers["User-Agent"].startswith("GitHubCopilotChat/")


@pytest.mark.parametrize(
    "uri", [None, 7, "javascript:alert(1)", "http://phish.example/login", "https://u:p@x.example/"]
)
async def test_a_page_that_cannot_be_trusted_is_replaced_by_this_githubs_own(flow, github, answer, uri):
    github.on(START, answer(STARTED | {"verification_uri": uri}))
    assert (await flow.start()).verification_uri == f"{github.url}/login/device"


@pytest.mark.bug(34)
async def test_a_tenant_moves_as_a_whole(http, github, answer, clock):
    """Bug 34: the code page, the polling and `/user` follow the two settings, none stays on github.com."""
    other = CopilotSettings(github_url=github.url + "/", github_api_url=github.url + "/api/v3/")
    flow = DeviceFlow(http, other, sleep=clock.sleep, monotonic=clock.monotonic)
    github.on(START, answer(STARTED | {"verification_uri": ""}))
    github.on(POLL, answer(DONE))
    github.on("/api/v3/user", answer({"login": "ada", "id": 7}))
    code = await flow.start()
    token = await flow.poll_until_done(code)
    assert (await flow.who_am_i(token)).login == "ada"
    assert code.verification_uri == f"{github.url}/login/device"
    assert [asked.path for asked in github.asked] == [START, POLL, "/api/v3/user"]


@pytest.mark.parametrize(
    ("polls", "waits"),
    [
        pytest.param([{"json": DONE}], [6], id="at once, a second after the interval"),
        pytest.param([{"json": PENDING}, {"json": DONE}], [6, 6], id="pending"),
        pytest.param(
            [{"json": {"error": "slow_down"}}, {"json": PENDING}, {"json": DONE}],
            [6, 11, 11],
            id="slow down adds five seconds for good",
        ),
        pytest.param(
            [{"json": {"error": "slow_down", "interval": 12}}, {"json": PENDING}, {"json": DONE}],
            [6, 13, 13],
            id="slow down with an interval",
        ),
        pytest.param(
            [{"json": {"error": "slow_down", "interval": "soon"}}, {"json": DONE}],
            [6, 11],
            id="slow down with nonsense",
        ),
        pytest.param([{"json": "<html>captive portal</html>"}, {"json": DONE}], [6, 6], id="a string"),
        pytest.param([{"raw": b"<html>"}, {"json": DONE}], [6, 6], id="not JSON"),
        pytest.param([{"raw": b"oops", "status": 502}, {"json": DONE}], [6, 6], id="502"),
        pytest.param([{"json": {}, "status": 503}, {"json": DONE}], [6, 6], id="503 with an object"),
        pytest.param([{"cut": True}, {"json": DONE}], [6, 6], id="connection lost"),
        pytest.param([{"json": PENDING, "status": 400}, {"json": DONE}], [6, 6], id="pending as 400"),
    ],
)
async def test_polling(flow, github, answer, clock, code, polls, waits):
    github.on(
        POLL,
        *(
            answer(
                poll.get("raw", poll.get("json", b"")), poll.get("status", 200), cut=poll.get("cut", False)
            )
            for poll in polls
        ),
    )
    token = await flow.poll_until_done(code)
    assert token.reveal() == DONE["access_token"]
    assert clock.slept == waits
    assert github.asked[0].form == {
        "client_id": "Iv1.b507a08c87ecfe98",
        "device_code": "device-code-of-a-test",
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("expired_token", "expired"),
        ("access_denied", "cancelled"),
        ("incorrect_device_code", "does not know this code"),
        ("incorrect_client_credentials", "client_id"),
        ("unsupported_grant_type", "device flow"),
        ("device_flow_disabled", "switched off"),
        ("something_new", "something_new"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
async def test_final_answers_stop_with_a_remedy(flow, github, answer, code, error, sentence, status):
    github.on(POLL, answer(PENDING), answer({"error": error}, status))
    with pytest.raises(SignInFailed, match=sentence) as caught:
        await flow.poll_until_done(code)
    assert caught.value.remedy
    assert github.count(POLL) == 2


async def test_a_dead_network_is_waited_out_until_the_code_expires(flow, github, answer, code, clock):
    github.on(POLL, answer(cut=True))
    with pytest.raises(SignInFailed) as caught:
        await flow.poll_until_done(code)
    assert caught.value.code == "expired_token"
    assert sum(clock.slept) == pytest.approx(900)


@pytest.mark.bug(33)
async def test_a_token_of_the_wrong_type_is_not_taken(flow, github, answer, code):
    github.on(POLL, answer(DONE | {"access_token": "ghp_notforcopilot"}))
    with pytest.raises(SignInFailed, match="classic personal access token"):
        await flow.poll_until_done(code)


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"error": "device_flow_disabled"}, 400, "switched off"),
        ({"error": "Not Found"}, 404, "client_id"),
        (b"Not Found", 404, "client_id"),
        (b"<html>portal</html>", 200, "captive portal"),
        ({"message": "Slow down"}, 429, "too many sign-ins"),
        ({"error": "invalid_scope", "error_description": "bad"}, 200, "read:user"),
    ],
)
async def test_start_that_fails_says_why(flow, github, answer, body, status, sentence):
    github.on(START, answer(body, status))
    with pytest.raises(SignInFailed, match=sentence):
        await flow.start()


async def test_start_without_a_network_says_so(flow, github, answer):
    github.on(START, answer(cut=True))
    with pytest.raises(Unreachable):
        await flow.start()


async def test_who_am_i_sends_the_token_and_reads_login_and_id(flow, github, answer):
    github.on("/user", answer({"login": "ada", "id": 42}))
    login = await flow.who_am_i(GitHubToken("gho_exampleexample"))
    assert (login.login, login.id) == ("ada", 42)
    assert github.asked[0].headers["Authorization"] == "token gho_exampleexample"


async def test_who_am_i_refuses_a_revoked_token(flow, github, answer):
    github.on("/user", answer({"message": "Bad credentials"}, 401))
    with pytest.raises(SignInFailed, match="revoked") as caught:
        await flow.who_am_i(GitHubToken("gho_exampleexample"))
    assert "gho_" not in str(caught.value)
