"""Query parameters of the history's paths: read, bounded, refused by name."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tray_app.errors import BadRequest
from tray_app.history.search import Query

MAX_PAGE = 500
_LONGEST_WORDS = 1_000
_UNITS = {"": 1, "s": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_UNITS |= {"w": 604800, "week": 604800}
_BUCKET = re.compile(r"(\d{1,8})?([a-z]*)", re.ASCII)


def filters(query: Mapping[str, str]) -> Query:
    """`from, to, q, model, client, status, dialect, session, initiator, slower_than, trivial`; an empty one
    is none. Raises BadRequest."""
    return Query(
        text=_words(query),
        model=query.get("model") or None,
        client=query.get("client") or None,
        status=query.get("status") or None,
        start=moment(query, "from"),
        end=moment(query, "to"),
        dialect=query.get("dialect") or None,
        session=query.get("session") or None,
        initiator=query.get("initiator") or None,
        slower_than=_number(query, "slower_than"),
        trivial=query.get("trivial") != "hide",
    )


def _words(query: Mapping[str, str]) -> str | None:
    text = query.get("q") or None
    if text and len(text) > _LONGEST_WORDS:
        raise BadRequest(f"q: at most {_LONGEST_WORDS} characters.", "q")
    return text


def _number(query: Mapping[str, str], name: str) -> float | None:
    if not (text := query.get(name)):
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1e12:
        raise BadRequest(f"{name}: expected a number.", name)
    return number


def page_size(query: Mapping[str, str]) -> int:
    """`limit`, 50 without one."""
    limit = query.get("limit") or "50"
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= MAX_PAGE:
        raise BadRequest(f"limit: expected a whole number from 1 to {MAX_PAGE}.", "limit")
    return int(limit)


def moment(query: Mapping[str, str], name: str) -> datetime | None:
    """A time; without a zone it is UTC."""
    text = query.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if 1970 <= found.year <= 9000:  # at the ends of time there is no day before
            return found
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{name}: expected a time such as 2026-01-31T12:00:00Z.", name)


def bucket_length(text: str) -> timedelta:
    """`300`, `5m`, `hour`."""
    found = _BUCKET.fullmatch(text)
    seconds = int(found[1] or 1) * _UNITS.get(found[2], 0) if found else 0
    if not 0 < seconds < 10**9:
        raise BadRequest("bucket: expected seconds, or as 5m or 1h, or minute, hour, day or week.", "bucket")
    return timedelta(seconds=seconds)


def zone_offset(query: Mapping[str, str]) -> timedelta:
    """`tz_offset_minutes`, east of UTC."""
    text = query.get("tz_offset_minutes") or "0"
    if not re.fullmatch(r"[+ -]?\d{1,4}", text, re.ASCII) or abs(int(text)) > 16 * 60:
        raise BadRequest("tz_offset_minutes: expected minutes east of UTC, such as 120 or -300.",
                         "tz_offset_minutes")  # fmt: skip
    return timedelta(minutes=int(text))
