"""What a person can see and do: the state of the program as one value, and the verbs that change it.

The menu, the pages and the command line know the program only through this module. `AppState` is plain
data: the menu is made from it by one pure function, the pages get it as JSON over the live feed. Whoever
implements `Controls` belongs to one event loop; other threads hand their wishes to that loop.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol


class ProxyState(StrEnum):
    """Where the proxy is in its life. CRASHED: its thread ended by a mistake; Restart makes a new one."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    CRASHED = "crashed"


class TrayKind(StrEnum):
    """What this desktop can show of us."""

    MENU = "menu"  # an icon with a menu
    CLICK = "click"  # an icon without one: a click opens the window
    NONE = "none"  # no icon: no tray host here
    HEADLESS = "headless"  # no desktop at all: `serve`


class Decision(StrEnum):
    """The answer to a request that waits for approval."""

    ALLOW = "allow"
    DENY = "deny"
    ALLOW_CLIENT = "allow_client"  # this client, for an hour


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, in a sentence, and what to do about it in another.

    `code` is a word for programs: `port_in_use`, `address`, `crashed`, `offline`, `certificate`, `no_seat`,
    `sign_in_expired`, `keyring`, `settings`, `disk`, `history`. `offer_port` is the next free port when the
    wanted one is taken.
    """

    code: str
    message: str
    remedy: str = ""
    offer_port: int | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """One signed-in account. `in_keyring` False: the sign-in ends with this run."""

    login: str
    active: bool
    in_keyring: bool = True


@dataclass(frozen=True, slots=True)
class SignInView:
    """A sign-in that is going on or just ended. `status`: starting, waiting, done, failed."""

    status: str
    user_code: str = ""
    verification_uri: str = ""
    expires_at: datetime | None = None
    login: str = ""
    message: str = ""  # why it failed, or what to know about its end
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class QuotaView:
    """The quota that runs out first. `percent_left` is 0 to 100, None when it is not known."""

    sku: str
    percent_left: float | None
    remaining: float | None = None
    entitlement: float | None = None
    unlimited: bool = False
    reset_date: str | None = None
    as_of: datetime | None = None
    lasts_until: datetime | None = None  # at this pace; None: past the reset, or not known
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A request that waits for the owner's word. `estimated_units` in AI units, None when not known."""

    id: str
    client: str
    model: str
    size_bytes: int
    estimated_units: float | None
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClientView:
    """A coding tool. `state` as in `clients.client.State`; `reason` says what is not as it should be."""

    name: str
    title: str
    state: str
    reason: str = ""
    can_connect: bool = True
    can_disconnect: bool = False
    program: str | None = None
    files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpdateView:
    """A newer version than this one: its name, its page, and what changed as its makers say it."""

    version: str
    url: str
    notes: str = ""


@dataclass(frozen=True, slots=True)
class AppState:
    """Everything the icon, the menu and the frame of the pages show."""

    version: str
    proxy: ProxyState = ProxyState.STOPPED
    url: str = ""  # the base URL for clients; empty while the proxy does not listen
    trouble: Trouble | None = None
    signed_in: bool = False
    login: str | None = None
    accounts: tuple[AccountView, ...] = ()
    sign_in: SignInView | None = None
    quota: QuotaView | None = None
    requests_running: int = 0
    approvals: tuple[ApprovalView, ...] = ()
    recording_until: datetime | None = None  # bodies are stored until then
    history_enabled: bool = True
    cap_reached: bool = False  # daily_quota_percent is used up
    cap_lifted_until: datetime | None = None  # "allow one more hour"
    clients: tuple[ClientView, ...] = ()
    autostart: bool | None = None  # as the system says it; None: not possible here
    tray: TrayKind = TrayKind.HEADLESS
    tray_hint: str = ""  # why there is no icon or no menu, and which package brings it
    theme: str = "system"
    language: str = "system"
    notifications: bool = True
    quota_alerts: tuple[int, ...] = ()  # percent left at which to notify
    terms_seen: bool = True
    is_demo: bool = False
    update: UpdateView | None = None  # a newer version, where the owner lets Jumpseat ask for one

    def as_json(self) -> dict[str, Any]:
        """For the pages: names as here, times RFC 3339 UTC."""
        shaped = _plain(asdict(self))
        assert isinstance(shaped, dict)
        return shaped


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


