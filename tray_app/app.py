"""The composition root: builds the program from its parts, starts it, takes it apart in reverse order."""

import asyncio
import contextlib
import logging
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp

from tray_app.accounts import Accounts
from tray_app.controls import Desktop
from tray_app.copilot.answer import Answer
from tray_app.copilot.catalog import Catalog
from tray_app.copilot.device_flow import DeviceFlow
from tray_app.copilot.http import open_http
from tray_app.copilot.pool import drop_idle
from tray_app.copilot.quota import Quota
from tray_app.copilot.releases import newest_release
from tray_app.copilot.token import CopilotTokens
from tray_app.copilot.upstream import Call, Upstream
from tray_app.desktop.power import Power
from tray_app.errors import LocalFault, Rejected
from tray_app.github_hosts import accounts_host
from tray_app.history.chronicle import History
from tray_app.history.retention import Keeping
from tray_app.history.store import Records
from tray_app.paths import Paths
from tray_app.proxy.limits import Left, Limits
from tray_app.proxy.noting import most_noted_today, note_down
from tray_app.proxy.seat import Seat
from tray_app.proxy.tracing import Tracing
from tray_app.resident.doors import Doors
from tray_app.resident.resident import Resident
from tray_app.resident.standing import warm_up
from tray_app.resident.tools import Tools
from tray_app.settings import HistorySettings, Live
from tray_app.settings_file import Loaded, check_binding, load
from tray_app.settings_watch import FileWatcher
from tray_app.tasks import Tasks
from tray_app.tokenizer import Tokenizer
from tray_app.web.site import Site

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks at who is signed in

Begun = Callable[[Seat, Callable[[], str]], None]  # the seat, and what tells the proxy's address


@dataclass(frozen=True, slots=True)
class Parts:
    """A seat, and what its handlers need not know."""

    seat: Seat
    accounts: Accounts
    http: aiohttp.ClientSession


@contextlib.asynccontextmanager
async def open_seat(
    live: Live,
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Seat]:
    """Everything a proxy needs but its listener; closed in reverse order. `sleep` waits before retries."""
    async with open_parts(live, paths, environ, sleep=sleep) as parts:
        yield parts.seat


@contextlib.asynccontextmanager
async def open_parts(
    live: Live,
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Parts]:
    """As `open_seat`, with what only the composition needs."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(Tasks())
        http = await stack.enter_async_context(open_http(live.now.copilot, lambda: live.now.copilot))
        accounts = Accounts(paths.home, environ, host=lambda: accounts_host(live.now.copilot))
        tokens = CopilotTokens(http, lambda: live.now.copilot, accounts.active, sleep=sleep)
        stack.push_async_callback(tokens.close)
        quota = Quota(http, lambda: live.now.copilot, accounts.active)
        stack.push_async_callback(quota.close)
        upstream = Upstream(http, tokens, live, on_headers=quota.headers, sleep=sleep)
        catalog = Catalog(lambda: _fetch_models(upstream))
        stack.push_async_callback(catalog.close)
        tokenizer = Tokenizer(paths.vocabularies)
        stack.callback(tokenizer.close)
        history = History(paths.history, lambda: _keeping(live))
        history.open()
        stack.push_async_callback(history.close)
        records = Records(history.keep)
        tracing = Tracing(http, live, records, lambda: tokens.api_url)
        tracing.open()
        stack.push_async_callback(tracing.close)
        seat = Seat(
            live=live,
            history=history,
            records=records,
            tracing=tracing,
            tokens=tokens,
            upstream=upstream,
            catalog=catalog,
            quota=quota,
            tokenizer=tokenizer,
            signed_in=lambda: _signed_in(accounts),
            limits=Limits(lambda: _left(quota), noted=lambda left: most_noted_today(history, left)),
            tasks=tasks,
        )
        tasks.start(_follow(seat, accounts), "following the account")
        _follow_capture(seat)
        tasks.start(note_down(seat), "noting quota and models")
        yield Parts(seat, accounts, http)


def _keeping(live: Live) -> Keeping:
    """How much history stays. The owner's own keys are not stored with what was said."""
    settings = live.now
    return Keeping(settings.history.max_requests, settings.history.retention_days, settings.server.api_keys)


