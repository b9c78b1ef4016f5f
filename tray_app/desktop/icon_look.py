"""What the icon says: the state of the program, boiled down to what fits on 16 pixels."""

from dataclasses import dataclass
from enum import StrEnum

from tray_app.controls import AppState, ProxyState, QuotaView

LOW_PERCENT = 20  # the ring turns to the colour of warning
EMPTY_PERCENT = 5  # and to that of alarm


class Figure(StrEnum):
    """The figure inside the ring."""

    STOPPED = "stopped"  # an outlined seat
    RUNNING = "running"  # a filled seat
    BUSY = "busy"  # somebody sits on it
    SIGNED_OUT = "signed_out"  # a seat, crossed out
    APPROVAL = "approval"  # a question mark
    TROUBLE = "trouble"  # a triangle with a mark of exclamation


class Level(StrEnum):
    """How urgent the ring is; only a colour, its length says the same."""

    PLENTY = "plenty"
    LOW = "low"
    EMPTY = "empty"


class Theme(StrEnum):
    """What the icon stands on."""

    DARK = "dark"  # a dark bar: light strokes
    LIGHT = "light"
    EITHER = "either"  # not known: a colour that can be seen on both
    TEMPLATE = "template"  # macOS: black with alpha, the system tints it


@dataclass(frozen=True, slots=True)
class Look:
    """One picture of the icon. `ring` is the share of quota left, 0 to 100; None draws no ring."""

    figure: Figure = Figure.STOPPED
    ring: int | None = None
    level: Level = Level.PLENTY
    is_recording: bool = False


def look_of(state: AppState) -> Look:
    """What the icon shows in this state. What needs the person comes before what merely happens."""
    ring = percent_left(state.quota)
    return Look(
        figure=_figure(state),
        ring=ring,
        level=_level(ring),
        is_recording=state.recording_until is not None,
    )


def _figure(state: AppState) -> Figure:
    if state.trouble is not None or state.proxy is ProxyState.CRASHED:
        return Figure.TROUBLE
    if state.proxy in (ProxyState.STOPPED, ProxyState.STARTING):
        return Figure.STOPPED
    if state.approvals:
        return Figure.APPROVAL
    if not state.signed_in:
        return Figure.SIGNED_OUT
    return Figure.BUSY if state.requests_running > 0 else Figure.RUNNING


def percent_left(quota: QuotaView | None) -> int | None:
    """The one number that icon, menu and notifications show: 0 to 100, None when it is not known."""
    if quota is None:
        return None
    if quota.unlimited:
        return 100
    if quota.percent_left is None or quota.percent_left != quota.percent_left:
        return None
    percent = min(max(quota.percent_left, 0.0), 100.0)
    # A last drop is not nothing, and nearly everything is not everything.
    nearest = int(percent + 0.5)  # a half goes up, as in the pages
    return min(max(nearest, 1 if percent > 0 else 0), 99 if percent < 100 else 100)


def _level(ring: int | None) -> Level:
    if ring is None or ring > LOW_PERCENT:
        return Level.PLENTY
    return Level.LOW if ring > EMPTY_PERCENT else Level.EMPTY
