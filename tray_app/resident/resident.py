"""Whoever stays: implements the controls on the proxy's event loop and keeps their state true.

The seat (account, models, quota) lives as long as the program; the listener for clients comes and goes.
The state is made anew from its owners whenever something may have changed, and at least every second, so
that nothing has to be remembered twice; the announcer tells only real changes, and not too often.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from tray_app.accounts import Accounts
from tray_app.controls import (
    AppState,
    ClientView,
    Decision,
    Desktop,
    Preview,
    SignInView,
    TrayKind,
    Trouble,
)
from tray_app.copilot.device_flow import DeviceFlow
from tray_app.errors import KeyringFault, LocalFault
from tray_app.history.record import Record
from tray_app.paths import Paths
from tray_app.proxy.seat import Seat
from tray_app.resident.announcer import Announcer
from tray_app.resident.doors import Doors
from tray_app.resident.noticed import Noticed
from tray_app.resident.outlook import Outlook
from tray_app.resident.picture import Picture
from tray_app.resident.signing_in import SigningIn
from tray_app.resident.standing import Standing, disk_trouble
from tray_app.resident.tools import Tools
from tray_app.resident.updates import Newest, Updates
from tray_app.settings import Settings
from tray_app.settings_watch import FileWatcher
from tray_app.tasks import Tasks

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks at what tells nobody that it has changed
_LEAP = 20.0  # further than that no busy machine delays a look
_PATIENCE = 0.3
_ASK_SECONDS = 300.0  # between two questions to GitHub, for people who only want the gauge
_ASK_AGAIN_SECONDS = 30.0  # while it cannot be reached


class _Slept:
    """Tells a machine that has slept by its clocks: one goes on meanwhile, or both have leapt."""

    def __init__(self) -> None:
        self._wall, self._mono = time.time(), time.monotonic()

    def look(self) -> bool:
        """Whether it has slept since the last look."""
        wall, mono = self._wall, self._mono
        self._wall, self._mono = time.time(), time.monotonic()
        return max(self._wall - wall, self._mono - mono) > _LOOK_SECONDS + _LEAP


class Resident:
    """Implements `tray_app.controls.Controls`. Built and closed by the composition root."""

    def __init__(
        self,
        seat: Seat,
        accounts: Accounts,
        paths: Paths,
        watcher: FileWatcher,
        desktop: Desktop,
        *,
        flow: Callable[[], DeviceFlow],
        newest: Newest,
        doors: Callable[["Resident"], Doors],
        tools: Callable[["Resident"], Tools],
        is_demo: bool = False,
    ) -> None:
        self._seat, self._accounts, self._paths, self._watcher = seat, accounts, paths, watcher
        self._desktop = desktop
        self._tasks = Tasks()
        self._announcer = Announcer(self.state)
        self._doors, self._tools = doors(self), tools(self)
        self._signing_in = SigningIn(accounts, flow, self.changed, self._look_at_account)
        self._standing = Standing(seat, self.changed)
        self._noticed = Noticed(paths)
        self._outlook = Outlook(seat)
        self._updates = Updates(seat, self._noticed, newest, self.changed)
        self._picture = Picture(
            seat,
            watcher,
            self._doors,
            self._tools,
            self._signing_in,
            self._standing,
            self._outlook,
            self._noticed,
            desktop.tray,
            desktop.tray_hint,
            is_demo,
        )
        self._asked = asyncio.Event()  # somebody wants the standing looked at now

    # --- life -------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Begin to follow everything; the proxy does not listen yet. Raises LocalFault."""
        seat = self._seat
        seat.records.watch(self._recorded)
        seat.capture.watch(self.changed)
        approvals = seat.limits.approvals
        approvals.changed, approvals.can_ask = self.changed, self._can_ask
        seat.live.subscribe(self._settled)
        await self._doors.open()
        who = self._tasks.start(self._look_at_account(), "looking who is signed in")
        await asyncio.wait({who}, timeout=_PATIENCE)  # a keyring that asks for its password takes longer
        self._tasks.start(self._look_again_and_again(), "looking at what changes")
        self._tasks.start(self._ask_again_and_again(), "asking GitHub")
        self._tasks.start(self._outlook.look_again_and_again(), "looking how long the quota lasts")
        self._tasks.start(self._look_at_the_machine(), "looking at the machine")
        self._tasks.start(self._updates.look_again_and_again(), "looking for a newer version")

    async def close(self) -> None:
        await self._signing_in.close()
        await self._doors.close()
        await self._tasks.close()
        self._announcer.close()

    def changed(self) -> None:
        """Something may have changed."""
        self._announcer.touch()

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> AppState:
        return self._picture.state()

    def subscribe(self, changed: Callable[[AppState], None]) -> Callable[[], None]:
        return self._announcer.subscribe(changed)

    @property
    def base_url(self) -> str:
        """Where clients reach the proxy; while it is stopped, where they will."""
        server = self._seat.live.now.server
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)  # noqa: S104  read
        usual = f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"
        return self._doors.listening.url or usual

    # --- following --------------------------------------------------------------------------------

    def _recorded(self, what: str, record: Record) -> None:
        if what == "finished":
            self._tools.answered(record)
            if self._standing.answered(record):
                self._asked.set()
        self.changed()

    def _settled(self, old: Settings, new: Settings) -> None:
        """The settings have changed."""
        self._doors.listening.follow(old, new)
        if old.desktop.autostart != new.desktop.autostart and self._picture.autostart is not None:
            self._tasks.start(self._write_autostart(new.desktop.autostart), "start at login")
        self.changed()

    async def _look_again_and_again(self) -> None:
        mark, slept = self._accounts.mark(), _Slept()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if slept.look():
                log.info("The machine has slept")
                self._asked.set()
            if (now := self._accounts.mark()) != mark:
                mark = now
                await self._look_at_account()
            self.changed()  # clocks run on: capture, a lifted cap, a day of its own

    async def _look_at_account(self) -> None:
        before = self._picture.account
        try:
            self._picture.account, self._picture.keyring = await self._accounts.active(), None
        except LocalFault as fault:
            code = "keyring" if isinstance(fault, KeyringFault) else "settings"
            self._picture.account, self._picture.keyring = None, Trouble(code, fault.message, fault.remedy)
        self._picture.known = tuple(await self._accounts.list())
        if before != self._picture.account:
            self._asked.set()
        self.changed()

    async def _ask_again_and_again(self) -> None:
        """Also while the proxy is stopped. When GitHub or the keyring cannot be reached, often."""
        while True:
            self._asked.clear()
            await self._standing.look()
            await self._outlook.look()
            if self._picture.keyring is not None:
                await self._look_at_account()
            self.changed()
            is_troubled = self._standing.is_troubled or self._picture.keyring is not None
            pause = _ASK_AGAIN_SECONDS if is_troubled else _ASK_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def _look_at_the_machine(self) -> None:
        if self._picture.tray is not TrayKind.HEADLESS:
            await self.look_at_clients()
        while True:
            self._picture.disk = await asyncio.to_thread(disk_trouble, self._paths.home)
            if self._desktop.read_autostart is not None:
                self._picture.autostart = await asyncio.to_thread(self._desktop.read_autostart)
            self.changed()
            await asyncio.sleep(_ASK_SECONDS / 5)

    def _can_ask(self) -> bool:
        return self._picture.tray is not TrayKind.HEADLESS or self._doors.is_watched

    # --- the proxy --------------------------------------------------------------------------------

    async def start(self, port: int | None = None) -> None:
        await self._doors.listening.start(port)
        if port is not None and port != self._seat.live.now.server.port:
            await self._save("server.port", port)

    async def stop(self) -> None:
        if self._desktop.show is None:
            raise LocalFault("Nobody could start the proxy again from here.", "Quit ends the program.")
        await self._doors.listening.stop()

    async def restart(self) -> None:
        await self._doors.listening.restart()

    # --- accounts ---------------------------------------------------------------------------------

    async def begin_sign_in(self) -> SignInView:
        return await self._signing_in.begin()

    async def cancel_sign_in(self) -> None:
        await self._signing_in.cancel()

    async def sign_out(self, login: str) -> None:
        await self._accounts.remove(login)
        await self._signing_in.cancel()
        await self._look_at_account()

    async def use_account(self, login: str) -> None:
        await self._accounts.use(login)
        await self._look_at_account()

    # --- history and limits -----------------------------------------------------------------------

    def record_bodies(self, hours: float | None) -> None:
        if hours is None:
            self._seat.capture.stop()
        else:
            self._seat.capture.start(hours)

    async def set_recording(self, enabled: bool) -> None:
        await self._save("history.enabled", enabled)

    def decide(self, approval: str, decision: Decision) -> bool:
        return self._seat.limits.approvals.decide(
            approval,
            allow=decision is not Decision.DENY,
            whole_client=decision is Decision.ALLOW_CLIENT,
        )

    def lift_cap(self, hours: float = 1.0) -> None:
        self._seat.limits.lift_cap(hours)
        self.changed()

    # --- tools ------------------------------------------------------------------------------------

    async def look_at_clients(self) -> Sequence[ClientView]:
        return await self._tools.look()

    async def preview(self, client: str, model: str | None, small_model: str | None, back: bool) -> Preview:
        return await self._tools.preview(client, model, small_model, back=back)

    async def make(self, token: str) -> Preview:
        return await self._tools.make(token)

    # --- the desktop ------------------------------------------------------------------------------

    async def set_autostart(self, enabled: bool) -> None:
        await self._write_autostart(enabled)
        if self._seat.live.now.desktop.autostart != enabled:
            await self._save("desktop.autostart", enabled)

    async def see_terms(self) -> None:
        try:
            await asyncio.to_thread(self._noticed.see_terms)
        except LocalFault as fault:
            log.warning("It will be shown again: %s", fault)
        self.changed()

    async def open_window(self, page: str = "/") -> None:
        if self._desktop.show is None:
            raise LocalFault("There is no window here.", "`jumpseat open` opens the dashboard in a browser.")
        self._desktop.show(page)

    async def window_address(self, page: str) -> str:
        self._tasks.start(self._tools.look(), "looking at the tools")
        return await self._doors.window_url(page)

    async def window_closed(self) -> None:
        await self._doors.close_window()

    async def look_around(self) -> None:
        self._asked.set()
        await self._look_at_account()

    def tray_is(self, kind: TrayKind, hint: str) -> None:
        """What the desktop shows of us, when that is known later than at the start or has changed."""
        self._picture.tray, self._picture.tray_hint = kind, hint
        self.changed()

    async def quit(self) -> None:
        if self._desktop.quit is None:
            raise LocalFault("This Jumpseat is not ours to end.", "Stop the program that runs it.")
        self._desktop.quit()

    async def _write_autostart(self, enabled: bool) -> None:
        read, write = self._desktop.read_autostart, self._desktop.write_autostart
        if read is None or write is None:
            raise LocalFault("Start at login is not possible here.", "`jumpseat serve` can run as a service.")
        await asyncio.to_thread(write, enabled)
        self._picture.autostart = await asyncio.to_thread(read)
        self.changed()

    async def _save(self, key: str, value: object) -> None:
        """Keep a setting in config.toml and put it into force. Raises LocalFault."""
        from tray_app.settings_save import save  # loads tomlkit

        await asyncio.to_thread(save, self._paths, key, value)
        await self._watcher.take()
