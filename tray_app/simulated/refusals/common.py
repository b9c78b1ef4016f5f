"""Refusals that all endpoints share: the body, the model, the length, pictures."""

import datetime as dt
import email.utils
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import orjson
from aiohttp import web

from tray_app.simulated.accounts import Account
from tray_app.simulated.conversation import Conversation
from tray_app.simulated.models import Model
from tray_app.simulated.refusals import Context
from tray_app.simulated.refused import Refused, error
from tray_app.simulated.state import State

_NOT_SUPPORTED = "The requested model is not supported."
_IMAGES = {"claude": 20, "gemini": 10}
_IMAGE_BYTES = 3_145_728
_PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
_APPLE = {"image/heic", "image/heif"}


# Headers of the hosts in front; a proxy keeps them to itself (copilot-wire 3.5).
_NOISE = {
    "content-security-policy": "default-src 'none'; sandbox",
    "set-cookie": "_simulated=1; path=/; secure; HttpOnly",
    "x-copilot-api-exp-assignment-context": "sim-exp:1;",
    "apim-request-id": "00000000-0000-4000-8000-000000000000",
}
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")  # of the request being handled


async def parsed(request: web.Request) -> dict[str, Any]:
    """The body as an object."""
    raw = await request.read()
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise error("failed to parse request", "") from None
    if not isinstance(body, dict):
        raise error("failed to parse request", "")
    return body


def callable_model(
    state: State, account: Account, body: dict[str, Any], path: str, headers: Mapping[str, str]
) -> Model:
    """The model, if this account may call it on this endpoint (copilot-wire 4.3, 4.5)."""
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise error("model is required", "invalid_request_body")
    model = state.models.get(name)
    if model is None or not _allowed(model, account):
        raise error(_NOT_SUPPORTED, "model_not_supported", param="model", kind="invalid_request_error")
    if model.capabilities.get("type") == "completion":
        raise error("Model is not supported for this request.", "model_not_supported", param="model")
    if headers.get("Copilot-Integration-Id") == "copilot-language-server" and model.is_newest:
        message = (
            'The requested model is not available for integrator "copilot-language-server". Verify the '
            "correct Copilot-Integration-Id header is being sent."
        )
        raise error(message, "model_not_supported", param="model")
    if path not in model.endpoints:
        raise error(
            f'model "{name}" is not accessible via the {path} endpoint',
            "unsupported_api_for_model",
        )
    return model


def _allowed(model: Model, account: Account) -> bool:
    policy = (model.entry.get("policy") or {}).get("state", "enabled")
    plans = (model.entry.get("billing") or {}).get("restricted_to")
    enabled = policy == "enabled" or model.id in account.enabled
    return enabled and (not plans or account.plan.tier in plans)


def fits(talk: Conversation, context: Context) -> None:
    """The prompt against the catalog's limit."""
    tokens, limit = talk.input_tokens, context.model.max_prompt
    if tokens > limit:
        message = f"prompt token count of {tokens} exceeds the limit of {limit}"
        raise error(message, "model_max_prompt_tokens_exceeded")


def vision(images: int, context: Context) -> None:
    """The header, the model's eyes, and not too many."""
    if not images:
        return
    if context.headers.get("Copilot-Vision-Request", "").lower() != "true":
        raise error("missing required Copilot-Vision-Request header for vision requests", "")
    if not context.model.supports.get("vision"):
        raise error(f"model {context.model.id} does not support image input", "invalid_request_body")
    limit = _IMAGES.get(context.model.maker, 50)
    if images > limit:
        raise error(f"too many URL images in request (max {limit})")


def data_url(url: object, context: Context) -> None:
    """A picture as a data URL of an allowed type and size."""
    if not isinstance(url, str) or not url.startswith("data:"):
        raise error("external image URLs are not supported")
    head, _, data = url.partition(",")
    picture(head.removeprefix("data:").split(";")[0], data, context)


def picture(media_type: object, data: object, context: Context) -> None:
    """Type and size of one picture."""
    known = _PICTURES | (_APPLE if context.model.maker == "gemini" else set())
    if not isinstance(media_type, str) or media_type not in known:
        raise error(f"unsupported image media type: {media_type}")
    if not isinstance(data, str) or not data:
        raise error("image data is empty")
    if len(data) * 3 // 4 > _IMAGE_BYTES:
        raise error(f"image exceeds the size limit of {_IMAGE_BYTES} bytes", "invalid_request_body")


def reply_headers(request: web.Request) -> dict[str, str]:
    """Ids that go with every answer of the data plane."""
    own = REQUEST_ID.get()
    return _NOISE | {
        "x-request-id": request.headers.get("X-Request-Id") or own,
        "x-github-request-id": own[:23].upper().replace("-", ":"),
        "x-copilot-service-request-id": own,
        "x-github-backend": "Kubernetes",
    }


def http_date(moment: dt.datetime) -> str:
    return email.utils.format_datetime(moment, usegmt=True)


__all__ = [
    "Refused",
    "callable_model",
    "data_url",
    "fits",
    "http_date",
    "parsed",
    "picture",
    "reply_headers",
    "vision",
]
