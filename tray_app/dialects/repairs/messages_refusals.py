"""Repairs of a Messages body after upstream refused it (wire 5 to 7): the text says what to mend.

Each row of `_ROWS` is a pattern for the text and a repair that works on a copy. The first repair that
changes something is proposed. Every repair takes something away or is barred from being undone by a
learned fact, so that a row of refusals comes to an end.
"""

import re

from tray_app.dialects import error_bodies
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.common import (
    Work,
    changed,
    copy_of,
    delete_extras,
    knowing,
)
from tray_app.dialects.repairs.messages_cache import (
    ADVANCED_TOOLS,
    CONTEXT_MANAGEMENT,
    LONG_TTL,
    betas_for,
    clean_marks,
)
from tray_app.dialects.repairs.messages_images import shrink_images
from tray_app.dialects.repairs.messages_thinking_cures import (
    adaptive_instead,
    budget_instead,
    no_thinking,
    redacted_as_thinking,
    without_disabled,
    without_display,
    without_thinking,
    without_thinking_edits,
)
from tray_app.dialects.repairs.messages_tools import clean_tools
from tray_app.dialects.repairs.messages_turns import add_prompt_to_go_on, clean_turns
from tray_app.dialects.repairs.refusal_rows import Repair, blocks_of, first_help, messages_of, row

_BETA = re.compile(r"[a-z][a-z0-9-]*-20\d\d-\d\d-\d\d")
_CALL_ID = re.compile(r"\b(?:toolu|call|tooluse|srvtoolu)_[\w-]+")
_IDS = re.compile(r"(?:blocks|blocks immediately after|ids?): *`?([\w-]+(?:`?, *`?[\w-]+)*)`?")


def after(body: Json, status: int, text: str, rules: Rules) -> Recovery | None:
    """What to send instead of a refused body, or None. The body given is left as it is."""
    if status == 413:
        return changed(body, shrink_images(copy_of(body), rules))
    if status not in (400, 422, 503):
        return None
    return first_help(_ROWS, body, error_bodies.unpacked(text).message, rules)


# --- calls and results ------------------------------------------------------------------------------------


def _orphans(body: Json, text: str, rules: Rules) -> Recovery | None:
    """Takes the calls and results with the ids in the text out, then puts the rest in order."""
    ids = {id for found in _IDS.findall(text) for id in re.findall(r"[\w-]+", found)}
    ids |= set(_CALL_ID.findall(text))
    for message in messages_of(body):
        blocks = blocks_of(message)
        kept = [
            block for block in blocks if block.get("tool_use_id") not in ids and block.get("id") not in ids
        ]
        if len(kept) != len(blocks):
            message["content"] = kept
    clean_turns(Work(body, rules))
    return Recovery(body, "stripped orphaned tool blocks")


# --- single fields ----------------------------------------------------------------------------------------


def _context_management(body: Json, text: str, rules: Rules) -> Recovery | None:
    if body.pop("context_management", None) is None:
        return None
    fact = "no_context_management"
    return Recovery(body, "dropped context_management", learned=fact, betas=betas_for(body, rules))


def _beta(body: Json, text: str, rules: Rules) -> Recovery | None:
    """A flag that this backend does not know goes, with what in the body depends on it."""
    sent = betas_for(body, rules)
    refused = next((beta for beta in _BETA.findall(text) if beta in sent), None)
    if refused is None:
        return None
    if refused in _FEATURES:
        return _FEATURES[refused](body, text, rules)
    fact = f"no_beta:{refused}"
    betas = betas_for(body, knowing(rules, fact))
    return Recovery(body, f"removed the beta flag {refused}", learned=fact, betas=betas)


def _tool_search(body: Json, text: str, rules: Rules) -> Recovery:
    work = Work(body, knowing(rules, "no_tool_search"))
    clean_tools(work)
    clean_turns(work)
    betas = betas_for(body, work.rules)
    return Recovery(body, "sent the tools without tool search", learned="no_tool_search", betas=betas)


def _extras(body: Json, text: str, rules: Rules) -> Recovery | None:
    paths = delete_extras(body, text)
    if not paths:
        return None
    learned = f"drop:{paths[0]}"
    return Recovery(body, f"removed {', '.join(paths)}", learned=learned, betas=betas_for(body, rules))


def _cache_ttl(body: Json, text: str, rules: Rules) -> Recovery:
    clean_marks(Work(body, knowing(rules, "no_cache_ttl")))
    betas = betas_for(body, rules)
    return Recovery(body, "sent cache marks without ttl", learned="no_cache_ttl", betas=betas)


