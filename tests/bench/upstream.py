"""The simulated Copilot as a process of its own. Prints one line of JSON with its addresses."""

import asyncio
import json
import sys

from tray_app.simulated import SimulatedCopilot


async def _run(rate: float | None) -> None:
    async with SimulatedCopilot(rate=rate) as sim:
        token = sim.add_account("bench", plan="enterprise", entitlement=-1)
        said = {"github": sim.github_api_url, "api": sim.api_url, "token": token}
        print(json.dumps(said), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(float(sys.argv[1]) if len(sys.argv) > 1 else None))
