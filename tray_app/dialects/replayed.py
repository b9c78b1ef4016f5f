"""An answer that is already written out whole: nothing is left to relay."""

from dataclasses import dataclass, field

from tray_app.dialects.neutral import Note, Usage
from tray_app.errors import Fault


@dataclass(slots=True)
class Replayed:
    """A protocol.Stream at its end."""

    usage: Usage
    model_served: str | None
    fault: Fault | None = None
    notes: list[Note] = field(default_factory=list)
    at_boundary: bool = True
    ended: bool = True

    def feed(self, chunk: bytes) -> bytes:
        return b""

    def release(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""

    def fail(self, fault: Fault) -> bytes:
        return b""