# What a refused flag stood for is given up with it.
_FEATURES: dict[str, Repair] = {
    CONTEXT_MANAGEMENT: _context_management,
    ADVANCED_TOOLS: _tool_search,
    LONG_TTL: _cache_ttl,
}


def _top_level_cache(body: Json, text: str, rules: Rules) -> Recovery | None:
    if "cache_control" not in body:
        return None
    clean_marks(Work(body, knowing(rules, "no_top_level_cache")))
    return Recovery(body, "moved the cache mark to the last block", learned="no_top_level_cache")


def _prefill(body: Json, text: str, rules: Rules) -> Recovery | None:
    messages = messages_of(body)
    if not messages or messages[-1].get("role") != "assistant":
        return None
    add_prompt_to_go_on(body["messages"])
    return Recovery(body, "appended a user message after the begun answer", learned="no_prefill")


def _system_role(body: Json, text: str, rules: Rules) -> Recovery | None:
    if not any(message.get("role") == "system" for message in messages_of(body)):
        return None
    clean_turns(Work(body, knowing(rules, "no_system_role")))
    return Recovery(body, "sent system messages as reminder text", learned="no_system_role")


def _sampling(body: Json, text: str, rules: Rules) -> Recovery | None:
    """Both together refused: temperature stays. A single one refused: none is sent any more."""
    if "temperature" in body and "top_p" in body:
        del body["top_p"]
        return Recovery(body, "dropped top_p beside temperature")
    for key in ("temperature", "top_p", "top_k"):
        body.pop(key, None)
    return Recovery(body, "dropped sampling parameters", learned="no_sampling")


def _output(key: str, fact: str) -> Repair:
    def repair(body: Json, text: str, rules: Rules) -> Recovery | None:
        config = body.get("output_config")
        if not isinstance(config, dict) or config.pop(key, None) is None:
            return None
        if not config:
            del body["output_config"]
        return Recovery(body, f"dropped output_config.{key}", learned=fact)

    return repair


def _client_tools(body: Json, text: str, rules: Rules) -> Recovery:
    clean_tools(Work(body, knowing(rules, "no_client_tools")))
    return Recovery(body, "sent typed tools as ordinary tools", learned="no_client_tools")


def _metadata(body: Json, text: str, rules: Rules) -> Recovery | None:
    if body.pop("metadata", None) is None:
        return None
    return Recovery(body, "dropped metadata", learned="drop:metadata")


_ROWS = (
    row(r"tool_use_id|tool_use.{0,3} ids? |tool_result.{0,40}tool_use|tool_use.{0,40}tool_result", _orphans),
    row(r"redacted_thinking.{0,60}block|invalid .?data.? in", redacted_as_thinking),
    row(r"invalid.{0,3} .?signature|signature.{0,80}thinking", without_thinking),
    row(r"(thinking|redacted_thinking).{0,40}blocks?.{0,80}cannot be modified", without_thinking),
    row(r"thinking\.type\.enabled|thinking\.enabled", adaptive_instead),
    row(
        r"adaptive thinking is not|thinking\.type\.adaptive|does not support adaptive|'adaptive'",
        budget_instead,
    ),
    row(r"thinking\.type\.disabled|thinking\.disabled", without_disabled),
    row(r"thinking.{0,60}tool_choice|tool_choice.{0,60}thinking", no_thinking),
    row(r"expected .?thinking.? or .?redacted_thinking", no_thinking),
    row(r"anthropic-beta", _beta),
    row(r"clear_thinking", without_thinking_edits),
    row(r"context[_ ]management", _context_management),
    row(r"thinking.{0,20}display", without_display),
    row(r"cache_control.{0,30}ttl", _cache_ttl),
    row(r"^\W*cache_control\b", _top_level_cache),
    row(r"defer_loading|tool_reference|tool.?search", _tool_search),
    row(r"extra inputs are not permitted", _extras),
    row(r"assistant message prefill|must end with a user message|prefill", _prefill),
    row(r"role.{0,10}system|system.{0,20}role|messages\.\d+\.role", _system_role),
    row(r"temperature|top_p|top_k|sampling", _sampling),
    row(r"effort", _output("effort", "no_effort")),
    row(r"output_config|output_format|structured output|json_schema", _output("format", "no_format")),
    row(r"bash_20|text_editor_20|memory_20", _client_tools),
    row(r"metadata", _metadata),
    row(r"thinking.{0,60}not supported|not support.{0,20}thinking", no_thinking),
)
