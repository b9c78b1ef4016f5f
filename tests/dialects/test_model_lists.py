"""The model list in each client's form, held against the SDKs' own types."""

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import orjson
import pytest
from anthropic.types import ModelInfo
from openai.types import Model as OpenAIModel
from pydantic import TypeAdapter

from tray_app.copilot.catalog import parse_catalog
from tray_app.dialects.capabilities import Model
from tray_app.dialects.model_lists import anthropic_list, codex_list, gemini_list, openai_list, released
from tray_app.errors import BadRequest

RAW = orjson.loads((Path(__file__).parents[1] / "fixtures" / "catalog.json").read_bytes())
MODELS = parse_catalog(RAW)
BARE = Model("bare")
PROMPT = (files("tray_app.dialects") / "codex_instructions.md").read_text("utf-8")


def by_id(entries, key="id"):
    return {entry[key]: entry for entry in entries}


# --- OpenAI -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("models", [MODELS, (BARE,)], ids=["catalog", "bare"])
def test_openais_list_is_strictly_openais(models):
    body = openai_list(models)
    assert body["object"] == "list"
    for entry in orjson.loads(orjson.dumps(body))["data"]:
        assert TypeAdapter(OpenAIModel).validate_python(entry, strict=True).id == entry["id"]


def test_openais_entries_carry_the_catalogs_limits():
    entry = by_id(openai_list(MODELS)["data"])["claude-opus-4.8"]
    assert (entry["context_window"], entry["max_prompt_tokens"], entry["max_output_tokens"]) == (
        1_000_000,
        936_000,
        64_000,
    )
    assert entry["supported_endpoints"] == ["/chat/completions", "/v1/messages"]
    assert entry["supports_1m_context"] is True
    assert entry["preview"] is False
    assert (entry["name"], entry["vendor"], entry["owned_by"]) == (
        "Claude Opus 4.8",
        "Anthropic",
        "Anthropic",
    )


def test_unknown_limits_are_null():
    entry = openai_list([BARE])["data"][0]
    assert entry["context_window"] is entry["max_prompt_tokens"] is entry["max_output_tokens"] is None
    assert entry["supports_1m_context"] is False


def test_what_cannot_be_used_is_marked_in_openais_list_and_absent_from_pickers():
    entries = by_id(openai_list(MODELS)["data"])
    assert entries["claude-opus-5"]["available"] is False
    assert entries["claude-opus-5"]["policy"] == "disabled"
    assert entries["claude-opus-5"]["restricted_to"] == ["pro_plus", "enterprise"]
    assert entries["grok-code-fast-1"]["available"] is False
    assert entries["gpt-5.2"]["available"] is True
    assert "text-embedding-3-small" in entries
    assert "gpt-41-copilot" not in entries
    pickers = [
        by_id(anthropic_list(MODELS)["data"]),
        by_id(codex_list(MODELS, PROMPT)["models"], "slug"),
        by_id(gemini_list(MODELS)["models"], "baseModelId"),
    ]
    for picker in pickers:
        assert "gpt-5.2" in picker
        assert not {"claude-opus-5", "grok-code-fast-1", "gpt-41-copilot"} & set(picker)


