"""Names of fields: Google takes camelCase and snake_case alike (protobuf's JSON), and clients mix them."""

import re
from functools import lru_cache

from tray_app.dialects.fields import Json, as_object

_UNDERSCORE = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")


@lru_cache(maxsize=1024)
def camel(name: str) -> str:
    """`max_output_tokens` as `maxOutputTokens`."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name) if "_" in name else name


def spelled(value: object, path: str) -> Json:
    """An object with its own members in camelCase, those inside untouched. A member that stands there in both
    spellings counts as written in camelCase. Raises BadRequest for what is no object."""
    found = as_object(value, path)
    if not any("_" in key for key in found):
        return found
    return {camel(key): inner for key, inner in found.items() if camel(key) == key or camel(key) not in found}


def settle(body: Json) -> Json:
    """A request's body with one spelling where others than the reader look: at its top and its settings."""
    body = spelled(body, "")
    if isinstance(config := body.get("generationConfig"), dict):
        body["generationConfig"] = config = spelled(config, "generationConfig")
        if isinstance(thinking := config.get("thinkingConfig"), dict):
            config["thinkingConfig"] = spelled(thinking, "generationConfig.thinkingConfig")
    return body
