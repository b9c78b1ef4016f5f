"""As much of a panel of KDE's kind as an icon needs: says a line for each icon that is shown to it."""

# dbus-fast reads the annotations of a method as signatures of D-Bus.
# ruff: noqa: F722, F821, N802

import asyncio

from dbus_fast.aio import MessageBus
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_property, method

NAME, PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"


class Watcher(ServiceInterface):
    @method()
    def RegisterStatusNotifierItem(self, service: "s"):  # type: ignore[name-defined,no-untyped-def]
        print("icon", service, flush=True)

    @method()
    def RegisterStatusNotifierHost(self, service: "s"):  # type: ignore[name-defined,no-untyped-def]
        pass

    @dbus_property(access=PropertyAccess.READ)
    def RegisteredStatusNotifierItems(self) -> "as":  # type: ignore[syntax,valid-type]
        return []

    @dbus_property(access=PropertyAccess.READ)
    def IsStatusNotifierHostRegistered(self) -> "b":  # type: ignore[name-defined]
        return True

    @dbus_property(access=PropertyAccess.READ)
    def ProtocolVersion(self) -> "i":  # type: ignore[name-defined]
        return 0


async def _run() -> None:
    bus = await MessageBus().connect()
    bus.export(PATH, Watcher(NAME))
    await bus.request_name(NAME)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run())