@pytest.mark.parametrize(
    ("model", "date"),
    [
        (Model("m", version="gpt-5.2-2025-12-11"), datetime(2025, 12, 11, tzinfo=UTC)),
        (Model("gpt-4o-2024-11-20"), datetime(2024, 11, 20, tzinfo=UTC)),
        (Model("m-20250929"), datetime(2025, 9, 29, tzinfo=UTC)),
        (Model("m", version="2025-99-99"), datetime(1970, 1, 1, tzinfo=UTC)),
        (BARE, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_date_is_in_the_version_or_the_epoch(model, date):
    assert released(model) == date


# --- Anthropic --------------------------------------------------------------------------------------


@pytest.mark.parametrize("models", [MODELS, (BARE,)], ids=["catalog", "bare"])
def test_anthropics_list_is_strictly_anthropics(models):
    for entry in anthropic_list(models)["data"]:
        info = TypeAdapter(ModelInfo).validate_json(orjson.dumps(entry), strict=True)
        assert info.lifecycle == "active"
        assert not info.model_extra


def test_anthropics_entries_say_what_the_model_can():
    entry = by_id(anthropic_list(MODELS)["data"])["claude-opus-4.8"]
    assert (entry["max_input_tokens"], entry["max_tokens"], entry["line"]) == (1_000_000, 64_000, "opus")
    capabilities = entry["capabilities"]
    assert capabilities["effort"]["xhigh"] == {"supported": True}
    assert capabilities["thinking"]["types"]["adaptive"] == {"supported": True}
    assert capabilities["image_input"] == {"supported": True}


def test_pages_reach_every_model_once_forwards_and_backwards():
    whole = [entry["id"] for entry in anthropic_list(MODELS)["data"]]
    seen, after = [], None
    for _ in range(len(whole)):
        page = anthropic_list(MODELS, 3, after_id=after)
        assert len(page["data"]) <= 3
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        seen += [entry["id"] for entry in page["data"]]
        after = page["last_id"]
        if not page["has_more"]:
            break
    assert seen == whole
    back = anthropic_list(MODELS, 3, before_id=whole[4])
    assert [entry["id"] for entry in back["data"]] == whole[1:4]
    assert back["has_more"]
    assert not anthropic_list(MODELS, 3, before_id=whole[2])["has_more"]


def test_an_empty_page_and_an_unknown_cursor():
    empty = anthropic_list(())
    assert empty == {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert anthropic_list(MODELS, after_id="gone") == anthropic_list(MODELS)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_400(limit):
    with pytest.raises(BadRequest):
        anthropic_list(MODELS, limit)


# --- Codex ------------------------------------------------------------------------------------------

REQUIRED = {
    "slug": str,
    "display_name": str,
    "supported_reasoning_levels": list,
    "shell_type": str,
    "visibility": str,
    "supported_in_api": bool,
    "priority": int,
    "base_instructions": str,
    "support_verbosity": bool,
    "truncation_policy": dict,
    "experimental_supported_tools": list,
}


@pytest.mark.parametrize("models", [MODELS, (Model("bare", tool_calls=True),)], ids=["catalog", "bare"])
def test_codex_gets_every_field_it_requires(models):
    entries = codex_list(models, PROMPT)["models"]
    assert entries
    for entry in entries:
        assert {name: type(entry[name]) for name in REQUIRED} == REQUIRED
        assert entry["base_instructions"] == PROMPT
        assert entry["use_responses_lite"] is False
        assert entry["apply_patch_tool_type"] == "freeform"
        assert entry["shell_type"] == "shell_command"


def test_codex_gets_the_catalogs_windows_and_levels():
    entries = by_id(codex_list(MODELS, PROMPT)["models"], "slug")
    big = entries["gpt-5.5"]
    assert (big["context_window"], big["auto_compact_token_limit"]) == (1_050_000, 922_000)
    assert entries["gpt-4.1"]["auto_compact_token_limit"] == 115_200
    levels = [level["effort"] for level in entries["gpt-5.3-codex"]["supported_reasoning_levels"]]
    assert levels == ["low", "medium", "high", "xhigh"]
    assert entries["gpt-5.3-codex"]["default_reasoning_level"] == "medium"
    assert entries["gpt-4.1"]["default_reasoning_level"] is None
    # "max" is no level that Codex knows, and one unknown word would cost it the whole list.
    opus = [level["effort"] for level in entries["claude-opus-4.8"]["supported_reasoning_levels"]]
    assert opus == ["low", "medium", "high", "xhigh"]
    assert entries["claude-sonnet-4"]["visibility"] == "hide"


def test_codexs_prompt_is_a_whole_one():
    assert 6000 < len(PROMPT) < 20_000
    for word in ("apply_patch", "*** Begin Patch", "AGENTS.md", "rg", "git reset --hard"):
        assert word in PROMPT


# --- Gemini -----------------------------------------------------------------------------------------


def test_geminis_entries():
    entries = by_id(gemini_list(MODELS)["models"], "name")
    pro = entries["models/gemini-3.1-pro-preview"]
    assert (pro["inputTokenLimit"], pro["outputTokenLimit"]) == (136_000, 64_000)
    assert "generateContent" in pro["supportedGenerationMethods"]
    embedding = entries["models/text-embedding-3-small"]
    assert embedding["supportedGenerationMethods"] == ["embedContent", "batchEmbedContents"]
    assert None not in gemini_list([BARE])["models"][0].values()
