"""Where the packaged tray application starts: `jumpseat` without a console. build.spec names this file."""

from tray_app.cli.tray import launch

raise SystemExit(launch())
