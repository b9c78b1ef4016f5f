"""Images of a Messages body: how many, and how large after a 413 (wire 6.6, 7.4)."""

from tray_app.dialects.fields import Json
from tray_app.dialects.protocol import Recovery, Rules
from tray_app.dialects.repairs.common import MAX_IMAGE_BYTES, MAX_IMAGES, PIXEL, Work
from tray_app.dialects.repairs.messages_blocks import Blocks


def image_places(messages: list[Json]) -> list[tuple[Blocks, int]]:
    """Where the images are, oldest first, also those inside tool results."""
    places: list[tuple[Blocks, int]] = []
    for message in messages:
        places += _places_in(message.get("content"))
    return places


def _places_in(content: object) -> list[tuple[Blocks, int]]:
    places: list[tuple[Blocks, int]] = []
    for index, block in enumerate(content if isinstance(content, list) else []):
        if _is_image(block):
            places.append((content, index))  # type: ignore[arg-type]
        elif isinstance(block, dict) and block.get("type") == "tool_result":
            places += _places_in(block.get("content"))
    return places


def _is_image(block: object) -> bool:
    return isinstance(block, dict) and block.get("type") == "image"


def limit_images(work: Work, messages: list[Json]) -> bool:
    """Drops the oldest images above the limit; True if any image is left."""
    places = image_places(messages)
    for blocks, index in places[: max(0, len(places) - MAX_IMAGES)]:
        old = blocks[index]
        blocks[index] = {"type": "text", "text": "[older image left out]"}
        if "cache_control" in old:
            blocks[index]["cache_control"] = old["cache_control"]
    if len(places) > MAX_IMAGES:
        work.note(
            "messages", f"the {len(places) - MAX_IMAGES} oldest images left out, {MAX_IMAGES} is the most"
        )
    return bool(places)


def shrink_images(body: Json, rules: Rules) -> Recovery | None:
    """Images above the catalog's size become one pixel; if none is, all but the newest do."""
    messages = body.get("messages")
    listed = [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    places = [place for place in image_places(listed) if not _is_pixel(place)]
    limit = rules.model.max_image_bytes or MAX_IMAGE_BYTES
    chosen = [place for place in places if _image_bytes(place) > limit] or places[:-1]
    for blocks, index in chosen:
        blocks[index]["source"] = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    if not chosen:
        return None
    return Recovery(body, f"replaced {len(chosen)} large images by a placeholder")


def _data(place: tuple[Blocks, int]) -> str:
    blocks, index = place
    source = blocks[index].get("source")
    data = source.get("data") if isinstance(source, dict) else None
    return data if isinstance(data, str) else ""


def _image_bytes(place: tuple[Blocks, int]) -> int:
    return len(_data(place)) * 3 // 4


def _is_pixel(place: tuple[Blocks, int]) -> bool:
    return _data(place) == PIXEL
