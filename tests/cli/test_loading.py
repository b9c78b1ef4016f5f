"""What is left out at the start of the program is left out for that moment only."""

import subprocess
import sys

CODE = """
import os, ssl, sys
os.environ["SSL_CERT_DIR"] = "/somewhere"
os.environ.pop("SSL_CERT_FILE", None)
from tray_app.cli.loading import lean, share_one_heap
share_one_heap()
with lean():
    from aiohttp import connector
    from PIL import ImageDraw
theirs = (connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED)
print([context.cert_store_stats()["x509_ca"] for context in theirs])
print([os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")], "PIL._imagingft" in sys.modules)
with lean():
    pass
import PIL._imagingft
with lean():
    pass
print(sys.modules["PIL._imagingft"] is PIL._imagingft)
"""


def test_aiohttp_trusts_nobody_and_pillow_knows_no_fonts():
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["[0, 0]", "[None, '/somewhere'] False", "True"]


def test_our_own_connections_trust_the_systems_certificates():
    """In the same program, whose libraries were loaded without any."""
    code = (
        "from tray_app.cli.loading import lean\n"
        "with lean():\n    from tray_app.copilot.trust import system_context\n"
        "import ssl\ncontext = system_context()\n"
        "context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname='github.com')\n"  # waits for them
        "import os\nfolder = ssl.get_default_verify_paths().capath\n"
        "print(context.cert_store_stats()['x509_ca'] > 0 or bool(folder and os.listdir(folder)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "True"
