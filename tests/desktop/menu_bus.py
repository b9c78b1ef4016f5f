"""Read and click a program's tray menu over D-Bus, as a panel does. No tray host is needed for that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.desktop.screen import Screen, until

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
MENU = "com.canonical.dbusmenu"


@dataclass(frozen=True)
class Item:
    """One row of the menu. `ticked` is None where there is no tick."""

    id: int
    label: str  # without the doubled underscores of D-Bus menus; empty for a separator
    enabled: bool
    ticked: bool | None
    items: tuple["Item", ...] = ()


def _item(raw: Any) -> Item:
    number, props, inner = raw
    values = {key: variant.value for key, variant in props.items()}
    ticked = values["toggle-state"] == 1 if values.get("toggle-type") else None
    return Item(
        id=number,
        label=str(values.get("label", "")).replace("__", "_"),
        enabled=bool(values.get("enabled", True)),
        ticked=ticked,
        items=tuple(_item(child.value) for child in inner),
    )


class MenuBus:
    """The tray menu of the process `pid`."""

    def __init__(self, bus: MessageBus, pid: int, name: str) -> None:
        self._bus = bus
        self._pid = pid
        self._path = f"/org/ayatana/NotificationItem/{name.replace('-', '_')}/Menu"

    async def _call(
        self, dest: str, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Any:
        message = Message(
            destination=dest,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
        )
        reply = await asyncio.wait_for(self._bus.call(message), 2)
        assert reply is not None
        if reply.message_type is MessageType.ERROR:
            raise RuntimeError(f"{reply.error_name}: {reply.body}")
        return reply.body

    async def _layout(self) -> tuple[str, tuple[Item, ...]]:
        """The connection that shows the menu, and its items. A process may own more than one connection."""
        for name in (await self._call(*BUS, "ListNames"))[0]:
            if not name.startswith(":"):
                continue
            try:
                if (await self._call(*BUS, "GetConnectionUnixProcessID", "s", name))[0] != self._pid:
                    continue
                layout = await self._call(name, self._path, MENU, "GetLayout", "iias", 0, -1, [])
            except (RuntimeError, TimeoutError):
                continue  # gone meanwhile, or another connection of the same process
            return name, _item(layout[1]).items
        raise LookupError(f"process {self._pid} shows no menu")

    async def items(self) -> tuple[Item, ...]:
        """The whole menu now. LookupError while there is none."""
        return (await self._layout())[1]

    async def shown(self, seconds: float = 15) -> tuple[Item, ...]:
        """The menu, waiting for the program to show one."""
        return await until(self.items, seconds, f"a menu of process {self._pid}")

    async def labels(self) -> list[str]:
        """The top-level labels, "-" for a separator."""
        return [item.label or "-" for item in await self.items()]

    async def find(self, *way: str) -> Item:
        """The item at this way: each step is the beginning of a label, as `find("Connect", "Codex")`."""
        return _find(await self.items(), way)

    async def click(self, *way: str) -> None:
        """Choose the item at this way. LookupError when it is not there, RuntimeError when it is greyed."""
        # Ids change whenever the menu is rebuilt, so the label is looked up again right before each try.
        for last in (False, False, True):
            name, items = await self._layout()
            item = _find(items, way)
            if not item.enabled:
                raise RuntimeError(f"{item.label} is greyed")
            event = (item.id, "clicked", Variant("i", 0), 0)
            try:
                await self._call(name, self._path, MENU, "Event", "isvu", *event)
            except RuntimeError:
                if last:
                    raise
            else:
                return

    async def until_label(self, start: str, seconds: float = 15) -> Item:
        """Wait for a top-level item whose label begins so."""
        return await until(lambda: self.find(start), seconds, f"an item {start!r}")


def _find(items: tuple[Item, ...], way: tuple[str, ...]) -> Item:
    for item in items:
        if item.label and item.label.startswith(way[0]):
            return item if len(way) == 1 else _find(item.items, way[1:])
    raise LookupError(f"no item {way[0]!r} among {[item.label for item in items]}")


@asynccontextmanager
async def menu_of(screen: Screen, pid: int, name: str = "jumpseat") -> AsyncIterator[MenuBus]:
    """The tray menu of a program on `screen`; `name` as given to pystray."""
    bus = await MessageBus(bus_address=screen.env["DBUS_SESSION_BUS_ADDRESS"]).connect()
    try:
        yield MenuBus(bus, pid, name)
    finally:
        bus.disconnect()
