"""The Copilot token: renewed in time, once, whatever the clocks say, and plain words when there is none."""

import asyncio
import email.utils

import pytest

from tray_app.copilot.credentials import CopilotToken, GitHubToken
from tray_app.copilot.token import CopilotTokens
from tray_app.copilot.upstream import Call, Upstream
from tray_app.errors import KeyringFault, Rejected, SignedOut, Unreachable
from tray_app.settings import CopilotSettings, Live, Settings

EXCHANGE = "/copilot_internal/v2/token"
SECRET = "ghu_secretsecretsecret"


def token_body(name="tid=one", **more):
    return {"token": name, "expires_at": 1_600_001_800, "refresh_in": 1500, **more}


class Owner:
    """Who is signed in, changeable."""

    def __init__(self):
        self.account = ("ada", GitHubToken(SECRET), "keyring")
        self.fault = None

    async def active(self):
        if self.fault:
            raise self.fault
        return self.account


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
async def make(http, settings, owner, clock):
    made = []

    def make(**changes):
        current = CopilotSettings(
            github_url=settings.github_url, github_api_url=settings.github_api_url, **changes
        )
        tokens = CopilotTokens(
            http,
            lambda: current,
            owner.active,
            monotonic=clock.monotonic,
            wall_clock=clock.wall_clock,
            sleep=clock.sleep,
        )
        made.append(tokens)
        return tokens

    yield make
    for tokens in made:
        await tokens.close()


@pytest.fixture
def tokens(make):
    return make()


def started(work):
    return asyncio.get_running_loop().create_task(work)


async def settle(github, expected):
    """Let a background refresh reach GitHub and come back."""
    for _ in range(2000):
        if github.count(EXCHANGE) >= expected:
            break
        await asyncio.sleep(0.001)
    for _ in range(20):
        await asyncio.sleep(0.001)


async def test_exchange_sends_the_github_token_and_reads_the_host(tokens, github, answer):
    github.on(EXCHANGE, answer(token_body(endpoints={"api": "https://api.business.example/"}, sku="biz")))
    assert (await tokens.current()).reveal() == "tid=one"
    assert tokens.api_url == "https://api.business.example"
    assert github.asked[0].headers["Authorization"] == f"token {SECRET}"
    assert tokens.state() == {"present": True, "expires_in_seconds": 1560, "sku": "biz", "login": "ada"}


@pytest.mark.bug(31)
async def test_a_hundred_waiters_cost_one_exchange(tokens, github, answer):
    """Bug 31."""
    github.on(EXCHANGE, answer(token_body()))
    github.gate.clear()
    waiting = [started(tokens.current()) for _ in range(100)]
    await settle(github, 1)
    github.gate.set()
    found = await asyncio.gather(*waiting)
    assert {token.reveal() for token in found} == {"tid=one"}
    assert github.count(EXCHANGE) == 1


async def test_a_waiter_that_leaves_does_not_take_the_refresh_along(tokens, github, answer):
    github.on(EXCHANGE, answer(token_body()))
    github.gate.clear()
    first, second = (started(tokens.current()) for _ in range(2))
    await settle(github, 1)
    first.cancel()
    await asyncio.sleep(0)
    github.gate.set()
    assert (await second).reveal() == "tid=one"
    with pytest.raises(asyncio.CancelledError):
        await first
    assert github.count(EXCHANGE) == 1


async def test_a_fresh_token_is_not_renewed(tokens, github, answer, clock):
    github.on(EXCHANGE, answer(token_body()))
    await tokens.current()
    clock.move(1199)
    for _ in range(50):
        await tokens.current()
    await settle(github, 1)
    assert github.count(EXCHANGE) == 1


