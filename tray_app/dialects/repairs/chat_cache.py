"""Prompt cache marks of a chat body: Claude caches nothing unmarked, and Copilot has a name of its own for
them (wire 5.1, 5.9). opencode, LiteLLM and others send Anthropic's `cache_control`."""

from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.common import Work

MARK = "copilot_cache_control"
MAX_MARKS = 4
# Copilot caches nothing under roughly 1.7k tokens.
LEAST_CHARACTERS = 6000


def clean_marks(work: Work) -> None:
    """The client's marks under Copilot's name, at most four; an agent's conversation that has none gets
    them where Microsoft's client sets them. One question without tools is not asked again: none."""
    owners = _owners(work.body)
    renamed = [owner for owner in owners if _take(owner)]
    for owner in renamed:
        owner[MARK] = {"type": "ephemeral"}
    if renamed:
        work.note("cache_control", f"sent as {MARK}")
    marked = [owner for owner in owners if MARK in owner]
    for owner in marked[1 : len(marked) - MAX_MARKS + 1]:
        del owner[MARK]
    if not marked and work.rules.model.is_claude and work.body.get("tools") and not _is_short(work.body):
        _set_marks(work)


def _owners(body: Json) -> list[Json]:
    """What can carry a mark, in the order of the prompt."""
    return [one for one in [*body.get("tools", ()), *body["messages"]] if isinstance(one, dict)]


def _take(owner: Json) -> bool:
    """Whether a message, a part or a call of it, a tool or its function was marked; the marks come off."""
    inner = [owner.get("function")]
    for key in ("content", "tool_calls"):
        inner += owner[key] if isinstance(owner.get(key), list) else []
    places = [owner, *(place for place in inner if isinstance(place, dict))]
    return bool([place for place in places if place.pop("cache_control", None) is not None])


def _set_marks(work: Work) -> None:
    messages: list[Json] = work.body["messages"]
    system = [message for message in messages if message["role"] in ("system", "developer")]
    for message in (*system[-1:], *messages[-2:]):
        message[MARK] = {"type": "ephemeral"}
    work.note(MARK, "set on system and the latest messages")


def _is_short(body: Json) -> bool:
    size = 0
    for message in body["messages"]:
        content = message.get("content")
        texts = [content] if isinstance(content, str) else [part.get("text") for part in content or ()]
        size += sum(len(text) for text in texts if isinstance(text, str))
    return size < LEAST_CHARACTERS