def _follow_capture(seat: Seat) -> None:
    """history.capture_bodies switches capture on, at the start and when it is set, and off again."""

    def look(old: HistorySettings | None, new: HistorySettings) -> None:
        changed = old is None or (old.capture_bodies, old.capture_hours) != (
            new.capture_bodies,
            new.capture_hours,
        )
        if changed and new.capture_bodies:
            seat.capture.start(new.capture_hours)
        elif old is not None and old.capture_bodies and not new.capture_bodies:
            seat.capture.stop()

    seat.live.subscribe(lambda old, new: look(old.history, new.history))
    look(None, seat.live.now.history)


async def _follow(seat: Seat, accounts: Accounts) -> None:
    """Another account, or another GitHub: its models and quota, whoever switched and from which process."""
    known = accounts.mark(), seat.live.now.copilot
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        now = accounts.mark(), seat.live.now.copilot
        if now != known:
            known = now
            seat.catalog.forget()
            await warm_up(seat)


async def _fetch_models(upstream: Upstream) -> bytes:
    """`GET /models` of the data plane, verbatim."""
    sent = await upstream.open(Call("/models", None, intent="model-access"))
    if not isinstance(sent, Answer):
        from tray_app.proxy.outcome import fault_of  # loads the dialects

        raise Rejected(fault_of(sent, "chat"), sent.body)
    finished = False
    try:
        body = await sent.whole()
        finished = True
    finally:
        sent.close(finished=finished)
    return body


def _left(quota: Quota) -> Left | None:
    leading = quota.leading()
    if leading is None or leading.percent_remaining is None:
        return None
    return Left(quota.as_json()["login"], leading.sku, leading.percent_remaining)


async def _signed_in(accounts: Accounts) -> bool:
    try:
        return await accounts.active() is not None
    except LocalFault:
        return False


@contextlib.asynccontextmanager
async def reside(
    loaded: Loaded,
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
    *,
    desktop: Desktop | None = None,
    moved: Callable[[str], None] = lambda _: None,
    starts: bool = False,
    is_demo: bool = False,
    begun: Begun = lambda _seat, _url: None,
) -> AsyncIterator[Resident]:
    """The whole program but its face: the seat, the dashboard, the doors. The proxy listens at once if it
    `starts`; why it may not shows in the state.

    `overrides` are the command line's settings. `moved` is told the proxy's address whenever it has one, and
    "" when not any more; `begun` may start tasks of the seat's. Raises LocalFault.
    """
    live, desktop = Live(loaded.settings), desktop or Desktop()
    watcher = FileWatcher(paths, live, loaded, environ, overrides)
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(live, paths, environ))
        seat = parts.seat
        resident = Resident(
            seat,
            parts.accounts,
            paths,
            watcher,
            desktop,
            flow=lambda: DeviceFlow(parts.http, live.now.copilot),
            newest=lambda url: newest_release(parts.http, url),
            doors=lambda controls: Doors(
                seat,
                Site(seat, controls, paths, watcher),
                paths,
                has_window=desktop.show is not None,
                changed=controls.changed,
                moved=moved,
            ),
            tools=lambda controls: Tools(
                seat,
                paths,
                lambda: controls.base_url,
                controls.changed,
                paths.home / "tools" if is_demo else None,  # a demo writes to nobody's files
            ),
            is_demo=is_demo,
        )
        stack.push_async_callback(resident.close)
        await resident.open()
        seat.tasks.start(watcher.run(), "watching config.toml")
        seat.tasks.start(Power(lambda: _refreshed(parts, resident)).run(), "watching for sleep")
        begun(seat, lambda: resident.state().url)
        if starts:
            seat.tasks.start(_start(resident), "starting the proxy")
        yield resident


