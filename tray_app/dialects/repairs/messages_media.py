"""Images and documents of a Messages body: Copilot fetches nothing and keeps no files (wire 7.4)."""

import base64
import binascii
import re

from tray_app.dialects import fields
from tray_app.dialects.fields import Json
from tray_app.dialects.repairs.common import Work, external_image
from tray_app.errors import BadRequest

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)


def clean_image(work: Work, block: Json, path: str) -> list[Json]:
    """An `image` block with a base64 source. Raises BadRequest for one that Copilot would have to fetch."""
    source = fields.need_object(block, "source", path)
    url = source.get("url")
    if source.get("type") == "base64":
        if source.get("media_type") == "image/jpg":
            source["media_type"] = "image/jpeg"
            work.note("messages", "image/jpg written as image/jpeg")
        return [block]
    if isinstance(url, str) and (found := _DATA_URL.match(url)):
        block["source"] = {"type": "base64", "media_type": found[1], "data": found[2]}
        work.note("messages", "image data URLs written as base64 sources")
        return [block]
    if source.get("type") == "file":
        raise _no_files(path)
    raise external_image(f"{path}.source")


def _no_files(path: str) -> BadRequest:
    where = f"{path}.source"
    return BadRequest(
        f"{where}: Copilot keeps no files. Send the content itself as base64 data.",
        where,
        code="unsupported_file",
    )


def clean_document(work: Work, block: Json, path: str) -> list[Json]:
    """A `document` block that is text or a PDF. Raises BadRequest for files and web addresses."""
    source = fields.need_object(block, "source", path)
    kind, media = source.get("type"), source.get("media_type")
    if kind == "text" or (kind == "base64" and media == "application/pdf"):
        return [block]
    if kind == "base64" and isinstance(media, str) and media.startswith("text/"):
        block["source"] = {"type": "text", "media_type": "text/plain", "data": _decoded(source, path)}
        work.note("messages", f"{media} documents sent as text")
        return [block]
    raise _no_files(path)


def _decoded(source: Json, path: str) -> str:
    try:
        return base64.b64decode(str(source.get("data", ""))).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        where = f"{path}.source.data"
        raise BadRequest(f"{where}: this is not base64.", where, code="invalid_value") from error


def refuse_upload(work: Work, block: Json, path: str) -> list[Json]:
    """Raises BadRequest: there is no container to upload to."""
    raise _no_files(path)
