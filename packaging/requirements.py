"""Which installed distributions Jumpseat needs, directly or through others.

The environment that packages are built in holds more (tests, checks); none of that may slip in. The first
requirements are read from pyproject.toml: what is installed of Jumpseat itself may be older.
"""

import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def needed() -> dict[str, metadata.Distribution]:
    """Canonical name -> distribution, on this system. What is not installed is not in it."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wanted = list(_that_apply([*project["dependencies"], *project["optional-dependencies"]["linux"]], ()))
    found: dict[str, metadata.Distribution] = {}
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name not in found:
            try:
                found[name] = metadata.distribution(requirement.name)
            except metadata.PackageNotFoundError:
                continue
            wanted += _that_apply(found[name].requires or [], requirement.extras)
    return found


def _that_apply(lines: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def modules_of_others() -> list[str]:
    """Top-level modules of installed distributions that Jumpseat does not need."""
    ours = {"jumpseat", *needed()}
    owners = metadata.packages_distributions()
    return sorted(
        module for module, names in owners.items() if not {canonicalize_name(name) for name in names} & ours
    )
