"""`:embedContent` and `:batchEmbedContents`, read into the form of all embeddings and written from it."""

from tray_app.dialects import fields
from tray_app.dialects.embeddings import EmbeddingsAsk
from tray_app.dialects.fields import Json, at
from tray_app.dialects.gemini.spelling import spelled
from tray_app.dialects.neutral import Note
from tray_app.errors import BadRequest

_KNOWN = frozenset({"model", "content", "outputDimensionality", "embedContentConfig"})


def read_one(body: Json, model: str) -> EmbeddingsAsk:
    """Raises BadRequest naming the field."""
    return _read([spelled(body, "")], [""], model)


def read_batch(body: Json, model: str) -> EmbeddingsAsk:
    """Several contents in one request, for the one model of the URL. Raises BadRequest naming the field."""
    requests = fields.need_list(body, "requests")
    if not requests:
        raise BadRequest("requests: an empty list has nothing to embed.", "requests")
    paths = [at("requests", index) for index in range(len(requests))]
    return _read([spelled(one, path) for one, path in zip(requests, paths, strict=True)], paths, model)


def _read(requests: list[Json], paths: list[str], model: str) -> EmbeddingsAsk:
    pairs = list(zip(requests, paths, strict=True))
    texts = tuple(_text(one, path) for one, path in pairs)
    lengths = {_length(one, path) for one, path in pairs}
    if len(lengths) > 1:
        raise BadRequest(
            "requests: all of one batch need the same outputDimensionality.",
            "requests[0].outputDimensionality",
        )
    dropped = sorted({key for one in requests for key in one if key not in _KNOWN})
    return EmbeddingsAsk(
        model, texts, dimensions=lengths.pop(), notes=tuple(Note(key, "dropped") for key in dropped)
    )


def _length(request: Json, path: str) -> int | None:
    given, where = request, path
    if request.get("outputDimensionality") is None and request.get("embedContentConfig") is not None:
        where = at(path, "embedContentConfig")
        given = spelled(request["embedContentConfig"], where)
    length = fields.get_int(given, "outputDimensionality", where)
    if length is not None and length < 1:
        name = at(where, "outputDimensionality")
        raise BadRequest(f"{name}: expected a number of 1 or more.", name)
    return length


def _text(request: Json, path: str) -> str:
    """The texts of a content, which is embedded as one."""
    where = at(path, "content")
    content = spelled(fields.need(request, "content", path), where)
    given = content.get("parts")
    parts = [given] if isinstance(given, dict) else fields.need_list(content, "parts", where)
    texts = []
    for index, part in enumerate(parts):
        place = at(at(where, "parts"), index)
        text = part if isinstance(part, str) else fields.get_str(fields.as_object(part, place), "text", place)
        if text is None:
            raise BadRequest(f"{place}: only text can be embedded here.", place, code="unsupported_value")
        texts.append(text)
    if not (text := "\n".join(texts)):
        raise BadRequest(f"{where}: cannot be empty.", where)
    return text


def write_one(merged: Json) -> Json:
    """`merged` is in OpenAI's shape."""
    return {"embedding": _vectors(merged)[0]}


def write_batch(merged: Json) -> Json:
    """As `write_one`, in the order of the requests."""
    return {"embeddings": _vectors(merged)}


def _vectors(merged: Json) -> list[Json]:
    return [{"values": item["embedding"]} for item in merged["data"]]
