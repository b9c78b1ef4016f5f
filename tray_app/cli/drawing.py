"""`jumpseat --draw-icons`: the process that draws the tray icon; the tray application starts it."""

import argparse


def run(_arguments: argparse.Namespace) -> int:
    from tray_app.cli.loading import lean

    with lean():
        from tray_app.desktop.icon_drawing import main

    return main()
