"""Runs before the program: what it starts (the window, a browser) must find the system's libraries.

PyInstaller points LD_LIBRARY_PATH at the program's folder, for itself. The loader has read it by now.
"""

import os

before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
os.environ.pop("LD_LIBRARY_PATH", None)
if before:
    os.environ["LD_LIBRARY_PATH"] = before
