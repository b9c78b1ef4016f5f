"""A client's generateContent request as a neutral one. Source: copilot-wire 11.6; client-traffic.

`model` and `stream` stand in Google's URL; `proxy/gemini.py` writes them into the body.
"""

from tray_app.dialects import fields
from tray_app.dialects.fields import Json, at
from tray_app.dialects.gemini.config import read_config
from tray_app.dialects.gemini.contents import read_contents, read_system
from tray_app.dialects.gemini.schema import from_google, with_small_types
from tray_app.dialects.gemini.spelling import spelled
from tray_app.dialects.neutral import Ask, Message, Note, Tool, ToolChoice
from tray_app.errors import BadRequest

_KNOWN = frozenset(
    {"model", "stream", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig"}
)
_WHY = {"safetySettings": "accepted; Copilot has filters of its own, which cannot be set"}
_MODES = {"AUTO": "auto", "VALIDATED": "auto", "ANY": "required", "NONE": "none"}
# Google's search becomes the search of models that have one; the name is what notes call it.
_SEARCHES = ("googleSearch", "googleSearchRetrieval", "enterpriseWebSearch")


def read_ask(body: Json) -> tuple[Ask, list[Note]]:
    """Raises BadRequest naming the field."""
    body = spelled(body, "")
    notes: list[Note] = []
    if body.get("cachedContent"):
        raise BadRequest(
            "cachedContent: nothing is kept at Google here; send the content itself. "
            "Copilot caches the beginning of a conversation by itself.",
            "cachedContent",
            code="unsupported_value",
        )
    messages = read_contents(fields.need(body, "contents"), notes)
    if not messages:
        raise BadRequest("contents must not be empty.", "contents")
    if system := read_system(body.get("systemInstruction")):
        messages = (Message("system", system), *messages)
    notes += [
        Note(key, _WHY.get(key, "dropped: not known to the model's endpoint"))
        for key in body
        if key not in _KNOWN and body[key] not in (None, [], {})
    ]
    ask = Ask(
        model=fields.need_str(body, "model"),
        messages=messages,
        stream=fields.get_bool(body, "stream") or False,
        tools=_tools(body, notes),
        tool_choice=_choice(body),
        **read_config(body, notes),
    )
    return ask, notes


def _tools(body: Json, notes: list[Note]) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for index, value in enumerate(fields.get_list(body, "tools")):
        path = at("tools", index)
        group = spelled(value, path)
        for place, given in enumerate(fields.get_list(group, "functionDeclarations", path)):
            where = at(at(path, "functionDeclarations"), place)
            tools.append(_function(spelled(given, where), where))
        for kind in group:
            if kind != "functionDeclarations" and group[kind] is not None:
                tools.append(Tool(kind, kind="hosted", raw=_hosted(kind)))
    return tuple(tools)


def _hosted(kind: str) -> Json:
    return {"type": "web_search" if kind in _SEARCHES else kind}


def _function(spec: Json, path: str) -> Tool:
    if (schema := fields.get_object(spec, "parametersJsonSchema", path)) is not None:
        schema = with_small_types(schema)
    elif (schema := fields.get_object(spec, "parameters", path)) is not None:
        schema = from_google(schema)
    return Tool(fields.need_str(spec, "name", path), fields.get_str(spec, "description", path) or "", schema)


def _choice(body: Json) -> ToolChoice | None:
    path = "toolConfig.functionCallingConfig"
    config = spelled(value, "toolConfig") if (value := body.get("toolConfig")) is not None else {}
    if config.get("functionCallingConfig") is None:
        return None
    calling = spelled(config["functionCallingConfig"], path)
    mode = (fields.get_str(calling, "mode", path) or "AUTO").upper()
    if mode == "MODE_UNSPECIFIED":
        return None
    if mode not in _MODES:
        raise BadRequest(f"{path}.mode: {mode!r} is none of AUTO, ANY, NONE, VALIDATED.", f"{path}.mode")
    where = at(path, "allowedFunctionNames")
    names = fields.get_list(calling, "allowedFunctionNames", path)
    allowed = tuple(fields.as_str(name, at(where, index)) for index, name in enumerate(names))
    if mode == "ANY" and len(allowed) == 1:
        return ToolChoice("tool", allowed[0])
    return ToolChoice(_MODES[mode], allowed=() if mode == "NONE" else allowed)  # type: ignore[arg-type]
