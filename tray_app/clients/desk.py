"""The desk where tools are connected: list, preview, connect, disconnect. Plain data, no printing.

    list_clients(context)     every tool with its state
    preview(name, context)    the exact change that connecting makes, as a diff; nothing is written
    connect(name, context)    preview, and then make it
    preview_back, disconnect  the same for the way back
    make(change, paths)       make a change that was shown, and no other

All of them raise LocalFault with a sentence for the person.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tray_app.clients import edits, files, memory, undo
from tray_app.clients.client import (
    Change,
    Client,
    ClientState,
    ConfigFile,
    Context,
    FileChange,
    State,
    Wish,
)
from tray_app.clients.making import make
from tray_app.clients.memory import Remembered
from tray_app.clients.places import Place
from tray_app.clients.registry import CLIENTS, find, is_served
from tray_app.clients.undo import Written
from tray_app.errors import LocalFault


def list_clients(context: Context) -> tuple[ClientState, ...]:
    """Every known tool. Needs no models; a file that cannot be read is a state, not an error."""
    return tuple(state(client, context) for client in CLIENTS)


def state(client: Client, context: Context) -> ClientState:
    place, remembered = context.place, memory.recall(context.paths, _key(client, context))
    row = ClientState(
        client.name,
        client.title,
        State.NOT_FOUND,
        program=place.program(*client.programs),
        files=tuple(file.path for file in client.files(place)),
        models=remembered.models if remembered else (),
        can_connect=is_served(client),
        can_disconnect=remembered is not None,
    )
    try:
        contents = _contents(client, place)
    except LocalFault as fault:
        return replace(row, state=State.UNREADABLE, reason=str(fault))
    target = client.target(place, contents)
    row = replace(row, target=target)
    if target is None:
        is_here = row.program is not None or client.folder(place).is_dir() or bool(contents)
        return replace(row, state=State.NOT_CONNECTED if is_here else State.NOT_FOUND)
    if _address(target) == _address(context.base_url):
        is_stale = remembered is not None and remembered.key != undo.digest(context.key)
        reason = f"The key has changed since: connect {client.name} again." if is_stale else ""
        return replace(row, state=State.CONNECTED, reason=reason)
    return replace(row, state=State.ELSEWHERE, reason=f"{client.title} is set to {target}.")


def preview(name: str, context: Context) -> Change:
    """What connecting would change. Raises LocalFault: no such tool or model, an uneditable file."""
    client = find(name)
    is_served(client, or_raise=True)
    remembered = memory.recall(context.paths, _key(client, context))
    contents = _contents(client, context.place)
    wishes = client.wishes(context, contents)
    changes, written = [], {}
    for wish in wishes.files:
        earlier = remembered.files.get(wish.file.path) if remembered else None
        change, how = _wished(client, wish, earlier)
        changes.append(change)
        written[wish.file.path] = how
    for path, earlier in remembered.files.items() if remembered else ():
        if path not in written:  # a file that an earlier choice of models needed
            changes.append(_returned(client, context.place, path, earlier))
    notes = [*wishes.notes, *_kept(wishes.files, written)]
    return Change(
        _key(client, context),
        client.title,
        tuple(changes),
        wishes.models,
        tuple(notes),
        context.base_url,
        client.restart,
        _with_folders(context, changes, remembered, written, wishes.models),
    )


def connect(name: str, context: Context) -> Change:
    """Connect a tool; connecting again brings it up to date. Raises LocalFault."""
    change = preview(name, context)
    make(change, context)
    return change


def preview_back(name: str, context: Context) -> Change:
    """What disconnecting would change. Raises LocalFault when we did not connect the tool."""
    client = find(name)
    remembered = memory.recall(context.paths, _key(client, context))
    if remembered is None:
        raise LocalFault(
            f"{client.title} was not connected by `jumpseat connect`.",
            "What you set by hand is yours to take out."
            if state(client, context).state is State.CONNECTED
            else "",
        )
    changes = [_returned(client, context.place, path, written) for path, written in remembered.files.items()]
    return Change(_key(client, context), client.title, tuple(changes), restart=client.restart)


def disconnect(name: str, context: Context) -> Change:
    """Put everything back as it was. Raises LocalFault."""
    change = preview_back(name, context)
    make(change, context)
    return change


# --- reading --------------------------------------------------------------------------------------


def _contents(client: Client, place: Place) -> dict[Path, Any]:
    """What the tool's files say; a missing one is left out. Raises LocalFault that names file and line."""
    found = {}
    for file in client.files(place):
        if (text := files.read_text(file.path)) is not None:
            found[file.path] = _read(file, text)
    return found


