"""pystray's macOS backend: a template image, and every call on the main thread (0.19.5 does neither)."""

import io
from collections.abc import Callable
from typing import Any

from tray_app.desktop.icon import draw
from tray_app.desktop.icon_look import Theme
from tray_app.desktop.tray_host import Host

POINTS = 18  # the height of a picture in the menu bar


class MacHost(Host):
    """The backend `darwin`."""

    def mend(self, icon: Any) -> None:
        def assert_image() -> None:
            if icon._icon_image is None:
                icon._icon_image = self._image()
                icon._status_item.button().setImage_(icon._icon_image)

        icon._assert_image = assert_image

    def on_loop(self, call: Callable[[], None]) -> None:
        from PyObjCTools import AppHelper

        AppHelper.callAfter(call)

    def _image(self) -> Any:
        """For plain and for Retina screens; the system tints it as the bar needs it."""
        import AppKit
        import Foundation

        image = AppKit.NSImage.alloc().initWithSize_((POINTS, POINTS))
        for scale in (1, 2):
            png = io.BytesIO()
            draw(self.look(), POINTS * scale, Theme.TEMPLATE).save(png, "PNG")
            picture = AppKit.NSBitmapImageRep.imageRepWithData_(Foundation.NSData(png.getvalue()))
            picture.setSize_((POINTS, POINTS))
            image.addRepresentation_(picture)
        image.setTemplate_(True)
        return image
