"""Repairs of a chat body after upstream refused it (wire 5): the text, or its `param`, names the field."""

import re

from tray_app.dialects import error_bodies
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.chat_messages import GO_ON, clean_messages, image_places
from tray_app.dialects.repairs.common import (
    MAX_IMAGE_BYTES,
    PIXEL,
    Work,
    changed,
    copy_of,
    delete_extras,
    facts,
    knowing,
)
from tray_app.dialects.repairs.refusal_rows import Repair, attempt, first_help, messages_of, row

_PIXEL_URL = f"data:image/png;base64,{PIXEL}"
_CALL_ID = re.compile(r"\b(?:toolu|call|tooluse)_[\w-]+")

# Fields that a request can do without. The short words count only where the text quotes them.
_OPTIONAL = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "top_logprobs",
    "logprobs",
    "reasoning_effort",
    "thinking_budget",
    "response_format",
    "stream_options",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "web_search_options",
    "prediction",
    "verbosity",
    "metadata",
    "store",
    "stop",
    "seed",
    "user",
    "n",
)


def after(body: Json, status: int, text: str, rules: Rules) -> Recovery | None:
    """What to send instead of a refused body, or None. The body given is left as it is."""
    if status == 413:
        return changed(body, _shrink_images(copy_of(body), rules))
    if status not in (400, 422):
        return None
    said = _said(text)
    return first_help(_ROWS, body, said, rules) or attempt(_optional, body, said, rules)


def _said(text: str) -> str:
    """The message of an error body, and `parameter: 'x'` if its `param` names one."""
    error = error_bodies.unpacked(text)
    return f"{error.message}\nparameter: '{error.param}'" if error.param else f"{error.message}\n"


def _limit_name(body: Json, text: str, rules: Rules) -> Recovery | None:
    """The limit under its other name. A name found refused once is not tried again."""
    known = facts(rules)
    for old, new in (("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")):
        refused = rf"\b{old}\b[^.]*(?:support|extra|unknown)|(?:unsupported|unknown)[^.]*\b{old}\b"
        if old not in body or not re.search(refused, text, re.IGNORECASE):
            continue
        value = body.pop(old)
        if old in known:
            return Recovery(body, f"dropped {old}")
        body[new] = value
        return Recovery(body, f"renamed {old} to {new}", learned=new)
    return None


def _sampling_pair(body: Json, text: str, rules: Rules) -> Recovery | None:
    if "temperature" not in body or "top_p" not in body:
        return None
    del body["top_p"]
    return Recovery(body, "dropped top_p beside temperature", learned="drop:top_p")


def _orphans(body: Json, text: str, rules: Rules) -> Recovery:
    """Takes the calls and results with the ids in the text out, then puts the rest in order."""
    ids = set(_CALL_ID.findall(text))
    kept = []
    for message in messages_of(body):
        if message.get("tool_call_id") in ids:
            continue
        calls = message.get("tool_calls")
        if isinstance(calls, list) and any(call.get("id") in ids for call in calls):
            message["tool_calls"] = [call for call in calls if call.get("id") not in ids]
            if not message["tool_calls"]:
                del message["tool_calls"]
        if message.get("content") or message.get("tool_calls"):
            kept.append(message)
    body["messages"] = kept
    clean_messages(Work(body, rules), restore=False)
    return Recovery(body, "stripped orphaned tool messages")


def _reasoning(body: Json, text: str, rules: Rules) -> Recovery:
    """Reasoning of another model or backend. What is refused is left out ahead from now on; a fact about
    the model would keep good reasoning away."""
    for message in messages_of(body):
        if isinstance(seal := message.get("reasoning_opaque"), str):
            rules.memory.refuse_seal(rules.model.id, seal)
        for key in ("reasoning_opaque", "reasoning_text"):
            message.pop(key, None)
    return Recovery(body, "removed reasoning of earlier turns")


