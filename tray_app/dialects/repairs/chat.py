"""Repairs of a body for `POST /chat/completions`, ahead of the first attempt (wire 5). Those after a
refusal are in `chat_refusals.py`. Unknown fields pass: this upstream takes many.
"""

import re

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Prepared, Rules
from tray_app.dialects.repairs.chat_cache import clean_marks
from tray_app.dialects.repairs.chat_messages import clean_messages, speaks_openai
from tray_app.dialects.repairs.chat_tools import clean_tools
from tray_app.dialects.repairs.common import Work, clamp_max_tokens, drop_learned_extras, is_blank, is_since
from tray_app.errors import BadRequest

MAX_STOPS = 4
MAX_USER = 64
_REFUSED = ("service_tier", "store", "snippy", "modalities", "audio", "client_metadata")
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")


def before(body: Json, rules: Rules) -> Prepared:
    """The body made fit for the model, in place. Raises BadRequest for what cannot be."""
    fields.as_object(body, "")
    work = Work(body, rules)
    body["model"] = rules.model.id
    _drop_refused(work)
    _refuse_many_answers(body)
    clean_tools(work)
    has_image = clean_messages(work)
    _clean_limits(work)
    _clean_sampling(work)
    _clean_stop(work)
    _clean_effort(work)
    _clean_format(work)
    drop_learned_extras(work)
    clean_marks(work)
    return Prepared(body, work.repairs, work.notes, (), has_image)


def _drop_refused(work: Work) -> None:
    body = work.body
    for key in [key for key, value in body.items() if value is None]:
        del body[key]
    for key in [key for key in body if key in _REFUSED or key.startswith("copilot_")]:
        work.drop(key, "dropped, refused upstream")
    if isinstance(user := body.get("user"), str) and len(user) > MAX_USER:
        work.drop("user", f"dropped, it is longer than {MAX_USER} characters")
    if not body.get("stream"):
        body.pop("stream_options", None)
    prediction = body.get("prediction")
    if isinstance(prediction, dict) and not prediction.get("content"):
        work.drop("prediction", "dropped, it is empty")


def _refuse_many_answers(body: Json) -> None:
    if (fields.get_int(body, "n") or 1) > 1:
        raise BadRequest("n: Copilot gives one answer at a time.", "n", code="unsupported_value")


def _clean_limits(work: Work) -> None:
    """One limit, under the name that the model takes."""
    body = work.body
    for key in ("max_completion_tokens", "max_tokens"):
        clamp_max_tokens(work, key)
    if "max_completion_tokens" in body and "max_tokens" in body:
        work.drop("max_tokens", "dropped beside max_completion_tokens")
    if "max_completion_tokens" in work.facts and "max_tokens" in body:
        body["max_completion_tokens"] = body.pop("max_tokens")
        work.repaired("renamed max_tokens to max_completion_tokens")
    elif "max_completion_tokens" in body and not _takes_new_name(work):
        body["max_tokens"] = body.pop("max_completion_tokens")
        work.note("max_completion_tokens", "sent as max_tokens")


def _takes_new_name(work: Work) -> bool:
    known = work.facts
    return "max_completion_tokens" in known or ("max_tokens" not in known and speaks_openai(work))


def _clean_sampling(work: Work) -> None:
    body, model = work.body, work.rules.model
    for key in _SAMPLING:
        fields.get_number(body, key)
    if "kimi" in model.id:
        for key, value in (("temperature", 1), ("top_p", 0.95)):
            if body.get(key, value) != value:
                body[key] = value
                work.note(key, f"set to {value}, the model takes nothing else")
    if not model.is_claude:
        return
    if is_since(model.id, (4, 7)):
        for key in _SAMPLING:
            work.drop(key, "dropped, the model takes no sampling parameters")
    elif "temperature" in body:
        work.drop("top_p", "dropped, Claude refuses it beside temperature")


def _clean_stop(work: Work) -> None:
    stop = work.body.get("stop")
    if stop is None or isinstance(stop, str):
        return
    words = [word for word in fields.as_list(stop, "stop") if not is_blank(word)][:MAX_STOPS]
    if len(words) != len(stop):
        work.note("stop", f"empty ones and all above {MAX_STOPS} dropped")
    work.body["stop"] = words
    if not words:
        del work.body["stop"]


def _clean_effort(work: Work) -> None:
    """Only levels of the catalog; GPT-5 and newer refuse effort beside tools on this endpoint."""
    effort = fields.get_str(work.body, "reasoning_effort")
    if effort is None:
        return
    model = work.rules.model
    found = re.match(r"gpt-(\d+)", model.id)
    if effort not in (model.reasoning_effort or ()) or "no_effort" in work.facts:
        work.drop("reasoning_effort", f"{effort[:40]!r} dropped, not a level of the model")
    elif found and int(found[1][:4]) >= 5 and work.body.get("tools"):
        work.drop("reasoning_effort", "dropped, the model refuses it beside tools on this endpoint")


def _clean_format(work: Work) -> None:
    format = fields.get_object(work.body, "response_format")
    if format is None or format.get("type") != "json_schema":
        return
    inner = format.get("json_schema")
    if not isinstance(inner, dict) and isinstance(format.get("schema"), dict):
        inner = {key: value for key, value in format.items() if key != "type"}
        work.note("response_format", "written as chat has it")
    inner = dict(fields.as_object(inner, "response_format.json_schema"))
    if not isinstance(inner.get("name"), str) or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", inner["name"]):
        inner["name"] = "output"
        work.note("response_format", "given a name")
    if isinstance(schema := inner.get("schema"), dict) and "$schema" in schema:
        inner["schema"] = {key: value for key, value in schema.items() if key != "$schema"}
        work.note("response_format", "$schema removed")
    work.body["response_format"] = {"type": "json_schema", "json_schema": inner}
