"""Items that a client names by id instead of sending them: `item_reference`.

The AI SDK does so in its tool loops unless it is told `store: false`. Copilot stores nothing, so what this
proxy gave out lately is remembered and put back; what it does not know is refused in plain words later on.
"""

from collections.abc import Iterable

import orjson

from tray_app.dialects.fields import Json
from tray_app.dialects.memory import Memory


def wants_memory(body: Json) -> bool:
    """Whether a client may refer to this answer's items later: it did not say `store: false`."""
    return body.get("store") is not False


def remember(items: Iterable[Json], memory: Memory) -> None:
    """Keep the items of an answer under the ids that the client sees."""
    for item in items:
        if isinstance(id := item.get("id"), str) and id:
            memory.keep_item(id, orjson.dumps(item))


def put_back(body: Json, memory: Memory) -> int:
    """Replace known references in `input`, in place; gives their number."""
    items = body.get("input")
    if not isinstance(items, list):
        return 0
    found = 0
    for place, item in enumerate(items):
        if not isinstance(item, dict) or item.get("type") != "item_reference":
            continue
        id = item.get("id")
        if isinstance(id, str) and (known := memory.item(id)) is not None:
            items[place] = orjson.loads(known)
            found += 1
    return found
