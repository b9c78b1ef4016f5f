"""The table of results, in Markdown."""

from statistics import median

WIDTHS = (36, 8, 10, 10, 10, 9, 9)
HEAD = ("", "unit", "direct", "bare", "jumpseat", "/ direct", "/ bare")


def head() -> None:
    _row(HEAD)
    print("|" + "|".join((" " + "-" * width + ("-:" if column > 1 else "- ")) for column, width in
                         enumerate(width - 1 for width in WIDTHS)) + "|")  # fmt: skip


def compared(name: str, unit: str, results: dict[str, list[float]]) -> None:
    """`results`: per target one value a round. The ratios are medians of each round's own."""
    cells = [shown(median(values)) if values else "" for values in results.values()]
    ratios = [_ratio(results["jumpseat"], results[other]) for other in ("direct", "bare")]
    _row((name, unit, *cells, *ratios))


def _ratio(ours: list[float], theirs: list[float]) -> str:
    return f"{median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}" if theirs else ""


def alone(name: str, unit: str, value: float) -> None:
    """A figure that only Jumpseat has."""
    _row((name, unit, "", "", shown(value), "", ""))


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _row(cells: tuple[str, ...]) -> None:
    texts = (
        f"{cell:<{width}}" if column < 2 else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )
    print("| " + " | ".join(texts) + " |", flush=True)
