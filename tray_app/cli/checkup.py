"""`jumpseat doctor`."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tray_app import app, doctor, log
from tray_app.accounts import Accounts
from tray_app.cli.ask import address
from tray_app.cli.output import say, say_json, warn
from tray_app.doctor.report import report
from tray_app.github_hosts import accounts_host
from tray_app.paths import Paths, write_private
from tray_app.settings import Live
from tray_app.settings_file import Loaded, load_anyway

_SIGNS = {"ok": "ok", "notice": "note", "wrong": "WRONG", "skipped": "-"}


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 when something is wrong."""
    paths = Paths.find()
    loaded = load_anyway(paths)
    accounts = Accounts(paths.home, host=lambda: accounts_host(loaded.settings.copilot), waiting=warn)
    findings, logins = asyncio.run(_examined(paths, loaded, accounts))
    if arguments.json:
        say_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    if arguments.bundle:
        now = datetime.now().astimezone()
        target = Path.cwd() / f"jumpseat-report-{now:%Y%m%d-%H%M%S}.md"
        write_private(target, report(findings, loaded, log.tail(paths), now, logins))
        (warn if arguments.json else say)(f"The report is {target}. Read it before you send it.")
    return 1 if any(finding.state == "wrong" for finding in findings) else 0


async def _examined(
    paths: Paths, loaded: Loaded, accounts: Accounts
) -> tuple[list[doctor.Finding], list[str]]:
    async with app.open_seat(Live(loaded.settings), paths) as seat:
        where = address(paths, loaded.settings.server)
        patient = doctor.Patient(paths, loaded, accounts, seat, where)
        findings = await doctor.examine(patient)
    return findings, [known.login for known in await accounts.list()]


def _show(findings: Sequence[doctor.Finding]) -> None:
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        say(f"{_SIGNS[finding.state]:5}  {finding.check:{width}}  {finding.message}")
        if finding.remedy:
            say(f"{'':5}  {'':{width}}  {finding.remedy}")
