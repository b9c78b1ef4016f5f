"""A user with a home, and the models of a seat."""

from pathlib import Path

import pytest

from tray_app.clients.client import Context
from tray_app.clients.models import Models
from tray_app.clients.places import Place
from tray_app.copilot.catalog_entry import parse_model
from tray_app.dialects.model_lists import openai_list
from tray_app.paths import Paths
from tray_app.simulated.catalog import built_in

URL = "http://127.0.0.1:8314"


@pytest.fixture(scope="session")
def seat() -> Models:
    found = [model for model in map(parse_model, built_in()) if model is not None]
    return Models.read(openai_list({model.id: model for model in reversed(found)}.values()))


class User:
    """One person's home; `context` is what connect gets for them."""

    def __init__(self, home: Path, seat: Models) -> None:
        self.home, self._seat = home, seat
        home.mkdir()
        self.paths = Paths(home / ".jumpseat")

    def context(
        self, base_url: str = URL, key: str = "jumpseat", environ=None, system="linux", **chosen
    ) -> Context:
        place = Place(self.home, environ or {}, system, lambda _: None)
        return Context(place, self.paths, base_url, key, self._seat, **chosen)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def files(self) -> dict[str, bytes]:
        """Everything in the home but what is Jumpseat's own."""
        found = (path for path in self.home.rglob("*") if path.is_file() and ".jumpseat" not in path.parts)
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found}


@pytest.fixture
def user(tmp_path: Path, seat: Models) -> User:
    return User(tmp_path / "user", seat)
