"""The language that the system speaks to its user."""

import locale
import sys
from collections.abc import Mapping


def system_language(environ: Mapping[str, str]) -> str:
    """A locale's name as `zh_CN.UTF-8` or `zh-Hans-CN`; empty when the system does not say."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value in ("C", "POSIX") or value.startswith("C."):
            return ""
        if value:
            # LANGUAGE is a list that only counts where a locale is set at all.
            return environ.get("LANGUAGE", "").split(":")[0] or value
    if sys.platform == "darwin":
        return _first_of_mac()
    if sys.platform == "win32":
        return _of_windows()
    return ""


def _first_of_mac() -> str:
    """Programs started from the Finder have no LANG."""
    import Foundation

    preferred = Foundation.NSLocale.preferredLanguages()
    return str(preferred[0]) if preferred else ""


def _of_windows() -> str:
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return ""
