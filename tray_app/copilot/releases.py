"""The newest release of Jumpseat itself, from a feed in the form of GitHub's releases.

One plain GET: no version, no account and nothing about this machine goes with it.
"""

import logging
import re
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from tray_app.copilot.http import check_url, read_bounded
from tray_app.errors import SettingsFault

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 20.0
_ANSWER_BYTES = 1024 * 1024
_MOST_NOTES = 4000
_VERSION = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){1,3})")
_HEADERS = {"User-Agent": "Jumpseat", "Accept": "application/vnd.github+json"}


@dataclass(frozen=True, slots=True)
class Release:
    """`version` without a leading v, `url` its page, `notes` what its makers say of it."""

    version: str
    url: str
    notes: str = ""

    def is_above(self, version: str) -> bool:
        mine, other = _numbers(self.version), _numbers(version)
        return mine is not None and other is not None and mine > other


async def newest_release(http: aiohttp.ClientSession, url: str) -> Release | None:
    """The newest finished release; None when there is none, or nobody could say."""
    try:
        async with http.get(
            url,
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS),
            allow_redirects=False,
        ) as response:
            body = await read_bounded(response, _ANSWER_BYTES)
            if response.status != 200:
                log.info("The release feed answered %s", response.status)
                return None
    except (aiohttp.ClientError, OSError) as error:
        log.info("The release feed could not be asked: %s", type(error).__name__)
        return None
    return read_releases(body)


def read_releases(body: bytes) -> Release | None:
    """One release or a list of them, as GitHub's API gives them."""
    try:
        found: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    listed = found if isinstance(found, list) else [found]
    releases = [release for one in listed if (release := _release(one)) is not None]
    return max(releases, key=lambda release: _numbers(release.version) or (), default=None)


def _release(found: Any) -> Release | None:
    if not isinstance(found, dict) or found.get("draft") or found.get("prerelease"):
        return None
    tag, page, notes = found.get("tag_name"), found.get("html_url"), found.get("body")
    matched = _VERSION.fullmatch(tag) if isinstance(tag, str) else None
    if matched is None or not isinstance(page, str) or len(page) > 1000 or not page.isprintable():
        return None
    try:
        check_url(page, "html_url")
    except SettingsFault:
        return None
    return Release(matched[1], page, notes.strip()[:_MOST_NOTES] if isinstance(notes, str) else "")


def _numbers(version: str) -> tuple[int, ...] | None:
    matched = _VERSION.fullmatch(version)
    if matched is None:
        return None
    numbers = [int(part) for part in matched[1].split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))
