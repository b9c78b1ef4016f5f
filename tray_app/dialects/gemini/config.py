"""`generationConfig` of a Gemini request in neutral words. Source: copilot-wire 11.6."""

from typing import Any

from tray_app.dialects import fields
from tray_app.dialects.fields import Json, at
from tray_app.dialects.gemini.schema import from_google, with_small_types
from tray_app.dialects.gemini.spelling import spelled
from tray_app.dialects.neutral import Note, OutputFormat, Reasoning
from tray_app.errors import BadRequest

PATH = "generationConfig"
_LEVELS = ("minimal", "low", "medium", "high", "xhigh", "max", "none")
_JSON_SCHEMAS = ("responseJsonSchema", "_responseJsonSchema")
_KNOWN = frozenset(
    {
        *("temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "candidateCount", "seed"),
        *("presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs", "thinkingConfig"),
        *("responseMimeType", "responseSchema", "responseModalities", *_JSON_SCHEMAS),
    }
)


def read_config(body: Json, notes: list[Note]) -> dict[str, Any]:
    """The members of an Ask that it sets. Raises BadRequest naming the field."""
    config = spelled(value, PATH) if (value := body.get(PATH)) is not None else {}
    _check_answers(config)
    notes += [
        Note(at(PATH, key), "dropped: models at Copilot have no such setting")
        for key in config
        if key not in _KNOWN and config[key] is not None
    ]
    most = fields.get_int(config, "maxOutputTokens", PATH)
    if most is not None and most < 1:
        raise BadRequest(f"{PATH}.maxOutputTokens must be at least 1.", f"{PATH}.maxOutputTokens")
    return {
        "max_tokens": most,
        "temperature": fields.get_number(config, "temperature", PATH),
        "top_p": fields.get_number(config, "topP", PATH),
        "top_k": _whole(fields.get_number(config, "topK", PATH)),
        "stop": _stops(config),
        "seed": fields.get_int(config, "seed", PATH),
        "presence_penalty": fields.get_number(config, "presencePenalty", PATH),
        "frequency_penalty": fields.get_number(config, "frequencyPenalty", PATH),
        "logprobs": fields.get_bool(config, "responseLogprobs", PATH),
        "top_logprobs": fields.get_int(config, "logprobs", PATH),
        "reasoning": _reasoning(config),
        "output": _output(config, notes),
    }


def _whole(value: float | None) -> int | None:
    """Google writes topK as a number with a fraction."""
    return None if value is None else int(value)


def _check_answers(config: Json) -> None:
    """One answer, in words."""
    count = fields.get_int(config, "candidateCount", PATH)
    if count is not None and count != 1:
        raise _unsupported("candidateCount", "only one answer per request is possible here")
    for index, kind in enumerate(fields.get_list(config, "responseModalities", PATH)):
        name = at("responseModalities", index)
        if fields.as_str(kind, at(PATH, name)).upper() not in ("TEXT", "MODALITY_UNSPECIFIED"):
            raise _unsupported(name, "models at Copilot answer in text only")


def _unsupported(name: str, why: str) -> BadRequest:
    return BadRequest(f"{PATH}.{name}: {why}.", f"{PATH}.{name}", code="unsupported_value")


def _stops(config: Json) -> tuple[str, ...]:
    path = at(PATH, "stopSequences")
    return tuple(
        fields.as_str(word, at(path, index))
        for index, word in enumerate(fields.get_list(config, "stopSequences", PATH))
    )


def _reasoning(config: Json) -> Reasoning | None:
    """A budget of 0 is none, of -1 the model's own choice; a level is an effort. Thoughts are shown only on
    demand; who demands them of a model wants it to think."""
    if config.get("thinkingConfig") is None:
        return None
    path = at(PATH, "thinkingConfig")
    thinking = spelled(config["thinkingConfig"], path)
    show = fields.get_bool(thinking, "includeThoughts", path) or False
    budget = fields.get_int(thinking, "thinkingBudget", path)
    level = (fields.get_str(thinking, "thinkingLevel", path) or "").lower()
    effort = level if level in _LEVELS else None
    if level and effort is None and level != "thinking_level_unspecified":
        raise BadRequest(f"{path}.thinkingLevel: {level.upper()} is no level.", f"{path}.thinkingLevel")
    if budget == 0 and effort is None:
        return Reasoning("off", show=show)
    if budget is not None and budget > 0:
        return Reasoning("on", effort, budget, show=show)
    if effort is not None:
        return Reasoning(None, effort, show=show)
    return Reasoning("adaptive", show=show) if show or budget is not None else None


def _output(config: Json, notes: list[Note]) -> OutputFormat | None:
    kind = (fields.get_str(config, "responseMimeType", PATH) or "").lower()
    schema = _schema(config)
    if kind == "text/x.enum":
        notes.append(Note(at(PATH, "responseMimeType"), "text/x.enum dropped: answers are text or JSON"))
        return None
    if kind not in ("", "text/plain", "application/json"):
        raise _unsupported("responseMimeType", f"{kind} is neither text/plain nor application/json")
    if schema is not None:
        title = schema.get("title")
        return OutputFormat("json_schema", schema, name=title if isinstance(title, str) else None)
    return OutputFormat("json_object") if kind == "application/json" else None


def _schema(config: Json) -> Json | None:
    for key in _JSON_SCHEMAS:
        if (found := fields.get_object(config, key, PATH)) is not None:
            return with_small_types(found)
    found = fields.get_object(config, "responseSchema", PATH)
    return None if found is None else from_google(found)
