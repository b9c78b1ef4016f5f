"""Where GitHub is. A tenant of GitHub Enterprise Cloud with its own domain (`acme.ghe.com`) has its sign-in,
its API and its accounts there, and they move together (copilot-wire 1.4). Pure.
"""

from urllib.parse import urlsplit

from tray_app.settings import CopilotSettings
from tray_app.settings_rules import is_loopback

_TENANTS = ".ghe.com"
_WEB, _API = CopilotSettings().github_url, CopilotSettings().github_api_url


def github_url(settings: CopilotSettings) -> str:
    """Where sign-in happens, without a slash at the end: as set, or the tenant whose API is set."""
    tenant = _host(settings.github_api_url).removeprefix("api.")
    if settings.github_url == _WEB and tenant.endswith(_TENANTS):
        return f"https://{tenant}"
    return settings.github_url.rstrip("/")


def github_api_url(settings: CopilotSettings) -> str:
    """GitHub's API, without a slash at the end: as set, or that of the tenant where sign-in happens."""
    tenant = _host(settings.github_url)
    if settings.github_api_url == _API and tenant.endswith(_TENANTS):
        return f"https://api.{tenant}"
    return settings.github_api_url.rstrip("/")


def accounts_host(settings: CopilotSettings) -> str:
    """Whose accounts those are: a host name; "" for github.com and for a GitHub on this machine."""
    host = _host(github_url(settings))
    return "" if host == _host(_WEB) or is_loopback(host) else host


def disagreement(settings: CopilotSettings) -> str | None:
    """What is wrong if sign-in and API are not of one GitHub, with what to set; None if nothing is."""
    web, api = _host(github_url(settings)), _host(github_api_url(settings))
    public = web == _host(_WEB), api == _host(_API)
    if is_loopback(web) or is_loopback(api) or api == f"api.{web}" or not (any(public) or _tenants(web, api)):
        return None
    said = f"Sign-in goes to {web}, the rest to {api}: a token of one does not work at the other."
    tenant = next((host for host in (web, api.removeprefix("api.")) if host.endswith(_TENANTS)), None)
    if tenant is None:
        return f"{said} Set copilot.github_url and copilot.github_api_url together."
    return f"{said} For {tenant} set copilot.github_url to https://{tenant} and reset copilot.github_api_url."


def _tenants(*hosts: str) -> bool:
    return any(host.endswith(_TENANTS) for host in hosts)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
