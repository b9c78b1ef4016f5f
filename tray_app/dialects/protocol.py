"""What a dialect is to the rest of the program: the functions that every dialect package provides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from tray_app.dialects.capabilities import Endpoint, Model
from tray_app.dialects.deltas import Delta
from tray_app.dialects.fields import Json
from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Ask, DialectName, Note, Reply, Usage
from tray_app.dialects.sse import Event
from tray_app.errors import Fault

Initiator = Literal["user", "agent"]
MAX_REPAIRS = 50  # said of one body; a client may send thousands of tools to rename


class StreamReader(Protocol):
    """Upstream events into neutral deltas. One object per answer."""

    def feed(self, event: Event) -> list[Delta]: ...

    def finish(self) -> list[Delta]:
        """The body ended: whatever is missing, and exactly one Stopped or Failed if none came yet."""
        ...


class StreamWriter(Protocol):
    """Neutral deltas into the client's bytes. One object per answer."""

    def feed(self, delta: Delta) -> bytes: ...


class Stream(Protocol):
    """An answer on its way to the client: upstream bytes in, client bytes out. One object per answer.

    A dialect's `native_stream` makes one for an upstream of the same dialect (bytes pass as they are
    wherever nothing must change); `translated.Translated` makes one of a StreamReader and a StreamWriter.
    """

    usage: Usage
    model_served: str | None
    fault: Fault | None  # set once the answer has failed
    notes: list[Note]

    @property
    def at_boundary(self) -> bool:
        """True between two events of the client's stream: only here may a keepalive go out."""
        ...

    @property
    def ended(self) -> bool:
        """The client has got the dialect's ending: a neat one, or an error event."""
        ...

    def feed(self, chunk: bytes) -> bytes: ...

    def release(self) -> bytes:
        """What was held back for the sake of an early failure (Responses announcements); else nothing.
        Once called, nothing is held back any more."""
        ...

    def finish(self) -> bytes:
        """The upstream body ended. Gives the ending that is due: the neat one if a finish signal was
        seen, else the dialect's error event."""
        ...

    def fail(self, fault: Fault) -> bytes:
        """Something broke: closes a half-sent event if there is one, and ends with the error event."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides how a body must look for one model on one endpoint.

    `learned` are facts found out from earlier refusals of this model, as short words.
    """

    model: Model
    memory: Memory
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

    `betas` is the value list of the `anthropic-beta` header (messages only). `has_image` asks for the
    Copilot-Vision-Request header.
    """

    body: Json
    repairs: list[str]
    notes: list[Note]
    betas: tuple[str, ...] = ()
    has_image: bool = False

    def repaired(self, what: str) -> None:
        """Says a repair once, however often it is made; of very many, the first ones."""
        if len(self.repairs) < MAX_REPAIRS and what not in self.repairs:
            self.repairs.append(what)


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
    """What routing needs to know of a client's body before anything is translated.

    `background` names a call that the client itself marks as such: "title", "compaction", "subagent",
    "warmup" or "background". `initiator_source` is "client" when the client sent X-Initiator itself.
    """

    model: str
    stream: bool
    initiator: Initiator
    initiator_source: Literal["decided", "client"] = "decided"
    background: str | None = None
    max_tokens: int | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDialect:
    """One API form, as a client speaks it.

    peek          client body, lower-cased headers -> Peek; raises BadRequest naming the field
    read_ask      client body -> neutral request; raises BadRequest naming the field
    write_reply   neutral -> whole client answer (model as the client asked for it, the ask)
    write_stream  a StreamWriter towards a client (model as the client asked for it, the ask)
    keepalive     bytes that say nothing, for between two events of a stream
    stream_type   the Content-Type of its streams
    """

    name: DialectName
    peek: Callable[[Json, Mapping[str, str]], Peek]
    read_ask: Callable[[Json], tuple[Ask, list[Note]]]
    write_reply: Callable[[Reply, str, Ask], Json]
    write_stream: Callable[[str, Ask], StreamWriter]
    keepalive: bytes
    stream_type: str = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(ClientDialect):
    """An API form that Copilot offers too, at `endpoint`.

    write_ask     neutral request -> body for `endpoint`, for this model
    read_reply    whole upstream answer -> neutral
    read_stream   a StreamReader for an upstream stream of this dialect
    native_stream a Stream for an upstream of the same dialect (client's body as sent, rules)
    native_reply  a whole upstream answer made fit for a client of the same dialect (with body, rules)
    read_usage    usage of a whole upstream answer
    before        repairs ahead of the first attempt (works in place, may raise BadRequest)
    after         a repair for a refusal (body as sent, status, upstream's text, rules), or None
    """

    endpoint: Endpoint
    write_ask: Callable[[Ask, Model], tuple[Json, list[Note]]]
    read_reply: Callable[[Json], Reply]
    read_stream: Callable[[], StreamReader]
    native_stream: Callable[[Json, Rules], Stream]
    native_reply: Callable[[Json, Json, Rules], Json]
    read_usage: Callable[[Json], Usage]
    before: Callable[[Json, Rules], Prepared]
    after: Callable[[Json, int, str, Rules], Recovery | None]
