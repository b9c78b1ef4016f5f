"""What is left: GitHub's two ways of saying it, with all their oddities."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from tray_app.copilot.credentials import GitHubToken
from tray_app.copilot.quota import Quota
from tray_app.copilot.quota_readings import QuotaSnapshot, merged, read_account, read_headers
from tray_app.errors import KeyringFault

USER = "/copilot_internal/user"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PREMIUM = {
    "quota_id": "premium_interactions",
    "entitlement": 1500,
    "remaining": 1203,
    "quota_remaining": 1203.4,
    "percent_remaining": 80.2,
    "unlimited": False,
    "overage_count": 0,
    "overage_permitted": True,
    "has_quota": True,
    "credits_used": 296.6,
}
CHAT = {"quota_id": "chat", "entitlement": 0, "remaining": 0, "percent_remaining": 100.0, "unlimited": True}
ACCOUNT = {
    "login": "ada",
    "access_type_sku": "plus_monthly_subscriber_quota",
    "copilot_plan": "individual_pro",
    "token_based_billing": True,
    "quota_reset_date": "2026-12-01",
    "quota_reset_date_utc": "2026-12-01T00:00:00.000Z",
    "quota_snapshots": {"chat": CHAT, "premium_interactions": PREMIUM},
}
HEADER = "x-quota-snapshot-premium_interactions"


def bucket(**fields):
    return read_account({"quota_snapshots": {"b": fields}}, NOW)["b"]


def header(value, name=HEADER):
    return read_headers({name: value}, "x-quota-snapshot-", NOW)


# --- readings --------------------------------------------------------------------------------------


def test_an_ordinary_bucket():
    found = read_account(ACCOUNT, NOW)["premium_interactions"]
    assert (found.entitlement, found.remaining, found.percent_remaining) == (1500, 1203.4, 80.2)
    assert (found.overage_count, found.overage_permitted, found.unlimited) == (0, True, False)
    assert found.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"unlimited": True, "entitlement": 0, "remaining": 0}, id="unlimited says zero"),
        pytest.param({"entitlement": -1, "remaining": -1}, id="minus one"),
    ],
)
def test_unlimited_has_no_figures(fields):
    """Bug 74: never drawn as 0 of 0."""
    found = bucket(**fields)
    assert found.unlimited
    assert (found.entitlement, found.remaining, found.percent_remaining) == (None, None, None)
    assert found.applies


def test_a_pooled_seat_without_quota_is_exhausted():
    assert bucket(unlimited=True, entitlement=-1, has_quota=False).exhausted
    assert not bucket(unlimited=True, entitlement=-1, has_quota=True).exhausted


def test_a_bucket_that_does_not_apply():
    assert not bucket(entitlement=0, remaining=0, has_quota=False).applies


def test_missing_numbers_are_unknown_not_zero():
    found = bucket()
    assert (found.entitlement, found.remaining, found.percent_remaining, found.overage_count) == (None,) * 4
    assert found.overage_permitted is None


@pytest.mark.parametrize(
    ("fields", "percent"),
    [
        pytest.param({"entitlement": 300, "remaining": 150, "percent_remaining": 100.0}, 50, id="bug 72"),
        pytest.param({"entitlement": 300, "remaining": 150}, 50, id="no percentage"),
        pytest.param(
            {"entitlement": 1500, "remaining": 1203.4, "percent_remaining": 80.2}, 80.2, id="rounded"
        ),
        pytest.param({"entitlement": 300, "remaining": -1, "percent_remaining": -4.5}, -4.5, id="overdrawn"),
        pytest.param({"entitlement": 300, "percent_remaining": 12.5}, 12.5, id="only a percentage"),
    ],
)
def test_absolute_numbers_count_before_percentages(fields, percent):
    assert bucket(**fields).percent_remaining == pytest.approx(percent)


@pytest.mark.parametrize(
    "reset", ["limited_user_reset_date", "quota_reset_date"], ids=["unix seconds", "a date"]
)
def test_free_in_its_old_shape(reset):
    answer = {
        "limited_user_quotas": {"chat": 120, "completions": 1800},
        "monthly_quotas": {"chat": 200, "completions": 2000},
        reset: 1796083200 if reset.startswith("limited") else "2026-12-01",
    }
    found = read_account(answer, NOW)
    assert (found["chat"].entitlement, found["chat"].remaining, found["chat"].percent_remaining) == (
        200,
        120,
        60,
    )
    assert found["completions"].percent_remaining == 90
    assert found["chat"].resets_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_header():
    found = header("ent=1500&ov=0.0&ovPerm=true&rem=80.2&rst=2026-12-01T00%3A00%3A00Z&totRem=1203.4")
    assert found["premium_interactions"] == QuotaSnapshot(
        "premium_interactions",
        entitlement=1500,
        remaining=1203.4,
        percent_remaining=80.2,
        overage_count=0,
        overage_permitted=True,
        resets_at=datetime(2026, 12, 1, tzinfo=UTC),
        read_at=NOW,
    )


def test_header_names_are_told_in_any_case_and_with_any_bucket():
    found = read_headers(
        {
            "X-Quota-Snapshot-Premium_Models": "ent=5&rem=20.0&rst=",
            "X-Quota-Snapshot-": "ent=1",
            "X-Other": "ent=1",
        },
        "x-quota-snapshot-",
        NOW,
    )
    assert list(found) == ["premium_models"]
    assert found["premium_models"].resets_at is None


def test_a_header_of_an_unlimited_bucket():
    found = header("ent=-1&ov=0.0&ovPerm=false&rem=100.0&rst=")["premium_interactions"]
    assert found.unlimited
    assert found.percent_remaining is None


@pytest.mark.parametrize(
    "value", ["", "nonsense", "ent=&rem=", "ent=many&rem=few", "ent=nan&rem=inf", "a=1&" * 100, "%%%=%%%"]
)
def test_what_does_not_parse_is_left_out(value):
    assert header(value) == {}


@bounds(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=10), st.text(max_size=60), max_size=5), st.text(max_size=80))
def test_no_header_breaks_the_reader(headers, value):
    read_headers(headers | {HEADER: value}, "x-quota-snapshot-", NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.dictionaries(st.sampled_from([*PREMIUM, "timestamp_utc", "reset_date"]), JSON, max_size=8)


@bounds(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*ACCOUNT, "limited_user_quotas", "limited_user_reset_date"]), JSON),
    st.dictionaries(st.text(max_size=5), FIELDS | JSON, max_size=3) | JSON,
)
def test_no_account_answer_breaks_the_reader(answer, snapshots):
    for snapshot in read_account(answer | {"quota_snapshots": snapshots}, NOW).values():
        snapshot.as_json()


def test_a_coarse_header_does_not_replace_the_exact_figure_it_repeats():
    exact = QuotaSnapshot(
        "b", entitlement=10_000_000, remaining=9_719_759.1, percent_remaining=97.1976, read_at=NOW
    )
    coarse = QuotaSnapshot(
        "b", entitlement=10_000_000, percent_remaining=97.1, read_at=NOW + timedelta(seconds=5)
    )
    assert merged(exact, coarse).remaining == 9_719_759.1
    moved = QuotaSnapshot(
        "b", entitlement=10_000_000, percent_remaining=95.0, read_at=NOW + timedelta(seconds=5)
    )
    assert merged(exact, moved).remaining == 9_500_000
    assert merged(moved, exact) == moved  # an older reading never comes back


# --- asking ----------------------------------------------------------------------------------------


class Owner:
    def __init__(self):
        self.account = ("ada", GitHubToken("ghu_secretsecret"), "keyring")
        self.fault = None

    async def active(self):
        if self.fault:
            raise self.fault
        return self.account


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
async def quota(http, settings, owner, clock):
    found = Quota(
        http,
        lambda: settings,
        owner.active,
        monotonic=clock.monotonic,
        clock=lambda: NOW + timedelta(seconds=clock.wall - 1_790_000_000),
    )
    yield found
    await found.close()


async def test_usage_has_the_promised_fields(quota, github, answer):
    """Bug 73: known after the question at start, without any request."""
    github.on(USER, answer(ACCOUNT))
    await quota.refresh()
    shown = quota.as_json()
    assert shown["plan"] == "individual_pro"
    assert shown["login"] == "ada"
    assert shown["token_based_billing"] is True
    assert shown["quota_reset_date"] == "2026-12-01"
    assert shown["as_of"] == "2026-11-22T08:00:00Z"
    assert shown["copilot_plan"] == "individual_pro"
    assert shown["quota_snapshots"] == ACCOUNT["quota_snapshots"]
    premium = shown["quotas"]["premium_interactions"]
    assert (
        premium.items()
        >= {
            "unlimited": False,
            "entitlement": 1500,
            "remaining": 1203.4,
            "percent_remaining": 80.2,
            "overage_count": 0,
            "overage_permitted": True,
        }.items()
    )
    assert shown["quotas"]["chat"]["unlimited"] is True
    assert shown["quotas"]["chat"]["percent_remaining"] is None
    assert github.asked[0].headers["Authorization"] == "token ghu_secretsecret"


async def test_nothing_known_is_null(quota):
    shown = quota.as_json()
    assert shown["quotas"] == {}
    assert {
        shown[name] for name in ("plan", "login", "token_based_billing", "quota_reset_date", "as_of")
    } == {None}
    assert quota.leading() is None


async def test_at_most_one_question_a_minute(quota, github, answer, clock):
    github.on(USER, answer(ACCOUNT))
    for _ in range(10):
        await quota.refresh()
    assert github.count(USER) == 1
    clock.move(61)
    await quota.refresh()
    assert github.count(USER) == 2


@pytest.mark.parametrize(("mono", "wall"), [(0, 3600), (61, -7200)], ids=["slept", "the clock was put back"])
async def test_after_sleep_it_is_asked_again(quota, github, answer, clock, mono, wall):
    """The monotonic clock stands still while a laptop sleeps."""
    github.on(USER, answer(ACCOUNT))
    await quota.refresh()
    clock.mono += mono
    clock.wall += wall
    await quota.refresh()
    assert github.count(USER) == 2


@pytest.mark.parametrize(
    "trouble", [{"status": 500}, {"status": 401}, {"body": b"<html>"}, {"body": []}, {"cut": True}]
)
async def test_a_failed_question_keeps_the_old_figures_and_says_so(quota, github, answer, clock, trouble):
    failing = answer(trouble.get("body", b""), trouble.get("status", 200), cut=trouble.get("cut", False))
    github.on(USER, answer(ACCOUNT), failing)
    await quota.refresh()
    clock.move(61)
    await quota.refresh()
    shown = quota.as_json()
    assert shown["quotas"]["premium_interactions"]["remaining"] == 1203.4
    assert shown["as_of"] == "2026-11-22T08:00:00Z"
    assert shown["problem"]


async def test_headers_bring_the_figures_up_to_date(quota, github, answer, clock):
    github.on(USER, answer(ACCOUNT))
    await quota.refresh()
    clock.move(30)
    quota.headers({HEADER: "ent=1500&ov=0.0&ovPerm=true&rem=80.0&rst=&totRem=1200"})
    shown = quota.as_json()
    assert shown["quotas"]["premium_interactions"]["remaining"] == 1200
    assert shown["as_of"] == "2026-11-22T08:00:30Z"
    quota.headers({HEADER: "garbage"})
    assert quota.snapshots()["premium_interactions"].remaining == 1200
    assert quota.snapshots()["premium_interactions"].resets_at == datetime(2026, 12, 1, tzinfo=UTC)


async def test_rolling_rate_limits_are_shown(quota):
    quota.headers({"x-usage-ratelimit-weekly": "ent=100&ov=0&ovPerm=false&rem=42.0&rst="})
    assert quota.as_json()["rate_limits"]["weekly"]["percent_remaining"] == 42
    assert quota.as_json()["quotas"] == {}


@pytest.mark.parametrize(
    ("answer_body", "leading"),
    [
        pytest.param(ACCOUNT, "premium_interactions", id="paid"),
        pytest.param(
            {
                "access_type_sku": "free_limited_copilot",
                "copilot_plan": "individual",
                "quota_snapshots": {
                    "chat": {"entitlement": 200, "remaining": 60},
                    "premium_interactions": {"entitlement": 50, "remaining": 9},
                },
            },
            "chat",
            id="free",
        ),
        pytest.param(
            {
                "quota_snapshots": {
                    "premium_interactions": {"entitlement": 0, "remaining": 0, "has_quota": False},
                    "chat": {"entitlement": 200, "remaining": 60},
                }
            },
            "chat",
            id="premium does not apply",
        ),
    ],
)
async def test_the_bucket_that_matters(quota, github, answer, answer_body, leading):
    github.on(USER, answer(answer_body))
    await quota.refresh()
    assert quota.leading().sku == leading


async def test_free_is_told_by_its_sku(quota, github, answer):
    github.on(USER, answer({"access_type_sku": "free_limited_copilot", "copilot_plan": "individual"}))
    await quota.refresh()
    assert quota.as_json()["plan"] == "free"
    assert quota.as_json()["copilot_plan"] == "individual"


async def test_an_enterprise_answer_upside_down_is_turned_by_the_header(quota, github, answer):
    """Wire 9.4: only when both of the same minute add up to a hundred."""
    quota.headers({HEADER: "ent=1000&rem=97.0&totRem=970"})
    upside_down = {"entitlement": 1000, "remaining": 30, "percent_remaining": 3.0}
    github.on(USER, answer({"quota_snapshots": {"premium_interactions": upside_down}}))
    await quota.refresh()
    found = quota.snapshots()["premium_interactions"]
    assert (found.remaining, found.percent_remaining) == (970, 97)


async def test_a_plain_enterprise_answer_stays(quota, github, answer):
    quota.headers({HEADER: "ent=1000&rem=97.0&totRem=970"})
    plain = {"entitlement": 1000, "remaining": 969, "percent_remaining": 96.9}
    github.on(USER, answer({"quota_snapshots": {"premium_interactions": plain}}))
    await quota.refresh()
    assert quota.snapshots()["premium_interactions"].remaining in (969, 970)


async def test_another_accounts_figures_go_at_once(quota, github, answer, owner):
    """User ask 14: never the first account's figures after a second sign-in."""
    github.on(USER, answer(ACCOUNT), answer(ACCOUNT | {"login": "bob", "quota_snapshots": {}}))
    await quota.refresh()
    owner.account = ("bob", GitHubToken("ghu_bobbobbob"), "keyring")
    await quota.refresh()
    assert quota.as_json()["login"] == "bob"
    assert quota.as_json()["quotas"] == {}
    owner.account = None
    await quota.refresh()
    assert quota.as_json()["login"] is None


async def test_a_locked_keyring_keeps_the_figures(quota, github, answer, owner):
    github.on(USER, answer(ACCOUNT))
    await quota.refresh()
    owner.fault = KeyringFault("The keyring is locked.")
    await quota.refresh()
    assert quota.as_json()["login"] == "ada"
    assert "locked" in quota.as_json()["problem"]