@dataclass(frozen=True, slots=True)
class Preview:
    """What connecting or disconnecting would write. `token` names this very change for `make`."""

    token: str
    title: str
    is_change: bool
    diff: str
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    restart: str = ""
    backups: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Desktop:
    """What the tray process does for whoever implements `Controls`; `serve` has none of it.

    `show(page)` opens the window at a page, or brings it to the front there, and returns at once. The
    autostart calls may block and raise LocalFault, so they are made in a thread. `quit` begins the end of
    the whole program.
    """

    tray: TrayKind = TrayKind.HEADLESS
    tray_hint: str = ""
    show: Callable[[str], None] | None = None
    read_autostart: Callable[[], bool | None] | None = None
    write_autostart: Callable[[bool], None] | None = None
    quit: Callable[[], None] | None = None


class Controls(Protocol):
    """The verbs. All belong to the loop of whoever implements them; LocalFault carries a sentence."""

    def state(self) -> AppState:
        """The state now."""

    def subscribe(self, changed: Callable[[AppState], None]) -> Callable[[], None]:
        """`changed(state)` after every change, on the loop; the function returned ends it."""

    async def start(self, port: int | None = None) -> None:
        """Let the proxy listen; `port` takes that one and keeps it in the settings. Raises LocalFault."""

    async def stop(self) -> None:
        """Let running answers finish for up to 10 s, end the rest cleanly, free the port."""

    async def restart(self) -> None:
        """Stop, then start. Raises LocalFault."""

    async def begin_sign_in(self) -> SignInView:
        """Ask GitHub for a code, then wait in the background. Raises LocalFault, JumpseatError."""

    async def cancel_sign_in(self) -> None:
        """Forget the sign-in that is going on."""

    async def sign_out(self, login: str) -> None:
        """Forget an account and its token. Raises LocalFault."""

    async def use_account(self, login: str) -> None:
        """Make another account the active one. Raises LocalFault."""

    def record_bodies(self, hours: float | None) -> None:
        """Store bodies from now on for `hours`; None stops it."""

    async def set_recording(self, enabled: bool) -> None:
        """Keep a record of each request, or pause that. Kept in the settings. Raises LocalFault."""

    def decide(self, approval: str, decision: Decision) -> bool:
        """Answer a waiting request. False: it does not wait any more."""

    def lift_cap(self, hours: float = 1.0) -> None:
        """Let requests through although the cap for today is reached."""

    async def set_autostart(self, enabled: bool) -> None:
        """Start at login, or not. Raises LocalFault where that is not possible."""

    async def look_at_clients(self) -> Sequence[ClientView]:
        """Read the state of every coding tool anew."""

    async def preview(self, client: str, model: str | None, small_model: str | None, back: bool) -> Preview:
        """The exact change that (dis)connecting a tool makes. Raises LocalFault."""

    async def make(self, token: str) -> Preview:
        """Make a change that was previewed, and no other. Raises LocalFault."""

    async def see_terms(self) -> None:
        """The notice about terms was read."""

    async def open_window(self, page: str = "/") -> None:
        """Open the window at a page, or bring it to the front. Raises LocalFault where there is none."""

    async def window_address(self, page: str) -> str:
        """The URL at which the window finds a page, for one entry within a minute. Raises LocalFault."""

    async def window_closed(self) -> None:
        """The window is gone: nobody needs its pages any more."""

    def tray_is(self, kind: TrayKind, hint: str) -> None:
        """What the desktop can show of us now."""

    async def look_around(self) -> None:
        """The machine woke up, or the network changed: ask again what may have changed meanwhile."""

    async def quit(self) -> None:
        """End the program. Raises LocalFault where it is not ours to end."""
