"""Names that real clients send, and what they become."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app.copilot.catalog import CatalogView
from tray_app.dialects.capabilities import CHAT, MESSAGES, RESPONSES, WEBSOCKET, Model
from tray_app.proxy.model_names import tier
from tray_app.proxy.routing import Resolved, background_model, choose_endpoint, resolve
from tray_app.proxy.unknown_model import UnknownModel, refused_though_listed
from tray_app.settings import ModelSettings

CATALOG = CatalogView.of((Path(__file__).parents[1] / "fixtures" / "catalog.json").read_bytes())
DEFAULT = ModelSettings()


def ask(name: str, catalog: CatalogView = CATALOG, **mapping) -> Resolved:
    return resolve(name, catalog, ModelSettings(**mapping))


NAMES = {
    # the catalog's own
    "claude-opus-4.8": "claude-opus-4.8",
    "gpt-4o-2024-11-20": "gpt-4o-2024-11-20",
    "gemini-3.1-pro-preview": "gemini-3.1-pro-preview",
    # Claude Code, Claude Desktop, SDKs
    "claude-opus-4-8": "claude-opus-4.8",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4.5",
    "claude-sonnet-4-20250514": "claude-sonnet-4",
    "claude-sonnet-4-0": "claude-sonnet-4",
    "claude-haiku-4-5": "claude-haiku-4.5",
    "claude-haiku-4.5": "claude-haiku-4.5",
    "claude-haiku-4-5-20251001": "claude-haiku-4.5",
    "claude-haiku-4-5@20251001": "claude-haiku-4.5",
    "claude-sonnet-4-6-latest": "claude-sonnet-4.6",
    "claude-sonnet-4-6-thinking": "claude-sonnet-4.6",
    "claude-opus-4-6": "claude-opus-4.6",
    "Claude-Opus-4.8": "claude-opus-4.8",
    "opus": "claude-opus-4.8",
    "sonnet": "claude-sonnet-4.6",
    "haiku": "claude-haiku-4.5",
    "default": "claude-sonnet-4.6",
    "opusplan": "claude-opus-4.8",
    "claude-opus-latest": "claude-opus-4.8",
    "opus-4.6": "claude-opus-4.6",
    # versions the account lacks: the newest of the tier
    "claude-opus-5-5": "claude-opus-4.8",
    "claude-opus-4-1-20250805": "claude-opus-4.8",
    "claude-3-5-haiku-20241022": "claude-haiku-4.5",
    "claude-3-5-haiku-latest": "claude-haiku-4.5",
    "claude-3-haiku-20240307": "claude-haiku-4.5",
    "claude-3-7-sonnet-20250219": "claude-sonnet-4.6",
    "claude-3-opus-20240229": "claude-opus-4.8",
    # provider prefixes
    "openai/gpt-5.2": "gpt-5.2",
    "anthropic/claude-sonnet-4-5-20250929": "claude-sonnet-4.5",
    "github_copilot/claude-sonnet-4.6": "claude-sonnet-4.6",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0": "claude-sonnet-4.5",
    "models/gemini-2.5-pro": "gemini-2.5-pro",
    # GPT
    "gpt-5-2": "gpt-5.2",
    "gpt-5.2-2025-12-11": "gpt-5.2",
    "gpt-4.1-2025-04-14": "gpt-4.1",
    "GPT-5.3-Codex": "gpt-5.3-codex",
    # side requests
    "gpt-5-nano": "gpt-5-mini",
    "gpt-4o-mini": "gpt-5-mini",
    "gpt-4.1-nano": "gpt-5-mini",
    "codex-auto-review": "gpt-5-mini",
    # Gemini CLI
    "gemini-3-pro-preview": "gemini-3.1-pro-preview",
    "gemini-3.5-flash-lite": "gemini-3-flash-preview",
    "gemini-2.5-flash": "gemini-3-flash-preview",
    "gemini-2.5-flash-lite": "gemini-3-flash-preview",
    "gemini-2.5-flash-preview-05-20": "gemini-3-flash-preview",
    "gemini-3.8-flash": "gemini-3-flash-preview",
    "gemini-3-flash": "gemini-3-flash-preview",
    "gemini-2.5-pro-exp-03-25": "gemini-2.5-pro",
    "gemini-1.5-pro-002": "gemini-3.1-pro-preview",
    "pro": "gemini-3.1-pro-preview",
    "flash": "gemini-3-flash-preview",
    "flash-lite": "gemini-3-flash-preview",
    "auto": "gemini-3.1-pro-preview",
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=NAMES)
def test_a_name_finds_its_model(name, expected):
    found = ask(name)
    assert found.model.id == expected
    assert bool(found.how) == (name != expected)


NOBODYS = [
    "gpt-99",
    "gpt-6-sol",
    "claude-foo",
    "claude-2.1",
    "claude-instant-1.2",
    "claude",
    "gemini-foo",
    "llama-3",
    "gemini-2.5-flash-image",
    "gemini-embedding-001",
    "gpt-5.9-mini",
    "opus5x",
    "gpt-5",
    "gpt-5.2-pro",
    "sonnet-opus",
    "claude-sonnet-haiku",
    "claude-haiku-opus-4",
    "[1m]",
    "models/",
    "🤷",
]


@pytest.mark.parametrize("name", [*NOBODYS, "", " ", "x" * 5000], ids=lambda name: name[:30])
def test_a_name_nobody_has_is_404_with_near_ones(name):
    with pytest.raises(UnknownModel) as caught:
        ask(name)
    fault = caught.value.fault
    assert (fault.status, fault.kind, fault.code, fault.param) == (
        404,
        "not_found",
        "model_not_found",
        "model",
    )
    assert "Nearest: " in fault.message
    assert len(fault.message) < 700


def test_the_nearest_names_come_first():
    with pytest.raises(UnknownModel, match=r"Nearest: gpt-5\.2, "):
        ask("gpt-5.22")
    with pytest.raises(UnknownModel, match=r"Nearest: .*claude-"):
        ask("claude-foo")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("claude-opus-5", ["switched off", "github.com/settings/copilot/features", "pro+", "owner"]),
        ("claude-opus-5-20260801", ["switched off"]),
        ("grok-code-fast-1", ["not yet switched on", "github.com/settings/copilot/features"]),
        ("text-embedding-3-small", ["embeddings model", "/v1/embeddings"]),
        ("gpt-41-copilot", ["only completes text"]),
        ("grok-9", ["not yet switched on"]),
    ],
)
def test_a_model_that_cannot_be_used_says_why(name, words):
    with pytest.raises(UnknownModel) as caught:
        ask(name)
    for word in words:
        assert word in str(caught.value)


def test_a_whole_maker_missing_names_plan_policy_and_region():
    no_claude = CatalogView(tuple(model for model in CATALOG.models if not model.is_claude))
    for name in ("claude-sonnet-4-5", "sonnet"):
        with pytest.raises(UnknownModel, match="no Claude models") as caught:
            ask(name, no_claude)
        assert "country" in str(caught.value)
        assert "plan" in str(caught.value)


def test_an_empty_catalog_is_404_too():
    with pytest.raises(UnknownModel):
        ask("sonnet", CatalogView())


def test_a_refusal_of_a_listed_model_names_all_reasons():
    text = refused_though_listed(CATALOG.by_id["claude-opus-4.8"])
    for word in ("enabled", "plan", "country", "pro+"):
        assert word in text


def test_a_model_of_embeddings_and_a_chat_model_keep_to_their_kind():
    assert resolve("text-embedding-3-small", CATALOG, DEFAULT, "embeddings").model.type == "embeddings"
    assert resolve("openai/text-embedding-ada-002", CATALOG, DEFAULT, "embeddings").model.type == "embeddings"
    for name in ("gemini-embedding-001", "models/text-embedding-004", "embedding-001", "gemini-embedding-2"):
        found = resolve(name, CATALOG, DEFAULT, "embeddings")
        assert (found.model.id, "Google's" in found.how) == ("text-embedding-3-small", True)
    with pytest.raises(UnknownModel, match="gives no embeddings"):
        resolve("gpt-5.2", CATALOG, DEFAULT, "embeddings")
    with pytest.raises(UnknownModel, match="Nearest: text-embedding-3-small"):
        resolve("text-embedding-3-large", CATALOG, DEFAULT, "embeddings")
    with pytest.raises(UnknownModel):
        resolve("sonnet", CATALOG, DEFAULT, "embeddings")


# --- 1M context -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected", "wants_1m"),
    [
        ("claude-opus-4-8[1m]", "claude-opus-4.8", True),
        ("claude-opus-4.8[1M]", "claude-opus-4.8", True),
        ("opus[1m]", "claude-opus-4.8", True),
        ("claude-opus-4-6[1m]", "claude-opus-4.6-1m", True),
        ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4.5", False),
        ("claude-opus-4-8", "claude-opus-4.8", False),
        ("claude-opus-4.6-1m", "claude-opus-4.6-1m", False),
    ],
)
def test_1m_is_asked_for_and_only_where_the_window_has_it(name, expected, wants_1m):
    found = ask(name)
    assert (found.model.id, found.wants_1m) == (expected, wants_1m)


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "exact", "prefix", "expected"),
    [
        ("claude-opus-4-8", {"claude-opus-4-8": "gpt-5.2"}, {}, "gpt-5.2"),
        ("claude-opus-4.8", {"claude-opus-4.8": "gpt-5.2"}, {}, "gpt-5.2"),
        ("anything", {"anything": "sonnet"}, {}, "claude-sonnet-4.6"),
        ("claude-opus-9", {}, {"claude-": "gpt-5.2", "claude-opus": "gpt-5.5"}, "gpt-5.5"),
        ("claude-x", {"claude-x": "gpt-4.1"}, {"claude-": "gpt-5.2"}, "gpt-4.1"),
        ("a[1m]", {"a[1m]": "gpt-5.2", "a": "gpt-4.1"}, {}, "gpt-5.2"),
        ("a[1m]", {"a": "gpt-4.1"}, {}, "gpt-4.1"),
        ("a[1m]", {"a": "gpt-4.1"}, {"a[": "gpt-5.2"}, "gpt-5.2"),
        ("a-b[1m]", {"a-b": "gpt-4.1"}, {"a": "gpt-5.2"}, "gpt-4.1"),
    ],
)
def test_the_settings_come_first(name, exact, prefix, expected):
    found = ask(name, exact=exact, prefix=prefix)
    assert found.model.id == expected
    assert "models." in found.how


def test_a_mapping_may_ask_for_1m():
    assert ask("big", exact={"big": "claude-opus-4.8[1m]"}).wants_1m


def test_a_mapping_to_nothing_names_the_setting():
    with pytest.raises(UnknownModel, match=r'models\.exact\["mine"\].*"gone"'):
        ask("mine", exact={"mine": "gone"})


def test_the_small_model_answers_background_calls_only():
    small = ModelSettings(small_model="haiku")
    found = background_model("title", CATALOG, small)
    assert found is not None
    assert found.model.id == "claude-haiku-4.5"
    assert "small_model" in found.how
    assert background_model(None, CATALOG, small) is None
    assert background_model("compaction", CATALOG, small) is None
    assert background_model("title", CATALOG, DEFAULT) is None
    assert background_model("title", CATALOG, ModelSettings(small_model="gone")) is None


def test_side_names_take_the_small_model_when_one_is_set():
    assert ask("gpt-5-nano", small_model="claude-haiku-4.5").model.id == "claude-haiku-4.5"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("nothing", "gpt-5-mini"),
        ("gpt-5-mini", "claude-haiku-4.5"),  # the cheapest that is lightweight
        ("gpt-5-mini claude-haiku-4.5", "gemini-3-flash-preview"),
        ("gpt-5-mini gemini-3-flash-preview claude-haiku-4.5", "gpt-4.1"),  # what costs nothing
    ],
)
def test_side_names_find_a_small_model(missing, expected):
    catalog = CatalogView(tuple(model for model in CATALOG.models if model.id not in missing.split()))
    assert ask("gpt-5-nano", catalog).model.id == expected


# --- tiers ----------------------------------------------------------------------------------------

_TIERS = ["opus", "sonnet", "haiku"]
_CLAUDE = st.builds(
    lambda old, tier, major, minor, ending: (
        f"claude-{major}-{minor}-{tier}{ending}" if old else f"claude-{tier}-{major}-{minor}{ending}"
    ),
    st.booleans(),
    st.sampled_from(_TIERS),
    st.integers(1, 20),
    st.integers(0, 20),
    st.sampled_from(["", "-20250929", "-latest", "-thinking", "[1m]", "-20250929[1m]"]),
)
_GEMINI = st.builds(
    lambda version, tier, ending: f"gemini-{version}-{tier}{ending}",
    st.sampled_from(["1.5", "2.5", "3", "3.1", "3.8", "9"]),
    st.sampled_from(["pro", "flash", "flash-lite"]),
    st.sampled_from(["", "-preview", "-preview-05-06", "-exp-03-25", "-latest", "-001"]),
)
_MISSING = st.sets(st.sampled_from([model.id for model in CATALOG.models]))


@settings(max_examples=200, deadline=None)
@given(st.one_of(_CLAUDE, _GEMINI, st.sampled_from(_TIERS)), _MISSING)
def test_resolution_never_leaves_the_tier(name, missing):
    catalog = CatalogView(tuple(model for model in CATALOG.models if model.id not in missing))
    wanted = next(word for word in ("opus", "sonnet", "haiku", "flash", "pro") if word in name)
    usable = [
        m
        for m in catalog.models
        if wanted in m.id and m.policy_state == "enabled" and not m.id.endswith(("-1m", "-fast"))
    ]
    try:
        found = resolve(name, catalog, DEFAULT).model
    except UnknownModel as error:
        # An exact spelling of a model that is off is refused with the reason, though its tier has others.
        if usable and "switched off" not in str(error):
            raise
        return
    assert found in usable or (found.id == "claude-opus-4.6-1m" and name.endswith("[1m]"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_name_breaks_resolution(name):
    with contextlib.suppress(UnknownModel):
        assert resolve(name, CATALOG, DEFAULT).model.id in CATALOG.by_id


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CATALOG.models))
def test_every_usable_id_is_itself(model: Model):
    if model.type == "chat" and model.policy_state in (None, "enabled"):
        assert resolve(model.id, CATALOG, DEFAULT) == Resolved(model)


def test_tiers_of_the_catalog():
    assert tier("claude-opus-4.8-fast") is None
    assert tier("gemini-3.1-pro-preview") == "gemini pro"
    assert tier("gpt-5.2-pro") is None


def test_flash_and_flash_lite_stand_in_for_one_another():
    for only in ("gemini-3.5-flash-lite", "gemini-3-flash"):
        catalog = CatalogView((Model("gemini-9-pro"), Model(only)))
        for name in ("flash", "gemini-2.5-flash", "gemini-2.5-flash-lite"):
            assert ask(name, catalog).model.id == only


# --- endpoints ------------------------------------------------------------------------------------

_PLAIN = Model("m", endpoints=(CHAT,))


@pytest.mark.parametrize(
    ("model", "own", "native", "expected"),
    [
        ("claude-opus-4.8", MESSAGES, True, MESSAGES),
        ("claude-opus-4.8", CHAT, True, CHAT),
        ("claude-opus-4.8", RESPONSES, True, MESSAGES),
        ("claude-opus-4.8", RESPONSES, False, CHAT),
        ("claude-opus-4.8", MESSAGES, False, CHAT),
        ("gpt-5.3-codex", CHAT, True, RESPONSES),
        ("gpt-5.3-codex", MESSAGES, True, RESPONSES),
        ("gpt-5.2", MESSAGES, True, RESPONSES),
        ("gpt-5.2", CHAT, True, CHAT),
        ("gpt-4.1", RESPONSES, True, CHAT),
        ("gemini-3.1-pro-preview", MESSAGES, True, CHAT),
    ],
)
def test_the_endpoint_is_the_clients_own_or_the_makers(model, own, native, expected):
    assert choose_endpoint(CATALOG.by_id[model], own, native_messages=native) == expected


def test_the_endpoint_of_odd_models():
    only_messages = replace(_PLAIN, endpoints=(MESSAGES,))
    assert choose_endpoint(only_messages, CHAT, native_messages=False) == MESSAGES
    assert choose_endpoint(replace(_PLAIN, endpoints=(WEBSOCKET,)), CHAT) == RESPONSES
    assert choose_endpoint(replace(_PLAIN, endpoints=("/new/thing",)), MESSAGES) == CHAT
