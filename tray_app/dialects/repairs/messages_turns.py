"""The order of a Messages conversation: roles, neighbours, tool calls with their results (wire 7.4, 7.8)."""

from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.common import Work, is_blank, is_since
from tray_app.dialects.repairs.messages_blocks import Blocks, clean_content
from tray_app.errors import BadRequest

NO_RESULT = "(no result)"
GO_ON = "Please continue."
_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
_THINKING = ("thinking", "redacted_thinking")
_REMINDER, _REMINDER_END = "<system-reminder>", "</system-reminder>"
MID_SYSTEM_SINCE = (4, 8)
NO_PREFILL_SINCE = (4, 6)


def clean_turns(work: Work) -> list[Json]:
    """The messages, block by block and then in their order. Raises BadRequest when nothing is left."""
    messages = [_clean_message(work, message, index) for index, message in _messages(work.body)]
    messages = _merged(work, _folded(work, [message for message in messages if message["content"]]))
    messages = _merged(work, _folded(work, paired(work, messages)))
    if not messages:
        raise BadRequest("messages: there is no text in them.", "messages", code="invalid_value")
    if messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": GO_ON})
        work.repaired("put a user message before the first answer")
    _end_with_user(work, messages)
    work.body["messages"] = messages
    return messages


def _messages(body: Json) -> list[tuple[int, Json]]:
    messages = fields.need_list(body, "messages")
    return [
        (index, fields.as_object(item, fields.at("messages", index))) for index, item in enumerate(messages)
    ]


def _clean_message(work: Work, message: Json, index: int) -> Json:
    path = fields.at("messages", index)
    role = _ROLES.get(fields.need_str(message, "role", path))
    if role is None:
        raise BadRequest(f"{path}.role: unknown role.", f"{path}.role", code="invalid_value")
    content = message.get("content")
    if isinstance(content, list):
        content = clean_content(work, content, f"{path}.content")
    elif content is not None and not isinstance(content, str):
        fields.as_list(content, f"{path}.content")
    elif is_blank(content):
        content = []
    if not content:
        work.note("messages", "empty messages dropped, Claude refuses them")
    for key in message.keys() - {"role", "content"}:
        work.note(f"messages.{key}"[:80], "removed, refused upstream")
    return {"role": role, "content": content}


def as_blocks(content: Any) -> Blocks:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


# --- system messages in the middle ----------------------------------------------------------------------


def _folded(work: Work, messages: list[Json]) -> list[Json]:
    """System messages become reminder text of their neighbour; newer models keep the very last one.

    Not when it carries a cache mark: a turn later it is no longer the last, and what was cached up to it
    must read the same then.
    """
    keep = (
        bool(messages)
        and messages[-1]["role"] == "system"
        and len(messages) > 1
        and messages[-2]["role"] == "user"
        and is_since(work.rules.model.id, MID_SYSTEM_SINCE)
        and "no_system_role" not in work.facts
        and not _is_marked(messages[-1]["content"])
        and "cache_control" not in work.body
    )
    body, last = (messages[:-1], messages[-1:]) if keep else (messages, [])
    folded: list[Json] = []
    for message in body:
        if message["role"] != "system":
            folded.append(message)
            continue
        work.note("messages", "system messages in the conversation sent as reminder text")
        if reminder := _reminder(message["content"]):
            folded.append({"role": "user", "content": reminder})
    return folded + last


def _is_marked(content: Any) -> bool:
    return any("cache_control" in block for block in as_blocks(content))


def _reminder(content: Any) -> Blocks:
    texts = [block for block in as_blocks(content) if block.get("type") == "text"]
    return [{**block, "text": _reminding(block["text"])} for block in texts]


def _reminding(text: str) -> str:
    """The text as a reminder; Claude Code wraps most of its own already."""
    plain = text.strip()
    if plain.startswith(_REMINDER) and plain.endswith(_REMINDER_END):
        return text
    return f"{_REMINDER}\n{text}\n{_REMINDER_END}"


# --- neighbours -------------------------------------------------------------------------------------------


def _merged(work: Work, messages: list[Json]) -> list[Json]:
    """Neighbours of one role become one message."""
    merged: list[Json] = []
    for message in messages:
        if not merged or merged[-1]["role"] != message["role"]:
            merged.append(message)
            continue
        merged[-1] = {"role": message["role"], "content": _joined(merged[-1], message)}
        work.note("messages", f"neighbouring {message['role']} messages merged")
    return merged


