"""Tool calls of a chat body and their results: ids, order, pairs, and the reasoning behind them."""

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Opaque
from tray_app.dialects.repairs.common import Work
from tray_app.dialects.tool_names import safe_call_id

NO_RESULT = "(no result)"

Messages = list[Json]


def from_functions(work: Work) -> None:
    """The form of 2023: `function_call` on an answer, and its result in the role `function`."""
    id, number = "call_function_0", 0
    messages = work.body.get("messages")
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict):
            continue
        if isinstance(call := message.pop("function_call", None), dict):
            number += 1
            id = f"call_function_{number}"
            message.setdefault("tool_calls", [{"id": id, "type": "function", "function": call}])
            work.note("messages.function_call", "sent as a tool call")
        if message.get("role") == "function":
            message |= {"role": "tool", "tool_call_id": id}
            message.pop("name", None)
            work.note("messages.function", "sent as a tool result")


def _calls(message: Json) -> list[Json]:
    calls = message.get("tool_calls")
    return calls if isinstance(calls, list) and message.get("role") == "assistant" else []


def put_reasoning_back(work: Work, messages: Messages) -> None:
    """Clients drop the opaque reasoning behind a tool call; Gemini refuses the next turn without it."""
    model = work.rules.model
    if not (model.is_claude or model.is_gemini) or "no_reasoning" in work.facts:
        return
    for message in messages:
        if message.get("reasoning_opaque") or not _calls(message):
            continue
        for call in _calls(message):
            thinking = work.rules.memory.thinking(call["id"])
            opaque = thinking.opaque if thinking else None
            if thinking and opaque and _is_wanted(work, opaque):
                message["reasoning_opaque"] = opaque.value
                if thinking.text:
                    message["reasoning_text"] = thinking.text
                work.repaired("put reasoning back that the client dropped")
                break


def _is_wanted(work: Work, opaque: Opaque) -> bool:
    """Whether the model's endpoint reads such values, and has not refused this one."""
    rules = work.rules
    return opaque.kind == "chat" and not rules.memory.is_refused(rules.model.id, opaque.value)


def safe_ids(work: Work, messages: Messages) -> None:
    """Claude takes `[a-zA-Z0-9_-]+`, Kimi ids that name the tool and count."""
    kimi = "kimi" in work.rules.model.id
    if not (work.rules.model.is_claude or kimi):
        return
    names: dict[str, str] = {}
    for message in messages:
        for call in _calls(message):
            old = call["id"]
            call["id"] = names[old] = _kimi_id(work, call, len(names)) if kimi else safe_call_id(old)
            if call["id"] != old:
                work.repaired("renamed tool call ids that the model does not take")
        if message["role"] == "tool":
            old = message["tool_call_id"]
            message["tool_call_id"] = names.get(old) or (old if kimi else safe_call_id(old))


def _kimi_id(work: Work, call: Json, number: int) -> str:
    name = (call.get("function") or {}).get("name", "tool")
    return f"functions.{name}:{number}" if "k2" in work.rules.model.id else f"{name}:{number}"


def paired(work: Work, messages: Messages) -> Messages:
    """Results stand directly behind their calls, one for each; results without a call are dropped."""
    ordered: Messages = []
    index = 0
    while index < len(messages):
        head = messages[index]
        end = index + 1
        while end < len(messages) and messages[end]["role"] != "assistant":
            end += 1
        if head["role"] == "assistant":
            ordered += [head, *_segment(work, head, messages[index + 1 : end])]
        else:
            ordered += _segment(work, {}, messages[index:end])
        index = end
    return ordered


def _segment(work: Work, head: Json, rest: Messages) -> Messages:
    """What stands between two answers: the results of `head`'s calls first, then everything else."""
    wanted = dict.fromkeys(call["id"] for call in _calls(head))
    results: dict[str, Json] = {}
    for message in rest:
        if message["role"] != "tool":
            continue
        if message["tool_call_id"] in wanted and message["tool_call_id"] not in results:
            results[message["tool_call_id"]] = message
        else:
            work.repaired("stripped orphaned tool results")
    missing = [id for id in wanted if id not in results]
    if missing:
        work.repaired("added results for tool calls that had none")
    kinds = [message["role"] == "tool" for message in rest]
    if kinds != sorted(kinds, reverse=True):
        work.repaired("put tool results directly behind their calls")
    added = [{"role": "tool", "tool_call_id": id, "content": NO_RESULT} for id in missing]
    return [*results.values(), *added, *(message for message in rest if message["role"] != "tool")]