async def _refreshed(parts: Parts, resident: Resident) -> None:
    """After sleep, or in another network. Tokens know their age by the wall clock and renew themselves."""
    drop_idle(parts.http)
    await resident.look_around()


async def _start(resident: Resident) -> None:
    try:
        await resident.start()
    except LocalFault as fault:
        log.error("The proxy did not start: %s", fault)


async def serve(
    loaded: Loaded,
    paths: Paths,
    *,
    ready: Callable[[str], None],
    moved: Callable[[str], None] = lambda _: None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
    is_demo: bool = False,
    begun: Begun = lambda _seat, _url: None,
) -> None:
    """The proxy alone, until SIGINT, SIGTERM or `quit` from its pages.

    `ready` gets the URL once it listens, `moved` each new one, and "" when the proxy was stopped.
    Raises LocalFault when the address cannot be had, SettingsFault when it may not be.
    """
    check_binding(loaded.settings.server)
    stop = asyncio.Event()
    desktop = Desktop(quit=stop.set)
    async with reside(
        loaded, paths, environ, overrides, desktop=desktop, moved=moved, is_demo=is_demo, begun=begun
    ) as resident:
        with _signals(stop):  # before anybody is told that we are here
            await resident.start()
            ready(resident.state().url)
            await stop.wait()


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set `stop` while this is open; a second one ends at once, the usual way."""
    loop = asyncio.get_running_loop()
    caught: list[signal.Signals] = []

    def end() -> None:
        stop.set()
        while caught:
            loop.remove_signal_handler(caught.pop())

    for one in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(one, end)
        except (NotImplementedError, RuntimeError, ValueError):
            continue  # Windows, or not the main thread: KeyboardInterrupt ends the run instead
        caught.append(one)
    try:
        yield
    finally:
        for one in caught:
            loop.remove_signal_handler(one)


@dataclass(frozen=True, slots=True)
class Demo:
    """The product on a simulated Copilot: no account, no network, a profile of its own.

    `simulated` is the address of the simulated GitHub, whose /_sim/ paths make faults on demand.
    """

    loaded: Loaded
    environ: Mapping[str, str]
    overrides: Mapping[str, Any]
    simulated: str
    begun: Begun


@contextlib.asynccontextmanager
async def open_demo(paths: Paths, port: int, *, still: bool = False) -> AsyncIterator[Demo]:
    """A simulated Copilot, and what a Jumpseat in front of it needs to know; for `reside` and `serve`.

    Unless `still`, a week of history is there from the start and live traffic trickles in.
    """
    from tray_app.demo import seed, trickle
    from tray_app.simulated import SimulatedCopilot  # `serve` never needs it

    async with SimulatedCopilot(plan="individual_pro_plus", rate=None if still else 25) as copilot:
        copilot.auto_approve = True  # there is no GitHub where somebody could
        if not still:
            quota = copilot.account().quota
            quota.remaining = 0.62 * quota.plan.entitlement  # in the middle of a period
        environ = {
            "COPILOT_GITHUB_TOKEN": copilot.github_token,
            "JUMPSEAT_COPILOT_GITHUB_URL": copilot.github_url,
            "JUMPSEAT_COPILOT_GITHUB_API_URL": copilot.github_api_url,
            "JUMPSEAT_COPILOT_USE_SYSTEM_PROXY": "false",
        }
        overrides = {"server.port": port}

        def begun(seat: Seat, url: Callable[[], str]) -> None:
            if not still:
                seat.tasks.start(seed(seat, random.Random(1)), "demo history")  # noqa: S311 - no secret
                seat.tasks.start(trickle(url, random.Random(2), copilot.faults), "demo traffic")  # noqa: S311

        loaded = load(paths, environ, overrides)
        yield Demo(loaded, environ, overrides, copilot.github_url, begun)
