"""What a dialect is to the rest of the program: the functions that every dialect package provides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tray_app.dialects.capabilities import Endpoint, Model
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask, Delta, DialectName, Note, Reply, Usage
from tray_app.dialects.sse import Event
from tray_app.errors import Fault

Initiator = Literal["user", "agent"]


class StreamReader(Protocol):
    """Upstream events into neutral deltas. One object per answer."""

    def feed(self, event: Event) -> list[Delta]: ...

    def finish(self) -> list[Delta]:
        """The body ended: whatever is missing, and exactly one Stopped or Failed if none came yet."""
        ...


class StreamWriter(Protocol):
    """Neutral deltas into the client's bytes. One object per answer."""

    def feed(self, delta: Delta) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides how a body must look for one model on one endpoint.

    `learned` are facts found out from earlier refusals of this model, as short words.
    """

    model: Model
    learned: frozenset[str] = frozenset()
    extend_cache_ttl: bool = False
    web_search: bool = True
    function_apply_patch: bool = True
    wants_1m: bool = False
    client_betas: tuple[str, ...] = ()
    translated: bool = False  # the body was written by us, not by a client of this dialect


@dataclass(slots=True)
class Prepared:
    """A body ready for upstream, with what was changed on the way.

    `betas` is the value list of the `anthropic-beta` header (messages only).
    """

    body: Json
    repairs: list[str]
    notes: list[Note]
    betas: tuple[str, ...] = ()


@dataclass(slots=True)
class Recovery:
    """What to send after a refusal that can be repaired. `learned` is remembered for the model."""

    body: Json
    repair: str
    learned: str | None = None
    betas: tuple[str, ...] | None = None  # None: unchanged
    fresh_connection: bool = False


@dataclass(frozen=True, slots=True)
class Peek:
    """What routing needs to know of a body before anything is translated."""

    model: str
    stream: bool
    initiator: Initiator
    has_image: bool
    max_tokens: int | None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API form, as a client speaks it and as Copilot offers it at `endpoint`.

    read_ask     client body -> neutral request; raises BadRequest naming the field
    write_ask    neutral request -> body for `endpoint`, for this model
    read_reply   whole upstream answer -> neutral
    write_reply  neutral -> whole client answer (model as the client asked for it)
    read_stream  a StreamReader for an upstream stream of this dialect
    write_stream a StreamWriter towards a client: (model as asked, the ask)
    before       repairs ahead of the first attempt (works in place, may raise BadRequest)
    after        a repair for a refusal (status, upstream text), or None
    """

    name: DialectName
    endpoint: Endpoint
    peek: Callable[[Json], Peek]
    read_ask: Callable[[Json], tuple[Ask, list[Note]]]
    write_ask: Callable[[Ask, Model], tuple[Json, list[Note]]]
    read_reply: Callable[[Json], Reply]
    write_reply: Callable[[Reply, str, Ask], Json]
    read_stream: Callable[[], StreamReader]
    write_stream: Callable[[str, Ask], StreamWriter]
    read_usage: Callable[[Json], Usage]
    before: Callable[[Json, Rules], Prepared]
    after: Callable[[Json, int, str, Rules], Recovery | None]
    render_fault: Callable[[Fault], Json]
    fail_stream: Callable[[Fault, int], bytes]
    keepalive: bytes


Raw = Any