async def test_a_due_token_serves_while_one_refresh_runs(tokens, github, answer, clock):
    github.on(EXCHANGE, answer(token_body()), answer(token_body("tid=two")))
    await tokens.current()
    clock.move(1201)  # refresh_in less five minutes
    github.gate.clear()
    for _ in range(50):
        assert (await tokens.current()).reveal() == "tid=one"
    await settle(github, 2)
    github.gate.set()
    await settle(github, 2)
    assert (await tokens.current()).reveal() == "tid=two"
    assert github.count(EXCHANGE) == 2


@pytest.mark.parametrize(
    ("mono", "wall"),
    [
        pytest.param(3600, 3600, id="an idle hour"),
        pytest.param(0, 3600, id="slept: only the wall clock went on"),
        pytest.param(3600, -7200, id="the wall clock was put back"),
    ],
)
async def test_a_dead_token_is_never_used(tokens, github, answer, clock, mono, wall):
    """Bug 30."""
    github.on(EXCHANGE, answer(token_body()), answer(token_body("tid=two")))
    await tokens.current()
    clock.mono += mono
    clock.wall += wall
    assert (await tokens.current()).reveal() == "tid=two"
    for _ in range(20):
        await tokens.current()
    assert github.count(EXCHANGE) == 2


@pytest.mark.parametrize("skew", [-10 * 365 * 86400, -7200, 7200, 10 * 365 * 86400])
@pytest.mark.bug(31)
async def test_a_skewed_clock_causes_no_storm(tokens, github, answer, clock, skew):
    """GitHub's `expires_at` is far in this clock's past or future; only durations count."""
    clock.wall = 1_600_000_000.0 + skew
    date = email.utils.formatdate(1_600_000_000, usegmt=True)
    github.on(EXCHANGE, answer(token_body(), headers={"Date": date}))
    for _ in range(100):
        assert (await tokens.current()).reveal() == "tid=one"
        clock.move(10)
    await settle(github, 1)
    assert github.count(EXCHANGE) == 1
    assert tokens.state()["expires_in_seconds"] == 800


@pytest.mark.parametrize(
    ("fields", "fresh", "due"),
    [
        pytest.param({"refresh_in": 1500}, 1190, 1210, id="five minutes ahead"),
        pytest.param({"refresh_in": 100}, 75, 85, id="a short life: a fifth ahead"),
        pytest.param({"refresh_in": "1500"}, 1190, 1210, id="text"),
        pytest.param({"refresh_in": None, "expires_at": "soon"}, 1190, 1210, id="nothing known"),
        pytest.param({"refresh_in": 0}, 1190, 1210, id="zero"),
        pytest.param({"refresh_in": -5}, 1190, 1210, id="negative"),
        pytest.param({"refresh_in": True}, 1190, 1210, id="a truth value"),
        pytest.param({"refresh_in": 1e300}, 1190, 1210, id="an absurd number"),
    ],
)
@pytest.mark.bug(30)
async def test_when_a_refresh_is_due(tokens, github, answer, clock, fields, fresh, due):
    github.on(EXCHANGE, answer({"token": "tid=x"} | fields))
    await tokens.current()
    clock.move(fresh)
    await tokens.current()
    await settle(github, 1)
    assert github.count(EXCHANGE) == 1
    clock.move(due - fresh)
    await tokens.current()
    await settle(github, 2)
    assert github.count(EXCHANGE) == 2


async def test_a_token_that_lives_for_no_time_does_not_loop(tokens, github, answer):
    github.on(EXCHANGE, answer(token_body(refresh_in=1e-9)))
    for _ in range(3):
        assert (await tokens.current()).reveal() == "tid=one"
    assert github.count(EXCHANGE) <= 3


@pytest.mark.parametrize(
    "odd",
    [
        {"endpoints": "none"},
        {"endpoints": {"api": 7}},
        {"endpoints": {"api": "http://plain.example"}},
        {"endpoints": {"api": "ftp://x"}},
        {"endpoints": {"api": "https://["}},
        {"sku": 7, "individual": "yes", "user_notification": [], "limited_user_quotas": "x"},
        {"organization_list": {"a": 1}, "chat_enabled": "maybe"},
    ],
)
async def test_optional_fields_of_odd_types_never_fail_sign_in(tokens, github, answer, odd):
    github.on(EXCHANGE, answer(token_body() | odd))
    assert (await tokens.current()).reveal() == "tid=one"
    assert tokens.api_url.startswith("https://api.githubcopilot.com")


