"""Which notifications a change asks for: few, once, and never for what people just did."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.desktop.screen import until
from tray_app.controls import AccountView, ApprovalView, AppState, ProxyState, QuotaView, Trouble
from tray_app.desktop.alerts import Told, alerts, over
from tray_app.desktop.attention import Attention
from tray_app.desktop.menu import Action
from tray_app.desktop.wording import CHINESE, ENGLISH
from tray_app.settings import DesktopSettings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = DesktopSettings()
STATE = AppState(
    "1",
    proxy=ProxyState.RUNNING,
    signed_in=True,
    login="mona",
    accounts=(AccountView("mona", active=True),),
)
PORT = Trouble("port_in_use", "Port 8314 on 127.0.0.1 is in use by node (4711).", "Choose another.", 8315)
CRASHED = Trouble("crashed", "A task failed.")
EXPIRED = Trouble("sign_in_expired", "GitHub does not accept the sign-in.")
ASKING = ApprovalView("a1", "Claude Code", "claude-opus-4.5", 120_000, 3.25, NOON, NOON)


def quota(percent, reset="2026-12-01", **more):
    return QuotaView("premium_interactions", percent, reset_date=reset, **more)


def tell(*states, told=None, settings=SETTINGS, wording=ENGLISH):
    """All alerts of a run through these states, and what was told at its end."""
    told, before, found = told or Told(), None, []
    for state in states:
        new, told = alerts(before, state, settings, told, wording)
        found += new
        before = state
    return found, told


def test_a_quiet_day_tells_nothing():
    found, told = tell(STATE, replace(STATE, requests_running=3), replace(STATE, proxy=ProxyState.STOPPED))
    assert found == []
    assert told == Told()


# --- sign-in -----------------------------------------------------------------------------------------


def expired(state):
    return replace(state, signed_in=False, trouble=EXPIRED)


def test_an_expired_sign_in_is_told_once_until_somebody_signs_in():
    found, told = tell(STATE, expired(STATE), replace(STATE, signed_in=False), expired(STATE))
    (alert,) = found
    assert (alert.kind, alert.page) == ("signed-out", "/welcome")
    assert "mona" in alert.text
    assert [(button.label, button.action) for button in alert.buttons] == [("Sign in…", Action.SIGN_IN)]
    assert tell(expired(STATE), told=told)[0] == []  # a restart
    assert len(tell(STATE, expired(STATE), told=told)[0]) == 1  # it has expired once more


def test_a_sign_in_that_expired_while_the_laptop_was_off_is_told_at_the_start():
    assert [alert.kind for alert in tell(expired(STATE))[0]] == ["signed-out"]


def test_who_signs_out_is_not_told_so():
    nobody = replace(STATE, signed_in=False, login=None, accounts=())
    assert tell(STATE, nobody)[0] == []


def test_a_locked_keyring_is_no_expired_sign_in():
    locked = replace(STATE, signed_in=False, trouble=Trouble("keyring", "The keyring is locked."))
    assert tell(STATE, locked)[0] == []


# --- quota -------------------------------------------------------------------------------------------


def test_each_threshold_is_told_once_a_period():
    percents = [80, 51, 50, 49.6, 20.4, 21, 20, 12, 4, 3]
    found, told = tell(*(replace(STATE, quota=quota(percent)) for percent in percents))
    assert [alert.title for alert in found] == [
        *("50 % of the quota left", "20 % of the quota left", "4 % of the quota left")
    ]
    assert {alert.page for alert in found} == {"/usage"}
    again = [replace(STATE, quota=quota(3)), replace(STATE, quota=quota(100, "2027-01-01"))]
    assert tell(*again, told=told)[0] == []
    below = replace(STATE, quota=quota(45, "2027-01-01"))
    assert [alert.title for alert in tell(*again, below, told=told)[0]] == ["45 % of the quota left"]


def test_several_thresholds_at_once_are_one_notification():
    (alert,), _ = tell(replace(STATE, quota=quota(3)))
    assert alert.title == "3 % of the quota left"
    assert alert.text == "3 % left, resets on 1 Dec. Usage shows what it went to."


def test_another_account_has_thresholds_of_its_own():
    other = replace(STATE, login="hubot", quota=quota(40))
    assert len(tell(replace(STATE, quota=quota(40)), other, replace(STATE, quota=quota(39)))[0]) == 2


def test_without_a_reset_date_a_rise_begins_a_new_period():
    percents = [20, 21, 19, 29, 20, 100, 20]
    found, _ = tell(*(replace(STATE, quota=quota(percent, None)) for percent in percents))
    assert [alert.title.split()[0] for alert in found] == ["20", "20"]


@pytest.mark.parametrize(
    "shown", [None, quota(None), quota(1, unlimited=True), quota(float("nan"))], ids=repr
)
def test_an_unknown_or_unlimited_quota_is_not_told(shown):
    assert tell(replace(STATE, quota=shown))[0] == []


def test_the_owner_s_thresholds_count():
    settings = replace(SETTINGS, quota_alerts=(75,))
    found, _ = tell(*(replace(STATE, quota=quota(percent)) for percent in (80, 70, 3)), settings=settings)
    assert [alert.title for alert in found] == ["70 % of the quota left"]


def test_what_is_kept_stays_small():
    states = [replace(STATE, quota=quota(3, f"2026-{month:02}-01")) for month in range(1, 13)]
    _, told = tell(*states)
    assert len(told.quota) == 8
    assert "mona/premium_interactions/2026-12-01" in told.quota


# --- trouble -----------------------------------------------------------------------------------------


def test_a_port_in_use_names_the_program_and_offers_another():
    taken = replace(STATE, proxy=ProxyState.STOPPED, trouble=PORT)
    (alert,), _ = tell(STATE, taken, taken)
    assert "node (4711)" in alert.text
    assert "8315" in alert.text
    (button,) = alert.buttons
    assert (button.label, button.action, button.argument) == (
        *("Start on port 8315 instead", Action.START, "8315"),
    )


def test_without_a_free_port_there_is_the_remedy():
    (alert,), _ = tell(STATE, replace(STATE, trouble=replace(PORT, offer_port=None)))
    assert alert.text.endswith("Choose another.")
    assert not alert.buttons


def test_a_crash_offers_a_restart():
    (alert,), _ = tell(STATE, replace(STATE, proxy=ProxyState.CRASHED, trouble=CRASHED))
    assert alert.text == "A task failed. Choose Restart proxy in the menu."
    assert [button.action for button in alert.buttons] == [Action.RESTART]


@pytest.mark.parametrize("code", ["offline", "certificate", "no_seat", "settings", "disk"])
def test_other_troubles_show_on_the_icon_only(code):
    assert tell(STATE, replace(STATE, trouble=Trouble(code, "Something.")))[0] == []


def test_the_day_s_limit_is_told_when_it_is_reached_and_not_at_each_start():
    reached = replace(STATE, cap_reached=True)
    assert [alert.kind for alert in tell(STATE, reached, reached)[0]] == ["limit"]
    assert tell(reached)[0] == []


# --- approvals ---------------------------------------------------------------------------------------


def test_each_waiting_request_is_told_once_with_its_buttons():
    asking = replace(STATE, approvals=(ASKING,))
    both = replace(STATE, approvals=(ASKING, replace(ASKING, id="a2", estimated_units=None)))
    found, _ = tell(STATE, asking, asking, both, replace(both, requests_running=1))
    assert [alert.kind for alert in found] == ["approval-a1", "approval-a2"]
    assert found[0].title == "Claude Code asks to send a request"
    assert "claude-opus-4.5, 120 kB, about 3.25 units." in found[0].text
    assert [(button.label, button.action, button.argument) for button in found[0].buttons] == [
        ("Allow", Action.ALLOW, "a1"),
        ("Deny", Action.DENY, "a1"),
        ("Allow Claude Code for an hour", Action.ALLOW_CLIENT, "a1"),
    ]


def test_what_is_answered_or_mended_is_taken_away():
    asking = replace(STATE, approvals=(ASKING,))
    assert over(asking, STATE) == ("approval-a1",)
    assert over(replace(STATE, trouble=PORT), STATE) == ("port",)
    assert over(replace(STATE, trouble=CRASHED), replace(STATE, trouble=PORT)) == ("crashed",)
    assert over(expired(STATE), STATE) == ("signed-out",)
    assert over(replace(STATE, cap_reached=True), STATE) == ("limit",)
    assert over(STATE, asking) == ()
    assert over(asking, asking) == ()


# --- all of them -------------------------------------------------------------------------------------


def test_switched_off_means_nothing_now_and_nothing_later():
    off = replace(SETTINGS, notifications=False)
    low = replace(STATE, quota=quota(10), approvals=(ASKING,), trouble=PORT)
    found, told = tell(STATE, low, settings=off)
    assert found == []
    assert tell(low, replace(low, requests_running=1), told=told)[0][0].kind != "quota"


def test_every_alert_is_there_in_chinese():
    everything = replace(
        STATE, quota=quota(3), approvals=(ASKING,), trouble=replace(PORT, message="占用。"), cap_reached=True
    )
    found, _ = tell(STATE, everything, wording=CHINESE)
    found += tell(STATE, replace(STATE, trouble=CRASHED), expired(STATE), wording=CHINESE)[0]
    kinds = {alert.kind for alert in found}
    assert kinds == {"quota", "port", "limit", "approval-a1", "crashed", "signed-out"}
    for alert in found:
        texts = [alert.title, alert.text, *(button.label for button in alert.buttons)]
        assert all("{" not in text for text in texts)
        assert all(any(ord(letter) > 0x3000 for letter in text) for text in texts), texts


@pytest.mark.parametrize(
    "said",
    [None, [], "x", {"quota": 3}, {"quota": {"a": 3}, "expired": 5}, {"quota": {"a": ["x", None]}}],
    ids=repr,
)
def test_a_broken_memory_is_an_empty_one(said):
    read = Told.read(said)
    assert read.expired is None
    assert not any(read.quota.values())


def test_memory_survives_the_file():
    told = Told({"mona/x/2026": (50, 20)}, "mona")
    assert Told.read(json.loads(json.dumps(told.as_json()))) == told


# --- with a notifier ---------------------------------------------------------------------------------


class Noted:
    """In a notifier's place."""

    def __init__(self):
        self.shown, self.withdrawn = [], []

    def notify(self, kind, title, text, actions=(), on_action=None):
        self.shown.append((kind, [label for _, label in actions], on_action))

    def withdraw(self, kind):
        self.withdrawn.append(kind)


