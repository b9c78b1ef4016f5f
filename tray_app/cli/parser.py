"""The commands and their options. Each command's function is imported when it is called."""

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tray_app import __version__


def parser() -> argparse.ArgumentParser:
    """The whole command line. `run` of the result is the function to call with it."""
    common = _common()
    top = argparse.ArgumentParser(
        prog="jumpseat",
        description="Let every coding tool on your laptop ride along on your GitHub Copilot seat.",
        parents=[_common()],  # its own: the defaults set here would undo `jumpseat --debug serve`
    )
    top.add_argument("--version", action="version", version=f"jumpseat {__version__}")
    top.set_defaults(run=_command("tray", "start"), debug=False, verbose=False, command="jumpseat")
    top.add_argument(
        "--window",
        dest="run",
        action="store_const",
        const=_command("window", "run"),
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
    )
    top.add_argument(
        "--draw-icons",
        dest="run",
        action="store_const",
        const=_command("drawing", "run"),
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
    )
    top.add_argument("--hidden", action="store_true", help="start without a window, as at login")
    commands = top.add_subparsers(metavar="COMMAND", dest="command")

    def add(name: str, help: str, run: Callable[..., int]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help, parents=[common])
        command.set_defaults(run=run)
        return command

    _running(add)
    _signing_in(add)
    _reading(add)
    _connecting(add)
    _history(add)
    _settings(add, common)
    return top


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("-v", "--verbose", action="store_true", help="say on stderr what happens")
    common.add_argument("--debug", action="store_true", help="everything on stderr, tracebacks too")
    return common


Add = Callable[[str, str, Callable[..., int]], argparse.ArgumentParser]


def _running(add: Add) -> None:
    serve = add("serve", "Run the proxy in the foreground", _command("running", "serve"))
    serve.add_argument("--host", help="address to listen on (server.host)")
    serve.add_argument("--port", type=_port, help="port to listen on, 0 for a free one (server.port)")
    serve.add_argument("--login", action="store_true", help="sign in for this run only, without a keyring")
    demo = add("demo", "Try everything on a simulated Copilot: no account", _command("running", "demo"))
    demo.add_argument("--port", type=_port, help="port to listen on, 0 for a free one")
    demo.add_argument("--no-window", action="store_true", help="do not open a window")
    demo.add_argument("--still", action="store_true", help="no made-up history, no live traffic")

    opening = add("open", "Open the dashboard of the running proxy", _command("opening", "open_dashboard"))
    opening.add_argument("page", nargs="?", default="/", metavar="PAGE", help="as /requests or /settings")
    opening.add_argument("--no-browser", action="store_true", help="only print the link")


def _signing_in(add: Add) -> None:
    add("login", "Sign in to GitHub in the browser", _command("signing_in", "login"))
    logout = add("logout", "Sign out and forget the token", _command("signing_in", "logout"))
    logout.add_argument("login", nargs="?", metavar="LOGIN", help="the account; the active one if left out")
    accounts = add("accounts", "List the accounts", _command("signing_in", "accounts"))
    _json(accounts)
    use = add("use", "Make another account the active one", _command("signing_in", "use"))
    use.add_argument("login", metavar="LOGIN")


def _reading(add: Add) -> None:
    status = add(
        "status", "Whether the proxy runs, who is signed in, what is left", _command("reading", "status")
    )
    _json(status)
    status.add_argument(
        "--format", metavar="TEXT", help="one line; fields such as {state} and {percent_left}"
    )
    _json(add("usage", "Plan and quota", _command("reading", "usage")))
    _json(add("models", "The models of your seat", _command("reading", "models")))
    doctor = add("doctor", "Look for what is wrong", _command("checkup", "run"))
    _json(doctor)
    doctor.add_argument(
        "--bundle", action="store_true", help="write a report to attach to an issue, without secrets"
    )


def _connecting(add: Add) -> None:
    connect = add("connect", "Point a coding tool at Jumpseat", _command("connecting", "connect"))
    connect.add_argument("client", metavar="CLIENT", help="as in `jumpseat clients`")
    connect.add_argument("--model", metavar="M", help="the model to work with, as in `jumpseat models`")
    connect.add_argument("--small-model", metavar="M", help="the model for titles and the like")
    disconnect = add("disconnect", "Put a tool's settings back", _command("connecting", "disconnect"))
    disconnect.add_argument("client", metavar="CLIENT", help="as in `jumpseat clients`")
    for command in (connect, disconnect):
        command.add_argument("--yes", "-y", action="store_true", help="write without asking")
        command.add_argument("--dry-run", action="store_true", help="only show what would change")
        _json(command)
    clients = add("clients", "The coding tools found here and their state", _command("connecting", "clients"))
    _json(clients)
    for command in (connect, disconnect, clients):
        command.add_argument("--wsl", metavar="DISTRO", help="on Windows: the tools inside of this WSL")


def _history(add: Add) -> None:
    out = add("export", "The request history as JSON Lines", _command("history", "export_history"))
    out.add_argument("--output", "-o", metavar="FILE", help="write to a file instead of stdout")
    out.add_argument("--from", dest="start", metavar="TIME", help="as 2026-01-31T12:00:00Z or 2026-01-31")
    out.add_argument("--to", dest="end", metavar="TIME")
    out.add_argument("--model", metavar="M")
    out.add_argument("--client", metavar="NAME")
    out.add_argument("--status", metavar="S", help="200, 4xx, ok, error or cancelled")
    out.add_argument("--session", metavar="ID")
    out.add_argument("--q", metavar="WORDS", help="what the request has somewhere")
    out.add_argument("--bodies", action="store_true", help="with what was said, where it was captured")
    put = add("import", "Add requests from an export", _command("history", "import_history"))
    put.add_argument("file", metavar="FILE", help="- for stdin")


def _settings(add: Add, common: argparse.ArgumentParser) -> None:
    config = add("config", "Settings", _command("config", "show"))
    actions = config.add_subparsers(metavar="ACTION", dest="action", required=True)

    def act(name: str, help: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=help, description=help, parents=[common])
        action.set_defaults(run=_command("config", name))
        return action

    act("path", "Where config.toml is")
    _json(act("show", "Every setting, its value and where that comes from"))
    act("get", "One setting").add_argument("key", metavar="KEY", help="as server.port")
    change = act("set", "Change one setting in config.toml")
    change.add_argument("key", metavar="KEY", help="as server.port or models.exact.NAME")
    change.add_argument("value", metavar="VALUE", help="lists comma-separated, tables as JSON")
    act("reset", "Back to the default").add_argument("key", metavar="KEY")
    _json(act("check", "Report what is wrong with the settings"))
    foreign = act("import", "Take over the settings of ghc-proxy or copilot-api")
    foreign.set_defaults(run=_command("importing", "run"))
    foreign.add_argument("file", metavar="FILE", help="its config.yaml or config.json")
    foreign.add_argument("--yes", "-y", action="store_true", help="write without asking")
    foreign.add_argument("--dry-run", action="store_true", help="only show what would change")
    _json(foreign)


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


def _port(text: str) -> int:
    """A port number. Raises ArgumentTypeError, for the usage message."""
    if not text.isascii() or not text.isdigit() or int(text[:6]) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text[:6])


def _command(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """The function `name` of `tray_app.cli.module`, looked up when it runs: start-up stays quick."""

    def run(arguments: argparse.Namespace) -> int:
        function: Any = getattr(import_module(f"tray_app.cli.{module}"), name)
        return int(function(arguments))

    return run