def _joined(first: Json, second: Json) -> Blocks:
    """Two contents as one; of two answers only the later one's thinking is kept, in front."""
    one, two = as_blocks(first["content"]), as_blocks(second["content"])
    if first["role"] != "assistant":
        return one + two
    later = [block for block in two if block.get("type") in _THINKING]
    if not later:
        return one + two
    rest = [block for block in one + two if block.get("type") not in _THINKING]
    return later + rest


# --- calls and results ------------------------------------------------------------------------------------


def paired(work: Work, messages: list[Json]) -> list[Json]:
    """Every tool_use has its tool_result in the next message and the reverse; results stand first."""
    done: list[Json] = []
    seen: set[str] = set()
    waiting: dict[str, str] = {}  # id as sent by the client: id in the body
    for message in messages:
        if message["role"] == "user":
            content = _with_results(work, message["content"], waiting)
            waiting = {}
            if content:
                done.append({"role": "user", "content": content})
            continue
        if waiting:
            done.append({"role": "user", "content": _missing(work, waiting)})
        waiting = _calls(work, message, seen)
        if message["content"]:
            done.append(message)
    if waiting:
        done.append({"role": "user", "content": _missing(work, waiting)})
    return done


def _calls(work: Work, message: Json, seen: set[str]) -> dict[str, str]:
    """The calls of an answer. An id used before gets a new one, which its result follows."""
    if message["role"] != "assistant" or isinstance(message["content"], str):
        return {}
    calls: dict[str, str] = {}
    kept: Blocks = []
    for block in message["content"]:
        if block.get("type") == "tool_result":
            work.repaired("stripped orphaned tool results")
            continue
        if block.get("type") == "tool_use":
            if block["id"] in calls:
                work.repaired("stripped a tool call that came twice")
                continue
            calls[block["id"]] = block["id"] = _unused(work, block["id"], seen)
        kept.append(block)
    message["content"] = kept
    return calls


def _unused(work: Work, id: str, seen: set[str]) -> str:
    fresh, number = id, 2
    while fresh in seen:
        fresh, number = f"{id[:56]}_{number}", number + 1
    if fresh != id:
        work.repaired("renamed tool call ids that came twice")
    seen.add(fresh)
    return fresh


def _with_results(work: Work, content: Any, waiting: dict[str, str]) -> Any:
    """A user message's content with its results first; orphans out, missing ones put in."""
    if isinstance(content, str) and not waiting:
        return content
    results: dict[str, Json] = {}
    others: Blocks = []
    blocks = as_blocks(content)
    for block in blocks:
        if block.get("type") == "tool_use":
            work.repaired("stripped a tool call outside an answer")
        elif block.get("type") != "tool_result":
            others.append(block)
        elif block["tool_use_id"] in waiting and block["tool_use_id"] not in results:
            results[block["tool_use_id"]] = block
        else:
            work.repaired("stripped orphaned tool results")
    missing = {old: new for old, new in waiting.items() if old not in results}
    for old, block in results.items():
        block["tool_use_id"] = waiting[old]
    ordered = [*results.values(), *(_missing(work, missing) if missing else []), *others]
    if _result_behind_other(blocks):
        work.repaired("put tool results first in their message")
    return ordered


def _result_behind_other(blocks: Blocks) -> bool:
    kinds = [block.get("type") == "tool_result" for block in blocks]
    return kinds != sorted(kinds, reverse=True)


def _missing(work: Work, calls: dict[str, str]) -> Blocks:
    work.repaired("added results for tool calls that had none")
    return [
        {"type": "tool_result", "tool_use_id": id, "is_error": True, "content": NO_RESULT}
        for id in calls.values()
    ]


# --- the end ----------------------------------------------------------------------------------------------


def _end_with_user(work: Work, messages: list[Json]) -> None:
    """Newer models refuse a begun answer; older ones refuse white space at its end."""
    last = messages[-1]
    if last["role"] != "assistant":
        return
    if refuses_prefill(work):
        add_prompt_to_go_on(messages)
        work.repaired("appended a user message after the begun answer")
        return
    final = last if isinstance(last["content"], str) else last["content"][-1]
    key = "content" if isinstance(last["content"], str) else "text"
    if isinstance(final.get(key), str):
        final[key] = final[key].rstrip()


def refuses_prefill(work: Work) -> bool:
    model = work.rules.model
    return "no_prefill" in work.facts or (
        model.is_claude and (model.adaptive_thinking or is_since(model.id, NO_PREFILL_SINCE))
    )


def add_prompt_to_go_on(messages: list[Json]) -> None:
    messages.append({"role": "user", "content": GO_ON})
