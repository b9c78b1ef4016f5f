"""Refusals."""

from typing import Any

from tray_app.simulated.refusals import Context


def refuse(body: dict[str, Any], context: Context) -> None:
    """x"""
