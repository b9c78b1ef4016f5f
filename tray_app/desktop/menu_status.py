"""The lines that only tell: state, quota, and the tooltip that joins them."""

import textwrap
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tray_app.controls import AppState, ProxyState
from tray_app.desktop.icon_look import percent_left
from tray_app.desktop.wording import Wording

LABEL_LENGTH = 60
TOOLTIP_LENGTH = 127  # what Windows takes


def clipped(text: str, length: int = LABEL_LENGTH) -> str:
    """One line of at most `length` characters, without what a terminal or a menu could stumble over."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def lines(text: str, length: int = LABEL_LENGTH, most: int = 4) -> list[str]:
    """A sentence as rows of a menu; none for an empty one. A longer one ends with a mark of that."""
    return textwrap.wrap(clipped(text, len(text)), length, max_lines=most, placeholder="…")


def status_line(state: AppState, wording: Wording) -> str:
    """State in words, with the address people look for."""
    if state.trouble is not None:
        what = wording.troubles.get(state.trouble.code, state.trouble.message)
        return wording.trouble.format(what=what)
    match state.proxy:
        case ProxyState.CRASHED:
            return wording.crashed
        case ProxyState.STOPPED:
            return wording.stopped
        case ProxyState.STARTING:
            return wording.starting
        case ProxyState.STOPPING:
            return wording.stopping.format(count=state.requests_running)
        case ProxyState.RUNNING:
            return _running(state, wording)


def _running(state: AppState, wording: Wording) -> str:
    address = urlsplit(state.url).netloc or state.url
    if not state.signed_in:
        return wording.signed_out.format(address=address)
    if state.cap_reached and state.cap_lifted_until is None:
        return wording.limit_reached
    if state.is_demo:
        return wording.demo.format(address=address)
    return wording.running.format(address=address)


def quota_line(state: AppState, wording: Wording) -> str:
    """What is left, and how long it lasts."""
    quota = state.quota
    percent = percent_left(quota)
    if quota is None or percent is None:
        return wording.quota_unknown
    if quota.unlimited:
        return wording.unlimited
    if quota.lasts_until is not None:
        return wording.lasts_until.format(percent=percent, date=wording.day(quota.lasts_until))
    reset = _date(quota.reset_date)
    if reset is not None:
        return wording.resets.format(percent=percent, date=wording.day(reset))
    return wording.percent_left.format(percent=percent)


def _date(text: str | None) -> datetime | None:
    """A reset date as GitHub sends it, as `2026-12-01` or with a time; None when it is neither."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if "T" not in (text or ""):
        return when  # a day, wherever one is
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def tooltip(state: AppState, wording: Wording) -> str:
    """Name, state and quota, short enough for every system."""
    parts = ["Jumpseat", status_line(state, wording)]
    if percent_left(state.quota) is not None:
        parts.append(quota_line(state, wording))
    return clipped(" · ".join(parts), TOOLTIP_LENGTH)