def _unsigned(body: Json, text: str, rules: Rules) -> Recovery | None:
    """Calls whose signature is lost (made by another model, or before a restart). Google looks at calls
    behind the last user message only, so one more ends the turn that cannot be signed any more."""
    messages = messages_of(body)
    if not messages or messages[-1].get("role") != "tool":
        return None
    body["messages"].append({"role": "user", "content": GO_ON})
    return Recovery(body, "appended a user message after calls that lost their signature")


def _role(role: str, fact: str) -> Repair:
    def repair(body: Json, text: str, rules: Rules) -> Recovery | None:
        if not any(message.get("role") == role for message in messages_of(body)):
            return None
        clean_messages(Work(body, knowing(rules, fact)), restore=False)
        return Recovery(body, f"sent role {role} under another name", learned=fact)

    return repair


def _prefill(body: Json, text: str, rules: Rules) -> Recovery | None:
    messages = messages_of(body)
    if not messages or messages[-1].get("role") != "assistant":
        return None
    body["messages"].append({"role": "user", "content": GO_ON})
    return Recovery(body, "appended a user message after the begun answer", learned="no_prefill")


def _extras(body: Json, text: str, rules: Rules) -> Recovery | None:
    paths = delete_extras(body, text)
    return Recovery(body, f"removed {', '.join(paths)}", learned=f"drop:{paths[0]}") if paths else None


def _parts(body: Json, text: str, rules: Rules) -> Recovery:
    """Parts of tool messages that upstream does not know."""
    clean_messages(Work(body, rules), restore=False)
    for message in messages_of(body):
        content = message.get("content")
        if message.get("role") == "tool" and isinstance(content, list):
            message["content"] = "\n".join(part["text"] for part in content)
    return Recovery(body, "rewrote parts of tool results")


def _optional(body: Json, text: str, rules: Rules) -> Recovery | None:
    """A field the text names goes, and is not sent to this model again."""
    for field in _OPTIONAL:
        if field in body and _names(text, field):
            del body[field]
            return Recovery(body, f"dropped {field}, the model refuses it", learned=f"drop:{field}")
    return None


def _names(text: str, field: str) -> bool:
    if "_" in field or field in ("temperature", "logprobs", "verbosity"):
        return re.search(rf"\b{field}\b", text) is not None
    quoted = rf"['\"`]{field}['\"`]|(?:parameter|argument|field)s?(?: supplied)?:? +{field}\b|^{field}\b"
    return re.search(quoted, text, re.MULTILINE) is not None


def _shrink_images(body: Json, rules: Rules) -> Recovery | None:
    """Images above the catalog's size become one pixel; if none is, all but the newest do."""
    urls = [
        image
        for content, index in image_places(messages_of(body))
        if isinstance(image := content[index].get("image_url"), dict)
        and isinstance(image.get("url"), str)
        and image["url"] != _PIXEL_URL
    ]
    limit = rules.model.max_image_bytes or MAX_IMAGE_BYTES
    chosen = [image for image in urls if len(image["url"]) * 3 // 4 > limit] or urls[:-1]
    for image in chosen:
        image["url"] = _PIXEL_URL
    return Recovery(body, f"replaced {len(chosen)} large images by a placeholder") if chosen else None


_ROWS = (
    row(r"max_tokens|max_completion_tokens", _limit_name),
    row(r"temperature.{0,40}top_p|top_p.{0,40}temperature", _sampling_pair),
    row(
        r"tool_call_id|tool_calls?.{0,3} must be|tool_use_id|tool_use.{0,3} ids|preceding.{0,40}tool_calls",
        _orphans,
    ),
    row(r"missing a thought_signature", _unsigned),
    row(r"signature|reasoning_opaque|reasoning_text", _reasoning),
    row(r"role.{0,30}developer|developer.{0,30}role|'developer'", _role("developer", "no_developer")),
    row(r"role.{0,30}['\"`]system|['\"`]system['\"`].{0,30}(role|support)", _role("system", "no_system")),
    row(r"prefill|must end with a user message", _prefill),
    row(r"type has to be either", _parts),
    row(r"extra inputs are not permitted", _extras),
)
