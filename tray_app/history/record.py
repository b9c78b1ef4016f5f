"""One row of the history, and the builder that an exchange fills while it runs."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Note, Usage
from tray_app.history.taken import Taken

TOKEN_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "nano_aiu",
)
# A client's body may give rise to as many notes as it has fields, each as long as a name in it.
MAX_NOTES = 50
_LONGEST_NOTE = 500


MAX_TRIES = 20
_MOST = 10**15  # tokens or nano AI units of one request; thousands of such still fit into 64 bits
_LONGEST_SENTENCE = 1000


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt upstream: its status (None: no answer came), why it was not the last, its milliseconds."""

    status: int | None
    reason: str
    ms: float

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, "reason": self.reason, "ms": self.ms}


@dataclass(slots=True)
class Record:
    """One request with its answer. None is "not known", never zero. Times in milliseconds."""

    id: str
    started_at: datetime  # UTC
    client: str
    dialect: str
    path: str
    started_mono: float = 0.0  # seconds on the monotonic clock
    upstream_endpoint: str | None = None
    model_requested: str | None = None
    model_served: str | None = None
    status: int | None = None
    error: str | None = None
    initiator: str | None = None
    initiator_source: str = "decided"  # or "client"
    stream: bool = False
    cancelled: bool = False
    attempts: int = 0
    ttfb_ms: float | None = None
    duration_ms: float | None = None
    longest_silence_ms: float | None = None
    usage: Usage = field(default_factory=Usage)
    request_bytes: int = 0
    response_bytes: int = 0
    repairs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    session_id: str | None = None
    error_message: str | None = None
    background: str | None = None  # what kind of side call, as the client marks it
    upstream_request_id: str | None = None
    waited_ms: float | None = None  # for the owner's limits and approval
    upstream_ms: float | None = None  # from the start to upstream's headers
    frames: int = 0
    turn: int | None = None  # one prompt and what follows from it, counted within the session
    branch: int | None = None  # 0 is the conversation itself, others are beside it
    process: str | None = None
    project: str | None = None  # the folder that the calling process works in
    captured: bool = False
    tries: list[Try] = field(default_factory=list)
    prefix_parts: int | None = None  # of the prompt: tools, system, each message
    prefix_kept: int | None = None  # how many of them stand as in the request before
    prefix_changed: str | None = None  # the first that does not
    # What the writer works from once the request is over; not kept as it is.
    peer_port: int = 0
    sent: Json | None = None  # the body for upstream
    taken: Taken | None = None  # what was said, while capture is on

    def attempted(self) -> None:
        self.attempts += 1

    def tried(self, one: Try) -> None:
        if len(self.tries) < MAX_TRIES:
            self.tries.append(one)

    def failed(self, code: str, message: str) -> None:
        """The request failed: a word for programs, a sentence for people. Ended on purpose is cancelled."""
        self.cancelled = self.cancelled or code == "cancelled"
        self.error, self.error_message = code, message[:_LONGEST_SENTENCE]

    def note(self, note: Note | str) -> None:
        """Add a note once, however often the same thing happens; at most MAX_NOTES, and one that says so."""
        if len(self.notes) > MAX_NOTES:
            return
        text = str(note)[:_LONGEST_NOTE]
        if text not in self.notes:
            self.notes.append(text if len(self.notes) < MAX_NOTES else "further notes left out")

    def repaired(self, repair: str) -> None:
        if len(self.repairs) < MAX_NOTES and repair not in self.repairs:
            self.repairs.append(repair)

    def measured(self, usage: Usage) -> None:
        self.usage = self.usage.merged(usage)

    def make_sound(self) -> None:
        """Bytes of a header or a folder's name that are no UTF-8 become question marks: neither JSON nor
        SQLite takes them. A figure that no model reaches is not known: sums of it would not fit."""
        for name in _TEXTS:
            if (text := getattr(self, name)) is not None and not text.isascii():
                setattr(self, name, _sound(text))
        figures = {name: getattr(self.usage, name) for name in TOKEN_FIELDS}
        if absurd := {name: None for name, value in figures.items() if not 0 <= (value or 0) <= _MOST}:
            self.usage = replace(self.usage, **absurd)
            self.note("usage: Copilot told figures that cannot be; they count as not known")
        self.repairs = [_sound(text) for text in self.repairs]
        self.notes = [_sound(text) for text in self.notes]

    def as_json(self) -> dict[str, Any]:
        """The row of `/api/requests`."""
        row = {name: getattr(self, name) for name in SHOWN}
        row["started_at"] = stamp(self.started_at)
        return row | {name: getattr(self.usage, name) for name in TOKEN_FIELDS}

    def in_full(self) -> dict[str, Any]:
        """The row with what only one request on its own shows."""
        prefix = {"parts": self.prefix_parts, "kept": self.prefix_kept, "changed_at": self.prefix_changed}
        return self.as_json() | {
            "tries": [one.as_json() for one in self.tries],
            "prefix": prefix if self.prefix_parts is not None else None,
        }


_UNSHOWN = frozenset(
    ("usage", "started_mono", "tries", "peer_port", "sent", "taken", "prefix_parts", "prefix_kept",
     "prefix_changed")
)  # fmt: skip
_TEXTS = (
    "client", "dialect", "path", "upstream_endpoint", "model_requested", "model_served", "error",
    "error_message", "initiator", "session_id", "background", "upstream_request_id", "process", "project",
    "prefix_changed",
)  # fmt: skip
SHOWN = tuple(name for name in Record.__slots__ if name not in _UNSHOWN)


def _sound(text: str) -> str:
    return text.encode(errors="replace").decode()


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
