"""What the demo's person works on: a prompt, what the tool does about it, and what the model says.

The prompts are worded so that the simulated Copilot asks for these very tools when they come live.
"""

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One tool call with its result. `what` is read, run, edit or search."""

    what: str
    arguments: Mapping[str, str]
    result: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One prompt with what follows from it. `aside` is what a subagent is sent out for, if one is."""

    prompt: str
    thought: str
    steps: tuple[Step, ...]
    reply: str
    picture: str = ""  # base64 of a PNG that came with the prompt
    aside: str = ""


def tide_plot() -> str:
    """A small picture: a tide curve whose first days are missing."""
    width, height = 240, 120
    rows = []
    for y in range(height):
        row = bytearray([0])
        for x in range(width):
            level = 60 - 34 * _wave(x / 22)
            is_line, is_axis = x > 70 and abs(y - level) < 1.6, y == 112 or x == 8
            row += b"\x1f\x5f\xbf" if is_line else b"\x70\x70\x70" if is_axis else b"\xf8\xf8\xf5"
        rows.append(bytes(row))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()


def _wave(at: float) -> float:
    """Up and down between -1 and 1, in parabolas."""
    phase = (at % 2.0) - 1.0
    return 4 * abs(phase) * (1 - abs(phase)) * (1 if phase > 0 else -1)


_ORDERS = '''def total(order: Order) -> Money:
    """What the customer pays."""
    line = order.lines[0]
    return line.price * line.count
'''
_TEST = """tests/test_totals.py F.                                              [100%]
FAILED tests/test_totals.py::test_three_loaves - assert Money('2.40') == Money('7.20')
1 failed, 1 passed in 0.31s"""
_READER = """class Reader:
    \"\"\"Tables of the harbour office: a line per day, four heights.\"\"\"

    def read(self, text: str) -> Table:
        return Table([self._day(line) for line in text.splitlines()])
"""

