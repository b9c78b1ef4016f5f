"""The owner's own rules for what is sent: texts cut out of and added to system prompts, endings of tool
results cut off, a prompt per model, and an effort where the client names none. Each change is noted.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import DialectName, Note

_SYSTEM_ROLES = ("system", "developer")


def apply(
    dialect: DialectName,
    body: Json,
    *,
    remove: Sequence[str] = (),
    add: Sequence[str] = (),
    suffix_remove: Sequence[str] = (),
    extra_prompt: str | None = None,
    effort: str | None = None,
) -> list[Note]:
    """Applies the rules to a client's body in place. What does not fit the shape is left alone."""
    notes: list[Note] = []
    if remove:
        _cut_from_prompts(dialect, body, [text for text in remove if text], notes)
    if suffix_remove:
        _cut_suffixes(dialect, body, [text for text in suffix_remove if text], notes)
    added = [text for text in (*add, extra_prompt) if text]
    if added and _add_prompt(dialect, body, "\n\n".join(added)):
        notes.append(Note("system", f"{len(added)} configured texts added"))
    if effort and _set_effort(dialect, body, effort):
        notes.append(Note("effort", f"{effort}, as configured for the model"))
    return notes


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[Json]:
    return [item for item in _list(value) if isinstance(item, dict)]


# --- where a dialect keeps its texts: (owner, key) pairs whose value is a string ----------------------

_Slot = tuple[Json, str]


def _slots(owner: Json, key: str) -> Iterable[_Slot]:
    """The texts of a field that is a string or a list of parts."""
    value = owner.get(key)
    if isinstance(value, str):
        yield owner, key
    for part in _objects(value):
        if isinstance(part.get("text"), str):
            yield part, "text"


def _prompts(dialect: DialectName, body: Json) -> Iterable[_Slot]:
    if dialect == "gemini":
        yield from _gemini_prompts(body)
        return
    if dialect == "responses":
        yield from _slots(body, "instructions")
    if dialect == "messages":
        yield from _slots(body, "system")
    for message in _objects(body.get("input" if dialect == "responses" else "messages")):
        if message.get("role") in _SYSTEM_ROLES:
            yield from _slots(message, "content")


def _gemini_prompts(body: Json) -> Iterable[_Slot]:
    for key in ("systemInstruction", "system_instruction"):
        value = body.get(key)
        if isinstance(value, str):
            yield body, key
        elif isinstance(value, dict):
            yield from _slots(value, "parts")


def _results(dialect: DialectName, body: Json) -> Iterable[_Slot]:
    """The texts of tool results; of a list of parts the last one, where an ending stands."""
    if dialect == "responses":
        for item in _objects(body.get("input")):
            if str(item.get("type", "")).endswith("_call_output"):
                yield from list(_slots(item, "output"))[-1:]
        return
    if dialect == "gemini":
        for content in _objects(body.get("contents")):
            for part in _objects(content.get("parts")):
                yield from _gemini_result(part)
        return
    for message in _objects(body.get("messages")):
        if message.get("role") == "tool":
            yield from list(_slots(message, "content"))[-1:]
        for block in _objects(message.get("content")):
            if block.get("type") == "tool_result":
                yield from list(_slots(block, "content"))[-1:]


def _gemini_result(part: Json) -> Iterable[_Slot]:
    answer = part.get("functionResponse") or part.get("function_response")
    response = answer.get("response") if isinstance(answer, dict) else None
    if isinstance(response, dict):
        for key in ("output", "result", "content"):
            if isinstance(response.get(key), str):
                yield response, key


# --- the rules ----------------------------------------------------------------------------------------


def _cut_from_prompts(dialect: DialectName, body: Json, remove: list[str], notes: list[Note]) -> None:
    cuts = 0
    for owner, key in _prompts(dialect, body):
        text = owner[key]
        for unwanted in remove:
            text = text.replace(unwanted, "")
        cuts += text != owner[key]
        owner[key] = text
    if cuts:
        notes.append(Note("system", f"configured texts removed in {cuts} places"))


