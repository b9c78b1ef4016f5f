"""The tables of `history.db`, made by migrations. The number of the last one is the file's version.

A request's row holds numbers; what it has in common with others (who asked whom for what, and how it went)
is one row of `kinds`, so that a search looks at few texts. `facets` are what statistics tell apart; `slots`,
`statuses`, `spread` and those for each facet hold ready sums for each half hour, so that a month is as quick
as a day.
"""

import contextlib
import sqlite3
from collections.abc import Callable

# Half hours: the days of nearly every time zone begin with one.
SLOT_MS = 1_800_000

_SUMS = """
  requests INTEGER NOT NULL, failed_requests INTEGER NOT NULL, cancelled_requests INTEGER NOT NULL,
  user_initiated INTEGER NOT NULL, agent_initiated INTEGER NOT NULL, retried_attempts INTEGER NOT NULL,
  input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, cache_write_tokens INTEGER,
  reasoning_tokens INTEGER, nano_aiu INTEGER, cacheable_tokens INTEGER"""

_FIRST = f"""
CREATE TABLE facets (
  id INTEGER PRIMARY KEY, client TEXT NOT NULL, model TEXT NOT NULL, dialect TEXT NOT NULL,
  UNIQUE (client, model, dialect));

CREATE TABLE kinds (
  id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, facet INTEGER NOT NULL REFERENCES facets(id),
  client TEXT NOT NULL, dialect TEXT NOT NULL, path TEXT NOT NULL, upstream_endpoint TEXT,
  model_requested TEXT, model_served TEXT, status INTEGER, error TEXT, error_message TEXT, initiator TEXT,
  initiator_source TEXT NOT NULL, background TEXT, stream INTEGER NOT NULL, cancelled INTEGER NOT NULL,
  process TEXT, project TEXT, repairs TEXT NOT NULL, notes TEXT NOT NULL,
  words TEXT NOT NULL, uses INTEGER NOT NULL DEFAULT 0, last_ms INTEGER NOT NULL DEFAULT 0);

CREATE TABLE sessions (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, client TEXT NOT NULL, process TEXT, project TEXT,
  title TEXT, started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, turns INTEGER NOT NULL DEFAULT 0,
  branches INTEGER NOT NULL DEFAULT 0, {_SUMS});
CREATE INDEX sessions_last ON sessions (last_ms);

CREATE TABLE requests (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, started_ms INTEGER NOT NULL,
  kind INTEGER NOT NULL REFERENCES kinds(id), session INTEGER REFERENCES sessions(n),
  turn INTEGER, branch INTEGER, attempts INTEGER NOT NULL,
  ttfb_ms REAL, duration_ms REAL, longest_silence_ms REAL, waited_ms REAL, upstream_ms REAL,
  request_bytes INTEGER NOT NULL, response_bytes INTEGER NOT NULL, frames INTEGER NOT NULL,
  input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, cache_write_tokens INTEGER,
  reasoning_tokens INTEGER, nano_aiu INTEGER,
  prefix_parts INTEGER, prefix_kept INTEGER, prefix_changed TEXT,
  captured INTEGER NOT NULL DEFAULT 0, upstream_request_id TEXT, tries TEXT);
CREATE INDEX requests_time ON requests (started_ms, kind, duration_ms, ttfb_ms);
CREATE INDEX requests_kind ON requests (kind, started_ms);
CREATE INDEX requests_session ON requests (session, started_ms) WHERE session IS NOT NULL;

CREATE TABLE slots (
  slot INTEGER NOT NULL, facet INTEGER NOT NULL, {_SUMS}, PRIMARY KEY (slot, facet)) WITHOUT ROWID;
CREATE TABLE statuses (
  slot INTEGER NOT NULL, status INTEGER NOT NULL, {_SUMS}, PRIMARY KEY (slot, status)) WITHOUT ROWID;
CREATE TABLE spread (slot INTEGER PRIMARY KEY, latency BLOB NOT NULL, ttfb BLOB NOT NULL);

CREATE TABLE turns (
  session INTEGER NOT NULL REFERENCES sessions(n) ON DELETE CASCADE, turn INTEGER NOT NULL,
  title TEXT NOT NULL, PRIMARY KEY (session, turn)) WITHOUT ROWID;
CREATE TABLE bodies (
  request INTEGER PRIMARY KEY REFERENCES requests(n) ON DELETE CASCADE, request_body BLOB,
  upstream_body BLOB, pieces BLOB, truncated INTEGER NOT NULL);
CREATE VIRTUAL TABLE said USING fts5(text, tokenize = 'trigram');

CREATE TABLE quota (
  at_ms INTEGER NOT NULL, source TEXT NOT NULL, sku TEXT NOT NULL, login TEXT, entitlement REAL,
  remaining REAL, percent_remaining REAL, unlimited INTEGER NOT NULL, resets_ms INTEGER);
CREATE INDEX quota_time ON quota (at_ms);
CREATE TABLE models (
  id TEXT PRIMARY KEY, first_ms INTEGER NOT NULL, from_start INTEGER NOT NULL) WITHOUT ROWID;
"""

# Statuses and latencies by facet, so that a model or a tool alone is as quick as all of them.
_SECOND = f"""
CREATE TABLE facet_statuses (
  slot INTEGER NOT NULL, facet INTEGER NOT NULL, status INTEGER NOT NULL, {_SUMS},
  PRIMARY KEY (slot, facet, status)) WITHOUT ROWID;
CREATE TABLE facet_spread (
  slot INTEGER NOT NULL, facet INTEGER NOT NULL, latency BLOB NOT NULL, ttfb BLOB NOT NULL,
  PRIMARY KEY (slot, facet)) WITHOUT ROWID;
DROP INDEX sessions_last;
CREATE INDEX sessions_last ON sessions (last_ms, started_ms, nano_aiu, requests);
"""

# One script for each version, oldest first. A script that was released is never changed.
MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND)
VERSION = len(MIGRATIONS)
_NEW_SUMS = frozenset({2})  # versions that want the ready sums made again
# Rows of the earlier ones refer to rows of the later ones.
ORDER = (
    "bodies", "turns", "requests", "sessions", "kinds", "facets", "slots", "statuses", "spread",
    "facet_statuses", "facet_spread", "quota", "models", "said",
)  # fmt: skip


def version_of(connection: sqlite3.Connection) -> int:
    """0 for a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, sum_up: Callable[[sqlite3.Connection], None]) -> None:
    """Bring the file up to VERSION, each step whole or not at all; `sum_up` makes the ready sums from the
    rows. Raises sqlite3.Error."""
    for number in range(version_of(connection), VERSION):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;{MIGRATIONS[number]}")
            if number + 1 in _NEW_SUMS:
                sum_up(connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


def is_complete(connection: sqlite3.Connection) -> bool:
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return found >= set(ORDER)