SCENES: Mapping[str, tuple[Scene, ...]] = {
    "/home/demo/bakery": (
        Scene(
            "Orders of more than one loaf show the wrong total. Think about why, read orders.py and "
            "run: pytest -q tests/test_totals.py",
            "The total is wrong for several loaves, so I should look at how lines are added up before I "
            "touch anything.",
            (
                Step("read", {"path": "orders.py"}, _ORDERS),
                Step("run", {"command": "pytest -q tests/test_totals.py"}, _TEST, is_error=True),
                Step("edit", {"path": "orders.py", "old": "line = order.lines[0]\n    return line.price * "
                              "line.count", "new": "return sum(line.price * line.count for line in "
                              "order.lines)"}, "orders.py: 2 lines became 1"),
                Step("run", {"command": "pytest -q tests/test_totals.py"}, "2 passed in 0.28s"),
            ),
            "The total was taken from the first line only. It now sums all lines, and the test with three "
            "loaves passes.",
            aside="Find every place that computes a price by itself.",
        ),
        Scene(
            "Move the price list out of the code into prices.toml. First read shop.py",
            "Prices are probably a dictionary near the top of shop.py.",
            (
                Step("read", {"path": "shop.py"}, 'PRICES = {"rye": "2.40", "roll": "0.45"}\n'),
                Step("edit", {"path": "prices.toml", "old": "", "new": '[price]\nrye = "2.40"\n'},
                     "prices.toml: 2 new lines"),
            ),
            "Prices are in `prices.toml` now and are read once at start. Two loaves had different prices in "
            "the code and in the tests; I kept those of the code.",
        ),
        Scene(
            "The opening hours are shown in UTC; show them in the shop's own time. "
            "run: grep -rn utcnow shop",
            "I have to find where the hours are formatted.",
            (
                Step("run", {"command": "grep -rn utcnow shop"}, "shop/hours.py:14:    now = utcnow()"),
                Step("read", {"path": "shop/hours.py"}, "def is_open() -> bool:\n    now = utcnow()\n"),
            ),
            "`hours.py` asked the clock for UTC. It now takes the shop's time zone from the settings.",
        ),
    ),
    "/home/demo/tide-tables": (
        Scene(
            "The plot is empty when a month begins with low tide, as in the picture. read plot.py",
            "The curve starts late in the picture. Something waits for the first high tide.",
            (Step("read", {"path": "plot.py"}, "first = next(t for t in tides if t.is_high)\n"),),
            "The plot begins at the first high tide: everything before it is skipped. I start it at the "
            "first tide, whichever that is.",
            picture=tide_plot(),
        ),
        Scene(
            "Read tide tables of the new format as well, with the station's name in the first line. Think "
            "first, then read tables.py and run: pytest -q",
            "Two formats: with and without a name. The reader is the only place that has to know.",
            (
                Step("read", {"path": "tables.py"}, _READER),
                Step("search", {"pattern": "Reader("}, "tables.py:41\nplot.py:9\ntests/test_tables.py:12"),
                Step("run", {"command": "pytest -q"}, "41 passed in 1.90s"),
            ),
            "Done. The change is small: one function reads the new form and gives the values of the old one, "
            "so that nothing else had to change.",
            aside="Which stations already use the new format?",
        ),
        Scene(
            "Explain how the harmonic constants are applied; write 260 words",
            "An explanation, no code. Amplitude and phase per constituent.",
            (),
            "Each constituent has a speed, an amplitude and a phase. The height at a moment is the mean "
            "level plus the sum of all amplitudes times the cosine of speed times time minus phase.",
        ),
    ),
    "/home/demo/seed-library": (
        Scene(
            "Add a search by genus to the list of seeds. read seeds.py and run: pytest -q",
            "The list has filters already; genus is one more.",
            (
                Step("read", {"path": "seeds.py"}, "def listed(db, family=None):\n    ...\n"),
                Step("edit", {"path": "seeds.py", "old": "family=None", "new": "family=None, genus=None"},
                     "seeds.py: 1 line changed"),
                Step("run", {"command": "pytest -q"}, "28 passed in 1.12s"),
            ),
            "The list takes `genus` now, and the form has a field for it. None of the tests covered filters, "
            "so I wrote one that failed first.",
        ),
        Scene(
            "Which of these queries lacks an index? run: sqlite3 seeds.db .schema",
            "I need the schema and the slow queries.",
            (Step("run", {"command": "sqlite3 seeds.db .schema"}, "CREATE TABLE loans (packet, due);"),),
            "`loans` is searched by `person` and `due` and has no index at all. One on (person, due) serves "
            "both queries.",
        ),
        Scene(
            "Migrate the loans table: a loan may be of several packets. Think about old loans. "
            "read migrations.py",
            "Old loans have exactly one packet; they become one row in the new table.",
            (
                Step("read", {"path": "migrations.py"}, "VERSION = 6\n"),
                Step("edit", {"path": "migrations.py", "old": "VERSION = 6", "new": "VERSION = 7"},
                     "migrations.py: 1 line changed"),
            ),
            "Version 7 adds `loan_packets` and moves each old loan's packet into it. It runs once and can be "
            "taken back.",
        ),
    ),
}  # fmt: skip

# What a tool tells the model before anything else: its rules, and what it sees of the project.
RULES = (
    "You are a coding assistant that works in the person's terminal.",
    "Read before you write. Prefer the smallest change that does what was asked, and say what you did in a "
    "few plain sentences.",
    "Use the tools you are given. Never guess the contents of a file. When a command fails, read its output "
    "before you try again.",
    "Do not commit, push or delete unless the person asks for it. Ask when a wish can be meant in two ways.",
    "Keep the style of the code around you: its names, its line length, its way of writing comments.",
    "Answer in the language of the person. Do not repeat code that you have just written.",
)
_AREAS = ("core", "web", "mail", "print", "import", "export", "reports", "admin")
_LAYERS = ("models", "views", "forms", "jobs", "tests", "docs", "locale", "migrations")
_NAMES = ("orders", "shop", "hours", "plot", "tables", "stations", "seeds", "loans", "people", "settings",
          "money", "labels", "reader", "writer", "search", "backup")  # fmt: skip


def system_text(project: str) -> str:
    """A system prompt as long as tools write them."""
    paths = [f"{area}/{layer}/{name}.py" for area in _AREAS for layer in _LAYERS for name in _NAMES]
    files = [f"{path}  {1 + sum(path.encode()) % 400} lines" for path in paths]
    where = f"Working directory: {project}\nPlatform: linux\nIs a git repository: yes"
    return "\n\n".join([*RULES, where, "Files:\n" + "\n".join(files)])
