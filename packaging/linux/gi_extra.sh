#!/bin/sh
# Prints "linux" where PyGObject can be compiled for the Python given, so that the tray has its menu and the window
# opens; otherwise nothing, and on stderr what is missing. The rest of Jumpseat needs no compiler.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

missing=""
pkg-config --exists gobject-introspection-1.0 2>/dev/null || missing="$missing libgirepository1.0-dev"
pkg-config --exists cairo 2>/dev/null || missing="$missing libcairo2-dev"
command -v pkg-config >/dev/null || missing="$missing pkg-config"
command -v cc >/dev/null || missing="$missing gcc"
headers='import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
"$1" -c "$headers" || missing="$missing python3-dev"
if [ -n "$missing" ]; then
    echo "Without the menu in the tray and the window: their library PyGObject is compiled here, and that needs" >&2
    echo "  sudo apt install$missing" >&2
    echo "and gir1.2-gtk-3.0 gir1.2-webkit2-4.1 gir1.2-ayatanaappindicator3-0.1. Everything else works." >&2
    exit 0
fi
echo linux
