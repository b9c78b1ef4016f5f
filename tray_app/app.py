"""The composition root: builds the program from its parts, starts it, takes it apart in reverse order."""

import asyncio
import contextlib
import logging
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

from tray_app.accounts import Accounts
from tray_app.copilot.catalog import Catalog
from tray_app.copilot.http import open_http
from tray_app.copilot.quota import Quota
from tray_app.copilot.token import CopilotTokens
from tray_app.copilot.upstream import Answer, Call, Upstream
from tray_app.errors import JumpseatError, LocalFault, Rejected
from tray_app.paths import Paths
from tray_app.proxy.limits import Limits
from tray_app.proxy.outcome import fault_of
from tray_app.proxy.seat import Seat
from tray_app.proxy.server import ProxyServer
from tray_app.settings import Live, ServerSettings, Settings
from tray_app.settings_file import check_binding
from tray_app.tasks import Tasks
from tray_app.tokenizer import Tokenizer

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks at who is signed in


@contextlib.asynccontextmanager
async def open_seat(
    live: Live,
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Seat]:
    """Everything a proxy needs but its listener; closed in reverse order. `sleep` waits before retries."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(Tasks())
        http = await stack.enter_async_context(open_http(live.now.copilot, lambda: live.now.copilot))
        accounts = Accounts(paths.home, environ)
        tokens = CopilotTokens(http, lambda: live.now.copilot, accounts.active, sleep=sleep)
        stack.push_async_callback(tokens.close)
        quota = Quota(http, lambda: live.now.copilot, accounts.active)
        stack.push_async_callback(quota.close)
        upstream = Upstream(http, tokens, live, on_headers=quota.headers, sleep=sleep)
        catalog = Catalog(lambda: _fetch_models(upstream))
        stack.push_async_callback(catalog.close)
        tokenizer = Tokenizer(paths.vocabularies)
        stack.callback(tokenizer.close)
        seat = Seat(
            live=live,
            tokens=tokens,
            upstream=upstream,
            catalog=catalog,
            quota=quota,
            tokenizer=tokenizer,
            signed_in=lambda: _signed_in(accounts),
            limits=Limits(lambda: _percent_left(quota)),
            tasks=tasks,
        )
        tasks.start(_follow(seat, accounts), "following the account")
        yield seat


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
        raise Rejected(fault_of(sent, "chat"), sent.body)
    finished = False
    try:
        body = await sent.whole()
        finished = True
    finally:
        sent.close(finished=finished)
    return body


def _percent_left(quota: Quota) -> float | None:
    leading = quota.leading()
    return leading.percent_remaining if leading else None


async def _signed_in(accounts: Accounts) -> bool:
    try:
        return await accounts.active() is not None
    except LocalFault:
        return False


async def warm_up(seat: Seat) -> None:
    """Sign in, read the catalog and the quota ahead of the first request. Failures show in /health."""
    try:
        await seat.catalog.current()
    except JumpseatError as error:
        log.warning("%s", error.fault.message)
    await seat.quota.refresh()


async def serve(
    live: Live,
    paths: Paths,
    *,
    ready: Callable[[str], None],
    moved: Callable[[str], None] = lambda _: None,
    stop: asyncio.Event | None = None,
    environ: Mapping[str, str] = os.environ,
    begun: Callable[[Seat, str], None] = lambda _seat, _url: None,
) -> None:
    """The proxy alone, until SIGINT, SIGTERM or `stop`.

    `ready` gets the URL once it listens, `moved` the new one after host or port were changed; `begun`
    may start tasks of the seat's.
    Raises LocalFault when the address cannot be had, SettingsFault when it may not be.
    """
    check_binding(live.now.server)
    stop = stop or asyncio.Event()
    async with open_seat(live, paths, environ) as seat:
        server = ProxyServer(seat)
        with _signals(stop):  # before anybody is told that we are here
            url = await _listen(server, live.now.server)
            try:
                begun(seat, url)
                ready(url)
                seat.tasks.start(warm_up(seat), "warm-up")
                await _until_stopped(server, seat, stop, moved)
            finally:
                await server.stop()


async def _listen(server: ProxyServer, settings: ServerSettings) -> str:
    """Start the server. Raises LocalFault, naming the program in the way where the system tells."""
    try:
        return await server.start(settings)
    except LocalFault as fault:
        cause = fault.__cause__
        if not isinstance(cause, OSError):
            raise
        from tray_app.doctor.holder import why_not  # seldom needed

        raise await asyncio.to_thread(why_not, settings.host, settings.port, cause) from cause


async def _until_stopped(
    server: ProxyServer, seat: Seat, stop: asyncio.Event, moved: Callable[[str], None]
) -> None:
    """Wait for the end; meanwhile follow changes of host and port."""
    changed = asyncio.Event()
    listening = seat.live.now.server

    def look(old: Settings, new: Settings) -> None:
        if (old.server.host, old.server.port) != (new.server.host, new.server.port):
            changed.set()

    seat.live.subscribe(look)
    while not stop.is_set():
        waits = [seat.tasks.start(event.wait(), "waiting") for event in (stop, changed)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if changed.is_set() and not stop.is_set():
            changed.clear()
            listening = await _move(server, listening, seat.live.now.server, moved)


async def _move(
    server: ProxyServer, old: ServerSettings, new: ServerSettings, moved: Callable[[str], None]
) -> ServerSettings:
    """Listen at the new address; stay at the old one if that cannot be had. What is in force is returned."""
    try:
        check_binding(new)
    except LocalFault as fault:
        log.error("%s", fault)
        return old
    await server.stop()
    try:
        moved(await _listen(server, new))
    except LocalFault as fault:
        log.error("%s Staying at the old address.", fault)
        moved(await _listen(server, old))
        return old
    return new


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


async def demo(paths: Paths, port: int, ready: Callable[[str, str], None], *, still: bool = False) -> None:
    """The product on a simulated Copilot: no account, no network, a profile of its own.

    Unless `still`, a week of history is there from the start and live traffic trickles in. `ready` gets the
    proxy's address and the simulated GitHub's, whose /_sim/ paths make faults on demand.
    """
    from tray_app.demo import seed_week, trickle
    from tray_app.simulated import SimulatedCopilot  # `serve` never needs it

    async with SimulatedCopilot() as copilot:
        defaults = Settings()
        settings = replace(
            defaults,
            server=replace(defaults.server, port=port),
            copilot=replace(
                defaults.copilot,
                github_url=copilot.github_url,
                github_api_url=copilot.github_api_url,
                use_system_proxy=False,
            ),
        )
        environ = {"COPILOT_GITHUB_TOKEN": copilot.github_token}
        rng = random.Random(1)  # noqa: S311 - a believable week, not a secret

        def begun(seat: Seat, url: str) -> None:
            if not still:
                seed_week(seat.records, datetime.now(UTC), rng)
                seat.tasks.start(trickle(url, rng), "demo traffic")

        def listening(url: str) -> None:
            ready(url, copilot.github_url)

        await serve(Live(settings), paths, ready=listening, environ=environ, begun=begun)
