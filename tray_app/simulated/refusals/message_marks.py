"""Where /v1/messages takes `cache_control` and where not (copilot-wire 7.4, 7.6)."""

from collections.abc import Iterator
from typing import Any

from tray_app.simulated.conversation import objects
from tray_app.simulated.refusals import Context
from tray_app.simulated.refused import by_backend

MOST_MARKS = 4
_LONG_AFTER_SHORT = (
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are "
    "processed in the following order: `tools`, `system`, `messages`."
)


def refuse(body: dict[str, Any], context: Context, *, long: bool) -> None:
    """`long` says that the extended-ttl beta is on."""
    marks = list(_marks(body, context))
    if body.get("cache_control") is not None:
        if not context.model.takes_top_level_cache:
            raise by_backend(context.backend, "cache_control: Extra inputs are not permitted")
        marks.append(("", body["cache_control"]))
    short_seen = False
    for path, mark in marks:
        _mark(path, mark, context, long=long)
        if mark.get("ttl") == "1h" and short_seen:
            raise by_backend(context.backend, f"{path}.cache_control.ttl: {_LONG_AFTER_SHORT}")
        short_seen = short_seen or mark.get("ttl") != "1h"
    if len(marks) > MOST_MARKS:
        message = f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {len(marks)}."
        raise by_backend(context.backend, message)


def _marks(body: dict[str, Any], context: Context) -> Iterator[tuple[str, Any]]:
    """Path and mark, in the order in which the prompt is put together."""
    for place, tool in enumerate(objects(body.get("tools"))):
        if tool.get("cache_control") is not None:
            yield f"tools.{place}", tool["cache_control"]
    for place, block in enumerate(objects(body.get("system"))):
        if block.get("cache_control") is not None:
            yield f"system.{place}", block["cache_control"]
    for number, message in enumerate(objects(body.get("messages"))):
        for place, block in enumerate(objects(message.get("content"))):
            yield from _block_marks(f"messages.{number}.content.{place}", block, context)


def _block_marks(path: str, block: dict[str, Any], context: Context) -> Iterator[tuple[str, Any]]:
    for inner in objects(block.get("content")):
        if inner.get("cache_control") is not None:
            message = f"{path}: cache_control may not be specified within tool_result.content"
            raise by_backend(context.backend, message)
    if block.get("cache_control") is None:
        return
    kind = block.get("type")
    if kind in ("thinking", "redacted_thinking"):
        message = f"{path}.{kind}.cache_control: Extra inputs are not permitted"
        raise by_backend(context.backend, message)
    yield path, block["cache_control"]


def _mark(path: str, mark: Any, context: Context, *, long: bool) -> None:
    where = f"{path}.cache_control" if path else "cache_control"
    if not isinstance(mark, dict) or mark.get("type") != "ephemeral":
        raise by_backend(context.backend, f"{where}.type: Input should be 'ephemeral'")
    for key in mark:
        if key not in ("type", "ttl"):
            raise by_backend(context.backend, f"{where}.ephemeral.{key}: Extra inputs are not permitted")
    if mark.get("ttl") not in (None, "5m", "1h"):
        raise by_backend(context.backend, f"{where}.ephemeral.ttl: Input should be '5m' or '1h'")
    if mark.get("ttl") == "1h" and not long and not context.model.takes_long_ttl_freely:
        raise by_backend(context.backend, f"{where}.ephemeral.ttl: Extra inputs are not permitted")
