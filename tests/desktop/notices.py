"""A desktop that shows notifications in a test's stead: what was told, and clicks on its buttons."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.desktop.screen import Screen

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


class Desktop:
    """Shows notifications in a test's stead, and clicks them."""

    def __init__(self, bus: MessageBus, abilities: tuple[str, ...]) -> None:
        self._bus, self._abilities = bus, abilities
        self.notices: dict[int, dict[str, Any]] = {}

    def answer(self, message: Message) -> Message | None:
        if message.interface != NAME or message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [list(self._abilities)])
        if message.member == "CloseNotification":
            del self.notices[message.body[0]]
            return Message.new_method_return(message)
        _, number, icon, title, text, actions, hints, _ = message.body
        number = number or max(self.notices, default=0) + 1
        self.notices[number] = {
            "title": title,
            "text": text,
            "actions": actions,
            "icon": icon,
            "hints": hints,
        }
        return Message.new_method_return(message, "u", [number])

    async def click(self, number: int, action: str) -> None:
        await self._bus.send(Message.new_signal(PATH, NAME, "ActionInvoked", "us", [number, action]))


@asynccontextmanager
async def desktop(screen: Screen, *abilities: str) -> AsyncIterator[Desktop]:
    bus = await MessageBus(bus_address=screen.env["DBUS_SESSION_BUS_ADDRESS"]).connect()
    one = Desktop(bus, abilities)
    bus.add_message_handler(one.answer)
    await bus.request_name(NAME)
    try:
        yield one
    finally:
        bus.disconnect()
