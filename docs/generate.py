"""Writes the table of settings into the README (`make docs`); `tests/test_docs.py` checks it."""

import json
from pathlib import Path

from tray_app.settings_keys import KEYS, SECTIONS, Key

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- settings: made by `make docs` -->\n", "<!-- /settings -->"


def table() -> str:
    """Every setting with its default and help, by section."""
    parts = []
    for section in SECTIONS:
        rows = [_row(key) for key in KEYS.values() if key.section == section]
        parts.append("\n".join([f"**`[{section}]`**\n", "| key | default | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts)


def _row(key: Key) -> str:
    return f"| `{key.name}` | `{_default(key)}` | {key.help}{_choices(key)} |"


def _default(key: Key) -> str:
    return json.dumps(list(key.default) if isinstance(key.default, tuple) else key.default)


def _choices(key: Key) -> str:
    return f" ({', '.join(key.choices)})" if key.choices else ""


def with_table(text: str) -> str:
    """The README's text with the table as it should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
