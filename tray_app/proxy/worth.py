"""PURE. What the prompt cache was worth, by the upstream's own rates (the catalog's token prices)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tray_app.copilot.catalog import CatalogView
from tray_app.dialects.capabilities import Model

_NANO = 1_000_000_000  # nano AI units in one AI credit


@dataclass(frozen=True, slots=True)
class Prices:
    """AI credits for `batch_size` tokens; None is not told."""

    batch_size: float
    input: float | None
    output: float | None
    cache: float | None
    cache_write: float | None

    def as_json(self) -> dict[str, Any]:
        return {
            "input": self.input,
            "output": self.output,
            "cache": self.cache,
            "cache_write": self.cache_write,
            "batch_size": self.batch_size,
        }


def prices_of(model: Model) -> Prices | None:
    """The default tier of `billing.token_prices` (wire 4.1)."""
    billing = model.raw.get("billing")
    prices = billing.get("token_prices") if isinstance(billing, dict) else None
    default = prices.get("default") if isinstance(prices, dict) else None
    if not isinstance(prices, dict) or not isinstance(default, dict):
        return None
    batch = _number(prices.get("batch_size")) or 1_000_000.0
    named = [
        _number(default.get(name))
        for name in ("input_price", "output_price", "cache_price", "cache_write_price")
    ]
    return Prices(batch, *named)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def of_caches(by_model: Mapping[str, Mapping[str, Any]], catalog: CatalogView | None) -> dict[str, Any]:
    """For each model with cache figures: hit rate, tokens read, and what that saved, less what writing cost
    more than plain reading. `saved_nano_aiu` is None where the catalog has no prices."""
    found = {}
    for name, totals in by_model.items():
        if totals["cached_tokens"] is None:
            continue
        model = catalog.by_id.get(name) if catalog else None
        found[name] = {
            "hit_rate": totals["cache_hit_rate"],
            "cached_tokens": totals["cached_tokens"],
            "saved_nano_aiu": _saved(totals, prices_of(model) if model else None),
        }
    return found


def _saved(totals: Mapping[str, Any], prices: Prices | None) -> int | None:
    if prices is None or prices.input is None or prices.cache is None:
        return None
    saved: float = totals["cached_tokens"] * (prices.input - prices.cache)
    if prices.cache_write is not None:
        saved -= (totals["cache_write_tokens"] or 0) * (prices.cache_write - prices.input)
    return round(saved * _NANO / prices.batch_size)
