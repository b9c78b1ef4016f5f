"""A GitHub and a Copilot of one's own, for `jumpseat demo` and for the tests.

It is as strict and as odd as the real service is reported to be, and an independent judge: it shares no
translator and no repair with the program.
"""

from tray_app.simulated.ledger import LedgerEntry
from tray_app.simulated.server import SimulatedCopilot

__all__ = ["LedgerEntry", "SimulatedCopilot"]
