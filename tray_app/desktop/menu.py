"""The whole tray menu, made from the state by one pure function.

Items never move and never vanish: what cannot be used now is greyed, with the reason in its label. The
words a click leads to are the `Action`s; `tray` carries them to whoever does the work.
"""

from dataclasses import dataclass
from enum import StrEnum

from tray_app.controls import AccountView, ApprovalView, AppState, ClientView, ProxyState
from tray_app.desktop.icon_look import percent_left
from tray_app.desktop.menu_status import clipped, lines, quota_line, status_line
from tray_app.desktop.wording import Wording

APPROVALS_SHOWN = 5


class Action(StrEnum):
    """What a click asks for. What stands behind the name is the argument."""

    START = "start"  # empty, or a port
    STOP = "stop"
    RESTART = "restart"
    OPEN = "open"  # a page of the window, as /requests
    COPY_URL = "copy_url"  # the URL
    CONNECT = "connect"  # the name of a client
    DISCONNECT = "disconnect"  # the name of a client
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"  # a login
    USE_ACCOUNT = "use_account"  # a login
    ALLOW = "allow"  # the id of an approval
    DENY = "deny"  # the id of an approval
    ALLOW_CLIENT = "allow_client"  # the id of an approval
    RECORD_BODIES = "record_bodies"  # hours; empty stops it
    KEEP_HISTORY = "keep_history"  # on or off
    LIFT_CAP = "lift_cap"  # hours
    AUTOSTART = "autostart"  # on or off
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. No action and no submenu: it only tells something. An empty label: a separator."""

    label: str = ""
    action: Action | None = None
    argument: str = ""
    enabled: bool = True
    ticked: bool | None = None  # None: a row without a tick
    is_radio: bool = False
    is_default: bool = False
    submenu: tuple["Entry", ...] = ()

    @property
    def is_separator(self) -> bool:
        return not self.label


SEPARATOR = Entry()


def menu(state: AppState, wording: Wording) -> tuple[Entry, ...]:
    """The menu for this state: always the same rows in the same places."""
    return (
        _told(status_line(state, wording)),
        _told(quota_line(state, wording)),
        _next_step(state, wording),
        SEPARATOR,
        _switch(state, wording),
        Entry(wording.open_dashboard, Action.OPEN, "/", is_default=True),
        Entry(wording.requests, Action.OPEN, "/requests"),
        _usage(state, wording),
        _copy(state, wording),
        SEPARATOR,
        Entry(wording.connect, submenu=_clients(state.clients, wording)),
        _account(state, wording),
        _approvals(state.approvals, wording),
        _history(state, wording),
        _bodies(state, wording),
        _cap(state, wording),
        SEPARATOR,
        _autostart(state.autostart, wording),
        Entry(wording.settings, Action.OPEN, "/settings"),
        Entry(wording.quit, Action.QUIT),
    )


def _label(text: str) -> str:
    """Never empty: that would be a separator."""
    return clipped(text) or "?"


def _told(label: str) -> Entry:
    return Entry(_label(label), enabled=False)


def _next_step(state: AppState, wording: Wording) -> Entry:
    """What would help most now."""
    trouble = state.trouble
    if trouble is not None:
        rows = [_told(line) for text in (trouble.message, trouble.remedy) for line in lines(text)]
        if trouble.offer_port is not None:
            label = wording.start_on_port.format(port=trouble.offer_port)
            rows.append(Entry(label, Action.START, str(trouble.offer_port)))
        if state.proxy is ProxyState.CRASHED:
            rows.append(Entry(wording.restart, Action.RESTART))
        rows.append(Entry(wording.open_dashboard, Action.OPEN, "/"))
        return Entry(wording.what_to_do, submenu=tuple(rows))
    if not state.signed_in:
        sign_in = state.sign_in
        if sign_in is not None and sign_in.status == "waiting" and sign_in.user_code:
            code = wording.enter_code.format(code=sign_in.user_code)
            return Entry(_label(code), Action.OPEN, "/welcome")
        return Entry(wording.sign_in, Action.SIGN_IN)
    if state.update is not None:
        return Entry(_label(wording.newer.format(version=state.update.version)), Action.OPEN, "/")
    return _told(wording.all_well)


def _switch(state: AppState, wording: Wording) -> Entry:
    """One verb per state."""
    match state.proxy:
        case ProxyState.STOPPED:
            return Entry(wording.start, Action.START)
        case ProxyState.CRASHED:
            return Entry(wording.restart, Action.RESTART)
        case ProxyState.RUNNING:
            return Entry(wording.stop, Action.STOP)
        case ProxyState.STARTING:
            return Entry(wording.stop, Action.STOP, enabled=False)
        case ProxyState.STOPPING:
            return Entry(wording.start, Action.START, enabled=False)


def _usage(state: AppState, wording: Wording) -> Entry:
    percent = percent_left(state.quota)
    known = percent is not None and state.quota is not None and not state.quota.unlimited
    label = wording.usage_left.format(percent=percent) if known else wording.usage
    return Entry(label, Action.OPEN, "/usage")


def _copy(state: AppState, wording: Wording) -> Entry:
    if state.url:
        return Entry(wording.copy_url, Action.COPY_URL, state.url)
    return Entry(wording.copy_url_stopped, Action.COPY_URL, enabled=False)


def _clients(clients: tuple[ClientView, ...], wording: Wording) -> tuple[Entry, ...]:
    rows = [_client(client, wording) for client in clients]
    if rows:
        rows.append(SEPARATOR)
    return (*rows, Entry(wording.more_clients, Action.OPEN, "/tools"))


def _client(client: ClientView, wording: Wording) -> Entry:
    is_connected = client.state == "connected"
    usable = client.can_disconnect if is_connected else client.can_connect
    label = client.title or client.name or "?"
    if not is_connected:
        label = wording.client_state.get(client.state, "{title}").format(title=label)
        if not usable and client.reason and client.state not in wording.client_state:
            label = wording.client_reason.format(title=label, reason=client.reason)
    action = Action.DISCONNECT if is_connected else Action.CONNECT
    return Entry(_label(label), action, client.name, usable, ticked=is_connected)


def _account(state: AppState, wording: Wording) -> Entry:
    rows = [_login(account, wording) for account in state.accounts]
    if not rows and state.login:
        rows.append(Entry(_label(state.login), enabled=False, ticked=True, is_radio=True))
    if rows:
        rows.append(SEPARATOR)
    rows.append(Entry(wording.sign_in_another if state.signed_in else wording.sign_in, Action.SIGN_IN))
    active = next((account.login for account in state.accounts if account.active), "")
    if active:
        label = _label(wording.sign_out.format(login=active))
        rows.append(Entry(label, Action.SIGN_OUT, active))
    else:
        rows.append(Entry(wording.sign_out_nobody, Action.SIGN_OUT, enabled=False))
    login = active or state.login or ""
    title = wording.account.format(login=login) if login else wording.account_none
    return Entry(_label(title), submenu=tuple(rows))


def _login(account: AccountView, wording: Wording) -> Entry:
    label = account.login if account.in_keyring else wording.this_run_only.format(login=account.login)
    return Entry(_label(label), Action.USE_ACCOUNT, account.login, ticked=account.active, is_radio=True)


def _approvals(approvals: tuple[ApprovalView, ...], wording: Wording) -> Entry:
    if not approvals:
        return Entry(wording.nothing_waits, enabled=False)
    rows: list[Entry] = []
    for approval in approvals[:APPROVALS_SHOWN]:
        if rows:
            rows.append(SEPARATOR)
        allow_client = _label(wording.allow_client.format(client=approval.client))
        rows += [
            _told(request_line(approval, wording)),
            Entry(wording.allow, Action.ALLOW, approval.id),
            Entry(wording.deny, Action.DENY, approval.id),
            Entry(allow_client, Action.ALLOW_CLIENT, approval.id),
        ]
    more = len(approvals) - APPROVALS_SHOWN
    if more > 0:
        rows += [SEPARATOR, Entry(wording.more_waiting.format(count=more), Action.OPEN, "/")]
    return Entry(wording.waiting.format(count=len(approvals)), submenu=tuple(rows))


def request_line(approval: ApprovalView, wording: Wording) -> str:
    """Who wants to send what, in one line."""
    told = {"client": approval.client, "model": approval.model, "size": size_text(approval.size_bytes)}
    return wording.request_of.format(**told) + units_text(approval, wording)


def size_text(size: int) -> str:
    """Bytes for people."""
    if size < 1_000_000:
        return f"{max(round(size / 1000), 1)} kB"
    return f"{size / 1_000_000:.1f} MB"


def units_text(approval: ApprovalView, wording: Wording) -> str:
    """The estimate, behind a comma; empty when there is none."""
    units = approval.estimated_units
    return "" if units is None else wording.units.format(units=f"{units:.3g}")


def _history(state: AppState, wording: Wording) -> Entry:
    if state.history_enabled:
        return Entry(wording.pause_recording, Action.KEEP_HISTORY, "off")
    return Entry(wording.resume_recording, Action.KEEP_HISTORY, "on")


def _bodies(state: AppState, wording: Wording) -> Entry:
    until = state.recording_until
    if until is not None:
        return Entry(wording.stop_bodies.format(time=wording.time(until)), Action.RECORD_BODIES)
    if not state.history_enabled:
        return Entry(wording.bodies_paused, Action.RECORD_BODIES, enabled=False)
    return Entry(wording.record_bodies, Action.RECORD_BODIES, "1")


def _cap(state: AppState, wording: Wording) -> Entry:
    if state.cap_lifted_until is not None:
        until = wording.time(state.cap_lifted_until)
        return _told(wording.limit_lifted.format(time=until))
    if state.cap_reached:
        return Entry(wording.one_more_hour, Action.LIFT_CAP, "1")
    return Entry(wording.limit_not_reached, Action.LIFT_CAP, enabled=False)


def _autostart(enabled: bool | None, wording: Wording) -> Entry:
    if enabled is None:
        return Entry(wording.autostart_impossible, Action.AUTOSTART, enabled=False, ticked=False)
    return Entry(wording.autostart, Action.AUTOSTART, "off" if enabled else "on", ticked=enabled)
