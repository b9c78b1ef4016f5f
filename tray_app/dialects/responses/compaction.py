"""`POST /v1/responses/compact`, answered with a `compaction_trigger` on `/responses` (copilot-wire 6.7).

Copilot has no such endpoint: the trigger as last input item makes the model answer with `compaction`
items (gpt-5-mini gives two; all are kept).
"""

from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Usage
from tray_app.dialects.responses import shapes
from tray_app.dialects.responses.reply import complete_usage
from tray_app.errors import Broken

KEPT_TOKENS = 64_000
_BYTES_PER_TOKEN = 4  # roughly; the text kept is context for people, the blob is what the model reads


def compact_body(body: Json) -> Json:
    """The `/responses` body for a compaction request. Raises nothing: the repairs check its fields."""
    given = body.get("input")
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    items = given if isinstance(given, list) else []
    changed = {key: value for key, value in body.items() if key not in ("tools", "tool_choice")}
    return changed | {
        "input": [*items, {"type": "compaction_trigger"}],
        "stream": False,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }


def compact_reply(response: Json, body: Json) -> Json:
    """A `response.compaction` of upstream's answer to `compact_body(body)`. Raises Broken without one."""
    output = response.get("output")
    found = [item for item in output if _is(item, "compaction")] if isinstance(output, list) else []
    if not found:
        raise Broken("Copilot did not compact this conversation.")
    complete_usage(response)
    id = response.get("id")
    return {
        "id": shapes.response_id(id if isinstance(id, str) else ""),
        "object": "response.compaction",
        "created_at": response.get("created_at") or 0,
        "output": [*_retained(body.get("input")), *found],
        "usage": response.get("usage") or shapes.write_usage(Usage()),
    }


def _is(item: object, kind: str) -> bool:
    return isinstance(item, dict) and item.get("type") == kind


def _retained(items: Any) -> list[Json]:
    """The user's messages, newest kept, as far as the budget goes."""
    budget = KEPT_TOKENS * _BYTES_PER_TOKEN
    kept: list[Json] = []
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    messages = [item for item in items if isinstance(item, dict) and item.get("role") == "user"]
    for place, item in reversed(list(enumerate(messages))):
        content = _texts(item.get("content"))
        budget -= sum(len(part["text"].encode()) for part in content)
        if budget < 0 and kept:
            break
        id = item.get("id") or shapes.item_id("compaction", "message", place)
        kept.append({"id": id, "type": "message", "role": "user", "status": "completed", "content": content})
    return kept[::-1]


def _texts(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return [{"type": "input_text", "text": text} for text in texts if isinstance(text, str)]
