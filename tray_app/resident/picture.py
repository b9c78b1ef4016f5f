"""Everything that is known about the program now, and the one value made of it."""

from dataclasses import dataclass

from tray_app import __version__
from tray_app.accounts import Known
from tray_app.controls import AccountView, AppState, QuotaView, TrayKind, Trouble, UpdateView
from tray_app.copilot.credentials import Account
from tray_app.proxy.seat import Seat
from tray_app.resident.doors import Doors
from tray_app.resident.noticed import Noticed
from tray_app.resident.outlook import Outlook
from tray_app.resident.signing_in import SigningIn
from tray_app.resident.standing import Standing
from tray_app.resident.tools import Tools
from tray_app.resident.views import approval_view, quota_view
from tray_app.settings_watch import FileWatcher


@dataclass(slots=True)
class Picture:
    """The parts that know something, and what was seen when it was last looked at. `keyring` and `disk` are
    troubles, `autostart` what the system says."""

    seat: Seat
    watcher: FileWatcher
    doors: Doors
    tools: Tools
    signing_in: SigningIn
    standing: Standing
    outlook: Outlook
    noticed: Noticed
    tray: TrayKind
    tray_hint: str
    is_demo: bool
    account: Account | None = None
    known: tuple[Known, ...] = ()
    keyring: Trouble | None = None
    disk: Trouble | None = None
    autostart: bool | None = None

    def state(self) -> AppState:
        """The state now, made anew from its owners."""
        seat, settings, listening = self.seat, self.seat.live.now, self.doors.listening
        account, limits = self.account, seat.limits
        return AppState(
            version=__version__,
            proxy=listening.state,
            url=listening.url,
            trouble=self._trouble(),
            signed_in=account is not None and not self.standing.is_expired,
            login=self._login(),
            accounts=tuple(
                AccountView(one.login, account is not None and one.login == account.login, one.in_keyring)
                for one in self.known
            ),
            sign_in=self.signing_in.view,
            quota=self._quota(),
            requests_running=len(seat.records.running),
            approvals=tuple(approval_view(one) for one in limits.approvals.waiting),
            recording_until=seat.capture.until,
            history_enabled=settings.history.enabled,
            cap_reached=limits.is_cap_reached(settings.limits),
            cap_lifted_until=limits.lifted_until,
            clients=self.tools.views,
            autostart=self.autostart,
            tray=self.tray,
            tray_hint=self.tray_hint,
            theme=settings.desktop.theme,
            language=settings.desktop.language,
            notifications=settings.desktop.notifications,
            quota_alerts=settings.desktop.quota_alerts,
            terms_seen=self.noticed.terms_seen,
            is_demo=self.is_demo,
            update=self._update(),
        )

    def _trouble(self) -> Trouble | None:
        """The one that keeps people most from working."""
        account = (self.standing.trouble,) if self.account is not None else ()
        found = (
            *(self.doors.listening.trouble, self.doors.ollama.trouble, self.keyring, *account, self.disk),
            *(self._findings(), self._history()),
        )
        return next((trouble for trouble in found if trouble is not None), None)

    def _history(self) -> Trouble | None:
        problem = self.seat.history.problem if self.seat.live.now.history.enabled else None
        return Trouble("history", problem) if problem else None

    def _findings(self) -> Trouble | None:
        findings = self.watcher.loaded.findings
        if not findings:
            return None
        return Trouble("settings", f"{findings[0]}.", "What was in force before stays until it is mended.")

    def _update(self) -> UpdateView | None:
        newer = self.seat.newer
        return UpdateView(newer.version, newer.url, newer.notes) if newer else None

    def _login(self) -> str | None:
        if self.account is None:
            return None
        found = self.account.login or self.seat.quota.as_json()["login"]
        return str(found) if found else None

    def _quota(self) -> QuotaView | None:
        leading = self.seat.quota.leading() if self.account is not None else None
        if leading is None:
            return None
        said, until = self.seat.quota.as_json(), self.outlook.lasts_until(leading)
        return quota_view(leading, until, plan=said["plan"], reset_date=said["quota_reset_date"])
