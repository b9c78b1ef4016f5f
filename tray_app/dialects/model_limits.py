"""Numbers and fields that an upstream form bounds, and the notes that say what was changed."""

from collections.abc import Iterable
from typing import Any

from tray_app.dialects.capabilities import Model
from tray_app.dialects.neutral import Ask, Note
from tray_app.errors import BadRequest


def fit_max_tokens(wanted: int | None, model: Model, field: str) -> tuple[int | None, list[Note]]:
    """The client's number, lowered to the catalog's."""
    limit = model.max_output_tokens
    if wanted is None or limit is None or wanted <= limit:
        return wanted, []
    return limit, [Note(field, f"lowered from {wanted} to {limit}, the most {model.id} takes")]


def dropped(ask: Ask, fields: Iterable[tuple[str, str]], where: str) -> list[Note]:
    """A note for each of these (attribute, name the user knows) that the client set, and for each field
    that no dialect but its own knows."""
    notes = [
        Note(name, f"dropped: {where} has no place for it")
        for attribute, name in fields
        if _is_set(getattr(ask, attribute))
    ]
    return notes + [Note(key, "dropped: not known to the model's endpoint") for key in ask.extra]


def _is_set(value: Any) -> bool:
    return value is not None and value != () and value is not False


def no_web_search(model: Model) -> BadRequest:
    """A search that was the point of the request is refused rather than answered from memory."""
    return BadRequest(
        f"{model.id} has no web search at Copilot, so this search was not run. To have a model that has one"
        ' answer it, set models.web_search_model to "auto" or to its name, in the Settings or with'
        " `jumpseat config set models.web_search_model auto`. Each search is then billed as a request of that"
        " model.",
        "tools",
        code="unsupported_value",
    )