async def test_refused_by_a_hundred_requests_costs_one_exchange(tokens, github, answer):
    github.on(EXCHANGE, answer(token_body()), answer(token_body("tid=two")))
    old = await tokens.current()

    async def request():
        await tokens.refuse(old)
        return (await tokens.current()).reveal()

    assert set(await asyncio.gather(*(request() for _ in range(100)))) == {"tid=two"}
    await tokens.refuse(old)  # a late one
    assert (await tokens.current()).reveal() == "tid=two"
    assert github.count(EXCHANGE) == 2


async def test_an_unknown_token_refused_changes_nothing(tokens, github, answer):
    github.on(EXCHANGE, answer(token_body()))
    await tokens.current()
    await tokens.refuse(CopilotToken("tid=somebody-else"))
    await tokens.current()
    assert github.count(EXCHANGE) == 1


async def test_a_loop_of_refused_tokens_is_stopped(tokens, github, answer, clock):
    github.on(EXCHANGE, answer(token_body()))
    for _ in range(60):
        await tokens.refuse(await tokens.current())
    with pytest.raises(Rejected, match="refused every new token") as caught:
        await tokens.current()
    assert caught.value.fault.status == 429
    assert github.count(EXCHANGE) == 60
    clock.move(61)
    assert await tokens.current()


@pytest.mark.bug(27)
async def test_421_asks_github_for_the_host_once(tokens, github, answer, clock):
    """Bug 27."""
    github.on(
        EXCHANGE,
        answer(token_body(endpoints={"api": "https://old.example"})),
        answer(token_body("tid=two", endpoints={"api": "https://new.example"})),
    )
    await tokens.current()
    await asyncio.gather(*(tokens.re_resolve() for _ in range(30)))
    await tokens.re_resolve()
    await tokens.current()
    assert tokens.api_url == "https://new.example"
    assert github.count(EXCHANGE) == 2
    clock.move(6)
    await tokens.re_resolve()
    assert github.count(EXCHANGE) == 3


async def test_re_resolve_that_fails_keeps_the_token(tokens, github, answer):
    github.on(EXCHANGE, answer(token_body()), answer(b"", 429))
    await tokens.current()
    with pytest.raises(Rejected):
        await tokens.re_resolve()
    assert (await tokens.current()).reveal() == "tid=one"


@pytest.mark.parametrize(
    ("changes", "body", "host"),
    [
        ({"api_url": "https://mine.example/"}, {"endpoints": {"api": "https://x"}}, "https://mine.example"),
        ({}, {"sku": "copilot_business_seat"}, "https://api.business.githubcopilot.com"),
        ({}, {"sku": "copilot_enterprise_seat_quota"}, "https://api.enterprise.githubcopilot.com"),
        ({}, {}, "https://api.githubcopilot.com"),
        ({"account_type": "individual"}, {}, "https://api.individual.githubcopilot.com"),
        ({"account_type": "business"}, {}, "https://api.business.githubcopilot.com"),
        ({"account_type": "business"}, {"endpoints": {"api": "https://x"}}, "https://x"),
    ],
)
async def test_the_host(make, github, answer, changes, body, host):
    tokens = make(**changes)
    github.on(EXCHANGE, answer(token_body() | body))
    await tokens.current()
    assert tokens.api_url == host


@pytest.mark.bug(34)
def test_the_host_of_a_tenant_before_any_token(http, owner):
    settings = CopilotSettings(github_url="https://acme.ghe.com", github_api_url="https://api.acme.ghe.com")
    assert CopilotTokens(http, lambda: settings, owner.active).api_url == "https://copilot-api.acme.ghe.com"