def _cut_suffixes(dialect: DialectName, body: Json, suffixes: list[str], notes: list[Note]) -> None:
    cuts = 0
    for owner, key in _results(dialect, body):
        before = owner[key]
        for suffix in suffixes:
            owner[key] = _without_suffix(owner[key], suffix)
        cuts += owner[key] != before
    if cuts:
        notes.append(Note("tool results", f"configured endings removed from {cuts}"))


def _without_suffix(text: str, suffix: str) -> str:
    """White space behind the ending does not matter; what stands before it keeps its own."""
    bare = text.rstrip()
    wanted = suffix.rstrip()
    return bare[: -len(wanted)] if wanted and bare.endswith(wanted) else text


def _add_prompt(dialect: DialectName, body: Json, text: str) -> bool:
    """Behind the prompt the client sent, so that its start (and the prompt cache) stays as it is."""
    if dialect == "messages":
        return _append(body, "system", {"type": "text", "text": text}, text)
    if dialect == "responses":
        return _add_to_responses(body, text)
    if dialect == "gemini":
        return _add_to_gemini(body, text)
    messages = body.get("messages")
    if not isinstance(messages, list):
        return False
    last = _last_leading_prompt(messages)
    if last is None:
        messages.insert(0, {"role": "system", "content": text})
        return True
    return _append(last, "content", {"type": "text", "text": text}, text)


def _append(owner: Json, key: str, part: Json, text: str) -> bool:
    value = owner.get(key)
    if isinstance(value, list):
        value.append(part)
    elif value is None or isinstance(value, str):
        owner[key] = f"{value}\n\n{text}" if value else text
    else:
        return False
    return True


def _last_leading_prompt(messages: list[Any]) -> Json | None:
    last = None
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in _SYSTEM_ROLES:
            break
        last = message
    return last


def _add_to_responses(body: Json, text: str) -> bool:
    input = body.get("input")
    last = _last_leading_prompt(_after_tools(input)) if isinstance(input, list) else None
    if last is not None and not body.get("instructions"):
        return _append(last, "content", {"type": "input_text", "text": text}, text)
    return _append(body, "instructions", {"type": "input_text", "text": text}, text)


def _after_tools(input: list[Any]) -> list[Any]:
    """Codex' lite form lists its tools first, in an item that also has a role."""
    return [item for item in input if not (isinstance(item, dict) and item.get("type") == "additional_tools")]


def _add_to_gemini(body: Json, text: str) -> bool:
    key = "system_instruction" if "system_instruction" in body else "systemInstruction"
    value = body.get(key)
    if isinstance(value, dict):
        parts = value.setdefault("parts", [])
        if isinstance(parts, dict):
            value["parts"] = [parts, {"text": text}]
        elif isinstance(parts, list):
            parts.append({"text": text})
        else:
            return False
        return True
    if value is not None and not isinstance(value, str):
        return False
    body[key] = {"parts": [{"text": f"{value}\n\n{text}" if value else text}]}
    return True


def _set_effort(dialect: DialectName, body: Json, effort: str) -> bool:
    """Only when the client named none, in any of the ways its dialect has."""
    if dialect in ("chat", "ollama"):  # Ollama's is read as chat before it comes here
        return _put_if_absent(body, "reasoning_effort", effort)
    if dialect == "responses":
        return _put_in_object(body, "reasoning", "effort", effort)
    if dialect == "gemini":
        config = body.setdefault("generationConfig", {})
        thinking = config.get("thinkingConfig") if isinstance(config, dict) else None
        named = isinstance(thinking, dict) and {"thinkingBudget", "thinkingLevel"} & thinking.keys()
        if not isinstance(config, dict) or named:
            return False
        return _put_in_object(config, "thinkingConfig", "thinkingLevel", effort.upper())
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") in ("enabled", "disabled"):
        return False  # a budget, or no thinking at all, is the client's own word on effort
    return _put_in_object(body, "output_config", "effort", effort)


def _put_in_object(body: Json, key: str, member: str, value: str) -> bool:
    if body.get(key) is None:
        body[key] = {}
    owner = body[key]
    return isinstance(owner, dict) and _put_if_absent(owner, member, value)


def _put_if_absent(owner: Json, key: str, value: str) -> bool:
    if owner.get(key) is not None:
        return False
    owner[key] = value
    return True
