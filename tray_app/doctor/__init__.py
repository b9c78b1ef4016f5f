"""Looks for what is wrong, from this machine outwards. Each check is a function that returns a Finding.

A check never raises and never changes anything but its own scratch files.
"""

from dataclasses import dataclass

from tray_app.accounts import Accounts
from tray_app.doctor import local, remote
from tray_app.doctor.finding import Finding, State
from tray_app.paths import Paths
from tray_app.settings_file import Loaded

__all__ = ["Finding", "Patient", "State", "examine"]


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at. `address` is where a proxy would answer, `seat` the parts that talk to Copilot."""

    paths: Paths
    loaded: Loaded
    accounts: Accounts
    seat: remote.Seat
    address: str


async def examine(patient: Patient) -> list[Finding]:
    """All checks, in the order in which one depends on the one before."""
    settings = patient.loaded.settings
    findings = [
        local.versions(),
        local.home(patient.paths),
        local.config(patient.loaded, patient.paths),
        local.vocabularies(patient.paths),
        local.port(settings.server, patient.address),
        await local.keyring(patient.accounts),
        await local.account(patient.accounts),
    ]
    network = await remote.network(settings.copilot)
    findings.extend(network)
    if any(finding.state == "wrong" for finding in (*network, findings[-len(network) - 1])):
        skipped = "not tried: see above"
        return [*findings, Finding("seat", "skipped", skipped), Finding("models", "skipped", skipped)]
    seat = await remote.copilot_token(patient.seat)
    findings.append(seat)
    if seat.state == "wrong":
        return [*findings, Finding("models", "skipped", "not tried: see above")]
    return [*findings, await remote.models(patient.seat)]
