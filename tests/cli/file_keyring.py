"""A keyring for tests that run a command: it keeps its entries in the file that TEST_KEYRING names."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileKeyring(KeyringBackend):
    priority = 1

    def _entries(self):
        path = Path(os.environ["TEST_KEYRING"])
        return json.loads(path.read_text()) if path.exists() else {}

    def _keep(self, entries):
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(entries))

    def get_password(self, service, username):
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self._keep(self._entries() | {f"{service}/{username}": password})

    def delete_password(self, service, username):
        entries = self._entries()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("no such entry")
        self._keep(entries)
