"""`jumpseat --window`: the process of the window; the tray application starts it."""

import argparse


def run(_arguments: argparse.Namespace) -> int:
    from tray_app.desktop.window_child import main

    return main()
