"""A whole Responses answer, read into the neutral form, written from it, or made fit as it is."""

from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import (
    Ask,
    Opaque,
    Part,
    Refusal,
    Reply,
    Stop,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tray_app.dialects.protocol import Rules
from tray_app.dialects.responses import shapes
from tray_app.dialects.responses.failures import read_failure
from tray_app.dialects.responses.searches import cited, read_search, with_cited
from tray_app.dialects.responses.wire_tools import ClientTools
from tray_app.dialects.tool_names import ToolNames
from tray_app.errors import Rejected

_REASONS = {"max_output_tokens": StopReason.MAX_TOKENS, "content_filter": StopReason.FILTERED}


def read_reply(body: Json) -> Reply:
    """The neutral answer. Raises Rejected for a failed one."""
    if body.get("status") == "failed" or (body.get("error") and not body.get("output")):
        raise Rejected(read_failure(body.get("error")))
    items = _objects(body.get("output"))
    parts = [part for item in items for part in read_item(item)]
    parts = with_cited(parts, tuple(source for item in items for source in cited(item)))
    created = body.get("created_at")
    return Reply(
        id=_text(body.get("id")),
        model=_text(body.get("model")),
        parts=tuple(parts),
        stop=read_stop(body, parts),
        usage=read_usage(body),
        created=int(created) if isinstance(created, int | float) else None,
    )


def read_stop(response: Json, parts: list[Part]) -> Stop:
    """Why a finished response ended."""
    if response.get("status") == "incomplete" or isinstance(response.get("incomplete_details"), dict):
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return Stop(_REASONS.get(reason or "", StopReason.MAX_TOKENS))
    if any(isinstance(part, ToolCall) for part in parts):
        return Stop(StopReason.TOOLS)
    if any(isinstance(part, Refusal) for part in parts):
        return Stop(StopReason.REFUSED)
    return Stop(StopReason.END)


def read_item(item: Json) -> list[Part]:
    """The parts of one finished output item; none for what the neutral form has no word for."""
    match item.get("type"):
        case "message":
            return _read_message(item)
        case "reasoning":
            text, opaque = summary_text(item), sealed_of(item)
            return [Thinking(text, opaque)] if text or opaque else []
        case "function_call":
            return [_call(item, _text(item.get("arguments")) or "{}", is_custom=False)]
        case "custom_tool_call":
            return [_call(item, _text(item.get("input")), is_custom=True)]
        case "web_search_call":
            return read_search(item)
    return []


def _read_message(item: Json) -> list[Part]:
    phase = item.get("phase") if isinstance(item.get("phase"), str) else None
    parts: list[Part] = []
    for content in _objects(item.get("content")):
        if content.get("type") == "refusal":
            parts.append(Refusal(_text(content.get("refusal"))))
        elif text := _text(content.get("text")):
            parts.append(Text(text, phase=phase))
    return parts


def _call(item: Json, arguments: str, *, is_custom: bool) -> ToolCall:
    space = item.get("namespace")
    return ToolCall(
        _text(item.get("call_id")),
        _text(item.get("name")),
        arguments,
        "custom" if is_custom else "function",
        space if isinstance(space, str) else None,
    )


def summary_text(item: Json) -> str:
    """The readable text of a reasoning item, its parts parted by a blank line."""
    parts = _objects(item.get("summary")) or _objects(item.get("content"))
    return "\n\n".join(text for part in parts if (text := _text(part.get("text"))))


def sealed_of(item: Json) -> Opaque | None:
    """The encrypted content of a reasoning item, with the id it belongs to."""
    if not (blob := _text(item.get("encrypted_content"))):
        return None
    return Opaque("responses", blob, _text(item.get("id")) or None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: object) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_usage(body: Json, beside: Json | None = None) -> Usage:
    """Usage of a response; `beside` is the event around it, which carries `copilot_usage` in streams."""
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    got, given = _details(usage, "input_tokens_details"), _details(usage, "output_tokens_details")
    cost: Any = None
    for holder in (beside or {}, body, usage):
        if cost is None and isinstance(holder.get("copilot_usage"), dict):
            cost = holder["copilot_usage"].get("total_nano_aiu")
    return Usage(
        input_tokens=_number(usage.get("input_tokens")),
        output_tokens=_number(usage.get("output_tokens")),
        cached_tokens=_number(got.get("cached_tokens")),
        cache_write_tokens=_number(got.get("cache_write_tokens")),
        reasoning_tokens=_number(given.get("reasoning_tokens")),
        nano_aiu=_number(cost),
    )


def _details(usage: Json, key: str) -> Json:
    value = usage.get(key)
    return value if isinstance(value, dict) else {}


# --- writing -------------------------------------------------------------------------------------


def write_reply(reply: Reply, model_asked: str, ask: Ask) -> Json:
    """The whole answer as an OpenAI Response object."""
    id = shapes.response_id(reply.id)
    names = ToolNames(ask.tools)
    output = []
    for index, part in enumerate(reply.parts):
        if isinstance(part, ToolCall):
            part = shapes.client_call(part, names)
        item = shapes.write_item(part, shapes.item_id(id, shapes.part_kind(part), index), names)
        if item is not None:
            output.append(item)
    response = shapes.envelope(id, model_asked, ask, reply.created)
    return response | shapes.ending(reply.stop) | {"output": output, "usage": shapes.write_usage(reply.usage)}


def native_reply(upstream_body: Json, client_body: Json, rules: Rules) -> Json:
    """Upstream's own answer with ids a client can send back, and its tools under the client's names."""
    tools = ClientTools(client_body)
    body = dict(upstream_body)
    id = shapes.response_id(_text(body.get("id")))
    body["id"] = id
    body["output"] = [
        native_item(item, index, id, tools, rules) for index, item in enumerate(_objects(body.get("output")))
    ]
    complete_usage(body)
    tools.echo(body)
    return body


def native_item(item: Json, index: int, response: str, tools: ClientTools, rules: Rules) -> Json:
    """One finished output item for a client of this dialect; remembers which id its blob came with."""
    real = _text(item.get("id"))
    if (blob := _text(item.get("encrypted_content"))) and real:
        rules.memory.keep_item_id(blob, real)
    item = tools.restore_item(item)
    return item | {"id": shown_id(real, _text(item.get("type")), response, index)}


def shown_id(real: str, kind: str, response: str, index: int) -> str:
    """The id a client sees. Upstream's own where it is short, or belongs to a blob: should the memory of
    blobs be gone, that id is still one of upstream's (copilot-wire 6.5)."""
    prefix = shapes.PREFIXES.get(kind, "")
    if kind in ("reasoning", "compaction") and real:
        return real
    if real and len(real) <= 64 and real.startswith(prefix):
        return real
    return shapes.item_id(response, kind, index)


def complete_usage(response: Json) -> None:
    """Add what strict SDKs require and upstream leaves out, in place. opencode never ends a turn whose
    finished response has no usage."""
    usage = response.get("usage")
    if not isinstance(usage, dict):
        if response.get("status") in ("completed", "incomplete"):
            response["usage"] = shapes.write_usage(Usage())
        return
    response["usage"] = usage = dict(usage)
    for key in ("input_tokens", "output_tokens"):
        usage[key] = usage.get(key) or 0
    usage["total_tokens"] = usage.get("total_tokens") or usage["input_tokens"] + usage["output_tokens"]
    given = {"cached_tokens": 0, "cache_write_tokens": 0}
    usage["input_tokens_details"] = given | _details(usage, "input_tokens_details")
    usage["output_tokens_details"] = {"reasoning_tokens": 0} | _details(usage, "output_tokens_details")