# --- failures --------------------------------------------------------------------------------------


async def test_signed_out_names_the_command(tokens, owner, github):
    owner.account = None
    with pytest.raises(SignedOut, match="jumpseat login") as caught:
        await tokens.current()
    assert caught.value.fault.status == 403
    assert not github.asked


async def test_a_locked_keyring_is_said_in_the_answer(tokens, owner):
    owner.fault = KeyringFault("The keyring is locked.", "Unlock it.")
    with pytest.raises(SignedOut, match=r"locked\. Unlock it"):
        await tokens.current()


def entitlement(notification, message="Words of GitHub.", url="https://github.com/settings/copilot"):
    details = {"message": message, "notification_id": notification, "title": "x", "url": url}
    return {"can_signup_for_limited": True, "error_details": details, "message": "Forbidden", "reason": "r"}


@pytest.mark.parametrize(
    ("status", "body", "shown", "code", "words"),
    [
        (401, {"message": "Bad credentials"}, 403, "token_revoked", ["revoked", "jumpseat login"]),
        (403, entitlement("no_copilot_access"), 403, "no_copilot_access", ["no Copilot subscription"]),
        (403, entitlement("not_signed_up"), 403, "not_signed_up", ["Accept the terms"]),
        (403, entitlement("subscription_ended"), 403, "subscription_ended", ["has ended", "Renew"]),
        (
            403,
            entitlement("feature_flag_blocked"),
            403,
            "feature_flag_blocked",
            ["organisation", "administrator"],
        ),
        (403, entitlement("enterprise_managed_user_account"), 403, None, ["managed account"]),
        (403, entitlement("spammy_user"), 403, None, ["flagged", "support.github.com"]),
        (403, entitlement("billing_locked"), 403, None, ["payment"]),
        (403, entitlement("trade_restricted"), 403, None, ["trade restrictions"]),
        (403, entitlement("trade_restricted_country"), 403, None, ["country"]),
        (403, entitlement("codespaces_demo_inactive"), 403, None, ["demo"]),
        (403, entitlement("snippy_not_configured"), 403, None, ["public code"]),
        (403, entitlement("expired_coupon"), 403, None, ["expired"]),
        (403, entitlement("revoked_coupon"), 403, None, ["revoked"]),
        (403, entitlement("go_http_client"), 403, None, ["editor_version"]),
        (403, entitlement("programmatic_token_generation"), 403, None, ["paused"]),
        (403, entitlement("access_revoked"), 403, None, ["withdrawn"]),
        (403, entitlement("server_error"), 403, None, ["few minutes"]),
        (403, entitlement("brand_new_reason"), 403, "brand_new_reason", ["Words of GitHub"]),
        (403, {"message": "Forbidden"}, 403, None, ["no Copilot seat", "flagged", "network"]),
        (403, b"<html>", 403, None, ["no Copilot seat", "flagged", "network"]),
        (
            403,
            {"message": "Resource not accessible by personal access token"},
            403,
            None,
            ["gho_", "ghu_"],
        ),
        (403, {"message": "API rate limit exceeded for user ID 7"}, 429, "github_rate_limited", ["limits"]),
        (404, {"message": "Not Found"}, 403, "no_copilot_seat", ["gho_", "Copilot seat"]),
        (429, b"", 429, "github_rate_limited", ["Wait"]),
        (466, b"gone", 502, "api_version_retired", ["editor_version", "plugin_version", "api_version"]),
        (200, b"<html>sign in to the hotel</html>", 502, "github_unexpected", ["captive portal"]),
        (200, {"token": 7}, 502, "github_unexpected", ["captive portal"]),
        (200, {"token": "tid=a\r\nX-Evil: 1"}, 502, "github_unexpected", ["captive portal"]),
        (302, b"", 502, "github_unexpected", ["captive portal"]),
        (418, b"", 502, "github_unexpected", ["418"]),
    ],
)
async def test_final_failures_in_plain_words(tokens, github, answer, clock, status, body, shown, code, words):
    github.on(EXCHANGE, answer(body, status))
    with pytest.raises((SignedOut, Rejected)) as caught:
        await tokens.current()
    fault = caught.value.fault
    assert fault.status == shown
    assert code is None or fault.code == code
    for word in words:
        assert word in fault.message
    assert SECRET not in fault.message
    assert github.count(EXCHANGE) == 1
    assert not clock.slept


