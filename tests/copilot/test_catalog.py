"""The model list: tolerant of its entries, refreshed in the background, kept through failures."""

import asyncio
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.copilot.catalog import REFRESH_AFTER, RETRY_AFTER, Catalog, CatalogView, parse_catalog
from tray_app.dialects.capabilities import CHAT, EMBEDDINGS, MESSAGES
from tray_app.errors import BadRequest, Rejected, SignedOut, Unreachable

RAW = (Path(__file__).parents[1] / "fixtures" / "catalog.json").read_bytes()
MODELS = {model.id: model for model in parse_catalog(orjson.loads(RAW))}


def test_an_entry_becomes_a_model():
    opus = MODELS["claude-opus-4.6"]
    assert (opus.name, opus.vendor, opus.endpoints) == ("Claude Opus 4.6", "Anthropic", (CHAT, MESSAGES))
    assert (opus.context_window, opus.max_prompt_tokens, opus.max_output_tokens) == (200_000, 168_000, 32_000)
    assert opus.max_non_streaming_output_tokens == 16_000
    assert opus.adaptive_thinking
    assert opus.reasoning_effort == ("low", "medium", "high", "max")
    assert opus.restricted_to == ("pro_plus", "business", "enterprise")
    assert opus.max_image_bytes == 3_145_728
    assert opus.multiplier == 3


def test_absent_endpoints_come_from_the_type():
    assert MODELS["gpt-4o"].endpoints == (CHAT,)
    assert MODELS["text-embedding-3-small"].endpoints == (EMBEDDINGS,)
    assert MODELS["gpt-41-copilot"].endpoints == ()


def test_of_a_repeated_id_the_first_wins():
    assert MODELS["gpt-4.1"].policy_state == "enabled"
    assert MODELS["gpt-4.1"].context_window == 128_000


def test_absent_efforts_are_not_known_and_an_empty_list_means_none():
    bare = {"id": "m", "capabilities": {"supports": {"reasoning_effort": []}}}
    assert parse_catalog({"data": [bare, {"id": "n"}]})[0].reasoning_effort == ()
    assert parse_catalog({"data": [{"id": "n"}]})[0].reasoning_effort is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_OPTIONAL = ["vendor", "policy", "billing", "capabilities", "supported_endpoints", "preview", "name"]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(_OPTIONAL), _JSON), st.dictionaries(st.text(max_size=9), _JSON))
def test_no_optional_field_can_break_the_list(fields, capabilities):
    entry = {"id": "m", "capabilities": {"limits": capabilities, "supports": capabilities}} | fields
    assert [model.id for model in parse_catalog({"data": [entry, None, 3, {"id": 4}, {"id": "n"}]})] == [
        "m",
        "n",
    ]


@pytest.mark.parametrize("raw", [b"", b"<html>", b"{}", b'{"data":{}}', b"null", b'"list"'])
def test_an_answer_that_is_no_list_is_an_error(raw):
    with pytest.raises(Unreachable, match="could not be read"):
        CatalogView.of(raw)


# --- refreshing -----------------------------------------------------------------------------------


class Upstream:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: bytes | Exception = RAW
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self) -> bytes:
        self.asked += 1
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def world():
    upstream, clock = Upstream(), Clock()
    catalog = Catalog(upstream, monotonic=clock)
    yield upstream, clock, catalog
    await catalog.close()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_list_is_read_on_first_use_and_once(world):
    upstream, _, catalog = world
    assert catalog.view is None
    views = await asyncio.gather(*(catalog.current() for _ in range(20)))
    assert upstream.asked == 1
    assert all(view is views[0] for view in views)
    assert catalog.raw == RAW
    assert catalog.loaded_at is not None
    assert not catalog.stale
    assert (await catalog.current()) is views[0]
    assert upstream.asked == 1


async def test_an_old_list_is_answered_at_once_and_refreshed_behind(world):
    upstream, clock, catalog = world
    first = await catalog.current()
    clock.now += REFRESH_AFTER
    upstream.open.clear()
    assert await catalog.current() is first
    assert catalog.stale
    await settle()
    assert await catalog.current() is first
    assert upstream.asked == 2
    upstream.answer = b'{"data":[{"id":"new"}]}'
    upstream.open.set()
    await settle()
    assert list((await catalog.current()).by_id) == ["new"]
    assert not catalog.stale


async def test_a_failed_refresh_keeps_the_old_list_and_waits_before_the_next(world):
    upstream, clock, catalog = world
    first = await catalog.current()
    upstream.answer = Unreachable("No network.")
    clock.now += REFRESH_AFTER
    await catalog.current()
    await settle()
    assert catalog.stale
    assert str(catalog.error) == "No network."
    for _ in range(10):
        assert await catalog.current() is first
        await settle()
    assert upstream.asked == 2
    upstream.answer = RAW
    clock.now += RETRY_AFTER
    await catalog.current()
    await settle()
    assert upstream.asked == 3
    assert catalog.error is None


async def test_an_unreadable_refresh_keeps_the_old_list(world):
    upstream, clock, catalog = world
    first = await catalog.current()
    upstream.answer = b"<html>maintenance</html>"
    clock.now += REFRESH_AFTER
    await catalog.current()
    await settle()
    assert catalog.view is first
    assert catalog.error is not None


async def test_without_any_list_the_failure_reaches_everybody_and_the_next_call_tries_again(world):
    upstream, _, catalog = world
    upstream.answer = SignedOut("Sign in first.")
    outcomes = await asyncio.gather(*(catalog.current() for _ in range(5)), return_exceptions=True)
    assert upstream.asked == 1
    assert [type(outcome) for outcome in outcomes] == [SignedOut] * 5
    assert outcomes[0].fault.status == 403
    assert outcomes[0] is not outcomes[1]
    upstream.answer = RAW
    assert (await catalog.current()).models


async def test_a_refusal_keeps_its_status_and_body(world):
    upstream, _, catalog = world
    upstream.answer = Rejected(BadRequest("no").fault, b"upstream's words")
    with pytest.raises(Rejected, match="no") as caught:
        await catalog.current()
    assert caught.value.body == b"upstream's words"


async def test_a_waiter_that_gives_up_does_not_end_the_reading(world):
    upstream, _, catalog = world
    upstream.open.clear()
    first = asyncio.get_running_loop().create_task(catalog.current())
    second = asyncio.get_running_loop().create_task(catalog.current())
    await settle()
    first.cancel()
    await settle()
    upstream.open.set()
    assert (await second).models
    assert upstream.asked == 1


async def test_forget_drops_the_list_and_a_reading_under_way(world):
    upstream, _, catalog = world
    upstream.open.clear()
    waiting = asyncio.get_running_loop().create_task(catalog.current())
    await settle()
    catalog.forget()
    upstream.answer = b'{"data":[{"id":"of the other account"}]}'
    upstream.open.set()
    assert list((await waiting).by_id) == ["of the other account"]
    catalog.forget()
    assert catalog.view is None
    assert not catalog.stale


async def test_refresh_reads_again_now(world):
    upstream, _, catalog = world
    await catalog.current()
    upstream.answer = b"[]"
    assert (await catalog.refresh()).models == ()
    upstream.answer = Unreachable("gone")
    with pytest.raises(Unreachable):
        await catalog.refresh()
    assert catalog.view is not None
