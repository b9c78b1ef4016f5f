"""Reasoning that a client dropped, put back where the model needs it. PURE but for the memory it reads."""

from dataclasses import replace

from tray_app.dialects.memory import Memory
from tray_app.dialects.neutral import Ask, DialectName, Message, Reply, Thinking, ToolCall


def with_remembered_thinking(ask: Ask, memory: Memory, kind: DialectName) -> tuple[Ask, int]:
    """The ask with remembered reasoning before tool calls that came back without any, where it belongs
    to the upstream form `kind`. Also how many messages got theirs back."""
    restored = 0
    messages = []
    for message in ask.messages:
        thinking = _missing(message, memory, kind)
        if thinking is not None:
            message = Message(message.role, (thinking, *message.parts))
            restored += 1
        messages.append(message)
    return (replace(ask, messages=tuple(messages)), restored) if restored else (ask, 0)


def _missing(message: Message, memory: Memory, kind: DialectName) -> Thinking | None:
    if message.role != "assistant" or any(
        isinstance(part, Thinking) and part.opaque is not None for part in message.parts
    ):
        return None
    for part in message.parts:
        if isinstance(part, ToolCall):
            thinking = memory.thinking(part.id)
            return thinking if thinking and thinking.opaque and thinking.opaque.kind == kind else None
    return None


def remember_thinking(reply: Reply, memory: Memory) -> None:
    """Keep the reasoning of a whole answer under the ids of the calls that follow it."""
    thinking: Thinking | None = None
    for part in reply.parts:
        if isinstance(part, Thinking):
            thinking = part
        elif isinstance(part, ToolCall) and thinking is not None:
            memory.keep_thinking(part.id, thinking)