async def test_retry_after_of_a_rate_limit_arrives(tokens, github, answer):
    github.on(EXCHANGE, answer(b"", 429, {"Retry-After": "120"}))
    with pytest.raises(Rejected) as caught:
        await tokens.current()
    assert caught.value.fault.retry_after == "120"


async def test_a_token_of_the_environment_is_blamed_by_its_variable(tokens, owner, github, answer):
    owner.account = (None, GitHubToken(SECRET), "GH_TOKEN")
    github.on(EXCHANGE, answer({"message": "Bad credentials"}, 401))
    with pytest.raises(SignedOut, match="GH_TOKEN"):
        await tokens.current()


@pytest.mark.parametrize(
    ("trouble", "answers_per_try"),
    [
        ({"status": 500}, 1),
        ({"status": 503}, 1),
        pytest.param({"cut": True}, 2, id="cut; aiohttp repeats such a GET by itself"),
    ],
)
async def test_transient_trouble_is_tried_three_times_more(
    tokens, github, answer, clock, trouble, answers_per_try
):
    github.on(EXCHANGE, *[answer(b"", **trouble)] * (3 * answers_per_try), answer(token_body()))
    assert (await tokens.current()).reveal() == "tid=one"
    assert clock.slept == [1, 2, 4]


@pytest.mark.parametrize(("trouble", "kind"), [({"status": 503}, Rejected), ({"cut": True}, Unreachable)])
async def test_lasting_trouble_ends_in_one_error(tokens, github, answer, clock, trouble, kind):
    github.on(EXCHANGE, answer(b"", **trouble))
    with pytest.raises(kind) as caught:
        await tokens.current()
    assert caught.value.fault.status == 502
    assert clock.slept == [1, 2, 4]


async def test_a_failure_is_remembered_so_that_a_thousand_requests_ask_once(tokens, github, answer, clock):
    github.on(EXCHANGE, answer({"message": "Bad credentials"}, 401))
    results = await asyncio.gather(*(tokens.current() for _ in range(500)), return_exceptions=True)
    for _ in range(500):
        with pytest.raises(SignedOut):
            await tokens.current()
    assert {type(result) for result in results} == {SignedOut}
    assert github.count(EXCHANGE) == 1
    clock.move(16)
    with pytest.raises(SignedOut):
        await tokens.current()
    assert github.count(EXCHANGE) == 2


async def test_another_account_is_asked_for_at_once(tokens, github, answer, owner):
    github.on(EXCHANGE, answer({"message": "Bad credentials"}, 401), answer(token_body("tid=bob")))
    with pytest.raises(SignedOut):
        await tokens.current()
    owner.account = ("bob", GitHubToken("ghu_bobbobbob"), "keyring")
    assert (await tokens.current()).reveal() == "tid=bob"
    assert github.asked[-1].headers["Authorization"] == "token ghu_bobbobbob"


async def test_a_switch_of_accounts_never_serves_the_others_token(tokens, github, answer, owner):
    github.on(EXCHANGE, answer(token_body("tid=ada")), answer(token_body("tid=bob")))
    await tokens.current()
    owner.account = ("bob", GitHubToken("ghu_bobbobbob"), "keyring")
    assert (await tokens.current()).reveal() == "tid=bob"
    assert tokens.state()["login"] == "bob"


