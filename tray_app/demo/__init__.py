"""What makes the demo look lived in: a week of history, and a little live traffic, which the simulated
Copilot answers and bills.
"""

from tray_app.demo.live import trickle
from tray_app.demo.seeding import seed

__all__ = ["seed", "trickle"]
