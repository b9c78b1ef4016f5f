"""What was said, as it is stored: without secrets, cut to size, compressed; and its words for the search."""

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tray_app.history.hiding import clean_pieces, without_secrets
from tray_app.history.record import Record
from tray_app.history.spoken import texts_in
from tray_app.history.taken import PART_BYTES

_LEVEL = 6
_LONG_STRING = 16_384  # what is cut first when a body is too large: pictures and files
_SAID_SYSTEM, _SAID_TALK, _SAID_ANSWER = 8_000, 60_000, 40_000
_TITLE = 120
_FRAME_END = re.compile(r"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Bodies:
    """The parts of one captured request; None where there was none."""

    request: str | None
    upstream_request: str | None
    pieces: list[tuple[float, str]]
    truncated: bool

    @property
    def response(self) -> str | None:
        return "".join(text for _, text in self.pieces) or None

    def as_json(self) -> dict[str, Any]:
        return {
            "captured": True,
            "request": self.request,
            "upstream_request": self.upstream_request,
            "response": self.response,
            "frames": list(frames(self.pieces)),
            "truncated": self.truncated,
        }


def frames(pieces: Sequence[tuple[float, str]]) -> Iterator[dict[str, Any]]:
    """The events of a stream, each with the moment its end went out; nothing for an answer in one piece."""
    rest = ""
    for at_ms, text in pieces:
        parts = _FRAME_END.split(rest + text)
        rest = parts.pop()
        for part in parts:
            yield {"at_ms": at_ms, "bytes": len(part.encode()) + 2, "text": part}


NOT_CAPTURED = Bodies(None, None, [], False).as_json() | {"captured": False}


# --- storing ------------------------------------------------------------------------------------------


def keep_bodies(connection: sqlite3.Connection, n: int, record: Record, secrets: Sequence[str]) -> None:
    """Store what was taken down in this request. Belongs inside a transaction. Raises sqlite3.Error."""
    taken = record.taken
    assert taken is not None
    request, cut = _clean(taken.request, secrets)
    upstream, cut_too = _clean(taken.upstream_request, secrets)
    pieces = clean_pieces(taken.pieces, secrets)
    bodies = Bodies(request, upstream, pieces, taken.truncated or cut or cut_too)
    put_bodies(connection, n, bodies)
    prompt = "".join(_last_prompt(_parsed(request)))[:_TITLE].strip()
    if record.session_id and prompt and record.initiator == "user" and record.background is None:
        _title(connection, n, prompt)


def put_bodies(connection: sqlite3.Connection, n: int, bodies: Bodies) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO bodies (request, request_body, upstream_body, pieces, truncated) "
        "VALUES (?, ?, ?, ?, ?)",
        (n, _packed(bodies.request), _packed(bodies.upstream_request),
         _packed(json.dumps(bodies.pieces, ensure_ascii=False)), int(bodies.truncated)),
    )  # fmt: skip
    connection.execute("DELETE FROM said WHERE rowid = ?", (n,))
    connection.execute(
        "INSERT INTO said (rowid, text) VALUES (?, ?)", (n, words_of(bodies.request, bodies.response))
    )
    connection.execute("UPDATE requests SET captured = 1 WHERE n = ?", (n,))


def _title(connection: sqlite3.Connection, n: int, title: str) -> None:
    session, turn = connection.execute("SELECT session, turn FROM requests WHERE n = ?", (n,)).fetchone()
    if session is not None and turn is not None:
        connection.execute("INSERT OR IGNORE INTO turns VALUES (?, ?, ?)", (session, turn, title))
        connection.execute("UPDATE sessions SET title = ifnull(title, ?) WHERE n = ?", (title, session))


def _clean(raw: bytes, secrets: Sequence[str]) -> tuple[str | None, bool]:
    """The text without secrets and not too long, and whether it had to be cut."""
    if not raw:
        return None, False
    cut = False
    if len(raw) > PART_BYTES:
        raw, cut = _shortened(raw), True
    text, cut_more = _cleaned_text(raw, secrets)
    return text, cut or cut_more


def _cleaned_text(raw: bytes, secrets: Sequence[str]) -> tuple[str, bool]:
    return without_secrets(raw[:PART_BYTES].decode(errors="replace"), secrets), len(raw) > PART_BYTES


def _shortened(raw: bytes) -> bytes:
    """A large JSON body with its longest strings cut, so that it can still be read as JSON."""
    try:
        return orjson.dumps(_cut(orjson.loads(raw)))
    except (orjson.JSONDecodeError, TypeError, RecursionError):
        return raw


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONG_STRING else f"{value[:_LONG_STRING]}… ({len(value)} characters)"
    if isinstance(value, list):
        return [_cut(one) for one in value]
    return {name: _cut(one) for name, one in value.items()} if isinstance(value, dict) else value


def _packed(text: str | None) -> bytes | None:
    return zlib.compress(text.encode(errors="replace"), _LEVEL) if text else None


# --- reading ------------------------------------------------------------------------------------------


def read_bodies(connection: sqlite3.Connection, n: int) -> Bodies | None:
    """What was stored of this row. Raises sqlite3.Error."""
    row = connection.execute(
        "SELECT request_body, upstream_body, pieces, truncated FROM bodies WHERE request = ?", (n,)
    ).fetchone()
    if row is None:
        return None
    pieces = [(float(at), str(text)) for at, text in json.loads(_unpacked(row[2]) or "[]")]
    return Bodies(_unpacked(row[0]), _unpacked(row[1]), pieces, bool(row[3]))


def _unpacked(data: bytes | None) -> str | None:
    return zlib.decompress(data).decode() if data else None


# --- words --------------------------------------------------------------------------------------------


def words_of(request: str | None, response: str | None) -> str:
    """The texts of a conversation for the search: the system's start, its latest part, the answer."""
    body = _parsed(request)
    system = " ".join(texts_in(body.get("system") or body.get("instructions")))
    talk = " ".join(texts_in(body.get("messages") or body.get("input") or body.get("contents")))
    answer = " ".join(_answer_texts(response or ""))
    return "\n".join([system[:_SAID_SYSTEM], talk[-_SAID_TALK:], answer[:_SAID_ANSWER]])


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _answer_texts(response: str) -> Iterator[str]:
    """Of a whole answer, or of the events of a stream (whose pieces belong together)."""
    if response.lstrip()[:1] == "{":
        yield from texts_in(_parsed(response))
        return
    said = []
    for line in response.splitlines():
        if line.startswith("data:"):
            event = _parsed(line[5:].strip())
            if not str(event.get("type", "")).endswith((".done", ".completed")):
                said += list(texts_in(event))
    yield "".join(said)


def _last_prompt(body: dict[str, Any]) -> Iterator[str]:
    """What the person typed last, as far as it can be told from what the tool wrote around it."""
    turns = body.get("messages") or body.get("input") or ()
    if isinstance(turns, str):
        yield turns
        return
    for turn in reversed(turns if isinstance(turns, list) else []):
        if isinstance(turn, dict) and turn.get("role") == "user":
            typed = [text for text in texts_in(turn.get("content")) if not text.lstrip().startswith("<")]
            if typed:
                yield typed[-1].strip().split("\n", 1)[0]
                return
