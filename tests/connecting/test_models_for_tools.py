"""Which models tools are told about, and which one they get when nobody chooses."""

import pytest

from tray_app.clients.models import Models
from tray_app.errors import LocalFault


def models(*entries):
    return Models.read({"data": [{"id": entry} if isinstance(entry, str) else entry for entry in entries]})


def test_defaults_of_the_seat(seat):
    assert [seat.claude(line).id for line in ("opus", "sonnet", "haiku")] == [
        "claude-opus-5",
        "claude-sonnet-5",
        "claude-haiku-4.5",
    ]
    assert seat.codex().id == "gpt-5.3-codex"
    assert seat.gpt().id == "gpt-5.5"
    assert seat.small().id == "gpt-5-mini"
    assert seat.gemini().id == "gemini-2.5-pro"  # 3.1 is a preview


def test_newer_is_by_number_not_by_alphabet():
    assert models("gpt-5.9-codex", "gpt-5.10-codex", "gpt-5.10-codex-mini").codex().id == "gpt-5.10-codex"
    assert models("claude-opus-4.10", "claude-opus-4.9").claude("opus").id == "claude-opus-4.10"


def test_a_preview_only_where_nothing_else_is():
    preview = {"id": "claude-sonnet-6", "preview": True}
    assert models(preview, "claude-sonnet-5").claude("sonnet").id == "claude-sonnet-5"
    assert models(preview).claude("sonnet").id == "claude-sonnet-6"


def test_what_cannot_be_used_is_not_there():
    seat = models(
        {"id": "claude-opus-9", "available": False},
        {"id": "text-embedding-3-small", "type": "embeddings"},
        {"id": "claude-opus-1", "tool_calls": False},
        {"id": 7},
        "claude-opus-2",
    )
    assert [model.id for model in seat.all] == ["claude-opus-1", "claude-opus-2"]
    assert seat.claude("opus").id == "claude-opus-2"


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": [None, 1, {}]}])
def test_nonsense_is_no_models(answer):
    seat = Models.read(answer)
    assert seat.all == ()
    assert (seat.main(), seat.codex(), seat.small()) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sonnet", "claude-sonnet-5"),
        ("opus", "claude-opus-5"),
        ("claude-haiku-4-5", "claude-haiku-4.5"),
        ("jumpseat/gpt-4.1", "gpt-4.1"),
        ("GPT-5-5", "gpt-5.5"),
    ],
)
def test_names_as_people_type_them(seat, name, found):
    assert seat.named(name).id == found


@pytest.mark.parametrize("name", ["gpt-99", "", "claude-opus-99", "text-embedding-3-small"])
def test_other_names_are_refused(seat, name):
    with pytest.raises(LocalFault, match="no model named"):
        seat.named(name)


def test_compaction_comes_well_before_the_end(seat):
    known = [model for model in seat.all if model.input_limit is not None]
    assert len(known) > 10
    for model in known:
        assert 0 < model.compact_at < model.input_limit
        assert model.window is None or model.input_limit <= model.window
    assert all(model.compact_at is None for model in seat.all if model.input_limit is None)
