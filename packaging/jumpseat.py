"""Where the packaged program starts; build.spec names this file."""

from tray_app.cli import main

raise SystemExit(main())
