"""Texts, images and files among the parts of a Gemini content, and what a function gave back."""

import base64
import binascii

from tray_app.dialects import fields, tool_arguments
from tray_app.dialects.fields import Json, at
from tray_app.dialects.gemini.spelling import spelled
from tray_app.dialects.neutral import Document, Image, Note, Text
from tray_app.errors import BadRequest

# Members of a part that say something about it and are no content themselves.
_ASIDE = frozenset({"thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"})
_RESULT_KEYS = ("output", "result", "content")
Plain = Text | Image | Document


def read_plain(part: Json, path: str, notes: list[Note]) -> Plain | None:
    """Text, an image or a file; None for what has no place, with a note."""
    if part.get("text") is not None:
        text = fields.as_str(part["text"], at(path, "text"))
        return Text(text) if text else None
    if part.get("inlineData") is not None:
        return read_inline(part["inlineData"], at(path, "inlineData"))
    if part.get("fileData") is not None:
        raise BadRequest(
            f"{path}.fileData: files kept at Google cannot be read here; send the bytes as inlineData.",
            f"{path}.fileData",
            code="unsupported_value",
        )
    if part.get("executableCode") is not None:
        code = spelled(part["executableCode"], at(path, "executableCode"))
        return Text(f"```\n{fields.get_str(code, 'code', path) or ''}\n```")
    if part.get("codeExecutionResult") is not None:
        ran = spelled(part["codeExecutionResult"], at(path, "codeExecutionResult"))
        output = fields.get_str(ran, "output", path)
        return Text(output) if output else None
    if unknown := sorted(part.keys() - _ASIDE):
        notes.append(Note("contents", f"{', '.join(unknown)[:80]} left out: not known here"))
    return None


def read_inline(value: object, path: str) -> Image | Document:
    """`inlineData`. Raises BadRequest for what no model at Copilot takes."""
    inline = spelled(value, path)
    kind = fields.need_str(inline, "mimeType", path).lower().partition(";")[0].strip()
    data = fields.need_str(inline, "data", path)
    name = fields.get_str(inline, "displayName", path)
    if kind.startswith("image/"):
        return Image(kind.replace("image/jpg", "image/jpeg"), _standard(data))
    if kind == "application/pdf":
        return Document(kind, _standard(data), name=name)
    if kind.startswith("text/") or kind == "application/json":
        return Document(kind, text=_text_of(data, path), name=name)
    raise BadRequest(
        f"{path}: {kind} cannot be sent: models at Copilot take images, PDF files and text.",
        path,
        code="unsupported_value",
    )


def _standard(data: str) -> str:
    """Google takes both alphabets of base64; upstream takes one."""
    return data.replace("-", "+").replace("_", "/")


def _text_of(data: str, path: str) -> str:
    try:
        return base64.b64decode(_standard(data)).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{path}.data: not valid base64.", f"{path}.data") from error


def result_text(value: object, path: str) -> str:
    """The text of a result: its one member by Google's convention, else all of it as JSON."""
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if key in _RESULT_KEYS:
            value = inner
    if isinstance(value, str):
        return value
    return "" if value in (None, {}) else tool_arguments.to_text(value, at(path, "response"))
