"""Cache marks and beta flags of a Messages body (wire 7.3, 7.4, 7.6)."""

from collections.abc import Iterator
from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Rules
from tray_app.dialects.repairs.common import LONG_CONTEXT, Work, facts, generation

MAX_MARKS = 4
INTERLEAVED = "interleaved-thinking-2025-05-14"
CONTEXT_MANAGEMENT = "context-management-2025-06-27"
ADVANCED_TOOLS = "advanced-tool-use-2025-11-20"
LONG_TTL = "extended-cache-ttl-2025-04-11"
ONE_MILLION = "context-1m-2025-08-07"
_UNCACHEABLE = ("thinking", "redacted_thinking")


# --- marks ------------------------------------------------------------------------------------------------


def clean_marks(work: Work) -> None:
    """`scope` out, the top-level mark where it is taken, one hour if wished, at most four."""
    _move_top_level(work)
    for owner in _owners(work.body):
        _clean_mark(work, owner)
    _at_most_four(work)
    _longest_first(work)


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _owners(body: Json) -> Iterator[Json]:
    """Everything that has a mark, in the order of the prompt: tools, system, messages, the body."""
    for group in (_objects(body.get("tools")), _objects(body.get("system")), _message_blocks(body), [body]):
        yield from (owner for owner in group if "cache_control" in owner)


def _message_blocks(body: Json) -> list[Json]:
    return [block for message in _objects(body.get("messages")) for block in _objects(message.get("content"))]


def _takes_top_level(rules: Rules) -> bool:
    """Opus from 4.6 on, everybody from 4.7 on."""
    if "no_top_level_cache" in facts(rules):
        return False
    version = generation(rules.model.id)
    opus = "opus" in rules.model.id
    return version is not None and (version >= (4, 7) or (opus and version >= (4, 6)))


def _move_top_level(work: Work) -> None:
    mark = work.body.get("cache_control")
    if mark is None:
        work.body.pop("cache_control", None)
        return
    if isinstance(mark, dict) and _takes_top_level(work.rules):
        return
    del work.body["cache_control"]
    if isinstance(mark, dict) and (block := _last_cacheable(work.body)) is not None:
        block.setdefault("cache_control", mark)
        work.note("cache_control", "moved from the top to the last block")


def _last_cacheable(body: Json) -> Json | None:
    for message in reversed(_objects(body.get("messages"))):
        content = message.get("content")
        if isinstance(content, str):
            message["content"] = [{"type": "text", "text": content}]
        for block in reversed(_objects(message.get("content"))):
            if block.get("type") not in _UNCACHEABLE:
                return block
    return None


def _clean_mark(work: Work, owner: Json) -> None:
    mark = owner["cache_control"]
    if not isinstance(mark, dict):
        del owner["cache_control"]
        return
    if "scope" in mark:
        work.note("cache_control.scope", "removed, refused upstream")
    clean: Json = {"type": "ephemeral"}
    said = mark.get("ttl") if mark.get("ttl") in ("5m", "1h") else None
    ttl = said or ("1h" if work.rules.extend_cache_ttl else None)
    if ttl == "1h" and "no_cache_ttl" in work.facts:
        work.note("cache_control.ttl", "removed, the model refuses it")
    elif ttl is not None:
        clean["ttl"] = ttl
        if said is None:
            work.note("cache_control.ttl", "one hour, as configured")
    owner["cache_control"] = clean


def _at_most_four(work: Work) -> None:
    """Keeps the last mark of tools, of system and the two latest of messages, then what else fits."""
    marked = list(_owners(work.body))
    if len(marked) <= MAX_MARKS:
        return
    tools = [tool for tool in _objects(work.body.get("tools")) if "cache_control" in tool]
    system = [block for block in _objects(work.body.get("system")) if "cache_control" in block]
    turns = [block for block in _message_blocks(work.body) if "cache_control" in block]
    top = [work.body] if "cache_control" in work.body else []
    wanted = [*top, *tools[-1:], *system[-1:], *turns[-2:], *system[:-1], *turns[:-2][::-1], *tools[:-1]]
    for owner in wanted[MAX_MARKS:]:
        del owner["cache_control"]
    work.note("cache_control", f"{len(marked)} marks reduced to {MAX_MARKS}, the most upstream takes")


def _longest_first(work: Work) -> None:
    """A one-hour mark may not stand behind a five-minute one."""
    short = False
    for owner in _owners(work.body):
        mark = owner["cache_control"]
        if mark.get("ttl") != "1h":
            short = True
        elif short:
            mark["ttl"] = "5m"
            work.note("cache_control.ttl", "five minutes behind a shorter mark")


# --- betas ------------------------------------------------------------------------------------------------


def betas_for(body: Json, rules: Rules) -> tuple[str, ...]:
    """The beta flags this body needs, or that the client asked for and upstream takes."""
    asked = {beta.strip() for text in rules.client_betas for beta in text.split(",")}
    thinking = body.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    long = (rules.model.context_window or 0) > LONG_CONTEXT
    wanted = {
        INTERLEAVED: kind == "enabled" or INTERLEAVED in asked,
        CONTEXT_MANAGEMENT: "context_management" in body,
        ADVANCED_TOOLS: _searches_tools(body),
        LONG_TTL: any(_ttl(owner) == "1h" for owner in _owners(body)),
        ONE_MILLION: long and (rules.wants_1m or ONE_MILLION in asked),
    }
    known = facts(rules)
    return tuple(beta for beta, needed in wanted.items() if needed and f"no_beta:{beta}" not in known)


def _ttl(owner: Json) -> Any:
    mark = owner["cache_control"]
    return mark.get("ttl") if isinstance(mark, dict) else None


def _searches_tools(body: Json) -> bool:
    for tool in _objects(body.get("tools")):
        kind = tool.get("type")
        if tool.get("defer_loading") or tool.get("allowed_callers") or tool.get("input_examples"):
            return True
        if isinstance(kind, str) and kind.startswith("tool_search_tool"):
            return True
    return any(
        part.get("type") == "tool_reference"
        for block in _message_blocks(body)
        for part in _objects(block.get("content"))
    )
