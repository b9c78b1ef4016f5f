"""Run by test_accounts.py inside a session bus of its own: what Accounts does with a real Secret Service.

Prints what happened as one JSON object. Takes a scenario and a JUMPSEAT_HOME.
"""

import asyncio
import json
import sys
from pathlib import Path

from tray_app.accounts import Accounts
from tray_app.copilot.credentials import GitHubToken
from tray_app.errors import KeyringFault


def accounts(home):
    return Accounts(Path(home), {}, keyring_seconds=10)


async def round_trip(home):
    first = accounts(home)
    stored = [
        await first.add("ada", GitHubToken("ghu_adaadaada")),
        await first.add("bob", GitHubToken("gho_bobbobbob")),
    ]
    later = accounts(home)  # as after a restart
    bob = await later.active()
    await later.use("ADA")
    ada = await accounts(home).active()
    await later.remove("ada")
    await later.remove("bob")
    return {
        "stored": [fault and str(fault) for fault in stored],
        "bob": [bob.login, bob.token.reveal(), bob.source],
        "ada": [ada.login, ada.token.reveal(), ada.source],
        "left": [known.login for known in await accounts(home).list()],
        "active": await accounts(home).active(),
    }


async def add(home):
    fault = await accounts(home).add("ada", GitHubToken("ghu_adaadaada"))
    return {"fault": fault and str(fault)}


async def read(home):
    try:
        found = await accounts(home).active()
    except KeyringFault as fault:
        return {"fault": str(fault)}
    return {"found": found and found.token.reveal()}


if __name__ == "__main__":
    scenario = {"round_trip": round_trip, "add": add, "read": read}[sys.argv[1]]
    print(json.dumps(asyncio.run(scenario(sys.argv[2]))))
