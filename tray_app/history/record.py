"""One row of the history, and the builder that an exchange fills while it runs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tray_app.dialects.neutral import Note, Usage

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

    def as_json(self) -> dict[str, Any]:
        """The row of `/api/requests`."""
        row = {
            name: getattr(self, name) for name in Record.__slots__ if name not in ("usage", "started_mono")
        }
        row["started_at"] = self.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return row | {name: getattr(self.usage, name) for name in TOKEN_FIELDS}
