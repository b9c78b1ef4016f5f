"""Which model runs a web search that a tool asks for with a request of its own.

Without `models.web_search_model` only the model that was asked, where it can: Jumpseat moves nobody's
request to another model unasked, since that model's price is another one.
"""

from tray_app.copilot.catalog import CatalogView
from tray_app.dialects.capabilities import Model
from tray_app.dialects.memory import Memory
from tray_app.dialects.model_limits import no_web_search
from tray_app.dialects.web_search import can_search
from tray_app.errors import BadRequest
from tray_app.proxy import routing
from tray_app.proxy.unknown_model import UnknownModel, unavailable
from tray_app.settings import Settings

AUTO = "auto"


def searcher(
    asked: routing.Resolved, catalog: CatalogView, settings: Settings, memory: Memory
) -> routing.Resolved:
    """The model for the search. Raises BadRequest where there is none, with what to set."""
    if not settings.responses.web_search:
        message = "Web search is switched off (responses.web_search), so this search was not run."
        raise BadRequest(message, "tools", code="unsupported_value")
    wanted = settings.models.web_search_model
    if _can(asked.model, memory) and wanted in ("", AUTO, asked.model.id):
        return asked
    if not wanted:
        raise no_web_search(asked.model)
    model = _automatic(catalog, memory) if wanted == AUTO else _named(wanted, catalog, settings, memory)
    return routing.Resolved(model, how=f"{model.id} runs the web search (models.web_search_model = {wanted})")


def _can(model: Model, memory: Memory) -> bool:
    return unavailable(model) is None and can_search(model, memory.facts(model.id))


def _automatic(catalog: CatalogView, memory: Memory) -> Model:
    able = [model for model in catalog.models if _can(model, memory)]
    model = routing.smallest(able) or next(iter(able), None)
    if model is None:
        message = "None of this seat's models has a web search, so this search was not run."
        raise BadRequest(message, "tools", code="unsupported_value")
    return model


def _named(name: str, catalog: CatalogView, settings: Settings, memory: Memory) -> Model:
    setting = f'models.web_search_model = "{name}"'
    try:
        model = routing.resolve(name, catalog, settings.models).model
    except UnknownModel:
        message = f"{setting} names no model of this seat, so this search was not run."
        raise BadRequest(message, "tools", code="unsupported_value") from None
    if not _can(model, memory):
        message = f'{setting} has no web search at Copilot, so this search was not run. "auto" picks one.'
        raise BadRequest(message, "tools", code="unsupported_value")
    return model
