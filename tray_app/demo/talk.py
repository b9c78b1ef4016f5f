"""PURE. The demo's conversations in no dialect's words, and the bytes they are in one.

The program's own dialects write them, so the pages show what a real tool would have sent and got.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from tray_app.demo.habits import Habit
from tray_app.demo.scenes import Scene, Step, system_text
from tray_app.dialects import faults
from tray_app.dialects.deltas import Delta, Piece, play
from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import (
    Ask,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Reply,
    Stop,
    StopReason,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from tray_app.errors import Fault
from tray_app.history.taken import Taken

_WORDS = {
    "read": ("Reads a file of the project.", {"path": "The file, from the project's folder"}),
    "run": ("Runs a command in the project's folder and gives its output.", {"command": "The command"}),
    "edit": (
        "Replaces a piece of text in a file, which must be there once; an empty `old` makes a new file.",
        {"path": "The file", "old": "What stands there now", "new": "What shall stand there"},
    ),
    "search": ("Finds a text in all files and gives file and line.", {"pattern": "What to look for"}),
}


@dataclass(slots=True)
class Talk:
    """A conversation as it grows."""

    habit: Habit
    project: str
    messages: list[Message] = field(default_factory=list)
    calls: int = 0

    def __post_init__(self) -> None:
        self.messages.append(Message("system", (Text(system_text(self.project), cached=True),)))

    def prompted(self, scene: Scene) -> None:
        picture: tuple[Part, ...] = (Image("image/png", scene.picture),) if scene.picture else ()
        self.messages.append(Message("user", (*picture, Text(scene.prompt))))

    def answered(self, reply: Reply) -> None:
        self.messages.append(Message("assistant", reply.parts))

    def told(self, call: ToolCall, text: str, *, is_error: bool = False) -> None:
        self.messages.append(Message("tool", (ToolResult(call.id, (Text(text),), is_error, name=call.name),)))

    def call(self, step: Step) -> ToolCall:
        """The model's wish for one tool."""
        self.calls += 1
        arguments = orjson.dumps(dict(step.arguments)).decode()
        return ToolCall(f"call_demo{self.calls:04}", self.habit.names[step.what], arguments)

    def ask(self) -> Ask:
        claude = self.habit.model.is_claude
        return Ask(
            self.habit.model.id,
            tuple(self.messages),
            stream=True,
            tools=tuple(_tool(self.habit, what) for what in _WORDS),
            max_tokens=32_000,
            reasoning=Reasoning("adaptive" if self.habit.model.adaptive_thinking else None, "medium")
            if self.habit.model.thinking
            else None,
            include_usage=True,
            has_cache_marks=claude,
        )


def _tool(habit: Habit, what: str) -> Tool:
    says, fields = _WORDS[what]
    shape = {name: {"type": "string", "description": text} for name, text in fields.items()}
    return Tool(habit.names[what], says, {"type": "object", "properties": shape, "required": list(fields)})


def reply(habit: Habit, thought: str, words: str, calls: Sequence[ToolCall], usage: Usage) -> Reply:
    """What the model says next: it thinks where it can, then speaks, then asks for tools."""
    parts: list[Part] = []
    if thought and habit.model.thinking:
        parts.append(Thinking(thought, Opaque(habit.target.name, "c2VhbGVk" * 8)))
    if words:
        parts.append(Text(words))
    stop = StopReason.TOOLS if calls else StopReason.END
    return Reply("demo", habit.model.id, (*parts, *calls), Stop(stop), usage)


def client_body(talk: Talk) -> Json:
    """The request as the tool sends it."""
    body, _ = talk.habit.dialect.write_ask(talk.ask(), talk.habit.model)
    return body | {"model": talk.habit.asked}


def upstream_body(talk: Talk) -> Json:
    """The same as it goes to Copilot."""
    body, _ = talk.habit.target.write_ask(talk.ask(), talk.habit.model)
    return body


def body_text(talk: Talk) -> bytes:
    """The client's body in bytes."""
    return orjson.dumps(client_body(talk))


def taken(talk: Talk, said: Reply | None, first_ms: float, whole_ms: float) -> Taken:
    """The exchange as capture would have taken it down; `said` None: no answer came."""
    kept = Taken(body_text(talk), lambda: 0.0)
    kept.sent(orjson.dumps(upstream_body(talk)))
    if said is not None:
        writer = talk.habit.dialect.write_stream(talk.habit.asked, talk.ask())
        deltas = list(_in_words(said))
        for at, delta in enumerate(deltas):
            moment = first_ms + (whole_ms - first_ms) * at / max(1, len(deltas) - 1)
            if data := writer.feed(delta):
                kept.pieces.append((round(moment, 1), data))
    return kept


def refused(talk: Talk, fault: Fault, whole_ms: float) -> Taken:
    """The same for a request that was answered with an error."""
    kept = taken(talk, None, 0.0, 0.0)
    kept.pieces.append((whole_ms, orjson.dumps(faults.render(talk.habit.dialect.name, fault))))
    return kept


def _in_words(said: Reply) -> Iterator[Delta]:
    """Texts come in pieces of a few words."""
    for delta in play(said):
        if not isinstance(delta, Piece):
            yield delta
            continue
        words = delta.text.split(" ")
        for at in range(0, len(words), 3):
            yield Piece((" " if at else "") + " ".join(words[at : at + 3]))
