"""The three processes of the bench: upstream, bare pass-through, Jumpseat. Each ends with its owner."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """Where to send a request, and with which headers. `pid` is 0 for the upstream itself."""

    name: str
    url: str
    headers: dict[str, str]
    pid: int = 0
    is_upstream: bool = False

    def path(self, upstream_path: str) -> str:
        """The address for an upstream path, as this target names it."""
        ours = upstream_path if upstream_path.startswith("/v1") else "/v1" + upstream_path
        return self.url + (upstream_path if self.is_upstream else ours)


@contextlib.contextmanager
def started(*command: str, env: dict[str, str] | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process and the first line it prints."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def upstream(rate: float | None = None) -> Iterator[dict[str, Any]]:
    with started("-m", "tests.bench.upstream", *([] if rate is None else [str(rate)])) as (_, line):
        said = json.loads(line)
        said["headers"] = data_plane_headers(said)
        yield said


def data_plane_headers(said: dict[str, Any]) -> dict[str, str]:
    """What a direct caller must send: a Copilot token and the editor's headers."""
    request = urllib.request.Request(
        said["github"] + "/copilot_internal/v2/token",
        headers={"Authorization": f"token {said['token']}", "Accept": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["token"]
    return {
        "Authorization": f"Bearer {token}",
        "Editor-Version": "vscode/1.124.2",
        "Editor-Plugin-Version": "copilot-chat/0.52.0",
        "Copilot-Integration-Id": "vscode-chat",
        "User-Agent": "GitHubCopilotChat/0.52.0",
        "X-GitHub-Api-Version": "2026-06-01",
        "OpenAI-Intent": "conversation-agent",
        "X-Initiator": "user",
        "Content-Type": "application/json",
    }


@contextlib.contextmanager
def bare(said: dict[str, Any]) -> Iterator[Target]:
    command = ("-m", "tests.bench.bare", said["api"], json.dumps(said["headers"]))
    with started(*command) as (process, line):
        yield Target("bare", json.loads(line)["url"], {}, process.pid, is_upstream=True)


def jumpseat_env(said: dict[str, Any], home: Path) -> dict[str, str]:
    return {
        "JUMPSEAT_HOME": str(home),
        "JUMPSEAT_COPILOT_GITHUB_URL": said["github"],
        "JUMPSEAT_COPILOT_GITHUB_API_URL": said["github"],
        "COPILOT_GITHUB_TOKEN": said["token"],
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@contextlib.contextmanager
def jumpseat(said: dict[str, Any], home: Path) -> Iterator[Target]:
    command = ("-m", "tray_app", "serve", "--port", "0")
    with started(*command, env=jumpseat_env(said, home)) as (process, line):
        yield Target("jumpseat", line.rsplit(" ", 1)[-1].strip(), {}, process.pid)


def direct(said: dict[str, Any]) -> Target:
    return Target("direct", said["api"], said["headers"], is_upstream=True)


def memory_mb(pid: int) -> float:
    """Resident memory of a process, from /proc."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("no VmRSS")


def wakeups(pid: int) -> int:
    """How often the threads of a process have gone to sleep so far, which is as often as they were woken."""
    slept = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                slept += int(line.split()[1])
    return slept


def cold_start(said: dict[str, Any], home: Path, body: bytes) -> float:
    """Seconds from starting the process to its first whole answer."""
    begun = time.perf_counter()
    command = ("-m", "tray_app", "serve", "--port", "0")
    with started(*command, env=jumpseat_env(said, home)) as (_, line):
        url = line.rsplit(" ", 1)[-1].strip()
        request = urllib.request.Request(
            f"{url}/v1/chat/completions", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            answer.read()
        return time.perf_counter() - begun
