"""Prompt cache marks on a body for the Messages endpoint. Source: copilot-wire 7.6."""

from tray_app.dialects.fields import Json

MARK = {"type": "ephemeral"}
MAX_MARKS = 4
_REFUSED_ON = ("thinking", "redacted_thinking")


def set_marks(body: Json) -> bool:
    """Marks as Microsoft's client sets them: the last tool, the last system block, the two latest
    messages that can carry one. Returns whether any was set."""
    places: list[Json] = []
    tools = [tool for tool in body.get("tools", ()) if not tool.get("defer_loading")]
    places += tools[-1:]
    places += body.get("system", [])[-1:]
    found = 0
    for message in reversed(body["messages"]):
        block = _cacheable(message)
        if block is not None and found < 2:
            places.append(block)
            found += 1
    for place in places:
        place["cache_control"] = dict(MARK)
    return bool(places)


def keep_four(body: Json) -> int:
    """At most four marks: those on tools and system, then the latest. Returns how many were removed."""
    heads = [block for key in ("tools", "system") for block in body.get(key, ()) if "cache_control" in block]
    bodies = [b for m in body["messages"] for b in m["content"] if "cache_control" in b]
    kept = heads[-MAX_MARKS:] if len(heads) <= 2 else [heads[0], heads[-1]]
    room = MAX_MARKS - len(kept)
    kept += bodies[-room:] if room else []
    removed = 0
    for block in heads + bodies:
        if not any(block is other for other in kept):
            del block["cache_control"]
            removed += 1
    return removed


def _cacheable(message: Json) -> Json | None:
    for block in reversed(message["content"]):
        if block["type"] not in _REFUSED_ON:
            found: Json = block
            return found
    return None
