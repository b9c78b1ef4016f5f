"""The menu as data: every state gives the same rows in the same places, and each row says what it does."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from string import Formatter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tray_app.controls import (
    AccountView,
    ApprovalView,
    AppState,
    ClientView,
    ProxyState,
    QuotaView,
    SignInView,
    Trouble,
)
from tray_app.desktop.language import system_language
from tray_app.desktop.menu import Action, Entry, menu
from tray_app.desktop.menu_status import (
    LABEL_LENGTH,
    TOOLTIP_LENGTH,
    clipped,
    quota_line,
    status_line,
    tooltip,
)
from tray_app.desktop.wording import CHINESE, ENGLISH, Wording, wording

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = {
    name: place
    for place, name in enumerate(
        (
            *("status", "quota", "next", "-", "switch", "open", "requests", "usage", "copy", "-"),
            *("connect", "account", "approvals", "history", "bodies", "cap", "-"),
            *("autostart", "settings", "quit"),
        )
    )
}
QUOTA = QuotaView("premium_interactions", 62.3, reset_date="2026-12-01")
RUNNING = AppState(
    version="1",
    proxy=ProxyState.RUNNING,
    url="http://127.0.0.1:8314",
    signed_in=True,
    login="octocat",
    accounts=(AccountView("octocat", True), AccountView("hubot", False, in_keyring=False)),
    quota=QUOTA,
    autostart=False,
)
STOPPED = replace(RUNNING, proxy=ProxyState.STOPPED, url="")
SIGNED_OUT = replace(RUNNING, signed_in=False, login=None, accounts=(), quota=None)
APPROVAL = ApprovalView("a1", "Claude Code", "claude-opus-5", 120_400, 3.04, NOON, NOON)


def row(state: AppState, name: str, texts: Wording = ENGLISH) -> Entry:
    return menu(state, texts)[ROWS[name]]


def everything(rows: tuple[Entry, ...]) -> Iterator[Entry]:
    for entry in rows:
        yield entry
        yield from everything(entry.submenu)


# --- the same for every state -----------------------------------------------------------------------

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(max_size=90)
times = st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))
states = st.builds(
    AppState,
    version=st.just("1"),
    proxy=st.sampled_from(ProxyState),
    url=st.one_of(st.just(""), texts, st.just("http://127.0.0.1:8314")),
    trouble=st.none() | st.builds(Trouble, texts, texts, texts, st.none() | st.integers(1, 65535)),
    signed_in=st.booleans(),
    login=st.none() | texts,
    accounts=st.lists(st.builds(AccountView, texts, st.booleans(), st.booleans()), max_size=3).map(tuple),
    sign_in=st.none() | st.builds(SignInView, st.sampled_from(["waiting", "done"]), texts),
    quota=st.none()
    | st.builds(
        QuotaView,
        texts,
        st.none() | st.floats(),
        unlimited=st.booleans(),
        reset_date=st.none() | texts | st.just("2026-12-01") | st.just("2026-12-01T00:00:00Z"),
        lasts_until=st.none() | times,
    ),
    requests_running=st.integers(0, 1000),
    approvals=st.lists(
        st.builds(
            ApprovalView, texts, texts, texts, st.integers(0), st.none() | st.floats(0, 1e6), times, times
        ),
        max_size=7,
    ).map(tuple),
    recording_until=st.none() | times,
    history_enabled=st.booleans(),
    cap_reached=st.booleans(),
    cap_lifted_until=st.none() | times,
    clients=st.lists(
        st.builds(
            ClientView,
            texts,
            texts,
            st.sampled_from(["connected", "elsewhere", "not connected", "not found", "unreadable", "new"]),
            texts,
            st.booleans(),
            st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    autostart=st.none() | st.booleans(),
    is_demo=st.booleans(),
)


@few
@given(states, st.sampled_from([ENGLISH, CHINESE]))
def test_no_state_moves_hides_or_breaks_a_row(state, texts):
    rows = menu(state, texts)
    assert len(rows) == len(menu(RUNNING, texts)) == 20
    assert [place for place, entry in enumerate(rows) if entry.is_separator] == [3, 9, 16]
    assert [entry for entry in everything(rows) if entry.is_default] == [rows[ROWS["open"]]]
    for entry in everything(rows):
        assert entry.label == entry.label.strip()
        assert len(entry.label) <= LABEL_LENGTH
        assert entry.label.isprintable()
        if not entry.is_separator and not entry.submenu and entry.enabled:
            assert entry.action is not None, f"{entry.label} does nothing"
    for name, actions in {
        "switch": {Action.START, Action.STOP, Action.RESTART},
        "requests": {Action.OPEN},
        "copy": {Action.COPY_URL},
        "history": {Action.KEEP_HISTORY},
        "bodies": {Action.RECORD_BODIES},
        "autostart": {Action.AUTOSTART},
        "quit": {Action.QUIT},
    }.items():
        assert rows[ROWS[name]].action in actions
    assert len(tooltip(state, texts)) <= TOOLTIP_LENGTH


@few
@given(states)
def test_a_submenu_never_begins_or_ends_with_a_separator(state):
    for entry in everything(menu(state, ENGLISH)):
        if entry.submenu:
            assert not entry.submenu[0].is_separator
            assert not entry.submenu[-1].is_separator


# --- row by row -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (RUNNING, "● Running – 127.0.0.1:8314"),
        (STOPPED, "○ Stopped"),
        (SIGNED_OUT, "◌ Signed out – 127.0.0.1:8314"),
        (replace(STOPPED, proxy=ProxyState.STARTING), "○ Starting…"),
        (replace(RUNNING, proxy=ProxyState.STOPPING, requests_running=2), "● Stopping, 2 still running…"),
        (replace(STOPPED, proxy=ProxyState.CRASHED), "▲ The proxy ended unexpectedly"),
        (replace(RUNNING, cap_reached=True), "◌ Today's limit is reached"),
        (replace(RUNNING, cap_reached=True, cap_lifted_until=NOON), "● Running – 127.0.0.1:8314"),
        (replace(RUNNING, is_demo=True), "● Demo – 127.0.0.1:8314"),
        (replace(RUNNING, trouble=Trouble("certificate", "x")), "▲ Can't reach GitHub – certificate"),
        (replace(RUNNING, trouble=Trouble("new", "The moon is down.")), "▲ The moon is down."),
    ],
)
def test_the_first_line_says_the_state(state, line):
    assert row(state, "status") == Entry(line, enabled=False)
    assert status_line(state, ENGLISH) == line


@pytest.mark.parametrize(
    ("quota", "line"),
    [
        (None, "Quota: not known yet"),
        (QUOTA, "62 % left, resets on 1 Dec"),
        (replace(QUOTA, reset_date="2026-12-01T12:00:00Z"), "62 % left, resets on 1 Dec"),
        (replace(QUOTA, reset_date="soon"), "62 % left"),
        (replace(QUOTA, lasts_until=NOON), "62 % left, lasts until 23 Nov"),
        (replace(QUOTA, percent_left=101), "100 % left, resets on 1 Dec"),
        (replace(QUOTA, percent_left=None, unlimited=True), "Quota: unlimited"),
    ],
)
def test_the_second_line_says_what_is_left(quota, line):
    assert quota_line(replace(RUNNING, quota=quota), ENGLISH) == line
    assert row(replace(RUNNING, quota=quota), "quota") == Entry(line, enabled=False)


@pytest.mark.parametrize(
    ("proxy", "entry"),
    [
        (ProxyState.STOPPED, Entry("Start proxy", Action.START)),
        (ProxyState.RUNNING, Entry("Stop proxy", Action.STOP)),
        (ProxyState.CRASHED, Entry("Restart proxy", Action.RESTART)),
        (ProxyState.STARTING, Entry("Stop proxy", Action.STOP, enabled=False)),
        (ProxyState.STOPPING, Entry("Start proxy", Action.START, enabled=False)),
    ],
)
def test_one_verb_per_state(proxy, entry):
    assert row(replace(RUNNING, proxy=proxy), "switch") == entry


def test_start_works_signed_out_too():
    state = replace(SIGNED_OUT, proxy=ProxyState.STOPPED)
    assert row(state, "switch") == Entry("Start proxy", Action.START)
    assert row(state, "next") == Entry("Sign in…", Action.SIGN_IN)


def test_the_code_of_a_sign_in_is_in_the_menu():
    state = replace(SIGNED_OUT, sign_in=SignInView("waiting", "ABCD-1234"))
    assert row(state, "next") == Entry("Sign in: enter ABCD-1234 on GitHub…", Action.OPEN, "/welcome")


def test_a_port_in_use_comes_with_the_next_free_one():
    trouble = Trouble("port_in_use", "Port 8314 is held by ollama.", "Stop it or take another.", 8315)
    state = replace(STOPPED, trouble=trouble)
    assert row(state, "status").label == "▲ The port is in use"
    what_to_do = row(state, "next")
    assert what_to_do.label == "What to do…"
    assert [entry.label for entry in what_to_do.submenu] == [
        "Port 8314 is held by ollama.",
        "Stop it or take another.",
        "Start on port 8315 instead",
        "Open dashboard",
    ]
    assert (what_to_do.submenu[2].action, what_to_do.submenu[2].argument) == (Action.START, "8315")
    assert not what_to_do.submenu[0].enabled


def test_a_long_trouble_can_be_read_to_its_end():
    message = "api.github.com refused the connection. A firewall may be in between, or a wrong proxy."
    rows = row(replace(RUNNING, trouble=Trouble("offline", message, "Look at them.")), "next").submenu
    told = [entry.label for entry in rows if not entry.action]
    assert " ".join(told[:-1]) == message
    assert told[-1] == "Look at them."
    assert max(map(len, told)) <= 60


def test_a_crash_can_be_mended_from_two_places():
    state = replace(STOPPED, proxy=ProxyState.CRASHED, trouble=Trouble("crashed", "The proxy ended."))
    assert row(state, "switch").action is Action.RESTART
    assert Action.RESTART in [entry.action for entry in row(state, "next").submenu]


def test_all_well_asks_for_nothing():
    assert row(RUNNING, "next") == Entry("Nothing needs attention", enabled=False)


def test_the_address_can_be_copied_while_there_is_one():
    assert row(RUNNING, "copy") == Entry("Copy base URL", Action.COPY_URL, "http://127.0.0.1:8314")
    assert row(STOPPED, "copy").label == "Copy base URL – start the proxy first"
    assert not row(STOPPED, "copy").enabled


def test_usage_says_the_same_number_as_the_ring():
    assert row(RUNNING, "usage").label == "Usage (62 % left)"
    assert row(replace(RUNNING, quota=None), "usage").label == "Usage"
    assert row(replace(RUNNING, quota=replace(QUOTA, unlimited=True)), "usage").label == "Usage"


def test_clients_are_ticked_greyed_and_explained():
    clients = (
        ClientView("claude", "Claude Code", "connected", can_disconnect=True),
        ClientView("codex", "Codex CLI", "not connected"),
        ClientView("aider", "aider", "elsewhere", "It points at another proxy."),
        ClientView("opencode", "OpenCode", "not found", "No such program.", can_connect=False),
        ClientView("continue", "Continue", "unreadable", "Line 3.", can_connect=False),
        ClientView("gemini", "Gemini CLI", "not connected", "not yet", can_connect=False),
    )
    *rows, separator, more = row(replace(RUNNING, clients=clients), "connect").submenu
    assert [(entry.label, entry.ticked, entry.enabled, entry.action, entry.argument) for entry in rows] == [
        ("Claude Code", True, True, Action.DISCONNECT, "claude"),
        ("Codex CLI", False, True, Action.CONNECT, "codex"),
        ("aider (connected elsewhere)", False, True, Action.CONNECT, "aider"),
        ("OpenCode (not found)", False, False, Action.CONNECT, "opencode"),
        ("Continue (its settings can't be read)", False, False, Action.CONNECT, "continue"),
        ("Gemini CLI – not yet", False, False, Action.CONNECT, "gemini"),
    ]
    assert separator.is_separator
    assert more == Entry("More clients…", Action.OPEN, "/tools")


def test_before_anybody_looked_for_clients_the_page_is_offered():
    assert row(RUNNING, "connect").submenu == (Entry("More clients…", Action.OPEN, "/tools"),)


def test_accounts_are_radio_rows():
    account = row(RUNNING, "account")
    assert account.label == "Account: octocat"
    assert [(entry.label, entry.action, entry.argument, entry.ticked) for entry in account.submenu] == [
        ("octocat", Action.USE_ACCOUNT, "octocat", True),
        ("hubot (until you quit)", Action.USE_ACCOUNT, "hubot", False),
        ("", None, "", None),
        ("Sign in to another…", Action.SIGN_IN, "", None),
        ("Sign out octocat", Action.SIGN_OUT, "octocat", None),
    ]
    assert [entry.is_radio for entry in account.submenu] == [True, True, False, False, False]


def test_signed_out_the_account_offers_to_sign_in():
    account = row(SIGNED_OUT, "account")
    assert account.label == "Account: signed out"
    assert account.submenu[0] == Entry("Sign in…", Action.SIGN_IN)
    assert not account.submenu[1].enabled


def test_a_token_from_the_environment_shows_its_login_but_cannot_be_signed_out():
    account = row(replace(RUNNING, accounts=()), "account")
    assert account.label == "Account: octocat"
    assert account.submenu[0] == Entry("octocat", enabled=False, ticked=True, is_radio=True)
    assert not account.submenu[-1].enabled


def test_requests_that_wait_can_be_decided():
    nothing = row(RUNNING, "approvals")
    assert nothing == Entry("No request waits for approval", enabled=False)
    waiting = row(replace(RUNNING, approvals=(APPROVAL,)), "approvals")
    assert waiting.label == "Waiting for approval (1)"
    assert [(entry.label, entry.action, entry.argument) for entry in waiting.submenu] == [
        ("Claude Code: claude-opus-5, 120 kB, about 3.04 units", None, ""),
        ("Allow", Action.ALLOW, "a1"),
        ("Deny", Action.DENY, "a1"),
        ("Allow Claude Code for an hour", Action.ALLOW_CLIENT, "a1"),
    ]
    crowd = row(replace(RUNNING, approvals=(APPROVAL,) * 8), "approvals")
    assert crowd.label == "Waiting for approval (8)"
    assert crowd.submenu[-1] == Entry("3 more in the dashboard…", Action.OPEN, "/")


def test_recording_says_what_a_click_would_do():
    assert row(RUNNING, "history") == Entry("Pause recording", Action.KEEP_HISTORY, "off")
    assert row(RUNNING, "bodies") == Entry("Record bodies for an hour", Action.RECORD_BODIES, "1")
    recording = row(replace(RUNNING, recording_until=NOON), "bodies")
    assert recording.label == f"Stop recording bodies (until {NOON.astimezone():%H:%M})"
    assert (recording.action, recording.argument) == (Action.RECORD_BODIES, "")
    paused = replace(RUNNING, history_enabled=False)
    assert row(paused, "history") == Entry("Resume recording", Action.KEEP_HISTORY, "on")
    assert not row(paused, "bodies").enabled


def test_the_cap_can_be_lifted_when_it_is_reached():
    assert not row(RUNNING, "cap").enabled
    reached = replace(RUNNING, cap_reached=True)
    assert row(reached, "cap") == Entry("Allow one more hour", Action.LIFT_CAP, "1")
    assert not row(replace(reached, cap_lifted_until=NOON), "cap").enabled


@pytest.mark.parametrize(
    ("autostart", "argument", "enabled", "ticked"),
    [(True, "off", True, True), (False, "on", True, False), (None, "", False, False)],
)
def test_start_at_login_shows_the_fact(autostart, argument, enabled, ticked):
    entry = row(replace(RUNNING, autostart=autostart), "autostart")
    assert (entry.argument, entry.enabled, entry.ticked) == (argument, enabled, ticked)
    assert (entry.label == "Start at login") is enabled


def test_the_tooltip_joins_name_state_and_quota():
    assert tooltip(RUNNING, ENGLISH) == "Jumpseat · ● Running – 127.0.0.1:8314 · 62 % left, resets on 1 Dec"
    assert tooltip(replace(STOPPED, quota=None), ENGLISH) == "Jumpseat · ○ Stopped"


def test_clipped_is_one_printable_line():
    assert clipped("a\nb\x1b[31m\t c") == "a b [31m c"
    assert clipped("x" * 100) == "x" * 59 + "…"


# --- languages --------------------------------------------------------------------------------------


def placeholders(text: object) -> set[str]:
    if isinstance(text, tuple):
        return set().union(*map(placeholders, text)) if text else set()
    return {name for _, name, _, _ in Formatter().parse(str(text)) if name}


@pytest.mark.parametrize("name", [field.name for field in fields(Wording)])
def test_both_languages_fill_in_the_same(name):
    english, chinese = getattr(ENGLISH, name), getattr(CHINESE, name)
    if isinstance(english, str | tuple):
        assert placeholders(english) == placeholders(chinese)
        assert chinese
    else:
        assert english.keys() == chinese.keys()


def test_the_chinese_menu_is_chinese():
    labels = [entry.label for entry in menu(RUNNING, CHINESE)]
    assert labels[:6] == [
        "● 运行中 – 127.0.0.1:8314",
        "剩余 62%，12月1日 重置",
        "一切正常",
        "",
        "停止代理",
        "打开面板",
    ]


@pytest.mark.parametrize(
    ("setting", "system", "language"),
    [
        ("system", "zh_CN.UTF-8", "zh-CN"),
        ("system", "zh-Hans-CN", "zh-CN"),
        ("system", "de_DE", "en"),
        ("system", "", "en"),
        ("zh-CN", "en_US", "zh-CN"),
        ("en", "zh_CN", "en"),
    ],
)
def test_the_language_follows_setting_and_system(setting, system, language):
    assert wording(setting, system).language == language


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN.UTF-8"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh_CN.UTF-8"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh_CN"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, ""),
    ],
)
def test_the_systems_language_is_read_as_gettext_reads_it(environ, language):
    assert system_language(environ) == language