def _read(file: ConfigFile, text: str) -> Any:
    try:
        return edits.read(file.format, text)
    except edits.Unparsable as error:
        raise _unparsable(file, error) from error


def _unparsable(file: ConfigFile, error: edits.Unparsable) -> LocalFault:
    where = f", line {error.line}" if error.line else ""
    return LocalFault(
        f"{file.path}{where}: {error.reason}.",
        f"It is not valid {file.format.name}; mend it and try again. Nothing was changed.",
    )


# --- planning -------------------------------------------------------------------------------------


def _wished(client: Client, wish: Wish, earlier: Written | None) -> tuple[FileChange, Written]:
    text = files.read_text(wish.file.path)
    try:
        plan = undo.connected(wish.file.format, text, wish.put, wish.offer, wish.own, earlier)
    except edits.Unparsable as error:
        raise _unparsable(wish.file, error) from error
    except edits.Unsafe as error:
        raise _unsafe(client, wish.file.path, error) from error
    return FileChange(wish.file.path, text, plan.text), plan.written


def _returned(client: Client, place: Place, path: Path, written: Written) -> FileChange:
    text = files.read_text(path)
    if text is None:
        return FileChange(path, None, None)
    file = next((file for file in client.files(place) if file.path == path), None)
    format = file.format if file else client.files(place)[0].format
    try:
        return FileChange(path, text, undo.taken_back(format, text, written))
    except edits.Unparsable as error:
        raise _unparsable(ConfigFile(path, format), error) from error
    except edits.Unsafe as error:
        raise _unsafe(client, path, error, written.backup) from error


def _unsafe(client: Client, path: Path, error: edits.Unsafe, backup: str = "") -> LocalFault:
    remedy = f"The file as it was before is {backup}." if backup else "Nothing was changed."
    return LocalFault(f"{path} cannot be edited for {client.title}: {error}.", remedy)


def _kept(wishes: tuple[Wish, ...], written: Mapping[Path, Written]) -> list[str]:
    """The numbers of the user's own that stay."""
    return [
        f"Your own {edits.last_name(path)} in {wish.file.path.name} stays."
        for wish in wishes
        for path, value in wish.offer.items()
        if str(value).isdigit() and written[wish.file.path].key(path) is None
    ]


def _with_folders(
    context: Context,
    changes: list[FileChange],
    earlier: Remembered | None,
    written: Mapping[Path, Written],
    models: tuple[str, ...],
) -> Remembered:
    made = [
        folder for change in changes if change.before is None for folder in files.missing_folders(change.path)
    ]
    folders = dict.fromkeys([*(earlier.folders if earlier else ()), *made])
    return Remembered(context.base_url, models, written, tuple(folders), undo.digest(context.key))


def _key(client: Client, context: Context) -> str:
    return f"{client.name}@{context.place.wsl}" if context.place.wsl else client.name


def _address(url: str) -> str:
    """For comparing: no path, and one spelling of this machine."""
    bare = url.strip().rstrip("/").lower().removesuffix("/v1").rstrip("/")
    for name in ("localhost", "[::1]"):
        bare = bare.replace(f"://{name}", "://127.0.0.1", 1)
    return bare


__all__ = ["connect", "disconnect", "list_clients", "make", "preview", "preview_back", "state"]
