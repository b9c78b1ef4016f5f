"""`python -m tray_app` is the same as `jumpseat`."""

from tray_app.cli import main

raise SystemExit(main())
