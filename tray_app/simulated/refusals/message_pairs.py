"""Tool calls and their results must stand next to each other (copilot-wire 7.8, word by word)."""

from typing import Any

from tray_app.simulated.conversation import objects
from tray_app.simulated.refusals import Context
from tray_app.simulated.refused import by_backend


def refuse(body: dict[str, Any], context: Context) -> None:
    """Neighbours of one role count as one message, as the API joins them."""
    calls: list[str] = []
    caller = 0
    asked_by = ""
    for place, message in enumerate(body["messages"]):
        role, blocks = message["role"], list(objects(message.get("content")))
        if role == "assistant":
            if calls and asked_by != "assistant":
                raise _unanswered(caller, calls, context)
            made = [block["id"] for block in blocks if block.get("type") == "tool_use"]
            if len(set(calls + made)) != len(calls + made):
                raise by_backend(context.backend, f"messages.{place}: `tool_use` ids must be unique")
            calls, caller = calls + made, place
        else:
            calls = _answered(blocks, calls, place, caller, context)
        asked_by = role
    if calls:
        raise _unanswered(caller, calls, context)


def _answered(
    blocks: list[dict[str, Any]], calls: list[str], place: int, caller: int, context: Context
) -> list[str]:
    """The calls still open after a user's message. Results come first; text before them hides them."""
    left = list(calls)
    for number, block in enumerate(blocks):
        if block.get("type") != "tool_result":
            if left:
                raise _unanswered(caller, left, context)
            continue
        call_id = block["tool_use_id"]
        if call_id not in left:
            raise _orphan(place, number, call_id, context)
        left.remove(call_id)
    return left


def _orphan(place: int, number: int, call_id: str, context: Context) -> Exception:
    return by_backend(
        context.backend,
        f"messages.{place}.content.{number}: unexpected `tool_use_id` found in `tool_result` blocks: "
        f"{call_id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous "
        "message.",
    )


def _unanswered(place: int, ids: list[str], context: Context) -> Exception:
    return by_backend(
        context.backend,
        f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(ids)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
        "message.",
    )
