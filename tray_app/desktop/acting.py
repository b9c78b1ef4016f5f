"""What a click leads to: the words of the menu as wishes to the controls."""

from collections.abc import Callable, Coroutine
from typing import Any

from tray_app.controls import Controls, Decision
from tray_app.desktop.menu import Action

Wish = Callable[[Controls], Coroutine[Any, Any, None]]


def wish(action: str, argument: str) -> Wish:
    """What a click on this entry wants. It raises LocalFault or JumpseatError when it is not possible."""

    async def run(controls: Controls) -> None:
        await _WISHES[Action(action)](controls, argument)

    return run


async def _start(controls: Controls, port: str) -> None:
    await controls.start(int(port) if port else None)


async def _stop(controls: Controls, _: str) -> None:
    await controls.stop()


async def _restart(controls: Controls, _: str) -> None:
    await controls.restart()


async def _open(controls: Controls, page: str) -> None:
    await controls.open_window(page)


async def _tool(controls: Controls, name: str) -> None:
    """The change is shown before it is made, and that takes a window."""
    await controls.open_window(f"/tools?client={name}")


async def _sign_in(controls: Controls, _: str) -> None:
    await controls.open_window("/welcome")
    await controls.begin_sign_in()


async def _sign_out(controls: Controls, login: str) -> None:
    await controls.sign_out(login)


async def _use_account(controls: Controls, login: str) -> None:
    await controls.use_account(login)


async def _allow(controls: Controls, approval: str) -> None:
    controls.decide(approval, Decision.ALLOW)


async def _deny(controls: Controls, approval: str) -> None:
    controls.decide(approval, Decision.DENY)


async def _allow_client(controls: Controls, approval: str) -> None:
    controls.decide(approval, Decision.ALLOW_CLIENT)


async def _record_bodies(controls: Controls, hours: str) -> None:
    controls.record_bodies(float(hours) if hours else None)


async def _keep_history(controls: Controls, on: str) -> None:
    await controls.set_recording(on == "on")


async def _lift_cap(controls: Controls, hours: str) -> None:
    controls.lift_cap(float(hours))


async def _autostart(controls: Controls, on: str) -> None:
    await controls.set_autostart(on == "on")


async def _quit(controls: Controls, _: str) -> None:
    await controls.quit()


async def _nothing(_: Controls, __: str) -> None:
    """The tray did it itself."""


_WISHES: dict[Action, Callable[[Controls, str], Coroutine[Any, Any, None]]] = {
    Action.START: _start,
    Action.STOP: _stop,
    Action.RESTART: _restart,
    Action.OPEN: _open,
    Action.COPY_URL: _nothing,
    Action.CONNECT: _tool,
    Action.DISCONNECT: _tool,
    Action.SIGN_IN: _sign_in,
    Action.SIGN_OUT: _sign_out,
    Action.USE_ACCOUNT: _use_account,
    Action.ALLOW: _allow,
    Action.DENY: _deny,
    Action.ALLOW_CLIENT: _allow_client,
    Action.RECORD_BODIES: _record_bodies,
    Action.KEEP_HISTORY: _keep_history,
    Action.LIFT_CAP: _lift_cap,
    Action.AUTOSTART: _autostart,
    Action.QUIT: _quit,
}