async def test_buttons_do_what_the_menu_would_and_a_restart_tells_nothing_again(tmp_path):
    file, done = tmp_path / "home" / "told.json", []

    def attention(noted):
        return Attention(
            noted,
            file,
            settings=lambda: SETTINGS,
            wording=lambda _: ENGLISH,
            act=lambda action, argument: done.append((action, argument)),
        )

    noted = Noted()
    followed = attention(noted)
    followed.changed(STATE)
    followed.changed(replace(STATE, trouble=PORT, quota=quota(18)))
    followed.changed(replace(STATE, quota=quota(18)))
    assert [(kind, labels) for kind, labels, _ in noted.shown] == [
        ("quota", ["Usage"]),
        ("port", ["Start on port 8315 instead"]),
    ]
    assert noted.withdrawn == ["port"]
    noted.shown[1][2]("0")
    noted.shown[0][2]("")
    noted.shown[0][2]("7")  # no such button: as a click on the notice
    assert done == [("start", "8315"), ("open", "/usage"), ("open", "/usage")]

    await until(file.exists)
    later = Noted()
    attention(later).changed(replace(STATE, quota=quota(17)))
    assert later.shown == []


async def test_a_memory_that_cannot_be_written_is_no_matter(tmp_path):
    (tmp_path / "home").write_text("a file in the way")
    noted = Noted()
    followed = Attention(
        noted,
        tmp_path / "home" / "told.json",
        settings=lambda: SETTINGS,
        wording=lambda _: ENGLISH,
        act=lambda *_: None,
    )
    followed.changed(replace(STATE, quota=quota(18)))
    followed.changed(replace(STATE, quota=quota(17)))
    assert [kind for kind, *_ in noted.shown] == ["quota"]
