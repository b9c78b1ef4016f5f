"""Images of a Responses input that are too large for Copilot (wire 6.6)."""

from typing import Any

from tray_app.dialects.error_bodies import ErrorBody
from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.common import MAX_IMAGE_BYTES, PIXEL
from tray_app.dialects.repairs.responses_item_cures import each_item, items_of

PLACEHOLDER_IMAGE = f"data:image/png;base64,{PIXEL}"


def shrink_images(body: Json, said: ErrorBody, rules: Rules) -> Recovery | None:
    """Images above the catalog's size; if none is, all but those of the last item."""
    limit = rules.model.max_image_bytes or MAX_IMAGE_BYTES
    items = items_of(body)
    oversized = each_item(body, lambda item: _smaller(item, limit), "images too large for Copilot replaced")
    if oversized is not None or not items:
        return oversized
    last = items[-1]
    return each_item(
        body, lambda item: item if item is last else _smaller(item, 0), "images of earlier turns replaced"
    )


def _smaller(item: Json, limit: int) -> Json:
    for key in ("content", "output"):
        parts = item.get(key)
        if isinstance(parts, list) and any(_is_larger(part, limit) for part in parts):
            shrunk = [
                part | {"image_url": PLACEHOLDER_IMAGE} if _is_larger(part, limit) else part for part in parts
            ]
            item = item | {key: shrunk}
    return item


def _is_larger(part: Any, limit: int) -> bool:
    url = part.get("image_url") if isinstance(part, dict) else None
    return isinstance(url, str) and url != PLACEHOLDER_IMAGE and len(url) * 3 // 4 > limit
