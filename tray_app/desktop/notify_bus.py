"""Notifications over D-Bus (the freedesktop specification, 1.2), on a thread with a GLib loop of its own.

The connection is its own as well: the shared one ends the whole program when the bus goes away.
"""

import html
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gi.repository import Gio, GLib

from tray_app.desktop.notify import Notice

log = logging.getLogger(__name__)

_NAME, _PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
_ANSWER_MS = 3000
_KEPT = 50  # notices whose buttons still work
_CLICK = "default"  # the specification's id for a click on the notice itself


class BusNotices:
    """Shows notices where some desktop listens. Everything but `post` belongs to the thread of `run`."""

    def __init__(self, icon: Path | None = None) -> None:
        self._icon = str(icon) if icon else "jumpseat"  # a name of the icon theme
        self._context = GLib.MainContext.new()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._bus: Any = None
        self._abilities: frozenset[str] = frozenset()
        self._shown: dict[int, Notice] = {}

    def post(self, call: Callable[[], None]) -> None:
        source = GLib.idle_source_new()
        source.set_callback(lambda *_: call())  # None: once
        source.attach(self._context)

    def run(self) -> None:
        self._context.push_thread_default()
        try:
            self._loop.run()
        finally:
            self._forget()
            self._context.pop_thread_default()

    def stop(self) -> None:
        self._loop.quit()

    def show(self, notice: Notice) -> None:
        """Raises RuntimeError (GLib.Error is one) when nobody shows it."""
        self._connect()
        number = next((known for known, one in self._shown.items() if one.kind == notice.kind), 0)
        text = html.escape(notice.text, quote=False) if "body-markup" in self._abilities else notice.text
        actions = [part for button in ((_CLICK, ""), *notice.actions) for part in button]
        hints = {"desktop-entry": GLib.Variant("s", "jumpseat"), "urgency": GLib.Variant("y", 1)}
        body = GLib.Variant(
            "(susssasa{sv}i)",
            (
                *("Jumpseat", number, self._icon, notice.title, text),
                *(actions if "actions" in self._abilities else [], hints, -1),
            ),
        )
        self._shown.pop(number, None)
        self._shown[self._call("Notify", body)[0]] = notice
        while len(self._shown) > _KEPT:
            del self._shown[next(iter(self._shown))]

    def withdraw(self, kind: str) -> None:
        for number in [number for number, one in self._shown.items() if one.kind == kind]:
            del self._shown[number]
            self._call("CloseNotification", GLib.Variant("(u)", (number,)))

    # --- the bus ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        if self._bus is not None and not self._bus.is_closed():
            return
        self._forget()
        address = Gio.dbus_address_get_for_bus_sync(Gio.BusType.SESSION, None)
        kind = Gio.DBusConnectionFlags
        flags = kind.AUTHENTICATION_CLIENT | kind.MESSAGE_BUS_CONNECTION
        self._bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        for member, heard in (("ActionInvoked", self._invoked), ("NotificationClosed", self._closed)):
            self._bus.signal_subscribe(
                _NAME, _NAME, member, _PATH, None, Gio.DBusSignalFlags.NONE, _signal(heard)
            )
        self._abilities = frozenset(self._call("GetCapabilities")[0])

    def _forget(self) -> None:
        if self._bus is not None:
            self._bus.close(None, None)
        self._bus = None
        self._shown.clear()

    def _call(self, member: str, body: Any = None) -> Any:
        answer = self._bus.call_sync(
            _NAME, _PATH, _NAME, member, body, None, Gio.DBusCallFlags.NONE, _ANSWER_MS, None
        )
        return answer.unpack()

    def _invoked(self, number: int, action: str) -> None:
        notice = self._shown.get(number)
        if notice is None:
            return
        if action == _CLICK:
            notice.on_action("")
        elif action in {name for name, _ in notice.actions}:
            notice.on_action(action)

    def _closed(self, number: int, _reason: int) -> None:
        self._shown.pop(number, None)


def _signal(heard: Callable[..., None]) -> Callable[..., None]:
    def received(*signal: Any) -> None:
        heard(*signal[5].unpack())  # the parameters are the sixth

    return received
