"""pystray's Windows backend, with a picture for each size (0.19.5 shrinks one large one)."""

import ctypes
import io
import os
import sys
import tempfile
from typing import Any

from tray_app.desktop.icon import draw
from tray_app.desktop.icon_look import Look, Theme
from tray_app.desktop.tray_host import Host

SIZES = (16, 18, 20, 22, 24, 28, 32, 40, 48, 64)
SM_CXSMICON = 49


class WindowsHost(Host):
    """The backend `win32`."""

    def mend(self, icon: Any) -> None:
        api = sys.modules[type(icon).__module__].win32

        def assert_icon_handle() -> None:
            if icon._icon_handle:
                return
            size = _small_icon()
            handle, path = tempfile.mkstemp(".ico")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(ico(self.look(), self.theme))
                icon._icon_handle = api.LoadImage(None, path, api.IMAGE_ICON, size, size, api.LR_LOADFROMFILE)
            finally:
                os.unlink(path)

        icon._assert_icon_handle = assert_icon_handle


def ico(look: Look, theme: Theme) -> bytes:
    """An .ico with a picture of its own for each size."""
    pictures = [draw(look, size, theme) for size in SIZES]
    sizes = [picture.size for picture in pictures]
    out = io.BytesIO()
    pictures[-1].save(out, "ICO", sizes=sizes, append_images=pictures[:-1], bitmap_format="bmp")
    return out.getvalue()


def _small_icon() -> int:
    """The size that the screen's scale asks for, in px."""
    if sys.platform == "win32":
        return int(ctypes.windll.user32.GetSystemMetrics(SM_CXSMICON)) or 16
    return 16