async def test_a_switch_during_a_refresh_serves_the_new_account(tokens, github, answer, owner):
    github.on(EXCHANGE, answer(token_body("tid=ada")), answer(token_body("tid=bob")))
    github.gate.clear()
    first = started(tokens.current())
    await settle(github, 1)
    owner.account = ("bob", GitHubToken("ghu_bobbobbob"), "keyring")
    second = started(tokens.current())
    await settle(github, 2)
    github.gate.set()
    assert (await second).reveal() == "tid=bob"
    await first
    assert (await tokens.current()).reveal() == "tid=bob"


async def test_signing_out_ends_the_token(tokens, github, answer, owner):
    github.on(EXCHANGE, answer(token_body()))
    await tokens.current()
    owner.account = None
    with pytest.raises(SignedOut):
        await tokens.current()
    assert tokens.state() == {"present": False, "expires_in_seconds": None, "sku": None, "login": None}


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429},
        {"status": 503},
        {"status": 403, "body": {"message": "API rate limit exceeded for user ID 7"}},
        {"cut": True},
    ],
)
async def test_a_living_token_survives_a_failed_refresh(tokens, github, answer, clock, trouble):
    failing = answer(trouble.get("body", b""), trouble.get("status", 200), cut=trouble.get("cut", False))
    github.on(EXCHANGE, answer(token_body()), failing)
    await tokens.current()
    clock.move(1250)
    for _ in range(20):
        assert (await tokens.current()).reveal() == "tid=one"
        await asyncio.sleep(0.001)
    await settle(github, 2)
    asked = github.count(EXCHANGE)
    assert 2 <= asked <= 9
    for _ in range(20):  # within the pause nobody asks again
        assert (await tokens.current()).reveal() == "tid=one"
    await settle(github, asked)
    assert github.count(EXCHANGE) == asked


async def test_nothing_secret_is_logged(tokens, github, answer, caplog):
    caplog.set_level("DEBUG")
    github.on(EXCHANGE, answer(token_body("tid=secretcopilot")), answer({"message": "Bad credentials"}, 401))
    await tokens.refuse(await tokens.current())
    with pytest.raises(SignedOut):
        await tokens.current()
    assert "ghu_secret" not in caplog.text
    assert "tid=secret" not in caplog.text
    assert "secretcopilot" not in repr(tokens.state())


async def test_githubs_notice_is_kept_for_the_person(tokens, github, answer):
    notice = {
        "message": "Your trial ends soon.",
        "notification_id": "subscription_trial_ending",
        "url": "https://x",
    }
    github.on(EXCHANGE, answer(token_body(user_notification=notice)))
    await tokens.current()
    assert tokens.notice == "Your trial ends soon. https://x"


async def test_a_401_is_mended_by_a_new_token_and_one_replay(http, tokens, github, answer, settings):
    """Bug 30: the token that is renewed is the token that is sent."""
    host = {"endpoints": {"api": github.url}}
    github.on(EXCHANGE, answer(token_body(**host)), answer(token_body("tid=two", **host)))
    github.on("/models", answer(b"unauthorized: token expired\n", 401), answer({"data": []}))
    upstream = Upstream(http, tokens, Live(Settings(copilot=settings)))
    reply = await upstream.open(Call("/models", None, intent="model-access"))
    assert await reply.whole() == b'{"data": []}'
    sent = [asked.headers["Authorization"] for asked in github.asked if asked.path == "/models"]
    assert sent == ["Bearer tid=one", "Bearer tid=two"]


async def test_a_401_that_stays_is_replayed_once_only(http, tokens, github, answer, settings):
    host = {"endpoints": {"api": github.url}}
    github.on(EXCHANGE, answer(token_body(**host)), answer(token_body("tid=two", **host)))
    github.on("/models", answer(b"unauthorized: token expired\n", 401))
    refused = await Upstream(http, tokens, Live(Settings(copilot=settings))).open(Call("/models", None))
    assert (refused.status, github.count("/models"), github.count(EXCHANGE)) == (401, 2, 2)
