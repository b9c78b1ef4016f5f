"""PURE. The seat's models as Ollama lists and describes them. They are nowhere on this machine: size 0."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from tray_app.dialects.capabilities import Model
from tray_app.dialects.fields import Json

VERSION = "0.12.6"  # of the API as it is spoken here; tools ask for a least one
_NEVER = "1970-01-01T00:00:00Z"


def tags(models: Sequence[Model], loaded_at: datetime | None) -> Json:
    """Of `/api/tags`."""
    when = loaded_at.isoformat().replace("+00:00", "Z") if loaded_at else _NEVER
    return {"models": [_entry(model, when) for model in models]}


def _entry(model: Model, when: str) -> Json:
    digest = hashlib.sha256(model.id.encode()).hexdigest()
    named = {"name": model.id, "model": model.id, "modified_at": when, "size": 0, "digest": digest}
    return {**named, "details": _details(model)}


def show(model: Model, loaded_at: datetime | None) -> Json:
    """Of `/api/show`: what tools look for are the window and the capabilities."""
    info: Json = {"general.architecture": "copilot", "general.basename": model.id}
    if model.context_window is not None:
        info["copilot.context_length"] = model.context_window
    return {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": _details(model),
        "model_info": info,
        "capabilities": _capabilities(model),
        "modified_at": loaded_at.isoformat().replace("+00:00", "Z") if loaded_at else _NEVER,
    }


def _details(model: Model) -> Json:
    family = model.family or model.id
    return {
        "parent_model": "",
        "format": "copilot",
        "family": family,
        "families": [family],
        "parameter_size": "",
        "quantization_level": "",
    }


def _capabilities(model: Model) -> list[str]:
    if model.type == "embeddings":
        return ["embedding"]
    told = (("tools", model.tool_calls), ("vision", model.vision), ("thinking", model.reasons))
    return ["completion", *(name for name, has in told if has)]
